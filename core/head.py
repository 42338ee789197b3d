"""The paper's head: pooling and dense layers between a trunk's maps and the probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

    from core.zoo import Backbone

POOLINGS = ("flatten", "average")
FIRST_UNITS, SECOND_UNITS = 256, 512  # the paper's head


def build_tail(
    features_shape: tuple[int, int, int],
    pooling: str,
    *,
    first: int = FIRST_UNITS,
    second: int = SECOND_UNITS,
    dropout: float = 0.0,
) -> keras.Model:
    """The paper's head on the pooled features: flatten or average, 256, 512, 1 (sigmoid).

    Args:
        features_shape: (h, w, C) after the pooling that follows the cam layer.
        pooling: "flatten" or "average".
        first: Units of the first dense layer.
        second: Units of the second.
        dropout: Rate after each of them, 0..1.

    Returns:
        Model float32 (N, h, w, C) -> float32 (N, 1) in 0..1.

    Raises:
        ValueError: Unknown pooling.
    """
    import keras
    from keras import layers

    if pooling not in POOLINGS:
        raise ValueError(f"expected pooling out of {POOLINGS}, received {pooling!r}")
    inputs = keras.Input(features_shape)
    pool = layers.Flatten if pooling == "flatten" else layers.GlobalAveragePooling2D
    x = pool(name="pooling")(inputs)  # (N, 25088) or (N, 512)
    for name, units in (("dense_1", first), ("dense_2", second)):
        x = layers.Dense(units, activation="relu", name=name)(x)
        if dropout:
            x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
    x = layers.Dense(1, activation="sigmoid", name="probability")(x)
    return keras.Model(inputs, x, name="tail")


def build_head(backbone: Backbone, tail: keras.Model) -> keras.Model:
    """A tail behind the pooling that follows the cam layer (VGG: block5_pool), as one flat graph.

    Returns:
        Model float32 (N, *cam_shape) -> float32 (N, 1) in 0..1; it shares the tail's layers.
    """
    import keras

    x = inputs = keras.Input(backbone.cam_shape)
    if backbone.pool:
        x = keras.layers.MaxPooling2D(2, name=backbone.pool)(x)
    for layer in tail.layers[1:]:
        x = layer(x)
    return keras.Model(inputs, x, name="head")
