"""PNG, JPEG, TIFF and WebP -> 8-bit greyscale, with Pillow."""

from __future__ import annotations

import io
import warnings

import numpy as np
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
PLAIN_MODES = ("L", "RGB")  # grey scans are saved as either


def decode_raster(data: bytes, kind: str, options: ReadOptions, log: StepLog) -> Scan:
    """Decode one frame of a PNG, JPEG, TIFF or WebP file.

    Args:
        data: The whole file.
        kind: Which of the four, as `core.images.sniff` found out.
        options: Which frame.
        log: Receives a step for frame, orientation and greyscale.

    Returns:
        Scan with uint8 (H, W) pixels.

    Raises:
        ImageError: Too small, too large or damaged.
    """
    image, frame, frames = _open_frame(data, kind, options.frame)
    if frames > 1:
        log.add("Frame", f"{frame + 1} of {frames}", lambda: _to_grey(image))
    turned = _upright(image)
    if turned is not image:
        log.add("Orientation", "turned as the EXIF tag says", lambda: _to_grey(turned))
    pixels = _to_grey(turned)
    plain = turned.mode in PLAIN_MODES and not _has_alpha(turned)
    log.add("Greyscale", _describe_mode(turned), lambda: pixels, routine=plain)
    return Scan(pixels, (), kind, frame, frames)


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


def _to_grey(image: Image.Image) -> Grey:
    """Any Pillow mode -> uint8 (H, W)."""
    if image.mode == "LAB":
        return np.asarray(image.getchannel("L"))
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, np.float64)
        finite = values[np.isfinite(values)]
        low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
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
    if image.mode.startswith(("I", "F")):
        low, high = image.getextrema()
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
