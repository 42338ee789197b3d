"""Weights in a file, as Keras publishes them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from core import zoo

QUICK = replace(zoo.BACKBONES["mobilenetv2"], size=32, cam_shape=(1, 1, 1280))


def weights_in(folder: Path) -> tuple[zoo.Backbone, list[np.ndarray]]:
    """A weights file as Keras publishes them, and the row that names it."""
    import keras

    keras.utils.set_random_seed(7)
    model = keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(QUICK.size, QUICK.size, 3)
    )
    path = folder / "tiny.weights.h5"
    model.save_weights(path)
    md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    return replace(QUICK, weights_file=path.name, weights_md5=md5), model.get_weights()
