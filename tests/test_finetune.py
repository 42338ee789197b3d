"""The upper blocks behind the members: the same answers before training, no worse epoch kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import zoo
from core.head import pooling_layer
from core.library import read_library
from core.schema import MANIFEST_COLUMNS, Split
from core.trunks import load_trunk
from training import finetune, upper
from training.descriptors import packed
from training.features import DEFAULT_TRUNK
from training.views import JITTERS, SHOWN, VIEWS, jittered

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 60, 60), np.uint8)


def _start(seed: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Small random members."""
    random = np.random.default_rng(seed)
    size = 512 * 513 // 2
    return {one.name: (random.normal(0, 0.01, (size, 1)), np.array([0.3])) for one in upper.TRAINED}


def _below() -> np.ndarray:
    layers = (upper.BELOW,)
    trunk = load_trunk(DEFAULT_TRUNK, precision=zoo.FLOAT32, layers=layers)
    return np.asarray(trunk.all_maps(list(IMAGES))[upper.BELOW])


def test_before_training_the_network_answers_as_the_frozen_members() -> None:
    start = _start(1)
    layers = ("block4_conv3", upper.BELOW)
    trunk = load_trunk(DEFAULT_TRUNK, precision=zoo.FLOAT32, layers=layers)
    maps = trunk.all_maps(list(IMAGES))
    expected = np.zeros(len(IMAGES))
    for one in upper.TRAINED:
        pooled = np.asarray(pooling_layer(one.pooling)(maps[one.layer]))
        kernel, bias = start[one.name]
        expected += (packed(one, pooled).astype(float) @ kernel + bias)[:, 0] / 2
    found = upper.build_upper(start, "block 5")(maps[upper.BELOW], training=False)
    np.testing.assert_allclose(np.asarray(found)[:, 0], expected, atol=0.02)


def test_only_what_is_unfrozen_learns() -> None:
    for depth, count in (("blocks 4 and 5", 6), ("block 5", 3)):
        model = upper.build_upper(_start(3), depth)
        names = [one.path for one in model.trainable_variables]
        assert sum("conv" in name and "log_odds" not in name for name in names) == 2 * count
        assert sum("log_odds" in name for name in names) == 2 * len(upper.TRAINED)


def test_the_epoch_of_least_loss_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upper, "EPOCHS", 1)
    monkeypatch.setattr(upper, "RATE", 10.0)  # ruins it, so that the frozen head must come back
    rows = pd.DataFrame({"label": [0.0, 1.0, 0.0, 1.0]})
    model = upper.build_upper(_start(2), "blocks 4 and 5")
    before = [weights.copy() for weights in model.get_weights()]
    monkeypatch.setattr(model, "evaluate", lambda *_, **__: next(losses))
    losses = iter([0.5, 0.9])
    below = _below()
    upper.train_upper(model, rows, [below], np.array([0, 1]), np.array([2, 3]), 0)
    for first, second in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)
    losses = iter([0.5, 0.4])
    upper.train_upper(model, rows, [below], np.array([0, 1]), np.array([2, 3]), 0)
    assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


def test_the_table_holds_the_gain_of_each_depth(tmp_path: Path) -> None:
    rows = pd.DataFrame({"label": [0.0, 1.0] * 4, "group": [f"p{n}" for n in range(8)]})
    frozen = np.array([0.5, 0.4, 0.3, 0.6, 0.2, 0.7, 0.1, 0.8])  # one of 16 pairs is wrong
    sure = rows["label"].to_numpy() * 0.8 + 0.1
    beside = np.array([0.0, -1.0, -3.0, 1.0, -4.0, 2.0, -5.0, 3.0])  # likewise, by the default
    rows = rows.assign(source="covid-ct")
    first = {"trained": "block 5", "epochs": 4}
    # by one seed nothing changed, by the other all is right: so is the mean of both
    table = finetune.table_of(rows, np.stack([[frozen, frozen], [frozen, sure]]), beside, first)
    finetune.write(table, tmp_path / "ct.csv")
    finetune.write(table.assign(trained="other"), tmp_path / "ct.csv")
    finetune.write(table.assign(epochs=5), tmp_path / "ct.csv")  # takes the first one's place
    table = pd.read_csv(tmp_path / "ct.csv")
    assert table["trained"].tolist() == ["other", "block 5"]
    row = table.iloc[1]
    assert (row["frozen"], row["auc"], row["shipped"], row["test"]) == (
        0.9375, 1.0, 0.9375, "COVID-CT",
    )  # fmt: skip
    assert row["gain"] == pytest.approx(0.0625)
    assert (row["with_auc"], row["with_gain"]) == (1.0, 0.0625)
    assert (row["epochs"], row["images"], row["seeds"]) == (5, 8, 2)
    assert row["seed_mean"] == pytest.approx((0.9375 + 1) / 2, abs=1e-4)


def test_x_rays_are_tested_inside_their_mixed_source_too() -> None:
    rows = pd.DataFrame({"source": ["nih", "covid-chestxray", "figure1"]})
    found = finetune.tests(rows)
    assert found["X-ray pooled"].tolist() == [True, True, True]
    assert found["inside covid-chestxray"].tolist() == [False, True, False]


def test_two_answers_count_alike_whatever_their_scale() -> None:
    one, other = np.array([1.0, -1.0]), np.array([-50.0, 50.0])
    assert finetune.mixed(one, other) == pytest.approx([0.0, 0.0])
    assert finetune.mixed(one, -other) == pytest.approx([1.0, -1.0])


@pytest.mark.parametrize("modality", ["ct", "xray"])
def test_no_test_patient_is_learned_from(modality: str) -> None:
    images = read_library().images.reindex(columns=list(MANIFEST_COLUMNS))
    splits = images.set_index("image_id")["split"]
    found = finetune.learned_rows(modality, images)
    assert len(found) > 400
    assert set(splits[found["image_id"]]) == {Split.TRAIN, Split.VAL}
    kept_back = images[images["split"].isin((Split.TEST, Split.EXTERNAL))]
    assert not set(found["patient_id"]) & (set(kept_back["patient_id"]) - {""})


def test_jitter_is_the_same_again_and_never_upside_down() -> None:
    ramp = np.tile(np.arange(200, dtype=np.uint8)[:, np.newaxis], (1, 160))  # bright below
    for number in range(6):
        changed = jittered(ramp, number)
        np.testing.assert_array_equal(changed, jittered(ramp, number))
        assert changed.shape == ramp.shape
        assert changed[150:].mean() > changed[:50].mean() + 50
    assert (jittered(ramp, 0) != jittered(ramp, 1)).any()
    cut = SHOWN["lungs"](ramp)
    np.testing.assert_array_equal(VIEWS[JITTERS[1]].alter(ramp), jittered(cut, 1))
