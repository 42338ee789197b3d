"""Blocks trained without labels: the loss by hand, epochs that resume, the same descriptors."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.schema import Modality
from training import adapt, simclr
from training.upper import BELOW, SHOWN, TRAINED
from training.views import VIEWS, mirror_of

CT = adapt.LESSONS[Modality.CT]
VIEWED = SHOWN[Modality.CT][:2]


def test_the_loss_by_hand() -> None:
    # both views of two images, at right angles: each meets its twin (1) and two others (0)
    views = np.eye(2, dtype=np.float32)
    expected = np.log(1 + 2 * np.exp(-1 / 0.5))
    assert float(simclr.contrast(views, views, 0.5)) == pytest.approx(expected, rel=1e-5)
    # twins swapped: every twin is at right angles, one stranger is the same
    worse = np.log(2 + np.exp(1 / 0.5))
    assert float(simclr.contrast(views, views[::-1], 0.5)) == pytest.approx(worse, rel=1e-5)


def _maps(count: int = 4) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.random((count, 28, 28, 256)).astype(np.float16) for _ in VIEWED]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simclr, "BATCH", 2)


def test_epochs_move_the_blocks_and_resume(small: None, tmp_path: Path) -> None:
    model, maps = simclr.build(), _maps()
    before = [np.asarray(one) for one in model.variables]
    losses = simclr.adapt(model, maps, tmp_path, 2)
    after = [np.asarray(one) for one in model.variables]
    assert len(losses) == 2
    assert any((old != new).any() for old, new in zip(before[:2], after[:2], strict=True))
    (tmp_path / "epoch-1.npz").unlink()  # cut off in the second epoch: the same again
    again = simclr.build()
    assert simclr.adapt(again, maps, tmp_path, 2) == pytest.approx(losses, rel=1e-3)
    for first, second in zip(after, again.variables, strict=True):
        np.testing.assert_allclose(first, np.asarray(second), atol=1e-4)


def test_both_views_of_a_pair_are_of_one_image(small: None) -> None:
    images = 10 * np.arange(4)[:, None, None, None]
    maps = [(images + np.full((4, 28, 28, 256), view)).astype(np.float16) for view in (0, 1, 2)]
    pairs = list(simclr._pairs(maps, np.random.default_rng(1)))
    assert len(pairs) == 2
    for first, second in pairs:
        images = first[:, 0, 0, 0] // 10, second[:, 0, 0, 0] // 10
        np.testing.assert_array_equal(*images)
        assert (first[:, 0, 0, 0] != second[:, 0, 0, 0]).all()


def test_the_table_compares_with_the_frozen_blocks() -> None:
    number = np.arange(60)
    rows = pd.DataFrame(
        {
            "source": np.where(number < 40, "covid-ct", "sarscov2-ct"),
            "label": (number % 2).astype(float),
            "group": [f"p{n // 2}" for n in number],
            "fit": number < 40,
        }
    )
    random = np.random.default_rng(0)
    noise = {(view, one): random.normal(size=(60, 6)) for view in VIEWED for one in TRAINED}
    better = {key: value + 3 * rows[["label"]].to_numpy() for key, value in noise.items()}
    table = adapt.table_of(rows, CT, 40, _half(noise), _half(better), [2.0, 1.0])
    assert table["test"].tolist() == ["COVID-CT, patients unseen", "sarscov2-ct, never seen"]
    assert (table["gain"] > 0.2).all()
    np.testing.assert_allclose(table["auc"] - table["frozen"], table["gain"], atol=2e-4)
    assert table["loss"].tolist() == [2.0, 2.0]
    assert table["epochs"].tolist() == [2, 2]


@pytest.mark.parametrize("modality", adapt.LESSONS)
def test_members_see_views_that_are_shown(modality: Modality) -> None:
    assert set(SHOWN[modality]) <= set(VIEWS)
    (view,) = adapt.LESSONS[modality].measured.views
    assert SHOWN[modality][:2] == (view, mirror_of(view))


def test_images_without_a_label_are_learned_from_and_test_patients_are_not() -> None:
    manifest = pd.DataFrame(
        {
            "image_id": list("abcde"),
            "modality": ["xray", "xray", "xray", "ct", "xray"],
            "source": ["nih", "actualmed", "nih", "covid-ct", "elsewhere"],
            "split": ["train", "val", "test", "train", "train"],
            "label": [0.0, np.nan, 0.0, 1.0, 0.0],
        }
    )
    assert adapt.learned_from("xray", manifest)["image_id"].tolist() == ["a", "b"]
    assert adapt.learned_from("ct", manifest)["image_id"].tolist() == ["d"]


def _half(features: dict) -> dict:
    return {key: value.astype(np.float16) for key, value in features.items()}


def test_before_training_descriptors_are_those_of_the_frozen_blocks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from core import zoo
    from core.head import pooling_layer
    from core.trunks import load_trunk
    from training.descriptors import packed
    from training.features import DEFAULT_TRUNK

    images = np.random.default_rng(0).integers(0, 256, (3, 60, 60), np.uint8)
    layers = ("block4_conv3", BELOW)
    maps = load_trunk(DEFAULT_TRUNK, precision=zoo.FLOAT32, layers=layers).all_maps(list(images))
    below = np.asarray(maps[BELOW], np.float16)
    monkeypatch.setattr(adapt, "lower_maps", lambda *_: below)
    args = argparse.Namespace(root=tmp_path, runs=tmp_path, modality="ct")
    rows = pd.DataFrame({"image_id": list("abc")})
    found = adapt.features(simclr.build(), rows, args, tmp_path / "frozen")
    monkeypatch.delattr(adapt, "lower_maps")  # a run that goes on asks nothing again
    again = adapt.features(simclr.build(), rows, args, tmp_path / "frozen")
    for view in VIEWED:
        for one in TRAINED:
            expected = packed(one, np.asarray(pooling_layer(one.pooling)(maps[one.layer])))
            np.testing.assert_allclose(found[view, one], expected, atol=5e-3)
            np.testing.assert_array_equal(again[view, one], found[view, one])
