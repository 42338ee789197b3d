"""Backbones: one row each, with everything that differs between them.

Preprocessing belongs to the backbone and is done here, for training and serving alike. Backbones
are flat functional graphs cut at their class-activation layer (the trunk); the pooling that follows
it belongs to the head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.images import Grey

if TYPE_CHECKING:
    import keras

FLOAT32 = "float32"
BFLOAT16 = "bfloat16"
PRECISIONS = (FLOAT32, BFLOAT16)


@dataclass(frozen=True)
class Backbone:
    """One row of the zoo.

    Attributes:
        name: Function name in keras.applications.
        module: Module in keras.applications with its preprocess_input.
        size: Input height and width in pixels.
        cam_layer: Last convolutional layer: the trunk ends there.
        cam_shape: Shape (h, w, channels) of its output.
        weights_md5: Hash that Keras publishes for the ImageNet weights without top.
    """

    name: str
    module: str
    size: int
    cam_layer: str
    cam_shape: tuple[int, int, int]
    weights_md5: str


BACKBONES = {
    "vgg16": Backbone(
        "VGG16", "vgg16", 224, "block5_conv3", (14, 14, 512), "6d6bbae143d832006294945121d1f1fc"
    ),
}
IMAGENET = "imagenet"


def get_backbone(name: str) -> Backbone:
    """The row of a backbone.

    Raises:
        ValueError: No such backbone.
    """
    if name not in BACKBONES:
        raise ValueError(f"expected a backbone out of {sorted(BACKBONES)}, received {name!r}")
    return BACKBONES[name]


def build_trunk(backbone: Backbone, weights: str | Path | None = None) -> keras.Model:
    """Build a backbone up to its cam layer.

    Args:
        backbone: Row of the zoo.
        weights: "imagenet" (Keras downloads them and checks the hash), a path to a
            `*_notop.weights.h5` file of the whole backbone, or None for random ones.

    Returns:
        Model float32 (N, size, size, 3), preprocessed -> float32 (N, *cam_shape).
    """
    import keras

    base = getattr(keras.applications, backbone.name)(
        include_top=False,
        weights=str(weights) if weights is not None else None,
        input_shape=(backbone.size, backbone.size, 3),
    )
    return keras.Model(base.input, base.get_layer(backbone.cam_layer).output, name=backbone.module)


def cast(model: keras.Model, precision: str) -> keras.Model:
    """A copy of a functional model that computes and stores its weights in another dtype."""
    import keras

    def rebuild(layer: keras.layers.Layer) -> keras.layers.Layer:
        return layer.__class__.from_config({**layer.get_config(), "dtype": precision})

    copy = keras.models.clone_model(model, clone_function=rebuild)
    copy.set_weights(model.get_weights())
    return copy


def fit(pixels: Grey, size: int) -> Grey:
    """Resize uint8 (H, W) to (size, size), as the paper does: both sides, aspect not kept."""
    import cv2

    height, width = pixels.shape
    shrinks = height * width > size * size
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (size, size), interpolation=method), np.uint8)


def prepare(backbone: Backbone, images: Sequence[Grey]) -> NDArray[np.float32]:
    """Greyscale images of any size -> the backbone's input tensor.

    Args:
        backbone: Row of the zoo.
        images: uint8 (H, W) each.

    Returns:
        float32 (N, size, size, 3), in the range and channel order that the backbone was trained on.
    """
    import keras

    module: Any = getattr(keras.applications, backbone.module)
    grey = np.stack([fit(image, backbone.size) for image in images])
    colour = np.repeat(grey[..., np.newaxis], 3, axis=-1).astype(np.float32)
    return module.preprocess_input(colour)
