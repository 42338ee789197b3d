"""Bad input: not an image, damaged, too small, too large; each gets one sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image
from samples import ct, dicom, encode, flat, halves, png_header, saved

from core.images import MAX_BYTES, ImageError, read_image


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "0 bytes"),
        (b"hello", "not a PNG"),
        (b"<html><body>404</body></html>" * 20, "not a PNG"),
        (b"%PDF-1.7" + bytes(500), "not a PNG"),
        (b"\x08\0", "not a PNG"),
        (b"\x89PNG\r\n\x1a\n", "cannot be read"),
        (b"\xff\xd8\xff", "cannot be read"),
        (b"II*\0", "cannot be read"),
        (b"RIFF\0\0\0\0WEBP", "cannot be read"),
    ],
)
def test_not_an_image(data: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        read_image(data)


def test_sixty_megabytes() -> None:
    with pytest.raises(ImageError, match="60 MB"):
        read_image(bytes(60 * 1024**2))


def test_largest_file_is_looked_at() -> None:
    with pytest.raises(ImageError, match="not a PNG"):
        read_image(b"\1" * MAX_BYTES)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WebP"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_cut_short(kind: str, part: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    data = encode(Image.fromarray(noise), kind)
    with pytest.raises(ImageError, match="damaged|cannot be read"):
        read_image(data[: int(len(data) * part)])


def test_flipped_bytes_never_surprise() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    random = np.random.default_rng(1)
    for kind in ("PNG", "JPEG", "TIFF", "WebP"):
        whole = encode(Image.fromarray(noise), kind)
        for _ in range(60):
            data = bytearray(whole)
            for place in random.integers(0, len(data), 5):
                data[place] = int(random.integers(0, 256))
            try:
                assert read_image(bytes(data)).pixels.ndim == 2
            except ImageError:
                pass


@pytest.mark.parametrize("size", [(1, 1), (31, 400), (400, 31)])
def test_too_small(size: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match=f"{size[0]} x {size[1]} pixels; at least 32 x 32"):
        read_image(encode(flat(9, size=size), "PNG"))


@pytest.mark.parametrize("side", [30_000, 10_000, 6_325])
def test_decompression_bomb(side: int) -> None:
    with pytest.raises(ImageError, match="40 megapixels"):
        read_image(png_header(side, side))


def test_dicom_without_pixels() -> None:
    dataset = dicom(halves(0, 1))
    del dataset.PixelData
    with pytest.raises(ImageError, match="holds no picture"):
        read_image(saved(dataset))


def test_dicom_that_claims_to_be_large() -> None:
    with pytest.raises(ImageError, match="40 megapixels"):
        read_image(saved(dicom(halves(0, 1), Rows=30_000, Columns=30_000)))


@pytest.mark.parametrize("elements", [{"BitsAllocated": 13}, {"SamplesPerPixel": 2}, {"Rows": 99}])
def test_dicom_that_contradicts_itself(elements: dict[str, Any]) -> None:
    with pytest.raises(ImageError, match="damaged"):
        read_image(saved(dicom(halves(0, 1), **elements)))


@pytest.mark.parametrize("part", [0.05, 0.1, 0.2, 0.5, 0.9])
def test_dicom_cut_short(part: float) -> None:
    data = ct([0])
    with pytest.raises(ImageError):
        read_image(data[: int(len(data) * part)])


def test_dicom_of_noise() -> None:
    noise = np.random.default_rng(0).integers(0, 256, 4000, np.uint8).tobytes()
    with pytest.raises(ImageError):
        read_image(bytes(128) + b"DICM" + noise)


def test_dicom_flipped_bytes_never_surprise() -> None:
    whole, random = ct([0], WindowCenter=1, WindowWidth=9), np.random.default_rng(2)
    for _ in range(150):
        data = bytearray(whole)
        for place in random.integers(132, 900, 3):
            data[place] = int(random.integers(0, 256))
        try:
            assert read_image(bytes(data)).pixels.ndim == 2
        except ImageError:
            pass
