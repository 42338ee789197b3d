"""Heads that ask for a view, where the training package asks them: three even images by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from viewed import CUT_ID, XRAY_ID

from core.artifacts import read_card
from core.views import LUNGS, PLAIN, VIEWS
from training import mapping
from training.explanations.base import load_cases
from training.lab import passes


class MeanTrunk:
    """Maps of one cell that hold the image's mean grey level."""

    backbone = SimpleNamespace(cam_layer="last")

    def all_maps(self, images: list[np.ndarray], size: int = 0) -> dict[str, np.ndarray]:
        means = np.array([image.mean() for image in images], np.float32)
        return {"last": means.reshape(-1, 1, 1, 1)}


def half(*views: str) -> SimpleNamespace:
    """A head that answers the looks' mean over 255."""
    return SimpleNamespace(
        card=read_card(CUT_ID),
        layers=("last",),
        views=views,
        answers=lambda looks: np.mean([maps[:, 0, 0, 0] / 255 for (maps,) in looks], axis=0),
    )


@pytest.fixture(autouse=True)
def halving(monkeypatch: pytest.MonkeyPatch) -> None:
    """The view LUNGS halves the brightness here."""
    monkeypatch.setitem(VIEWS, LUNGS, replace(VIEWS[LUNGS], alter=lambda image: image // 2))


@pytest.fixture
def rows(tmp_path: Path) -> pd.DataFrame:
    """Three even images, grey 200, 100 and 40, the first and last of them CT."""
    for name, level in (("a", 200), ("b", 100), ("c", 40)):
        Image.fromarray(np.full((40, 40), level, np.uint8)).save(tmp_path / f"{name}.png")
    return pd.DataFrame(
        {
            "image_id": list("abc"),
            "path": ["a.png", "b.png", "c.png"],
            "modality": ["ct", "xray", "ct"],
            "patient": list("abc"),
            "label": [0.0, 1.0, 0.0],
        }
    )


def test_the_catalogue_asks_each_head_in_its_view(
    rows: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = {CUT_ID: half(LUNGS, PLAIN), XRAY_ID: half(PLAIN)}
    monkeypatch.setattr(mapping, "load_head", heads.__getitem__)
    monkeypatch.setattr(mapping, "load_trunk", lambda *settings: MeanTrunk())
    found = mapping.probabilities(rows, tmp_path, tmp_path / "runs")
    assert found == pytest.approx([150 / 255, 100 / 255, 30 / 255], abs=1e-4)


@pytest.mark.parametrize(
    ("views", "expected"),
    [([PLAIN], [200, 100, 40]), ([LUNGS], [100, 50, 20]), ([LUNGS, PLAIN], [150, 75, 30])],
)
def test_the_lab_asks_in_the_view_and_keeps_plain_features(
    rows: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    views: list[str],
    expected: list[int],
) -> None:
    monkeypatch.setattr(passes, "load_head", lambda name: half(*views))
    monkeypatch.setattr(passes, "load_trunk", lambda *settings: MeanTrunk())
    means, answers = passes.altered("test", rows, tmp_path, tmp_path / "runs", lambda x, _: x)
    assert means[:, 0].tolist() == [200, 100, 40]
    assert (255 * answers).tolist() == pytest.approx(expected, abs=1e-3)


def test_explanations_are_checked_on_what_is_shown(
    rows: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "training.explanations.base.local_file",
        lambda library, number, root: root / rows["path"][number],
    )
    cases = load_cases(rows, None, tmp_path, VIEWS[LUNGS].alter)
    assert [case.pixels.max() for case in cases] == [100, 50, 20]
