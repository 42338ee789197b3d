"""Lungs on a CT slice: where they are, and the slice cut to them with its grey levels evened.

Slices cut out of papers come with margins, letters, and whatever window their authors chose; a
hospital's own come cut to the body. A head that is to carry over should see neither difference. No
learning: air is darker than tissue in every lung window, so Otsu's threshold (Otsu 1979) tells them
apart; what runs along the picture's edge or holds a corner is the air outside.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.images import WHITE, Grey
from core.masks import Mask

SIDE = 256  # pixels of the copy that is searched
LEAST_PART = 0.01  # of the picture: smaller dark parts are bowel, airways or noise
LEAST_LUNGS = 0.04  # of the picture, both together
EDGE, CORNER = 3, 4  # pixels that count as the edge, as a corner
MOST_EDGE = 0.6  # share of one side that a lung may run along; slices cut tightly touch the ribs
TOP, BOTTOM = 0.1, 0.9  # a lung's centre lies between: above is air, below is the table
DENT = 25  # pixels: dents in a lung's outline up to this wide are filled; lesions at the pleura
EVEN = 8  # grey levels between the 5th and 95th percentile of a line that shows nothing
LEAST_INSIDE = 0.3  # of a side, that must be left after margins are cut
MARGIN, BELOW = 0.05, 0.10  # of the lungs' size: beside and above them; below, where lesions hide
LONGEST = 1.8  # the longer side of a cut over the shorter
AIR, TISSUE = 60, 210  # grey levels that the air in the lungs and the tissue around them get
LEAST_STEP = 20  # grey levels between them, so that noise is not blown up
ENOUGH = 50  # pixels, for a median
HAZY = (85, 190)  # evened grey levels: brighter than air, darker than vessels and solid tissue
RIM = 5  # pixels left out along the outline, where air and tissue mix

Window = tuple[slice, slice]  # rows, columns


def find(pixels: Grey, inside: Window | None = None) -> Mask | None:
    """The lungs of a CT slice, with the vessels and lesions inside their outline.

    Args:
        pixels: uint8 (H, W), in a window where lungs are darker than tissue.
        inside: Of inside_margins, where that is known.

    Returns:
        bool (H, W), or None where nothing on the picture looks like a lung.
    """
    import cv2

    window = inside or inside_margins(pixels)
    seen = pixels[window]
    small = cv2.resize(seen, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    dark = _air(np.asarray(small, np.uint8))
    count, names, facts, centres = cv2.connectedComponentsWithStats(dark, connectivity=4)
    lungs = np.zeros((SIDE, SIDE), np.uint8)
    for part in range(1, count):
        large = facts[part, cv2.CC_STAT_AREA] >= LEAST_PART * SIDE**2
        if large and _is_inside(names == part, centres[part][1] / SIDE):
            lungs[names == part] = 1
    if lungs.mean() < LEAST_LUNGS:
        return None
    size = (seen.shape[1], seen.shape[0])
    mask = np.zeros(pixels.shape, bool)
    mask[window] = cv2.resize(_outlined(lungs), size, interpolation=cv2.INTER_NEAREST) > 0
    return mask


def cut_to_lungs(pixels: Grey) -> Grey:
    """The slice cut to its lungs, air and tissue at the same grey levels on every slice.

    Args:
        pixels: uint8 (H, W).

    Returns:
        uint8 (h, w); an unchanged copy where no lungs are found.
    """
    inside = inside_margins(pixels)
    mask = find(pixels, inside)
    if mask is None:
        return pixels.copy()
    return even_out(pixels, mask, inside)[window_around(mask)]


def haze(pixels: Grey) -> float | None:
    """Share of the lungs that is hazy: neither air nor solid, as ground glass is.

    Args:
        pixels: uint8 (H, W).

    Returns:
        0..1, or None where no lungs are found.
    """
    import cv2

    inside = inside_margins(pixels)
    mask = find(pixels, inside)
    if mask is None:
        return None
    inner = cv2.erode(mask.astype(np.uint8), np.ones((RIM, RIM), np.uint8)) > 0
    levels = even_out(pixels, mask, inside)[inner if inner.sum() >= ENOUGH else mask]
    return float(((levels > HAZY[0]) & (levels < HAZY[1])).mean())


def even_out(pixels: Grey, mask: Mask, inside: Window | None = None) -> Grey:
    """Grey levels on a straight line through AIR (median of the dark part of the lungs) and TISSUE.

    Args:
        pixels: uint8 (H, W).
        mask: Of the lungs, bool (H, W), not empty.
        inside: Of inside_margins, where that is known.
    """
    import cv2

    lungs = np.ascontiguousarray(pixels[mask]).reshape(1, -1)
    cut, _ = cv2.threshold(lungs, 0, WHITE, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    cut = max(cut, int(lungs.min()))  # where all of it is one grey level
    window = inside or inside_margins(pixels)  # a white page around the slice is no tissue
    around = pixels[window][~mask[window]]
    around = around[around > cut]
    air = float(np.median(lungs[lungs <= cut]))
    tissue = float(np.median(around)) if len(around) >= ENOUGH else float(WHITE)
    step = max(tissue - air, LEAST_STEP)
    evened = (pixels.astype(np.float32) - air) / step * (TISSUE - AIR) + AIR
    return np.clip(np.rint(evened), 0, WHITE).astype(np.uint8)


def window_around(mask: Mask) -> Window:
    """Rows and columns around a mask bool (H, W) that is not empty: margins, no narrow strips."""
    height, width = mask.shape
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    tall, wide = rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0]
    top, bottom = rows[0] - MARGIN * tall, rows[-1] + 1 + BELOW * tall
    left, right = columns[0] - MARGIN * wide, columns[-1] + 1 + MARGIN * wide
    more_rows = max((right - left) / LONGEST - (bottom - top), 0) / 2
    more_columns = max((bottom - top) / LONGEST - (right - left), 0) / 2
    return (
        slice(max(int(top - more_rows), 0), min(int(bottom + more_rows), height)),
        slice(max(int(left - more_columns), 0), min(int(right + more_columns), width)),
    )


def inside_margins(pixels: Grey) -> Window:
    """Rows and columns without even margins; all of them where little else would be left."""
    rows, columns = lines_that_show(pixels)
    height, width = pixels.shape
    if len(rows) < LEAST_INSIDE * height or len(columns) < LEAST_INSIDE * width:
        return slice(0, height), slice(0, width)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def lines_that_show(pixels: Grey) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Numbers of the rows and of the columns that are not even; none on an even picture."""
    low, high = np.percentile(pixels, (5, 95), axis=1)
    left, right = np.percentile(pixels, (5, 95), axis=0)
    return np.flatnonzero(high - low > EVEN), np.flatnonzero(right - left > EVEN)


