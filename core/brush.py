"""Shapes to draw with: layers of greys, ellipses, rounded outlines, lines, grain."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

SIDE = 512
MIDDLE = SIDE // 2

Layer = NDArray[np.float32]  # (512, 512), 0 black to 1 white
Points = list[tuple[float, float]]  # x, y


def blank() -> Layer:
    """Zeros everywhere."""
    return np.zeros((SIDE, SIDE), np.float32)


def blur(layer: Layer, sigma: float) -> Layer:
    """Smoothed by a Gaussian of `sigma` pixels."""
    import cv2

    return np.asarray(cv2.GaussianBlur(layer, (0, 0), sigma), np.float32)


def ellipse(centre: tuple[int, int], axes: tuple[int, int], angle: float = 0) -> Layer:
    """A filled ellipse of ones."""
    import cv2

    layer = blank()
    cv2.ellipse(layer, centre, axes, angle, 0, 360, 1.0, -1, cv2.LINE_AA)
    return layer


def smooth(points: Points) -> NDArray[np.int32]:
    """A closed, rounded outline through the points (Chaikin's corner cutting)."""
    outline = np.asarray(points, np.float64)
    for _ in range(4):
        after = np.roll(outline, -1, axis=0)
        cut = np.stack([0.75 * outline + 0.25 * after, 0.25 * outline + 0.75 * after], axis=1)
        outline = cut.reshape(-1, 2)
    return np.rint(outline).astype(np.int32)


def shape(points: Points) -> Layer:
    """A filled, rounded polygon of ones."""
    import cv2

    layer = blank()
    cv2.fillPoly(layer, [smooth(points)], 1.0, cv2.LINE_AA)
    return layer


def both_sides(points: Points) -> Layer:
    """A rounded polygon and its mirror image."""
    return np.maximum(shape(points), shape([(SIDE - x, y) for x, y in points]))


def line(layer: Layer, x: ArrayLike, y: ArrayLike, value: float, thickness: int) -> None:
    """Draw through the points (x, y) into a layer."""
    import cv2

    whole = np.rint(np.stack([np.asarray(x), np.asarray(y)], axis=1)).astype(np.int32)
    cv2.polylines(layer, [whole], False, value, max(thickness, 1), cv2.LINE_AA)


def noise(random: np.random.Generator, sigma: float) -> Layer:
    """Grain of unit spread, smooth over `sigma` pixels."""
    grain = blur(random.standard_normal((SIDE, SIDE)).astype(np.float32), sigma)
    return grain / grain.std()
