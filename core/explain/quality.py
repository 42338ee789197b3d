"""Is a map any good? Measures on arrays, each from a paper; none needs a model.

Similarity of two maps for the sanity checks of Adebayo et al. (2018), deletion and insertion curves
of Petsiuk et al. (2018, RISE), and the share of a map's energy inside a region (Wang et al. 2020).
Images are covered in square cells instead of single pixels, as in Samek et al. (2017): single
pixels would reward noise, and maps of 14 x 14 and of 224 x 224 would not be judged alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from core.explain.cam import Map, unit
from core.explain.overlay import enlarge
from core.masks import Mask
from core.metrics import midranks

CELLS = 14  # along each side: the grid of VGG16's last block
WINDOW = 7  # of the structural similarity, in cells or pixels
# Stabilisers of the structural similarity, of a range of 1 (Wang et al. 2004, equation 12).
LIGHT, CONTRAST = 0.01**2, 0.03**2
CENTRE_SPREAD = 0.25  # standard deviation of the centre map, of the image's side

Tensor = NDArray[np.float32]  # (S, S, C)
Order = NDArray[np.intp]  # numbers of cells, the one to touch first first


def rank_correlation(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Spearman's rank correlation of two maps, -1..1; ties share their mean rank.

    A constant map ranks nothing, so its correlation with any other is 0.

    Raises:
        ValueError: Two shapes.
    """
    _check(first, second)
    ranks = [midranks(np.ravel(values).astype(np.float64)) for values in (first, second)]
    a, b = (values - values.mean() for values in ranks)
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm > 0 else 0.0


def structural_similarity(first: NDArray[Any], second: NDArray[Any], window: int = WINDOW) -> float:
    """Structural similarity (Wang et al. 2004, equation 13) of two maps, each scaled to 0..1.

    Mean over all places of a square window that lies inside the maps, with sample covariances.

    Args:
        first: (h, w); what is below 0 counts as 0.
        second: The same shape.
        window: Side, at most h and w.

    Returns:
        At most 1: the same map.

    Raises:
        ValueError: Two shapes, or maps smaller than the window.
    """
    _check(first, second)
    if min(first.shape) < window:
        raise ValueError(f"expected maps of at least {window} cells a side, received {first.shape}")
    a, b = (
        sliding_window_view(unit(values).astype(np.float64), (window, window))
        for values in (first, second)
    )  # (rows, columns, window, window)
    over = (-2, -1)
    mean_a, mean_b = a.mean(over), b.mean(over)
    sample = window**2 / (window**2 - 1)
    spread_a, spread_b = a.var(over) * sample, b.var(over) * sample
    shared = ((a * b).mean(over) - mean_a * mean_b) * sample
    light = (2 * mean_a * mean_b + LIGHT) / (mean_a**2 + mean_b**2 + LIGHT)
    structure = (2 * shared + CONTRAST) / (spread_a + spread_b + CONTRAST)
    return float((light * structure).mean())


def to_cells(values: NDArray[Any], cells: int = CELLS) -> Map:
    """Mean of a square map in each of cells x cells squares, float32; its sign is kept.

    Raises:
        ValueError: Not square, or its side no multiple of the number of cells.
    """
    side = values.shape[0]
    if values.shape != (side, side) or side % cells:
        raise ValueError(f"expected a square map of k x {cells} a side, received {values.shape}")
    size = side // cells
    squares = np.asarray(values, np.float32).reshape(cells, size, cells, size)
    return squares.mean(axis=(1, 3))


def order_of(cells: Map, random: np.random.Generator) -> Order:
    """Numbers of the cells, highest value first; ties in random order, (cells x cells,)."""
    values = np.ravel(cells)
    return np.lexsort((random.random(values.size), -values))


def random_map(random: np.random.Generator, cells: int = CELLS) -> Map:
    """A map that knows nothing: uniform 0..1 in each cell."""
    return random.random((cells, cells)).astype(np.float32)


def centre_map(cells: int = CELLS) -> Map:
    """A map that knows only where the middle of a picture is: a Gaussian around it, 0..1."""
    along = ((np.arange(cells) + 0.5) / cells - 0.5) / CENTRE_SPREAD
    shape = np.exp(-0.5 * along**2)
    return np.outer(shape, shape).astype(np.float32)


def replaced(below: Tensor, above: Tensor, order: Order, count: int) -> Tensor:
    """An image whose first `count` cells are taken from another.

    Args:
        below: float32 (S, S, C); S a multiple of the cells along a side.
        above: The same shape.
        order: Numbers of all cells (cells x cells,), row by row from the top left.
        count: How many.
    """
    cells = round(np.sqrt(order.size))
    size = below.shape[0] // cells
    chosen = np.zeros(order.size, bool)
    chosen[order[:count]] = True
    mask = np.kron(chosen.reshape(cells, cells), np.ones((size, size), bool))
    return np.where(mask[..., np.newaxis], above, below)


def curve(
    score: Callable[[Tensor], NDArray[Any]],
    ends: tuple[Tensor, Tensor],
    order: Order,
    steps: int,
    answers: tuple[float, float] | None = None,
) -> NDArray[np.float64]:
    """The answer while cells of one image give way to another's, highest first.

    Deletion: from the image to one without content; it should fall at once. Insertion: from a
    blurred image to the image itself; it should rise at once (Petsiuk et al. 2018, section 4.1).

    Args:
        score: (N, S, S, C) -> answers (N,), say probabilities.
        ends: Where the curve begins and where it ends, float32 (S, S, C) each.
        order: As of order_of.
        steps: Between begin and end; the cells must divide by it.
        answers: Of both ends, where known: every order has the same.

    Returns:
        (steps + 1,) answers at shares 0, 1 / steps, ..., 1 of the cells.

    Raises:
        ValueError: The cells do not divide by steps.
    """
    if steps < 1 or order.size % steps:
        raise ValueError(f"expected a divisor of {order.size} cells, received {steps} steps")
    each = order.size // steps
    between = [replaced(*ends, order, step * each) for step in range(1, steps)]
    first, last = answers if answers is not None else np.asarray(score(np.stack(ends)), np.float64)
    inner = np.asarray(score(np.stack(between)), np.float64) if between else np.zeros(0)
    return np.concatenate([[first], inner, [last]])


def area(values: NDArray[Any]) -> float:
    """Area under a curve over shares 0..1 at equal distances, by the trapezoid rule."""
    heights = np.asarray(values, np.float64)
    return float((heights[:-1] + heights[1:]).mean() / 2)


def energy_ratio(values: NDArray[Any], mask: Mask) -> float:
    """Share of a map's energy inside a region over the region's share of the picture.

    The share alone is the energy-based pointing game of Wang et al. (2020, section 4.3); divided by
    the area, 1 is a map that does not care for the region, whatever the region's size.

    Args:
        values: (h, w); what is below 0 counts as 0. Drawn out to the mask's size.
        mask: bool (H, W), neither empty nor everything.

    Returns:
        From 0; NaN where the map has no energy.

    Raises:
        ValueError: An empty mask, or one that covers the picture.
    """
    share = float(mask.mean())
    if not 0 < share < 1:
        raise ValueError(f"expected a mask of a part of the picture, received a share of {share}")
    large = np.maximum(enlarge(np.asarray(values, np.float32), mask.shape), 0).astype(np.float64)
    total = float(large.sum())
    return float(large[mask].sum()) / total / share if total > 0 else float("nan")


def _check(first: NDArray[Any], second: NDArray[Any]) -> None:
    if first.ndim != 2 or first.shape != second.shape:
        raise ValueError(f"expected maps of one shape, received {first.shape}, {second.shape}")
