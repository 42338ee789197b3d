"""Experiments: folds keep patients together, heads are honest, tables say what they measured."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import lab, library
from core.alter import MARKS
from core.artifacts import ArtifactError, read_card
from core.schema import Modality, Split
from training.lab import base, elsewhere, lungs, marks, passes, patients


def test_patients_and_look_alikes_share_a_group() -> None:
    manifest = pd.DataFrame(
        {"image_id": list("abcde"), "patient_id": ["p", "p", "q", "", ""]}, index=[3, 5, 7, 9, 11]
    )
    pairs = pd.DataFrame({"first": ["b", "d"], "second": ["c", "gone"]})
    groups = base.group_rows(manifest, pairs)
    assert groups[0] == groups[1] == groups[2]
    assert len(set(groups)) == 3


def test_no_group_is_on_both_sides() -> None:
    rng = np.random.default_rng(0)
    labels, groups = rng.integers(0, 2, 60), np.repeat(np.arange(20), 3)
    folds = list(base.folds(labels, groups, seed=1))
    assert len(folds) == base.FOLDS
    for train, held in folds:
        assert not set(groups[train]) & set(groups[held])


def test_out_of_fold_learns_a_signal_and_not_a_memory() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), 2)
    labels = (groups % 2).astype(float)
    signal = rng.normal(labels[:, None] * 4, 1, (120, 3))
    assert (
        base.area(
            pd.DataFrame({"label": labels, "group": groups}),
            base.out_of_fold(signal, labels, groups)[:, 1],
        )["auc"]
        > 0.95
    )
    memory = rng.normal(size=(60, 50))[groups]  # tells patients apart, nothing else
    scores = base.out_of_fold(memory, labels, groups)[:, 1]
    assert base.area(pd.DataFrame({"label": labels, "group": groups}), scores)["auc"] < 0.75


def test_memory_shows_when_images_are_split() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 3)
    labels = (groups % 2).astype(float)
    memory = rng.normal(size=(40, 50))[groups] + rng.normal(0, 0.01, (120, 50))
    part = pd.DataFrame({"label": labels, "group": groups})
    remembered = patients._areas(memory, part, False, patients._nearest, "toy")
    honest = patients._areas(memory, part, True, patients._nearest, "toy")
    assert remembered.min() > 0.95
    assert honest.mean() < 0.7


def test_share_with_an_interval_over_groups() -> None:
    value, low, high = base.share(np.array([True, True, False, False]), pd.Series([1, 1, 2, 2]))
    assert value == 0.5
    assert (low, high) == (0.0, 1.0)  # two groups: both of one, or one of each


def test_sources_with_too_few_of_a_label_are_not_used() -> None:
    table = pd.DataFrame(
        {
            "source": ["both"] * 10 + ["rare"] * 10 + ["one"] * 10,
            "label": [0.0, 1.0] * 5 + [0.0] * 8 + [1.0] * 2 + [0.0] * 10,
        }
    )
    assert elsewhere._usable(table) == ["both", "one"]


def test_shift_counts_flips_by_hand() -> None:
    part = pd.DataFrame({"group": [0, 1, 2, 3]})
    before, after = np.array([0.2, 0.4, 0.6, 0.8]), np.array([0.6, 0.4, 0.4, 0.9])
    row = marks._shift(part, before, after, 0.5)
    assert row["mean_shift"] == pytest.approx(0.075)
    assert row["mean_size"] == pytest.approx(0.175)
    assert (row["to_positive"], row["to_negative"]) == (1, 1)


def test_masks_take_the_size_of_their_image() -> None:
    mask = np.zeros((4, 4), bool)
    mask[:2] = True
    assert lungs.fitted(mask, (8, 6)).sum() == 4 * 6


def test_passes_resume_from_whole_shards(tmp_path: Path) -> None:
    rows = pd.DataFrame({"image_id": [f"i{n}" for n in range(5)]})
    asked: list[list[str]] = []

    def start():  # type: ignore[no-untyped-def]
        def compute(part):  # type: ignore[no-untyped-def]
            asked.append(part["image_id"].tolist())
            numbers = part["image_id"].str[1:].to_numpy(float)
            return {"means": numbers[:, None], "answers": numbers / 10}

        return compute

    passes.cached(tmp_path, rows[:2], start, "x")
    found = passes.cached(tmp_path, rows[::-1], start, "x")
    assert asked == [["i0", "i1"], ["i4", "i3", "i2"]]
    assert found["means"][:, 0].tolist() == [4, 3, 2, 1, 0]
    assert found["answers"].tolist() == pytest.approx([0.4, 0.3, 0.2, 0.1, 0])
    assert not list(tmp_path.glob("*.part"))


def test_missing_table_names_its_command(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="--experiment hospital --root DIR"):
        lab.read_table("hospital_matrix", tmp_path)


def test_shipped_tables_agree_with_the_catalogue() -> None:
    images = library.read_library().images
    known = images[images["label"].notna()]
    rows = lab.read_table("hospital").set_index("setting")
    assert rows.loc["chest X-rays", "images"] == (known["modality"] == "xray").sum()
    matrix = lab.read_table("hospital_matrix")
    hits = matrix[matrix["source"] == matrix["named"]].groupby("setting")["images"].sum()
    totals = matrix.groupby("setting")["images"].sum()
    assert (hits / totals - rows["accuracy"]).abs().max() < 1e-4
    elsewhere = lab.read_table("elsewhere")
    assert len(elsewhere)
    for row in elsewhere.itertuples():
        part = known[(known["modality"] == row.modality) & (known["source"] == row.test)]
        assert (len(part), part["label"].sum()) == (row.images, row.positives)


def test_marks_count_the_test_images_of_the_shipped_model() -> None:
    table = lab.read_table("marks")
    everyone = table[table["label"] == "all"].set_index("mark").sort_index()
    parts = table[table["label"] != "all"].groupby("mark")[["images", "to_positive"]].sum()
    assert (everyone["images"] == parts["images"]).all()
    assert (everyone["to_positive"] == parts["to_positive"]).all()
    assert set(everyone.index) == set(MARKS)
    images = library.read_library().images
    own = images["source"].isin(read_card(passes.HEAD).sources) & (images["split"] == Split.TEST)
    test = images[own & (images["modality"] == Modality.XRAY) & images["label"].notna()]
    assert set(everyone["images"]) == {len(test)}


@pytest.mark.parametrize("name", ["hospital", "lungs", "elsewhere", "patients"])
def test_intervals_hold_their_values(name: str) -> None:
    table = lab.read_table(name)
    value = "accuracy" if name == "hospital" else "auc"
    known = table[table[value].notna()]
    assert len(known)
    assert ((known["low"] <= known[value]) & (known[value] <= known["high"])).all()
