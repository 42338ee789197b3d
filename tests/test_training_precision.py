"""Mixed precision where there is a GPU: which policy, and what stays float32."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from core.head import build_tail
from training import precision, scratch
from training.fitting import Data, fit, score
from training.precision import FLOAT32, MIXED_BFLOAT16, MIXED_FLOAT16
from training.recipes import RECIPES
from training.record import run_record

RECIPE = replace(RECIPES["vgg16-ct"], batch=4, epochs=2)
MIXED = [MIXED_BFLOAT16, MIXED_FLOAT16]


@pytest.fixture
def data() -> Data:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "image_id": [f"i{n}" for n in range(12)],
            "patient_id": [f"p{n}" for n in range(12)],
            "source": "one",
            "modality": "ct",
            "split": ["train"] * 8 + ["val"] * 4,
            "label": np.tile([0.0, 1.0], 6),
        }
    )
    return Data(rows, rng.random((12, 2, 2, 8)).astype(np.float16))


@pytest.mark.parametrize(
    ("gpus", "expected"),
    [
        ([], FLOAT32),
        ([{"compute_capability": (8, 0)}], MIXED_BFLOAT16),
        ([{"compute_capability": (9, 0)}, {"compute_capability": (7, 5)}], MIXED_FLOAT16),
        ([{}], MIXED_FLOAT16),  # another maker's, which says nothing
    ],
)
def test_policy_follows_the_oldest_gpu(
    monkeypatch: pytest.MonkeyPatch, gpus: list[dict], expected: str
) -> None:
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: list(range(len(gpus))))
    monkeypatch.setattr(tf.config.experimental, "get_device_details", gpus.__getitem__)
    assert precision.chosen() == expected


@pytest.mark.parametrize("policy", MIXED)
def test_layers_mix_but_weights_answer_and_other_models_do_not(
    monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    monkeypatch.setattr(precision, "chosen", lambda: policy)
    tail = precision.build(lambda: build_tail((2, 2, 8), "average"))
    assert tail.get_layer("dense_1").compute_dtype == policy.removeprefix("mixed_")
    assert tail.output.dtype == FLOAT32
    assert {weight.dtype for weight in tail.weights} == {FLOAT32}
    assert keras.config.dtype_policy().name == FLOAT32
    assert build_tail((2, 2, 8), "average").get_layer("dense_1").compute_dtype == FLOAT32


@pytest.mark.parametrize("policy", MIXED)
def test_a_head_trained_in_mixed_precision_is_scored_in_float32(
    monkeypatch: pytest.MonkeyPatch, data: Data, policy: str
) -> None:
    plain = fit(data, RECIPE, "average", 0)
    monkeypatch.setattr(precision, "chosen", lambda: policy)
    mixed = fit(data, RECIPE, "average", 0)
    assert (plain.precision, mixed.precision) == (FLOAT32, policy)
    assert {layer.compute_dtype for layer in mixed.tail.layers} == {FLOAT32}
    assert np.isfinite(mixed.history["loss"]).all()
    # the same seed and steps, rounded otherwise
    found, expected = (score(one.tail, data)["probability"] for one in (mixed, plain))
    np.testing.assert_allclose(found, expected, atol=0.02)
    assert not np.array_equal(mixed.tail.get_weights()[0], plain.tail.get_weights()[0])


def test_a_whole_network_comes_back_in_float32(
    monkeypatch: pytest.MonkeyPatch, data: Data, tmp_path: Path
) -> None:
    monkeypatch.setattr(precision, "chosen", lambda: MIXED_BFLOAT16)
    side = scratch.SIZE
    images = np.random.default_rng(0).integers(0, 256, (12, side, side, 1), np.uint8)
    rows = data.rows.assign(split=["train"] * 6 + ["val"] * 4 + ["test"] * 2)
    fitted = scratch.fit_network("cnn", Data(rows, images), replace(RECIPE, epochs=1), tmp_path)
    assert fitted.precision == MIXED_BFLOAT16
    assert fitted.tail.dtype_policy.name == FLOAT32
    assert score(fitted.tail, Data(rows, images))["probability"].between(0, 1).all()


def test_the_record_says_the_policy() -> None:
    assert run_record("command", precision=MIXED_FLOAT16)["precision"] == MIXED_FLOAT16
    assert "precision" not in run_record("command")
