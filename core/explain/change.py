"""Two class activation maps of one image: as it was, and after it was changed on purpose."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.explain.cam import Map
from core.images import Grey

Cells = NDArray[np.float32]  # (h, w), 0..1


def on_one_scale(first: Map, second: Map) -> tuple[Map, Map]:
    """Both maps divided by the larger of their maxima, so that a fainter map looks fainter.

    Args:
        first: float32 (h, w), from 0.
        second: Likewise, of any shape.

    Returns:
        Both in 0..1; all zero where neither has anything.
    """
    top = max(float(first.max(initial=0)), float(second.max(initial=0)))
    if not top:
        return first, second
    return (first / top).astype(np.float32), (second / top).astype(np.float32)


def overlap(first: Map, second: Map) -> float:
    """What two maps share, 0..1: the sum of the smaller values over the sum of the larger.

    The Jaccard index of weighted sets (Ruzicka 1958): 1 for equal maps, also where both are empty;
    0 where one is zero wherever the other is not.

    Raises:
        ValueError: Two shapes.
    """
    if first.shape != second.shape:
        raise ValueError(f"expected maps of one shape, received {first.shape}, {second.shape}")
    larger = float(np.maximum(first, second).sum())
    return float(np.minimum(first, second).sum()) / larger if larger else 1.0


def changed_cells(before: Grey, after: Grey, grid: tuple[int, int]) -> Cells:
    """What share of each cell's pixels is not as it was, float32 (h, w), 0..1.

    Args:
        before: uint8 (H, W).
        after: The same shape: the framing must not have changed.
        grid: (h, w) of the map.

    Raises:
        ValueError: Two shapes.
    """
    import cv2

    if before.shape != after.shape:
        raise ValueError(f"expected images of one shape, received {before.shape}, {after.shape}")
    differs = (before != after).astype(np.float32)
    return np.asarray(cv2.resize(differs, grid[::-1], interpolation=cv2.INTER_AREA), np.float32)


def share_inside(values: Map, cells: Cells) -> float:
    """Share of a map's sum that lies in the given cells, 0..1; 0 for an empty map."""
    total = float(values.sum())
    return float((values * cells).sum()) / total if total else 0.0
