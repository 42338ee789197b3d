"""Backbones: every row builds, and downloaded weights are checked before they are used."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from serving import QUICK, weights_in

from core import zoo


@pytest.mark.parametrize("name", sorted(zoo.BACKBONES))
def test_trunk_ends_at_its_cam_layer(name: str) -> None:
    row = zoo.BACKBONES[name]
    trunk = zoo.build_trunk(row)
    assert trunk.output_shape[1:] == row.cam_shape
    assert trunk.input_shape[1:] == (row.size, row.size, 3)
    low, high = zoo.prepare(row, [np.zeros((9, 9), np.uint8), np.full((9, 9), 255, np.uint8)])
    assert low.shape == (row.size, row.size, 3)
    assert (high > low).all()


def test_downloaded_weights_are_loaded(
    served: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, folder = served
    row, expected = weights_in(folder)
    fetch = zoo.fetch_weights
    monkeypatch.setattr(zoo, "fetch_weights", lambda backbone: fetch(backbone, url))
    trunk = zoo.build_trunk(row, zoo.IMAGENET)
    for received, wanted in zip(trunk.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(received, wanted)


def test_altered_weights_are_refused(served: tuple[str, Path]) -> None:
    url, folder = served
    row, _ = weights_in(folder)
    (folder / row.weights_file).write_bytes(b"something else")
    with pytest.raises(
        ValueError, match=r"expected the ImageNet weights of MobileNetV2 .*received"
    ):
        zoo.fetch_weights(row, url)


def test_missing_weights_are_said(served: tuple[str, Path]) -> None:
    with pytest.raises(ValueError, match="name a file instead"):
        zoo.fetch_weights(replace(QUICK, weights_file="absent.h5"), served[0])


def test_a_cast_copy_takes_its_input_unrounded() -> None:
    import keras

    inputs = keras.Input((2, 2, 3))
    first = keras.layers.Conv2D(1, 1, name="first")
    x = keras.layers.Conv2D(2, 1, name="second")(first(keras.layers.Rescaling(2.0)(inputs)))
    half = zoo.cast(keras.Model(inputs, x), zoo.BFLOAT16)
    dtypes = [layer.compute_dtype for layer in half.layers]
    assert dtypes == ["float32", "float32", "float32", "bfloat16"]
    half.get_layer("first").set_weights([np.eye(3, 1)[None, None], np.array([-200.0])])
    half.get_layer("second").set_weights([np.array([[[[1.0, -1.0]]]]), np.zeros(2)])
    pixels = np.full((1, 2, 2, 3), 100.25, np.float32)  # twice that is no bfloat16: 200 or 201
    found = np.asarray(half(pixels), np.float32)
    np.testing.assert_array_equal(found[0, 0, 0], [0.5, -0.5])
