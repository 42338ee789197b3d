"""Cover parts of the image and watch the answer: Score-CAM and occlusion. No gradient is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from core.explain.cam import Maps, unit
from core.explain.overlay import enlarge
from core.explain.running import Running

Tensor = NDArray[np.float32]  # (N, S, S, 3), preprocessed
Score = Callable[[Tensor], NDArray[np.float32]]  # tensor -> log-odds (N,)

STRONGEST = 32  # maps of the faster Score-CAM
SCORE_BATCH = 8
POSITIONS = 14  # of the occluding patch, along each side
PATCH = 2  # its side, in steps between positions


def score_cam(
    score: Score,
    tensor: Tensor,
    maps: Maps,
    *,
    against: bool = False,
    count: int = STRONGEST,
    batch: int = SCORE_BATCH,
) -> Iterator[Running]:
    """Score-CAM (Wang et al. 2020, algorithm 1) on the maps that vary most.

    Each map, enlarged and scaled to 0..1, covers the image; its weight is the softmax over maps of
    how much the log-odds rise against the empty image. Of all maps, the `count` of largest standard
    deviation are used, as in tf-keras-vis (whose own weights are a softmax over classes, which is 1
    for every map of a network with one output).

    Args:
        score: tensor (N, S, S, 3) -> log-odds (N,).
        tensor: The image, float32 (1, S, S, 3), preprocessed.
        maps: Activations of a layer, float32 (h, w, C).
        against: What speaks for the other answer.
        count: How many maps.
        batch: How many covered images at once.

    Yields:
        Running, values float32 (h, w) from 0; count + 1 steps.

    Raises:
        ValueError: count below 1.
    """
    if count < 1:
        raise ValueError(f"expected at least one map, received {count}")
    order = np.argsort(-maps.std(axis=(0, 1)), kind="stable")[:count]
    chosen = maps[..., order]  # (h, w, count)
    sign = -1 if against else 1
    empty = float(score(np.zeros_like(tensor))[0])
    size = tensor.shape[1:3]
    rises = np.zeros(0, np.float64)
    total = len(order) + 1
    yield Running(1, total, np.zeros(maps.shape[:2], np.float32))
    for start in range(0, len(order), batch):
        part = chosen[..., start : start + batch]
        masks = [scaled(enlarge(part[..., k], size)) for k in range(part.shape[-1])]
        found = score(tensor * np.stack(masks)[..., np.newaxis])
        rises = np.append(rises, sign * (found - empty))
        weights = np.exp(rises - rises.max())
        weights /= weights.sum()
        cam = np.maximum(chosen[..., : len(rises)] @ weights, 0).astype(np.float32)
        yield Running(1 + len(rises), total, cam)


def scaled(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """From its minimum to its maximum, 0..1; zero where it is constant."""
    return unit(values - values.min())


def occlusion(
    score: Score, tensor: Tensor, positions: int = POSITIONS, patch: int = PATCH
) -> Iterator[Running]:
    """Slide a patch of the image's mean over it (Zeiler and Fergus 2014, figure 7).

    Args:
        score: tensor (N, S, S, 3) -> log-odds (N,).
        tensor: The image, float32 (1, S, S, 3), preprocessed.
        positions: Along each side.
        patch: Side of the patch in steps between positions.

    Yields:
        Running, values float32 (positions, positions): how far the log-odds fall with the patch
        there, negative where they rise, zero where not yet tried; one step a position, a row at a
        time.

    Raises:
        ValueError: positions below 1 or more than the image has pixels.
    """
    size = tensor.shape[1]
    if not 1 <= positions <= size:
        raise ValueError(f"expected 1 to {size} positions, received {positions}")
    fill = tensor.mean(axis=(1, 2))[0]
    whole = float(score(tensor)[0])
    falls = np.zeros((positions, positions), np.float32)
    total = positions**2
    yield Running(0, total, falls.copy())
    spans = patch_spans(size, positions, patch)
    for row, (top, bottom) in enumerate(spans):
        batch = np.repeat(tensor, positions, axis=0)
        for column, (left, right) in enumerate(spans):
            batch[column, top:bottom, left:right] = fill
        falls[row] = whole - score(batch)
        yield Running((row + 1) * positions, total, falls.copy())


def patch_spans(size: int, positions: int, patch: int) -> list[tuple[int, int]]:
    """First and last-but-one pixel of the patch at each position, centred, cut at the edges."""
    step = size / positions
    centres = (np.arange(positions) + 0.5) * step
    half = patch * step / 2
    return [(max(round(centre - half), 0), min(round(centre + half), size)) for centre in centres]
