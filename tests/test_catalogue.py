"""What the catalogue computes, on numbers that can be done by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.classifier import DEFAULT_MODELS
from core.images import read_image
from core.phantoms import CT_TITLE, XRAY_TITLE, drawings
from core.schema import Modality
from training import mapping, pictures
from training.catalogue import pair_table, year_of


@pytest.mark.parametrize(
    ("written", "year"),
    [("20200320", "2020"), ("Mar 4, 2020", "2020"), ("2015", "2015"), ("January", ""), ("", "")],
)
def test_year_of_any_writing(written: str, year: str) -> None:
    assert year_of(written) == year


def test_neighbours_of_other_patients_only() -> None:
    # Four directions in the plane; 0 and 1 are one patient, so 0's nearest is 2.
    angles = np.deg2rad([0, 1, 10, 80])
    means = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    share, chance = mapping.neighbour_shares(
        means, np.array(["a", "a", "a", "b"]), np.array(["p", "p", "q", "r"]), k=1
    )
    assert share.tolist() == [1, 1, 1, 0]
    assert chance.tolist() == pytest.approx([1 / 2, 1 / 2, 2 / 3, 0])


def test_nearest_leaves_out_the_image_itself() -> None:
    means = np.eye(3, dtype=np.float32)
    means[1] = [0.6, 0.8, 0]
    rows, cosines = mapping.nearest(means)
    assert rows[0].split()[0] == "1"
    assert cosines[0].split()[0] == "0.600"
    assert "0" not in rows[0].split()[:2]


def test_answers_are_those_of_the_app(classifier, tmp_path: Path) -> None:
    rows = []
    for title, modality in ((XRAY_TITLE, Modality.XRAY), (CT_TITLE, Modality.CT)):
        (tmp_path / f"{modality}.png").write_bytes(drawings()[title])
        rows.append({"image_id": title, "path": f"{modality}.png", "modality": modality.value})
    found = mapping.probabilities(pd.DataFrame(rows), tmp_path, tmp_path / "runs")
    expected = []
    for row in rows:
        opinions = classifier.all_opinions(read_image(drawings()[row["image_id"]]).pixels)[1]
        expected.append(opinions[DEFAULT_MODELS[Modality(row["modality"])]].probability)
    assert found.tolist() == pytest.approx(expected, abs=1e-3)


def test_average_of_forty_but_not_of_fewer() -> None:
    rows = pd.DataFrame({"source": "s", "modality": "xray", "label": [1.0] * 40 + [0.0] * 39})
    images = np.zeros((79, 2, 2), np.uint8)
    images[:40, 0, 0] = [0, 10, 20, 30, 40] * 8
    made = list(pictures.averages(rows, images))
    assert len(made) == 1
    assert made[0].row["images"] == 40
    assert made[0].pixels.tolist() == [[20, 0], [0, 0]]


def test_pairs_say_what_was_done() -> None:
    hashes = np.random.default_rng(0).random((6, 256)) < 0.5
    hashes[1], hashes[3], hashes[5] = hashes[0], hashes[2], hashes[4]
    hashes[5, :30] ^= True
    rows = pd.DataFrame(
        {
            "image_id": list("abcdef"),
            "patient_id": ["p", "q", "r", "s", "t", "t"],
            "label": [1.0, 1.0, 0.0, 1.0, 0.0, 0.0],
        }
    )
    table = pair_table(rows, hashes)
    assert table["bits"].tolist() == [0, 0, 30]
    assert table["same_patient"].tolist() == [False, False, True]
    assert table["done"].tolist() == [
        "second dropped",
        "both dropped",
        "kept on one side of the split",
    ]
