"""core.images and core.raster: every number here can be worked out by hand."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile
from samples import SIDE, encode, ends, flat, halves, titles

from core.images import ImageError, ReadOptions, read_image, stretch

# --- Grey values -------------------------------------------------------------------------------


def test_grey_png_is_unchanged() -> None:
    values = np.arange(SIDE * SIDE, dtype=np.uint16).reshape(SIDE, SIDE).astype(np.uint8)
    scan = read_image(encode(Image.fromarray(values), "PNG"))
    assert np.array_equal(scan.pixels, values)
    assert scan.pixels.dtype == np.uint8
    assert not scan.pixels.flags.writeable
    assert (scan.kind, scan.size, scan.frames, scan.windows) == ("PNG", "40 x 40", 1, ())


@pytest.mark.parametrize(
    ("mode", "value", "grey"),
    [
        ("1", 1, 255),
        ("L", 77, 77),
        ("LA", (200, 255), 200),
        ("LA", (200, 0), 0),
        ("RGB", (255, 0, 0), 76),  # 0.299 * 255 = 76.2
        ("RGB", (0, 255, 0), 150),  # 0.587 * 255 = 149.7
        ("RGB", (0, 0, 255), 29),  # 0.114 * 255 = 29.1
        ("RGBA", (255, 255, 255, 0), 0),
        ("RGBA", (255, 255, 255, 255), 255),
        ("RGBA", (255, 255, 255, 128), 128),
    ],
)
def test_modes(mode: str, value: Any, grey: int) -> None:
    scan = read_image(encode(flat(value, mode), "PNG"))
    assert np.all(scan.pixels == grey)


def test_transparency_is_told() -> None:
    scan = read_image(encode(flat((255, 255, 255, 0), "RGBA"), "PNG"))
    assert "transparent parts laid on black" in scan.steps[-1].detail


def test_palette() -> None:
    image = Image.fromarray(halves(0, 1)).convert("P")
    image.putpalette([10, 10, 10, 240, 240, 240])
    data = encode(image, "PNG")
    assert ends(read_image(data)) == (10, 240)
    assert ends(read_image(encode(image, "PNG", transparency=1))) == (10, 0)
    assert "palette" in read_image(data).steps[-1].detail


def test_cmyk() -> None:
    white = read_image(encode(flat((0, 0, 0, 0), "CMYK"), "JPEG", quality=100))
    black = read_image(encode(flat((0, 0, 0, 255), "CMYK"), "JPEG", quality=100))
    assert white.pixels.min() >= 254
    assert black.pixels.max() <= 1
    assert "CMYK" in white.steps[-1].detail


def test_lab_tiff() -> None:
    scan = read_image(encode(flat((90, 128, 128), "LAB"), "TIFF"))
    assert np.all(scan.pixels == 90)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_cut(kind: str) -> None:
    values = halves(1000, 3000, np.uint16)
    values[0, 1] = 2000  # half way: 127.5 rounds to the even 128
    scan = read_image(encode(Image.fromarray(values), kind))
    assert ends(scan) == (0, 255)
    assert scan.pixels[0, 1] == 128
    assert "1000 to 3000" in scan.steps[-1].detail


def test_sixteen_bits_constant() -> None:
    scan = read_image(encode(Image.fromarray(halves(5000, 5000, np.uint16)), "PNG"))
    assert np.all(scan.pixels == 0)


def test_float_tiff_with_nan() -> None:
    values = halves(-1, 1, np.float32)
    values[0, 1] = np.nan
    scan = read_image(encode(Image.fromarray(values), "TIFF"))
    assert ends(scan) == (0, 255)
    assert scan.pixels[0, 1] == 0


def test_infinities_are_no_ends_of_a_range() -> None:
    values = halves(2, 4, np.float32)
    values[0, 1:4] = [3, np.inf, -np.inf]
    scan = read_image(encode(Image.fromarray(values), "TIFF"))
    assert scan.pixels[0, :4].tolist() == [0, 128, 255, 0]
    assert "own range 2 to 4 scaled" in scan.steps[-1].detail


def test_sixteen_bits_the_other_way_round() -> None:
    # Mode I;16B, which few of Pillow's methods know.
    values = halves(1000, 3000, np.uint16)
    values[0, 1] = 2000
    for turned in (1, 3):  # upright, and on its head
        scan = read_image(deep_tiff(values, ">", photometric=1, orientation=turned))
        last = (0, 1) if turned == 1 else (-1, -2)
        assert ends(scan) == ((0, 255) if turned == 1 else (255, 0))
        assert scan.pixels[last] == 128
        assert "1000 to 3000" in scan.steps[-1].detail


def test_deep_white_is_zero_is_swapped() -> None:
    values = halves(1000, 3000, np.uint16)
    scan = read_image(deep_tiff(values, "<", photometric=0), ReadOptions(trace=True))
    assert ends(scan) == (255, 0)
    assert titles(scan) == ["File", "Greyscale", "Inversion"]
    before, after = (step.picture for step in scan.steps[-2:])
    assert before is not None
    assert after is not None
    assert (before[0, 0], after[0, 0]) == (0, 255)
    turned = read_image(deep_tiff(values, "<", photometric=0, orientation=3))
    assert ends(turned) == (0, 255)
    assert "Inversion" in titles(turned)


@pytest.mark.parametrize("mode", ["1", "L"])
def test_shallow_white_is_zero_is_swapped_once(mode: str) -> None:
    # Pillow writes and reads both kinds swapped, so that what was saved comes back.
    data = encode(Image.fromarray(halves(0, 255)).convert(mode), "TIFF", tiffinfo={262: 0})
    with Image.open(io.BytesIO(data)) as image:
        assert isinstance(image, TiffImageFile)
        assert image.tag_v2[262] == 0
    scan = read_image(data)
    assert ends(scan) == (0, 255)
    assert "Inversion" not in titles(scan)


def test_what_fails_after_opening_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Image.Image) -> Any:
        raise ValueError("conversion not supported")

    monkeypatch.setattr("core.raster._to_grey", fail)
    with pytest.raises(ImageError, match=r"mode L: conversion not supported.*8-bit PNG"):
        read_image(encode(flat(9), "PNG"))


def deep_tiff(values: Any, order: str, photometric: int, orientation: int = 1) -> bytes:
    """An uncompressed TIFF of one strip with 16-bit grey values (H, W), in either byte order."""
    height, width = values.shape
    body = values.astype(f"{order}u2").tobytes()
    tags = {256: width, 257: height, 258: 16, 259: 1, 262: photometric, 273: 8, 274: orientation,
            277: 1, 278: height, 279: len(body)}  # fmt: skip
    entries = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, n) for tag, n in tags.items())
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8 + len(body))
    return head + body + struct.pack(f"{order}H", len(tags)) + entries + bytes(4)


def test_stretch() -> None:
    grey = stretch(np.array([[-5.0, 0.0, 51.0, 255.0, 300.0]]), 0, 255)
    assert grey.tolist() == [[0, 0, 51, 255, 255]]
    assert stretch(np.ones((2, 2)), 1, 1).tolist() == [[0, 0], [0, 0]]


# --- Orientation and frames --------------------------------------------------------------------


def test_exif_rotation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise: what is left comes up
    values = np.zeros((40, 80), np.uint8)
    values[:, :40] = 255
    scan = read_image(encode(Image.fromarray(values), "JPEG", exif=exif, quality=95))
    assert scan.pixels.shape == (80, 40)
    assert scan.pixels[:38].min() > 240
    assert scan.pixels[42:].max() < 15
    assert "Orientation" in titles(scan)


def test_exif_upright_is_no_step() -> None:
    exif = Image.Exif()
    exif[0x0112] = 1
    assert "Orientation" not in titles(read_image(encode(flat(9), "JPEG", exif=exif)))


@pytest.mark.parametrize("kind", ["WebP", "TIFF"])
def test_frames(kind: str) -> None:
    first, *rest = [flat(value, "RGB" if kind == "WebP" else "L") for value in FRAME_VALUES[kind]]
    extra = {"lossless": True} if kind == "WebP" else {}
    data = encode(first, kind, save_all=True, append_images=rest, **extra)
    for number, value in [(0, 10), (1, 120), (2, 250), (99, 250), (-4, 10)]:
        scan = read_image(data, ReadOptions(frame=number))
        assert scan.frames == 3
        assert scan.frame == min(max(number, 0), 2)
        assert abs(int(scan.pixels[0, 0]) - value) <= 1
        assert f"{scan.frame + 1} of 3" in [step.detail for step in scan.steps]


FRAME_VALUES: dict[str, list[Any]] = {
    "WebP": [(10, 10, 10), (120, 120, 120), (250, 250, 250)],
    "TIFF": [10, 120, 250],
}


# --- Steps -------------------------------------------------------------------------------------


def test_pictures_only_when_traced() -> None:
    data = encode(flat((255, 255, 255, 0), "RGBA", (640, 320)), "PNG")
    plain = read_image(data)
    traced = read_image(data, ReadOptions(trace=True))
    assert titles(plain) == titles(traced) == ["File", "Greyscale"]
    assert all(step.picture is None for step in plain.steps)
    picture = traced.steps[-1].picture
    assert picture is not None
    assert picture.shape == (160, 320)


def test_invert() -> None:
    data = encode(Image.fromarray(halves(0, 200)), "PNG")
    scan = read_image(data, ReadOptions(invert=True))
    assert ends(scan) == (255, 55)
    assert titles(scan)[-1] == "Inversion"
