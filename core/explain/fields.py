"""How much of the image one cell of a map has seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.explain.network import find_layer
from core.explain.overlay import FOR_RAMP, Colour
from core.images import Grey
from core.zoo import fit

TILE, MARGIN = 160, 12  # pixels of a drawn picture, and shown around a small field
FRAME = FOR_RAMP[1]

Box = tuple[int, int, int, int]  # top, left, bottom, right, in pixels of the input


def field_side(model: Any, layer: str) -> int:
    """Side of the receptive field of a layer's cells, in pixels of the input.

    Args:
        model: A chain of layers, as VGG is.
        layer: One of its layers.

    Raises:
        ValueError: No such layer, or the model branches below it.
    """
    import keras

    end = find_layer(model, layer)
    side, stride = 1, 1  # pixels a cell has seen; pixels between neighbouring cells
    for own in keras.Model(model.input, end.output).layers[1:]:
        if isinstance(own.input, list):
            raise ValueError(f"expected a chain of layers, received {own.name!r} with many inputs")
        kernel: tuple[int, ...] = getattr(own, "kernel_size", getattr(own, "pool_size", (1, 1)))
        side += (kernel[0] - 1) * stride
        stride *= getattr(own, "strides", (1, 1))[0]
    return side


def field_box(cell: int, grid: int, side: int, size: int) -> Box:
    """What one cell has seen of the input, cut at the edges.

    Args:
        cell: Its number, row by row.
        grid: Cells along each side of the map.
        side: Of the receptive field, pixels.
        size: Of the input, pixels.

    Raises:
        ValueError: No such cell.
    """
    if not 0 <= cell < grid * grid:
        raise ValueError(f"expected a cell from 0 to {grid * grid - 1}, received {cell}")
    low, high = zip(*(_span(place, grid, side, size) for place in divmod(cell, grid)), strict=True)
    return low[0], low[1], high[0], high[1]


def _span(place: int, grid: int, side: int, size: int) -> tuple[int, int]:
    centre = (place + 0.5) * size / grid
    first = round(centre - side / 2)
    return max(first, 0), min(first + side, size)


def framed(image: Grey, box: Box, size: int) -> Colour:
    """A square picture of an image around a box, with the box drawn on it.

    Args:
        image: uint8 (H, W).
        box: In pixels of the network's input.
        size: Of the network's input.

    Returns:
        uint8 (TILE, TILE, 3), as the network sees the image: both sides fitted.
    """
    import cv2

    top, left, bottom, right = box
    side = min(max(bottom - top, right - left) + 2 * MARGIN, size)
    y, x = (_inside((a + b - side) // 2, size - side) for a, b in ((top, bottom), (left, right)))
    scale = TILE / side
    part = fit(fit(image, size)[y : y + side, x : x + side], TILE)
    picture = np.repeat(part[..., np.newaxis], 3, -1)
    first = (round((left - x) * scale), round((top - y) * scale))
    last = (round((right - x) * scale) - 1, round((bottom - y) * scale) - 1)
    cv2.rectangle(picture, first, last, FRAME, 2)
    return np.asarray(picture, np.uint8)


def _inside(first: int, most: int) -> int:
    return min(max(first, 0), most)
