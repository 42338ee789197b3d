"""Bytes of an image file -> 8-bit greyscale pixels, with every step on the way recorded.

What an image is and what is refused; core/raster.py decodes PNG, JPEG, TIFF and WebP, core/dicom.py
DICOM. Nothing is written to disk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MAX_BYTES = 50 * 1024**2
MAX_PIXELS = 40_000_000
MIN_SIDE = 32
WHITE = 255  # the largest value of an 8-bit grey pixel
PREVIEW_SIDE = 320
LAST_FIRST_ELEMENT = 0x0018  # a bare DICOM data set begins with no higher element
LEAST_DICOM = 132  # bytes

Grey = NDArray[np.uint8]  # (H, W), 0 black to 255 white


class ImageError(ValueError):
    """A file that cannot be read. The text is one sentence that its owner can act on."""


@dataclass(frozen=True)
class ReadOptions:
    """What a reader may choose about one file.

    Attributes:
        frame: Which frame of a series, from 0. A larger number than there is means the last.
        window: DICOM only: a name in `Scan.windows`; None takes the file's own or, for CT, lung.
        invert: Swap black and white, after everything else.
        trace: Keep a small picture of every step, for showing. Costs time in batches.
    """

    frame: int = 0
    window: str | None = None
    invert: bool = False
    trace: bool = False


@dataclass(frozen=True)
class Step:
    """One thing done on the way from bytes to pixels.

    Attributes:
        title: What it is, in a word or two.
        detail: What exactly was done.
        picture: What the image looked like after it, where that is kept.
        routine: Nothing that the owner of a file need be told: any plain picture goes through it.
    """

    title: str
    detail: str
    picture: Grey | None = None
    routine: bool = False


@dataclass(frozen=True)
class Scan:
    """A decoded image.

    Attributes:
        pixels: uint8 (H, W), 0 black to 255 white.
        steps: What was done, in order.
        kind: "PNG", "JPEG", "TIFF", "WebP" or "DICOM".
        frame: The frame taken, from 0.
        frames: How many there are.
        window: The DICOM window applied, or None.
        windows: The DICOM windows to choose from; empty for other kinds.
    """

    pixels: Grey
    steps: tuple[Step, ...]
    kind: str
    frame: int = 0
    frames: int = 1
    window: str | None = None
    windows: tuple[str, ...] = ()

    @cached_property
    def size(self) -> str:
        """Width x height, as people write it."""
        height, width = self.pixels.shape
        return f"{width} x {height}"


class StepLog:
    """Collects steps; pictures are only made when asked for."""

    def __init__(self, trace: bool) -> None:
        self._trace = trace
        self._steps: list[Step] = []

    def add(
        self,
        title: str,
        detail: str,
        picture: Callable[[], Grey] | None = None,
        routine: bool = False,
    ) -> None:
        """Record a step. `picture` makes its greyscale picture and runs only when tracing."""
        drawn = preview(picture()) if picture is not None and self._trace else None
        self._steps.append(Step(title, detail, drawn, routine))

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps so far."""
        return tuple(self._steps)


def read_image(data: bytes, options: ReadOptions | None = None) -> Scan:
    """Decode the bytes of one file.

    Args:
        data: The whole file: PNG, JPEG, TIFF, WebP or DICOM, found out from its first bytes.
        options: Frame, window, inversion.

    Returns:
        The scan; its steps say everything that was done to it.

    Raises:
        ImageError: Not an image, damaged, too small, too large, or a kind that cannot be decoded.
    """
    options = options or ReadOptions()
    if not data:
        raise ImageError("The file is empty (0 bytes). Was the download or copy complete?")
    check_length(len(data))
    kind = sniff(data)
    if kind is None:
        raise ImageError(
            "This is not a PNG, JPEG, TIFF, WebP or DICOM file (its first bytes say so, whatever "
            "its name ends in)."
        )
    log = StepLog(options.trace)
    log.add("File", f"{kind}, {len(data) / 1024:,.0f} kB", routine=True)
    if kind == "DICOM":
        from core.dicom import decode_dicom

        scan = decode_dicom(data, options, log)
    else:
        from core.raster import decode_raster

        scan = decode_raster(data, kind, options, log)
    return _finish(scan, options, log)


def sniff(data: bytes) -> str | None:
    """The kind of an image file by its first bytes, or None."""
    # First: the 128 bytes before a Part 10 marker are free and may imitate another kind.
    if data[128:132] == b"DICM":
        return "DICOM"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    # Files without the marker begin with a low element of group 0002 or 0008, in either order.
    for order in ("little", "big"):
        group, element = (int.from_bytes(data[i : i + 2], order) for i in (0, 2))
        if group in (0x0002, 0x0008) and element <= LAST_FIRST_ELEMENT and len(data) > LEAST_DICOM:
            return "DICOM"
    return None


def check_length(size: int) -> None:
    """Refuse a file of too many bytes, if need be before it is read at all.

    Raises:
        ImageError: Above 50 MB.
    """
    if size > MAX_BYTES:
        raise ImageError(
            f"The file has {size / 1024**2:.0f} MB; at most {MAX_BYTES // 1024**2} MB can be "
            "read. Export one frame, or a smaller copy."
        )


def check_size(width: int, height: int) -> None:
    """Refuse an image that is too small or too large, from its header, before decoding.

    Raises:
        ImageError: Below 32 pixels a side, or above 40 megapixels.
    """
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            f"The image is {width} x {height} pixels; at least {MIN_SIDE} x {MIN_SIDE} are needed."
        )
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"The image is {width:,} x {height:,} pixels; at most {MAX_PIXELS // 10**6} megapixels "
            "can be read. Save a smaller copy."
        )


def stretch(values: NDArray[np.floating], low: float, high: float) -> Grey:
    """Scale [low, high] linearly to 0..255, clipping outside; zeros where high <= low."""
    if not high > low:
        return np.zeros(values.shape, np.uint8)
    scaled = (np.clip(values, low, high) - low) * (WHITE / (high - low))
    return np.rint(scaled).astype(np.uint8)


def preview(pixels: Grey) -> Grey:
    """A copy of at most 320 pixels a side, for showing."""
    image = Image.fromarray(pixels)
    image.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    return np.asarray(image)


def _finish(scan: Scan, options: ReadOptions, log: StepLog) -> Scan:
    """The steps all kinds end with: inversion where asked for."""
    pixels = scan.pixels
    if options.invert:
        pixels = WHITE - pixels
        log.add("Inversion", "black and white swapped, as you asked", lambda: pixels)
    pixels = np.ascontiguousarray(pixels)
    pixels.flags.writeable = False
    return Scan(pixels, log.steps, scan.kind, scan.frame, scan.frames, scan.window, scan.windows)
