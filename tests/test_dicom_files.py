"""core.dicom on the files that come with pydicom and pydicom-data."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import UID
from samples import dicom, halves

from core.dicom_file import decode_frame, parse
from core.images import ImageError, ReadOptions, read_image
from training.probes import dicom_file

BUNDLED = [
    ("CT_small.dcm", "128 x 128", "lung"),
    ("MR_small.dcm", "64 x 64", "file"),
    ("MR_small_RLE.dcm", "64 x 64", "file"),
    ("MR_small_jp2klossless.dcm", "64 x 64", "file"),
    ("MR_small_jpeg_ls_lossless.dcm", "64 x 64", "file"),
    ("MR_small_bigendian.dcm", "64 x 64", "file"),
    ("MR_small_implicit.dcm", "64 x 64", "file"),
    ("JPEG2000.dcm", "256 x 1024", "full range"),
    ("SC_rgb_jpeg_gdcm.dcm", "100 x 100", None),
    ("SC_rgb_jpeg_dcmtk.dcm", "100 x 100", None),
    ("SC_rgb_rle_16bit_2frame.dcm", "100 x 100", None),
    ("examples_palette.dcm", "800 x 350", None),
    ("JPGExtended.dcm", "256 x 1024", "full range"),
    ("JPEG-lossy.dcm", "256 x 1024", "full range"),
    ("image_dfl.dcm", "512 x 512", "full range"),
    ("RG3_UNCR.dcm", "1760 x 1760", "file"),
    ("US1_J2KR.dcm", "640 x 480", None),
    ("color3d_jpeg_baseline.dcm", "640 x 480", None),
    ("emri_small_jpeg_ls_lossless.dcm", "64 x 64", "full range"),
    ("explicit_VR-UN.dcm", "512 x 512", "lung"),
    ("bad_sequence.dcm", "512 x 512", "lung"),
    ("vlut_04.dcm", "512 x 512", "file"),
]


def bundled(name: str) -> bytes:
    return dicom_file(name).read_bytes()


@pytest.mark.parametrize(("name", "size", "window"), BUNDLED)
def test_bundled(name: str, size: str, window: str | None) -> None:
    scan = read_image(bundled(name), ReadOptions(trace=True))
    assert (scan.kind, scan.size, scan.window) == ("DICOM", size, window)
    assert scan.pixels.max() > 100


@pytest.mark.parametrize("name", ["RLE", "jp2klossless", "jpeg_ls_lossless", "bigendian"])
def test_lossless_compressions_agree(name: str) -> None:
    plain = read_image(bundled("MR_small.dcm"))
    assert np.array_equal(read_image(bundled(f"MR_small_{name}.dcm")).pixels, plain.pixels)


@pytest.mark.parametrize(
    ("packed", "plain"),
    [("RG1_J2KR", "RG1_UNCR"), ("RG1_J2KI", "RG1_UNCI"), ("US1_J2KR", "US1_UNCR")],
)
def test_compressed_files_agree_with_their_uncompressed_twins(packed: str, plain: str) -> None:
    found, expected = (read_image(bundled(f"{name}.dcm")).pixels for name in (packed, plain))
    assert np.array_equal(found, expected)


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
def test_words_in_place_of_a_transfer_syntax_are_not_repeated() -> None:
    for uid, said in (("[x](//y.z)", "not a valid one"), ("1.2.3.4", "1.2.3.4")):
        dataset = dicom(halves(1, 2))
        dataset.file_meta.TransferSyntaxUID = UID(uid)
        with pytest.raises(ImageError, match=re.escape(f"transfer syntax: {said};")):
            decode_frame(b"", dataset, 0)


def test_a_chest_xray_stored_white_as_low() -> None:
    scan = read_image(bundled("RG1_UNCR.dcm"), ReadOptions(trace=True))
    assert any("MONOCHROME1" in step.detail for step in scan.steps)
    lung, spine = scan.pixels[600:900, 400:600], scan.pixels[600:900, 880:960]
    assert lung.mean() + 50 < spine.mean()  # air is dark, bone is light
    data = bundled("RG1_UNCR.dcm")
    stored = decode_frame(data, parse(data), 0)
    assert np.corrcoef(stored.ravel()[::97], scan.pixels.ravel()[::97])[0, 1] < -0.99


def test_jpeg_lossless_agrees() -> None:
    dataset = dcmread(io.BytesIO(bundled("SC_rgb_jpeg_gdcm.dcm")))
    if dataset.file_meta.TransferSyntaxUID != "1.2.840.10008.1.2.4.70":
        pytest.skip("another compression in this pydicom")
    rle = read_image(bundled("SC_rgb_rle.dcm"))
    assert np.array_equal(read_image(bundled("SC_rgb_jpeg_gdcm.dcm")).pixels, rle.pixels)


def test_twelve_bit_jpeg_agrees_with_libjpeg() -> None:
    # What pylibjpeg-libjpeg 2.5 decodes from this file; GDCM may round one value differently.
    data = bundled("JPGExtended.dcm")
    stored = decode_frame(data, parse(data), 0)
    assert (stored.shape, int(stored.max())) == ((1024, 256), 264)
    expected = [244, 242, 249, 260, 218, 219, 221, 223, 220, 210]
    assert np.abs(stored[420, 140:150].astype(int) - expected).max() <= 1


@pytest.mark.parametrize(
    "name",
    [
        "reportsi.dcm",
        "rtplan.dcm",
        "test-SR.dcm",
        "rtstruct.dcm",
        "emri_small_jpeg_2k_lossless_too_short.dcm",  # cut before its pixels
    ],
)
def test_bundled_without_picture(name: str) -> None:
    with pytest.raises(ImageError, match="holds no picture"):
        read_image(bundled(name))


@pytest.mark.parametrize("name", ["MR_truncated.dcm", "JPEG2000-embedded-sequence-delimiter.dcm"])
def test_bundled_damaged(name: str) -> None:
    with pytest.raises(ImageError, match="cannot be decoded"):
        read_image(bundled(name))
