"""Pictures altered on purpose, to see what an answer hangs on: regions blacked out, marks added.

Every function takes and returns uint8 (H, W) and leaves its input as it was. Sizes are fractions of
the image, so that a mark looks the same at any resolution.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.images import WHITE, Grey

TINY_SIDE = 8
BORDER = 0.05  # of each side
LETTER_HEIGHT = 0.08  # of the image's height
JPEG_QUALITY = 10  # of 100


@dataclass(frozen=True)
class Box:
    """A rectangle in fractions of width and height, 0..1.

    Raises:
        ValueError: Outside 0..1, or empty.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise ValueError(f"expected left < right and top < bottom within 0..1, received {self}")

    def inside(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Mask bool (H, W): True inside."""
        height, width = shape
        mask = np.zeros(shape, bool)
        rows = slice(round(self.top * height), round(self.bottom * height))
        columns = slice(round(self.left * width), round(self.right * width))
        mask[rows, columns] = True
        return mask


# Where the lungs are on most frontal X-rays, as Maguolo and Nanni (2020) blacked them out. How much
# of them it covers is measured by `python -m training lab --experiment lungs`.
LUNG_BOX = Box(0.1, 0.1, 0.9, 0.9)


def black_out(pixels: Grey, region: NDArray[np.bool_]) -> Grey:
    """Black where the mask (H, W) is True."""
    return np.where(region, 0, pixels).astype(np.uint8)


def keep_only(pixels: Grey, region: NDArray[np.bool_]) -> Grey:
    """Black where the mask (H, W) is False."""
    return black_out(pixels, ~region)


def crop(pixels: Grey, box: Box) -> Grey:
    """The part inside a box; at least one pixel a side."""
    height, width = pixels.shape
    top, left = int(box.top * height), int(box.left * width)
    bottom = max(round(box.bottom * height), top + 1)
    right = max(round(box.right * width), left + 1)
    return pixels[top:bottom, left:right].copy()


def tiny(pixels: Grey, side: int = TINY_SIDE) -> Grey:
    """Shrunk to side x side and blown up again: only the coarsest light and dark is left."""
    import cv2

    height, width = pixels.shape
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def letter(pixels: Grey, text: str = "R", right: bool = False) -> Grey:
    """A bright laterality letter (or word) in an upper corner, as a radiographer leaves it."""
    import cv2

    height, width = pixels.shape
    copy = pixels.copy()
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(round(height / 128), 1)
    scale = LETTER_HEIGHT * height / cv2.getTextSize("R", font, 1.0, thickness)[0][1]
    size = cv2.getTextSize(text, font, scale, thickness)[0]
    margin = round(0.04 * width)
    x = width - margin - size[0] if right else margin
    cv2.putText(
        copy, text, (max(x, 0), margin + size[1]), font, scale, WHITE, thickness, cv2.LINE_AA
    )
    return copy


def pacemaker(pixels: Grey) -> Grey:
    """A bright rounded box below a collarbone with a lead that runs to the heart."""
    import cv2

    height, width = pixels.shape
    copy = pixels.copy()

    def at(x: float, y: float) -> tuple[int, int]:
        return round(x * width), round(y * height)

    along = np.linspace(0, 1, 40)
    x = 0.74 - 0.20 * np.sin(along * np.pi / 2)
    y = 0.20 + 0.48 * along**1.5
    lead = np.rint(np.stack([x * width, y * height], axis=1)).astype(np.int32)
    cv2.polylines(copy, [lead], False, 235, max(round(width / 160), 1), cv2.LINE_AA)
    axes = (round(0.055 * width), round(0.045 * height))
    cv2.ellipse(copy, at(0.76, 0.19), axes, 0, 0, 360, WHITE, -1, cv2.LINE_AA)
    return copy


def border(pixels: Grey, value: int) -> Grey:
    """A plain frame of one grey level, 0..255, over the outermost 5 % of each side."""
    box = Box(BORDER, BORDER, 1 - BORDER, 1 - BORDER)
    return np.where(box.inside(pixels.shape), pixels, value).astype(np.uint8)


def contrast(pixels: Grey, factor: float) -> Grey:
    """Distances from the mean grey level times a factor, clipped to 0..255."""
    mean = float(pixels.mean())
    changed = np.clip(mean + factor * (pixels.astype(np.float32) - mean), 0, WHITE)
    return np.rint(changed).astype(np.uint8)


def brightness(pixels: Grey, offset: int) -> Grey:
    """Grey levels plus an offset, clipped to 0..255."""
    return np.clip(pixels.astype(np.int16) + offset, 0, WHITE).astype(np.uint8)


def jpeg(pixels: Grey, quality: int = JPEG_QUALITY) -> Grey:
    """Saved as JPEG of a quality 1..95 and read back."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream).convert("L"), np.uint8)


@dataclass(frozen=True)
class Mark:
    """One thing to add that has nothing to do with the lungs."""

    title: str
    apply: Callable[[Grey], Grey]


MARKS = {
    "letter-r": Mark("letter R, upper left", lambda p: letter(p, "R")),
    "letter-l": Mark("letter L, upper right", lambda p: letter(p, "L", right=True)),
    "portable": Mark("the word PORTABLE", lambda p: letter(p, "PORTABLE")),
    "pacemaker": Mark("pacemaker-like shape", pacemaker),
    "border-black": Mark("black border", lambda p: border(p, 0)),
    "border-white": Mark("white border", lambda p: border(p, WHITE)),
    "contrast-less": Mark("contrast halved", lambda p: contrast(p, 0.5)),
    "contrast-more": Mark("contrast x 1.5", lambda p: contrast(p, 1.5)),
    "darker": Mark("darker by 40 grey levels", lambda p: brightness(p, -40)),
    "brighter": Mark("brighter by 40 grey levels", lambda p: brightness(p, 40)),
    "jpeg-10": Mark("JPEG, quality 10", jpeg),
}
