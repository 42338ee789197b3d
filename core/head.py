"""The paper's head: pooling and dense layers between a trunk's maps and the probability.

Beside it texture heads: mean and standard deviation of each map, or which maps are active together.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

    from core.zoo import Backbone

POOLINGS = ("flatten", "average")  # the paper's
MEAN_STD = "mean+std"
SECOND_ORDER = "second-order"
UNITS = (256, 512)  # the paper's head
RELU, LINEAR = "relu", "linear"
TINY_VARIANCE = 1e-6
TINY_LENGTH = 1e-3


def build_tail(
    features_shape: tuple[int, int, int],
    pooling: str,
    *,
    units: Sequence[int] = UNITS,
    activation: str = RELU,
    dropout: float = 0.0,
) -> keras.Model:
    """A head on pooled features; the paper's: flatten or average, 256, 512, 1 (sigmoid).

    Args:
        features_shape: (h, w, C) after the pooling that follows the cam layer.
        pooling: "flatten", "average", "mean+std" or "second-order".
        units: Units of the dense layers before the last.
        activation: Theirs: "relu", or "linear" for members whose mean is the answer.
        dropout: Rate after each of them, 0..1.

    Returns:
        Model float32 (N, h, w, C) -> float32 (N, 1) in 0..1.

    Raises:
        ValueError: Unknown pooling.
    """
    import keras
    from keras import layers

    inputs = keras.Input(features_shape)
    x = pooling_layer(pooling)(inputs)  # VGG16: (N, 25088), (N, 512) or (N, 1024)
    for number, width in enumerate(units, 1):
        name = f"dense_{number}"
        x = layers.Dense(width, activation=activation, name=name)(x)
        if dropout:
            x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
    # float32 even where training mixes precisions: the loss needs its digits near 0 and 1.
    x = layers.Dense(1, activation="sigmoid", dtype="float32", name="probability")(x)
    return keras.Model(inputs, x, name="tail")


def build_head(backbone: Backbone, tail: keras.Model, layer: str = "") -> keras.Model:
    """A tail behind the pooling that follows the cam layer (VGG: block5_pool), as one flat graph.

    Args:
        backbone: Row of the zoo.
        tail: Made by build_tail.
        layer: A lower layer whose maps it reads as they are; empty for the cam layer.

    Returns:
        Model float32 (N, h, w, C) -> float32 (N, 1) in 0..1; it shares the tail's layers.
    """
    import keras

    lower = layer not in ("", backbone.cam_layer)
    x = inputs = keras.Input(tail.input_shape[1:] if lower else backbone.cam_shape)
    if backbone.pool and not lower:
        x = keras.layers.MaxPooling2D(2, name=backbone.pool)(x)
    for one in tail.layers[1:]:
        x = one(x)
    return keras.Model(inputs, x, name="head")


def pooling_layer(pooling: str) -> Any:
    """A new layer named "pooling", float32 (N, h, w, C) -> (N, F).

    Raises:
        ValueError: Unknown pooling.
    """
    from keras import layers

    kinds = dict(zip(POOLINGS, (layers.Flatten, layers.GlobalAveragePooling2D), strict=True))
    kinds |= {MEAN_STD: mean_std_layer(), SECOND_ORDER: second_order_layer()}
    if pooling not in kinds:
        raise ValueError(f"expected pooling out of {tuple(kinds)}, received {pooling!r}")
    return kinds[pooling](name="pooling")


@cache
def mean_std_layer() -> Any:
    """The layer class (N, h, w, C) -> (N, 2 C): mean and standard deviation of each map.

    What a texture looks like, whatever its place (style statistics; Huang and Belongie 2017).
    """
    import keras

    class MeanStd(keras.layers.Layer):
        def call(self, maps: Any) -> Any:
            mean = keras.ops.mean(maps, axis=(1, 2))
            variance = keras.ops.var(maps, axis=(1, 2))
            return keras.ops.concatenate([mean, keras.ops.sqrt(variance + TINY_VARIANCE)], axis=-1)

    return MeanStd


@cache
def second_order_layer() -> Any:
    """The layer class (N, h, w, C) -> (N, C C), 0..1: which maps are active at the same places.

    The cosine between each pair of maps over all positions: the Gram matrix of a texture (Gatys,
    Ecker and Bethge 2015), the symmetric bilinear pooling of Lin, RoyChowdhury and Maji (2015),
    with every map scaled to length one, so that overall brightness and contrast drop out.

    Maps are multiplied in the dtype they come in, which may be bfloat16; the cosines are float32.
    """
    import keras

    ops = keras.ops

    class SecondOrder(keras.layers.Layer):
        def __init__(self, **settings: Any) -> None:
            # The products are most of a head's work: maps of a bfloat16 trunk are not made float32.
            super().__init__(autocast=False, **settings)

        def call(self, maps: Any) -> Any:
            channels = maps.shape[3]
            flat = ops.reshape(maps, (ops.shape(maps)[0], -1, channels))
            pairs = ops.matmul(ops.transpose(flat, (0, 2, 1)), flat)  # (N, C, C)
            pairs = ops.cast(pairs, "float32")
            # Squared lengths are its diagonal: scaling the pairs is less work than scaling the
            # maps. sqrt has no finite gradient at 0: a map without activity is held just above it.
            squares = ops.maximum(ops.diagonal(pairs, axis1=1, axis2=2), TINY_LENGTH**2)
            length = ops.sqrt(squares)  # (N, C)
            cosines = pairs / (length[:, :, None] * length[:, None, :])
            return ops.reshape(cosines, (-1, channels**2))

    return SecondOrder
