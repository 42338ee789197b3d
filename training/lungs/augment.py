"""Light changes of image and mask together, so that 81 images stand for more.

Turned, scaled and moved a little, mirrored left to right (never upside down), other exposure,
noise, blur, bright haze over a part of the lungs whose mask stays, frames and letters as other
hospitals leave them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.lungs import SIZE

Floats = NDArray[np.float32]

TURN = 10.0  # degrees
SCALE = (0.75, 1.2)
MOVE = 0.08  # of the side
GAMMA = (0.6, 1.6)
NOISE = 0.03
HAZE = 0.35


def augmented(
    images: Floats, targets: Floats, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """A changed copy of each pair, in a new order.

    Args:
        images: (N, SIZE, SIZE) in 0..1.
        targets: (N, SIZE, SIZE) in 0..1.
        random: Where chance comes from.

    Returns:
        Both, (N, SIZE, SIZE, 1).
    """
    pairs = [_one(images[i], targets[i], random) for i in random.permutation(len(images))]
    first, second = (np.stack(side)[..., np.newaxis] for side in zip(*pairs, strict=True))
    return first, second


def _one(image: Floats, target: Floats, random: np.random.Generator) -> tuple[Floats, Floats]:
    image, target = _moved(image, target, random)
    if random.random() < 0.5:
        image, target = image[:, ::-1], target[:, ::-1]
    image = _hazed(image, random) if random.random() < 0.4 else image
    image = _exposed(image, random)
    image = _marked(image, random) if random.random() < 0.4 else image
    return np.ascontiguousarray(image), np.ascontiguousarray(target)


def _moved(image: Floats, target: Floats, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Turned, scaled and shifted."""
    import cv2

    middle = (SIZE / 2, SIZE / 2)
    turn = cv2.getRotationMatrix2D(middle, random.uniform(-TURN, TURN), random.uniform(*SCALE))
    shift = random.uniform(-MOVE, MOVE, (2, 1)) * SIZE
    matrix = np.asarray(turn, np.float64) + np.pad(shift, ((0, 0), (2, 0)))
    size = (SIZE, SIZE)
    ground = cv2.BORDER_REPLICATE if random.random() < 0.3 else cv2.BORDER_CONSTANT
    picture = cv2.warpAffine(image, matrix, size, borderMode=ground)
    moved = cv2.warpAffine(target, matrix, size)
    return np.asarray(picture, np.float32), np.asarray(moved, np.float32)


def _hazed(image: Floats, random: np.random.Generator) -> Floats:
    """A bright soft blob, as a consolidation hides the edge of a lung."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) / SIZE
    y, x = random.uniform(0.3, 0.85), random.uniform(0.15, 0.85)
    wide, high = random.uniform(0.08, 0.25, 2)
    blob = np.exp(-(((columns - x) / wide) ** 2) - ((rows - y) / high) ** 2)
    share = random.uniform(0.3, 1) * blob
    return np.asarray(image * (1 - share) + share * (image.mean() + HAZE), np.float32)


def _exposed(image: Floats, random: np.random.Generator) -> Floats:
    """Gamma, contrast, brightness, blur, noise; clipped to 0..1."""
    import cv2

    curved = np.clip(image, 0, 1) ** random.uniform(*GAMMA)
    contrast, offset = random.uniform(0.7, 1.3), random.uniform(-0.1, 0.1)
    changed = np.asarray((curved - 0.5) * contrast + 0.5 + offset, np.float32)
    if random.random() < 0.3:
        sigma = random.uniform(0.4, 1.2)
        changed = np.asarray(cv2.GaussianBlur(changed, (0, 0), sigma), np.float32)
    noise = random.normal(0, random.uniform(0, NOISE), image.shape)
    return np.clip(changed + noise, 0, 1).astype(np.float32)


def _marked(image: Floats, random: np.random.Generator) -> Floats:
    """A frame on some sides, or small bright or dark boxes where letters stand."""
    changed = image.copy()
    for _ in range(int(random.integers(1, 4))):
        value = float(random.choice((0.0, 1.0)))
        width, height = random.integers(4, SIZE // 6, 2)
        x, y = random.integers(0, SIZE - width), random.integers(0, SIZE // 4)
        changed[y : y + height, x : x + width] = value
    if random.random() < 0.4:
        deep = int(random.integers(2, 10))
        side = int(random.integers(0, 4))
        np.rot90(changed, side)[:deep] = 0.0
    return changed
