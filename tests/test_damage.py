"""Damaged files: whatever is changed in one, it is read or refused in a sentence."""

from __future__ import annotations

import random
import subprocess

import numpy as np
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit
from samples import SIDE, dicom, encode, ends_gdcm, halves, saved

from core import dicom_apart
from core.dicom_apart import decode_apart
from core.images import ImageError, read_image
from training.probes import dicom_file

TRIALS = 60  # of each file
HEADER = 600  # bytes: damage there tells most
DICOM = (
    "CT_small.dcm",
    "MR_small_RLE.dcm",
    "MR_small_jp2klossless.dcm",
    "SC_rgb_jpeg.dcm",
    "examples_palette.dcm",
    "image_dfl.dcm",
    "vlut_04.dcm",
)
COLOUR = Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8))
PICTURES = {
    "grey PNG": encode(Image.fromarray(halves(9, 99)), "PNG"),
    "16-bit PNG": encode(Image.fromarray(halves(1000, 40_000, np.uint16)), "PNG"),
    "palette PNG": encode(COLOUR.quantize(16), "PNG"),
    "JPEG": encode(COLOUR, "JPEG"),
    "CMYK JPEG": encode(COLOUR.convert("CMYK"), "JPEG"),
    "LZW TIFF": encode(COLOUR, "TIFF", compression="tiff_lzw"),
    "JPEG TIFF": encode(COLOUR, "TIFF", compression="jpeg"),
    "WebP": encode(COLOUR, "WebP", save_all=True, append_images=[COLOUR]),
}
FILES = PICTURES | {name: dicom_file(name).read_bytes() for name in DICOM}


def damaged(data: bytes, number: int) -> bytes:
    """The file with some bytes changed, lost or put in, or its end cut off."""
    chance, out = random.Random(number), bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8))):
        place = chance.randrange(min(len(out), HEADER if chance.random() < 0.6 else len(out)))
        kind = chance.randrange(4)
        if kind == 0:
            out[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            out[place : place + chance.randrange(1, 9)] = chance.randbytes(4)
        elif kind == 2:
            out[place:place] = bytes([chance.choice((0, 255))] * chance.randrange(1, 5))
        elif len(out) > 2 * HEADER and chance.random() < 0.3:
            del out[-chance.randrange(1, len(out) - HEADER) :]
    return bytes(out)


@pytest.mark.parametrize("name", FILES)
def test_damaged_files_are_read_or_refused_in_a_sentence(name: str) -> None:
    read = 0
    for number in range(TRIALS):
        try:
            scan = read_image(damaged(FILES[name], number))
        except ImageError as error:
            assert str(error).strip()
            assert "\n" not in str(error)
            continue
        assert scan.pixels.dtype == np.uint8
        assert scan.pixels.ndim == 2
        read += 1
    assert read < TRIALS


def test_what_ends_gdcm_ends_no_more() -> None:
    with pytest.raises(RuntimeError, match="exit code -"):  # by a signal
        decode_apart(ends_gdcm(), 0)
    with pytest.raises(ImageError, match=r"cannot be decoded \(transfer syntax: JPEG Lossless"):
        read_image(ends_gdcm())


@pytest.mark.parametrize(
    ("kind", "syntax", "side", "why"),
    [
        ("JPEG", JPEGBaseline8Bit, 7000, "ValueError"),
        ("JPEG2000", JPEG2000Lossless, 7000, "ValueError"),
        ("JPEG", JPEGBaseline8Bit, 19_000, "DecompressionBombError"),
        ("JPEG", JPEGBaseline8Bit, SIDE + 1, "RuntimeError"),  # small enough to be unpacked
    ],
)
def test_a_stream_larger_than_its_header_says_is_refused(
    kind: str, syntax: str, side: int, why: str
) -> None:
    dataset = dicom(halves(0, 9))
    dataset.PixelData = encapsulate([encode(Image.new("L", (side, side)), kind)])
    dataset["PixelData"].VR = "OB"
    dataset.file_meta.TransferSyntaxUID = syntax
    with pytest.raises(ImageError, match=f"cannot be decoded .*; {why}"):
        read_image(saved(dataset))


def test_a_decoder_that_does_not_come_back_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    data = dicom_file("MR_small_jpeg_ls_lossless.dcm").read_bytes()
    assert decode_apart(data, 0).shape == (64, 64)
    monkeypatch.setattr(dicom_apart, "LONGEST", 0.01)
    with pytest.raises(subprocess.TimeoutExpired):
        decode_apart(data, 0)
    with pytest.raises(ImageError, match="cannot be decoded .*TimeoutExpired"):
        read_image(data)
