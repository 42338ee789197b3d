"""PNG, JPEG, TIFF and WebP -> 8-bit greyscale, with Pillow."""

from __future__ import annotations

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from core.images import (
    MAX_PIXELS,
    WHITE,
    Grey,
    ImageError,
    ReadOptions,
    Scan,
    StepLog,
    check_size,
    stretch,
)

EXIF_ORIENTATION = 0x0112
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0  # a tag of TIFF, and its value for grey stored inverted
DEEP_MODES = ("I", "F")  # how names of Pillow's modes of more than 8 bits begin
PLAIN_MODES = ("L", "RGB")  # grey scans are saved as either


def decode_raster(data: bytes, kind: str, options: ReadOptions, log: StepLog) -> Scan:
    """Decode one frame of a PNG, JPEG, TIFF or WebP file.

    Args:
        data: The whole file.
        kind: Which of the four, as `core.images.sniff` found out.
        options: Which frame.
        log: Receives a step for frame, orientation, greyscale and inversion.

    Returns:
        Scan with uint8 (H, W) pixels; low values dark.

    Raises:
        ImageError: Too small, too large or damaged, or of a kind that cannot be made grey.
    """
    image, frame, frames = _open_frame(data, kind, options.frame)
    try:
        pixels = _grey_steps(image, frame, frames, log)
    # What Pillow opens it may still fail to turn or convert: of many kinds, one for each mode.
    except Exception as error:
        raise ImageError(
            f"The {kind} file cannot be turned into 8-bit grey (mode {image.mode}: "
            f"{_first_words(error)}). Save it again as 8-bit PNG."
        ) from error
    return Scan(pixels, (), kind, frame, frames)


def _grey_steps(image: Image.Image, frame: int, frames: int, log: StepLog) -> Grey:
    """A decoded frame -> uint8 (H, W), low values dark, with every step logged."""
    inverted = _is_inverted(image)  # asked first: a turned copy has no tags
    if frames > 1:
        log.add("Frame", f"{frame + 1} of {frames}", lambda: _to_grey(image))
    turned = _upright(image)
    if turned is not image:
        log.add("Orientation", "turned as the EXIF tag says", lambda: _to_grey(turned))
    pixels = _to_grey(turned)
    plain = turned.mode in PLAIN_MODES and not _has_alpha(turned)
    log.add("Greyscale", _describe_mode(turned), lambda: pixels, routine=plain)
    if inverted:
        pixels = WHITE - pixels
        words = "WhiteIsZero: the file stores white as low, so swapped"
        log.add("Inversion", words, lambda: pixels)
    return pixels


def _open_frame(data: bytes, kind: str, wanted: int) -> tuple[Image.Image, int, int]:
    """A frame decoded by Pillow, its number from 0, and how many there are."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of large and of slightly odd files; size is checked just below.
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=[kind])
            check_size(*image.size)
            frames = getattr(image, "n_frames", 1)
            frame = min(max(wanted, 0), frames - 1)
            if frames > 1:
                image.seek(frame)
                check_size(*image.size)
            image.load()
    except ImageError:
        raise
    except Image.DecompressionBombError:
        raise ImageError(
            f"The image has more pixels than the {MAX_PIXELS // 10**6} megapixels that can be read."
        ) from None
    except UnidentifiedImageError:
        raise ImageError(
            f"The file begins like a {kind} but cannot be read as one: it is damaged, or of a rare "
            "variant. Save it again as 8-bit PNG."
        ) from None
    # Pillow's decoders let through a dozen kinds for a damaged stream (struct, zlib, Index...).
    except Exception as error:
        raise ImageError(
            f"The {kind} file is damaged or cut short ({_first_words(error)}). Copy or export it "
            "again."
        ) from None
    return image, frame, frames


def _upright(image: Image.Image) -> Image.Image:
    """The image turned as its EXIF tag says; the same object where there is nothing to turn."""
    try:
        orientation = image.getexif().get(EXIF_ORIENTATION, 1)
        return ImageOps.exif_transpose(image) if orientation in range(2, 9) else image
    # A damaged EXIF block raises of many kinds, and the pixels are fine without it.
    except Exception:
        return image


def _is_inverted(image: Image.Image) -> bool:
    """Whether low means white and Pillow left it so: it swaps up to 8 bits, and none deeper."""
    tags = getattr(image, "tag_v2", {})
    return image.mode.startswith(DEEP_MODES) and tags.get(PHOTOMETRIC) == WHITE_IS_ZERO


def _ends(values: NDArray[np.generic]) -> tuple[float, float]:
    """The least and the largest finite value; zeros where there is none."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _to_grey(image: Image.Image) -> Grey:
    """Any Pillow mode -> uint8 (H, W)."""
    if image.mode == "LAB":
        return np.asarray(image.getchannel("L"))
    if image.mode.startswith(DEEP_MODES):
        values = np.asarray(image, np.float64)
        low, high = _ends(values)
        return stretch(np.nan_to_num(values, nan=low, posinf=high, neginf=low), low, high)
    if _has_alpha(image):
        image = image.convert("RGBA")
        # Film is black where nothing was exposed, so transparent means black.
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, WHITE)), image)
    return np.asarray(image.convert("L"))


def _has_alpha(image: Image.Image) -> bool:
    return image.mode != "LAB" and ("A" in image.getbands() or "transparency" in image.info)


def _describe_mode(image: Image.Image) -> str:
    """In words, what turning this Pillow mode into 8-bit grey did."""
    if image.mode.startswith(DEEP_MODES):
        low, high = _ends(np.asarray(image))
        return f"16-bit or deeper: its own range {low:g} to {high:g} scaled to 0 to {WHITE}"
    words = {
        "1": "black and white",
        "L": "already 8-bit grey",
        "P": "palette colours",
        "RGB": "colour",
        "CMYK": "print colours (CMYK)",
    }.get(image.mode.rstrip("Aa"), f"mode {image.mode}")
    if image.mode == "L" and not _has_alpha(image):
        return words
    if image.mode.startswith("L"):
        words = "8-bit grey"
    alpha = ", transparent parts laid on black" if _has_alpha(image) else ""
    return f"{words} reduced to 8-bit grey (ITU-R 601 luma){alpha}"


def _first_words(error: BaseException) -> str:
    """The first line of an error, shortened."""
    text = str(error).strip().splitlines() or [type(error).__name__]
    return text[0][:80].rstrip(".") or type(error).__name__
