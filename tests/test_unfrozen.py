"""VGG16 with block 5 unfrozen: what stays, what learns, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from core import zoo
from training import unfrozen
from training.__main__ import main
from training.fitting import Data
from training.recipes import RECIPES

RECIPE = replace(RECIPES["vgg16-ct"], batch=4, epochs=2)


@pytest.fixture
def data() -> Data:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "image_id": [f"i{n}" for n in range(12)],
            "split": ["train"] * 8 + ["val"] * 4,
            "label": np.tile([0.0, 1.0], 6),
        }
    )
    return Data(rows, rng.random((12, 14, 14, 512)).astype(np.float16))


@pytest.fixture
def random_weights(tmp_path: Path) -> Path:
    """A file of VGG16 weights drawn at random."""
    keras.utils.set_random_seed(1)
    path = tmp_path / "vgg16_notop.weights.h5"
    keras.applications.VGG16(include_top=False, weights=None).save_weights(path)
    return path


def filters(model: keras.Model) -> np.ndarray:
    return model.get_layer(unfrozen.BLOCK[-1]).get_weights()[0]


def test_upper_part_goes_on_where_the_lower_one_stopped(random_weights: Path) -> None:
    backbone = zoo.get_backbone("vgg16")
    trunk = zoo.build_trunk(backbone, random_weights, layers=("block4_conv3",))
    lower = keras.Model(trunk.input, trunk.get_layer(unfrozen.BELOW).output)
    image = np.random.default_rng(0).integers(0, 256, (30, 40), np.uint8)
    batch = zoo.prepare(backbone, [image])
    upper = unfrozen.build_upper(random_weights)
    x = lower(batch)
    for name in unfrozen.BLOCK:
        x = upper.get_layer(name)(x)
    np.testing.assert_allclose(x, trunk(batch)[0], rtol=1e-4, atol=1e-4)


def test_filters_stay_through_the_warm_up_and_learn_after_it(
    data: Data, random_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = filters(unfrozen.build_upper(random_weights))
    monkeypatch.setattr(unfrozen, "WARM_UP", 2)
    warm = unfrozen.fit_upper(data, RECIPE, 0, random_weights)
    np.testing.assert_array_equal(filters(warm.tail), before)
    monkeypatch.setattr(unfrozen, "WARM_UP", 1)
    slow = unfrozen.fit_upper(data, RECIPE, 0, random_weights)
    assert not np.array_equal(filters(slow.tail), before)
    assert slow.history["epoch"].tolist() == [0, 1]
    assert slow.used["fit"].tolist() == [f"i{n}" for n in range(8)]
    assert slow.val_loss == pytest.approx(slow.history["val_loss"].iloc[1])


@pytest.mark.parametrize(
    "words", [["--backbones", "vgg19"], ["--backbones", "vgg16", "--init", "random"]]
)
def test_only_vgg16_with_learned_weights_is_unfrozen(
    words: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("training.compare.load_manifest", lambda *_: pd.DataFrame())
    assert main(["compare", "--unfreeze", "--root", str(tmp_path), *words]) == 2
    assert "expected --unfreeze with --backbones vgg16" in capsys.readouterr().err
