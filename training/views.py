"""How an image is shown to the trunk: as it is, mirrored, with other contrast, trimmed, larger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from core.images import WHITE, Grey

PLAIN, MIRROR = "plain", "mirror"
CLAHE_LIMIT, CLAHE_TILES = 2.0, (8, 8)
EVEN = 8  # grey levels between the 5th and 95th percentile of a line that shows nothing
INK = 250  # burnt-in letters and arrows are nearly white ...
INK_SHARE = 0.004  # ... and small: share of the image that one of them covers at most
REPAIR_RADIUS = 3  # pixels
LARGER = 320


@dataclass(frozen=True)
class View:
    """One way to show images.

    Attributes:
        alter: uint8 (H, W) -> uint8 (h, w).
        size: Pixels of both sides of the trunk's input; 0 for the backbone's own.
    """

    alter: Callable[[Grey], Grey]
    size: int = 0


def clahe(pixels: Grey) -> Grey:
    """Contrast-limited adaptive histogram equalisation (Zuiderveld 1994)."""
    return np.asarray(cv2.createCLAHE(CLAHE_LIMIT, CLAHE_TILES).apply(pixels), np.uint8)


def equalise(pixels: Grey) -> Grey:
    """Histogram matched to the uniform one, so that all sources share their grey levels."""
    return np.asarray(cv2.equalizeHist(pixels), np.uint8)


def trim(pixels: Grey) -> Grey:
    """Even margins cut off, small nearly white marks (letters, arrows) painted over.

    Marks are filled from around them (Telea 2004). An image that is even throughout stays.
    """
    low, high = np.percentile(pixels, (5, 95), axis=1)
    left, right = np.percentile(pixels, (5, 95), axis=0)
    rows, columns = np.flatnonzero(high - low > EVEN), np.flatnonzero(right - left > EVEN)
    if not len(rows) or not len(columns):
        return pixels.copy()
    inside = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
    return np.asarray(cv2.inpaint(inside, _ink(inside), REPAIR_RADIUS, cv2.INPAINT_TELEA), np.uint8)


def _ink(pixels: Grey) -> Grey:
    """Mask (255) of small nearly white parts and the pixels next to them."""
    _, names, facts, _ = cv2.connectedComponentsWithStats((pixels >= INK).astype(np.uint8))
    small = facts[:, cv2.CC_STAT_AREA] <= INK_SHARE * pixels.size
    small[0] = False  # the rest of the image
    mask = np.where(small[names], WHITE, 0).astype(np.uint8)
    return np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)), np.uint8)


VIEWS = {
    PLAIN: View(lambda pixels: pixels),
    MIRROR: View(lambda pixels: np.ascontiguousarray(np.fliplr(pixels))),
    "clahe": View(clahe),
    "equalised": View(equalise),
    "trimmed": View(trim),
    "larger": View(lambda pixels: pixels, LARGER),
}
