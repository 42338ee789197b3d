"""A map over its image: pictures, uint8 RGB."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from core.explain.cam import Map
from core.images import WHITE, Grey
from core.zoo import fit

Colour = NDArray[np.uint8]  # (H, W, 3)

SIDE = 448  # pixels of the longest side of a drawn picture
# From dark to light, so that the order survives in grey and for colour-blind eyes.
FOR_RAMP = ((190, 60, 10), (240, 130, 20), (255, 235, 120))
AGAINST_RAMP = ((20, 70, 170), (40, 150, 220), (180, 246, 250))
CONTOURS = (0.25, 0.5, 0.75)


def canvas(image: Grey, side: int = SIDE) -> Grey:
    """An image scaled so that its longest side has `side` pixels; its shape is kept.

    Args:
        image: uint8 (H, W).
        side: Pixels.
    """
    import cv2

    size = _within(image.shape, (side, side))
    method = cv2.INTER_AREA if side < max(image.shape) else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=method), np.uint8)


def _within(shape: tuple[int, ...], frame: tuple[int, int]) -> tuple[int, int]:
    """Width and height, 1 at least, of a picture (H, W) scaled to fit a frame (H', W')."""
    height, width = shape
    scale = min(frame[0] / height, frame[1] / width)
    return max(round(width * scale), 1), max(round(height * scale), 1)


def _opaque(picture: Colour) -> NDArray[np.uint8]:
    """RGB as RGBA."""
    return np.dstack([picture, np.full(picture.shape[:2], WHITE, np.uint8)])


def enlarge(values: Map, shape: tuple[int, int]) -> Map:
    """A map (h, w) drawn out to (H, W), straight lines between its cells."""
    import cv2

    size = (shape[1], shape[0])
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_LINEAR), np.float32)


def colours(values: Map, *, against: bool = False) -> Colour:
    """Values 0..1 -> colours: orange for COVID-19, blue against."""
    ramp = np.array(AGAINST_RAMP if against else FOR_RAMP, float)  # (3, 3)
    stops = np.linspace(0, 1, len(ramp))
    channels = [np.interp(values, stops, ramp[:, channel]) for channel in range(3)]
    return np.stack(channels, -1).astype(np.uint8)


def overlay(image: Grey, values: Map, opacity: float, *, against: bool = False) -> Colour:
    """Colour where the map is high; the image alone where it is zero.

    Args:
        image: uint8 (H, W).
        values: float32 (h, w), 0..1 (cam.unit).
        opacity: Of the colour where the map is 1, 0..1.
        against: Colours of the other answer.
    """
    large = enlarge(values, image.shape)
    share = (opacity * np.minimum(large * 1.6, 1))[..., np.newaxis]  # (H, W, 1)
    base = np.repeat(image[..., np.newaxis], 3, -1)
    return np.rint(base * (1 - share) + colours(large, against=against) * share).astype(np.uint8)


def contour(image: Grey, values: Map, *, against: bool = False) -> Colour:
    """Lines where the map is a quarter, half and three quarters of its maximum."""
    import cv2

    large = enlarge(values, image.shape)
    picture = np.repeat(image[..., np.newaxis], 3, -1).copy()
    for level in CONTOURS:
        region = (large >= level).astype(np.uint8)
        lines, _ = cv2.findContours(region, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        shade = colours(np.full((1, 1), level, np.float32), against=against)[0, 0]
        cv2.drawContours(picture, lines, -1, tuple(int(c) for c in shade), 2, cv2.LINE_AA)
    return np.asarray(picture, np.uint8)


def side_by_side(image: Grey, values: Map, *, against: bool = False) -> Colour:
    """The image, and the map alone beside it, (H, 2 W, 3)."""
    large = enlarge(values, image.shape)
    alone = colours(large, against=against) * np.sqrt(large)[..., np.newaxis]
    base = np.repeat(image[..., np.newaxis], 3, -1)
    return np.concatenate([base, alone.astype(np.uint8)], axis=1)


def pair(first: Colour, second: Colour, gap: int = 16) -> NDArray[np.uint8]:
    """Two pictures beside each other as one, so that they stay so on a phone.

    Args:
        first: uint8 (H, W, 3).
        second: uint8 (H', W', 3); fitted into a frame of the first's size, transparent around it.
        gap: Transparent pixels between them.

    Returns:
        RGBA (H, 2 W + gap, 4).
    """
    import cv2

    height, width = first.shape[:2]
    across, down = _within(second.shape[:2], (height, width))
    fitted = np.asarray(cv2.resize(second, (across, down), interpolation=cv2.INTER_AREA), np.uint8)
    top, left = (height - down) // 2, width + gap + (width - across) // 2
    both = np.zeros((height, 2 * width + gap, 4), np.uint8)
    both[:, :width] = _opaque(first)
    both[top : top + down, left : left + across] = _opaque(fitted)
    return both


def tile(values: Map, side: int) -> Grey:
    """A feature map in grey, its brightest cell white, each cell a square, uint8 (side, side)."""
    import cv2

    top = float(values.max(initial=0))
    grey = (np.maximum(values, 0) * (WHITE / top if top > 0 else 0)).astype(np.uint8)
    if side < max(grey.shape):
        return fit(grey, side)
    return np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_NEAREST), np.uint8)


def png(picture: NDArray[np.uint8]) -> bytes:
    """PNG of an RGB or grey picture."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    return stream.getvalue()