def _air(pixels: Grey) -> Grey:
    """1 where the picture is dark; specks are gone."""
    import cv2

    soft = cv2.GaussianBlur(pixels, (0, 0), 1.2)
    cut, _ = cv2.threshold(soft, 0, WHITE, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    dark = (np.asarray(soft) <= cut).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(dark, cv2.MORPH_OPEN, _disc(3)), np.uint8)


def _is_inside(part: Mask, height: float) -> bool:
    """Whether a dark part is air in a lung: no corner, little of any side, neither top nor bottom.

    Args:
        part: bool (SIDE, SIDE).
        height: Of its centre, 0 top to 1 bottom.
    """
    corners = [part[rows, columns] for rows in _ends(CORNER) for columns in _ends(CORNER)]
    if any(corner.any() for corner in corners):
        return False
    sides = [part[ends].any(axis=0) for ends in _ends(EDGE)]
    sides += [part[:, ends].any(axis=1) for ends in _ends(EDGE)]
    return max(side.mean() for side in sides) <= MOST_EDGE and TOP <= height <= BOTTOM


def _ends(deep: int) -> tuple[slice, slice]:
    return slice(None, deep), slice(-deep, None)


def _outlined(lungs: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Dents filled, then the convex hull of each part: uint8 (SIDE, SIDE), 0 or 1."""
    import cv2

    padded = np.pad(lungs, DENT)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, _disc(DENT))[DENT:-DENT, DENT:-DENT]
    lines, _ = cv2.findContours(
        np.ascontiguousarray(closed), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    filled = np.zeros((SIDE, SIDE), np.uint8)
    for line in lines:
        cv2.fillConvexPoly(filled, cv2.convexHull(line), 1)
    return filled


def _disc(width: int) -> NDArray[np.uint8]:
    import cv2

    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)), np.uint8)
