"""Winograd convolutions: the 3 x 3 convolutions of a VGG with a fraction of the products.

A (T + 2) x (T + 2) piece of the input gives a T x T piece of the output by (T + 2)^2 products a
channel pair instead of 9 T^2: 2.25 times fewer for T = 2, four times fewer for T = 4 (Lavin and
Gray 2016, "Fast Algorithms for Convolutional Neural Networks", equation 8):

    Y = A^T [(G g G^T) * (B^T d B)] A

The products over all channels and pieces are (T + 2)^2 matrix products, which run near the
processor's limit; TensorFlow's own kernels multiply directly on x86. The arithmetic is float32, and
rounding moves the trunk's maps by a few millionths of their largest value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

Array = NDArray[np.float64]
Layer = Callable[[Any], Any]  # float32 (N, H, W, C) -> float32 (N, H', W', K)


@dataclass(frozen=True)
class Tile:
    """The three matrices of F(T x T, 3 x 3)."""

    side: int  # T
    data: Array  # B^T, (T + 2, T + 2)
    kernel: Array  # G, (T + 2, 3)
    output: Array  # A^T, (T, T + 2)


TILES = {
    2: Tile(
        2,
        np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], float),
        np.array([[1, 0, 0], [1 / 2, 1 / 2, 1 / 2], [1 / 2, -1 / 2, 1 / 2], [0, 0, 1]]),
        np.array([[1, 1, 1, 0], [0, 1, -1, -1]], float),
    ),
    4: Tile(
        4,
        np.array(
            [
                [4, 0, -5, 0, 1, 0],
                [0, -4, -4, 1, 1, 0],
                [0, 4, -4, -1, 1, 0],
                [0, -2, -1, 2, 1, 0],
                [0, 2, -1, -2, 1, 0],
                [0, 4, 0, -5, 0, 1],
            ],
            float,
        ),
        np.array(
            [
                [1 / 4, 0, 0],
                [-1 / 6, -1 / 6, -1 / 6],
                [-1 / 6, 1 / 6, -1 / 6],
                [1 / 24, 1 / 12, 1 / 6],
                [1 / 24, -1 / 12, 1 / 6],
                [0, 0, 1],
            ]
        ),
        np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0],
                  [0, 1, -1, 8, -8, 1]], float),
    ),
}  # fmt: skip
# On larger maps, with few channels, moving the pieces costs what the products save (measured).
LARGEST_SIDE = 112
# Settings of the Keras layers that a VGG consists of.
POOLING: dict[str, object] = {"pool_size": (2, 2), "strides": (2, 2), "padding": "valid"}
CONVOLUTION: dict[str, object] = {
    "kernel_size": (3, 3),
    "strides": (1, 1),
    "dilation_rate": (1, 1),
    "padding": "same",
    "groups": 1,
    "activation": "relu",
    "use_bias": True,
}


def supports(model: keras.Model) -> bool:
    """Whether the model is a chain of 3 x 3 convolutions and poolings, as VGG is."""
    return all(_is_known(layer) for layer in model.layers[1:])


def rebuild(
    model: keras.Model, layers: Sequence[str], sizes: Sequence[int]
) -> Callable[[Any], list[Any]]:
    """The model as a function of a float32 batch, with Winograd where the maps are small.

    Args:
        model: Functional, float32, a chain that `supports` accepts.
        layers: Names of the layers whose maps to return, in this order.
        sizes: Sides of the batches that it may be traced for; all of them share its kernels.

    Raises:
        ValueError: It is another kind of model.
    """
    if not supports(model):
        raise ValueError(f"expected 3 x 3 convolutions and poolings alone, received {model.name}")
    chain, sides = [], list(sizes)
    for layer in model.layers[1:]:
        chain.append((layer.name, _layer(layer, sides)))
        if not layer.weights:
            sides = [side // 2 for side in sides]

    def run(batch: Any) -> list[Any]:
        maps = {}
        for name, layer in chain:
            maps[name] = batch = layer(batch)
        return [maps[name] for name in layers]

    return run


def tile_for(*sides: int) -> Tile:
    """The largest tile that covers maps of all these sides without a rest, else the smallest."""
    return TILES[4 if math.gcd(*sides) % 4 == 0 else 2]


def transform_kernel(kernel: NDArray[np.float32], tile: Tile) -> NDArray[np.float32]:
    """G g G^T of every channel pair: (3, 3, C, K) -> ((T + 2)^2, C, K)."""
    size, _, *channels = kernel.shape
    matrix = tile.kernel.astype(np.float32)
    half = matrix @ kernel.reshape(size, -1)  # (T + 2, 3 C K)
    turned = matrix @ half.reshape(-1, size, int(np.prod(channels)))  # (T + 2, T + 2, C K)
    return turned.reshape(-1, *channels)


def convolve(batch: Any, kernel: Any, bias: Any, tile: Tile) -> Any:
    """3 x 3 convolution with stride 1 and zero padding, then bias and ReLU.

    Args:
        batch: tf.Tensor float32 (N, H, W, C), with H, W and C known when traced.
        kernel: tf.Tensor float32 ((T + 2)^2, C, K), of transform_kernel with the same tile.
        bias: tf.Tensor float32 (K,).
        tile: T = tile.side.

    Returns:
        tf.Tensor float32 (N, H, W, K).
    """
    import tensorflow as tf

    _, height, width, channels = batch.shape
    side, places = tile.side, (tile.side + 2) ** 2
    rows, columns = -(-height // side), -(-width // side)  # of pieces
    below, right = side * (rows + 1) - 1 - height, side * (columns + 1) - 1 - width
    padded = tf.pad(batch, [[0, 0], [1, below], [1, right], [0, 0]])
    # Rows and columns apart by their place in a piece: then one place of all pieces is one block
    # of memory. The last two places of a piece are the first two of the next.
    apart = tf.reshape(padded, (-1, rows + 1, side, columns + 1, side, channels))
    apart = tf.transpose(apart, (2, 4, 0, 1, 3, 5))
    offsets = [(place // side, place % side) for place in range(side + 2)]
    pieces = tf.stack(
        [
            apart[y, x, :, down : down + rows, over : over + columns]
            for down, y in offsets
            for over, x in offsets
        ]
    )  # (places, N, rows, columns, C)
    turned = tf.matmul(_both(tile.data), tf.reshape(pieces, (places, -1)))
    products = tf.matmul(tf.reshape(turned, (places, -1, channels)), kernel)
    result = tf.matmul(_both(tile.output), tf.reshape(products, (places, -1)))
    result = tf.reshape(result, (side, side, -1, rows, columns, bias.shape[0]))
    result = tf.transpose(result, (2, 3, 0, 4, 1, 5))  # (N, rows, T, columns, T, K)
    result = tf.reshape(result, (-1, side * rows, side * columns, bias.shape[0]))
    return tf.nn.relu(result[:, :height, :width] + bias)


def _both(matrix: Array) -> NDArray[np.float32]:
    """M x M^T of a flattened piece as one matrix."""
    return np.kron(matrix, matrix).astype(np.float32)


def _layer(layer: keras.layers.Layer, sides: Sequence[int]) -> Layer:
    """One layer as a function of maps with one of these sides."""
    import tensorflow as tf

    if not layer.weights:
        return lambda batch: tf.nn.max_pool2d(batch, 2, 2, "VALID")
    kernel, bias = (tf.constant(np.asarray(values)) for values in layer.weights)
    small = [side for side in sides if side <= LARGEST_SIDE]
    if not small:
        return lambda batch: _directly(batch, kernel, bias)
    tile = tile_for(*small)
    turned = tf.constant(transform_kernel(kernel.numpy(), tile))
    if len(small) == len(sides):
        return lambda batch: convolve(batch, turned, bias, tile)
    return lambda batch: (
        _directly(batch, kernel, bias)
        if batch.shape[1] > LARGEST_SIDE
        else convolve(batch, turned, bias, tile)
    )


def _directly(batch: Any, kernel: Any, bias: Any) -> Any:
    """The same convolution by TensorFlow's own kernel; kernel (3, 3, C, K)."""
    import tensorflow as tf

    return tf.nn.relu(tf.nn.conv2d(batch, kernel, 1, "SAME") + bias)


def _is_known(layer: keras.layers.Layer) -> bool:
    """2 x 2 max pooling, or a 3 x 3 convolution with stride 1, zero padding, bias and ReLU."""
    known = {"MaxPooling2D": POOLING, "Conv2D": CONVOLUTION}.get(type(layer).__name__)
    if known is None:
        return False
    config = layer.get_config()
    return all(config[name] == value for name, value in known.items())
