"""core.images and core.dicom: every number here can be worked out by hand."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    RLELossless,
    generate_uid,
)

from core.dicom_file import MAX_UNPACKED, decode_frame
from core.images import MAX_BYTES, ImageError, ReadOptions, Scan, read_image, sniff, stretch

SIDE = 40


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def flat(value: Any, mode: str = "L", size: tuple[int, int] = (SIDE, SIDE)) -> Image.Image:
    return Image.new(mode, size, value)


def halves(left: int, right: int, dtype: Any = np.uint8) -> np.ndarray:
    """SIDE x SIDE: the left half one value, the right half another."""
    values = np.full((SIDE, SIDE), left, dtype)
    values[:, SIDE // 2 :] = right
    return values


def titles(scan: Scan) -> list[str]:
    return [step.title for step in scan.steps]


def ends(scan: Scan) -> tuple[int, int]:
    """The first pixel and the last."""
    return int(scan.pixels[0, 0]), int(scan.pixels[-1, -1])


# --- What is refused ---------------------------------------------------------------------------


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


def png_header(width: int, height: int) -> bytes:
    """A 1-bit PNG that only claims to be that large."""

    def chunk(name: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + check

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("side", [30_000, 10_000, 6_325])
def test_decompression_bomb(side: int) -> None:
    with pytest.raises(ImageError, match="40 megapixels"):
        read_image(png_header(side, side))


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


# --- DICOM -------------------------------------------------------------------------------------


def dicom(values: np.ndarray, **elements: Any) -> Dataset:
    """A CT or other file with these stored values and elements; None leaves an element out."""
    frames = values.shape[0] if values.ndim == 3 else 1
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["lunglens"])
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID
    dataset.Rows, dataset.Columns = values.shape[-2:]
    if frames > 1:
        dataset.NumberOfFrames = frames
    bits = values.dtype.itemsize * 8
    dataset.SamplesPerPixel = 1
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Modality = "DX"
    dataset.PixelData = values.tobytes()
    for name, value in elements.items():
        setattr(dataset, name, value)
    return dataset


def saved(dataset: Dataset) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def ct(hounsfield: list[int], **elements: Any) -> bytes:
    """A CT whose first row begins with these values, stored with slope 2 and intercept -1024."""
    stored = np.full((SIDE, SIDE), 512, np.int16)  # 0 HU
    stored[0, : len(hounsfield)] = [(value + 1024) // 2 for value in hounsfield]
    rescale = {"Modality": "CT", "RescaleSlope": 2, "RescaleIntercept": -1024}
    return saved(dicom(stored, **(rescale | elements)))


def first_row(scan: Scan, count: int) -> list[int]:
    return scan.pixels[0, :count].tolist()


def test_full_range_and_monochrome1() -> None:
    values = halves(100, 300, np.uint16)
    plain = read_image(saved(dicom(values)))
    swapped = read_image(saved(dicom(values, PhotometricInterpretation="MONOCHROME1")))
    assert ends(plain) == (0, 255)
    assert ends(swapped) == (255, 0)
    assert plain.window == "full range"
    assert titles(swapped) == ["File", "Window", "Inversion"]


def test_monochrome1_and_invert_cancel() -> None:
    data = saved(dicom(halves(1, 3, np.uint16), PhotometricInterpretation="MONOCHROME1"))
    assert ends(read_image(data, ReadOptions(invert=True))) == (0, 255)


def test_lung_window_is_what_a_ct_starts_with() -> None:
    # Centre -600, width 1500: -1350 is 0 and 150 is 255, so 100 HU are 17.
    scan = read_image(ct([-1350, -1250, -600, 150, 1000]))
    assert first_row(scan, 5) == [0, 17, 128, 255, 255]
    assert scan.window == "lung"
    assert scan.windows == ("lung", "mediastinum", "full range")
    assert titles(scan) == ["File", "Modality table", "Window"]
    assert "value x 2 + -1024" in scan.steps[1].detail
    assert "Hounsfield" in scan.steps[1].detail


def test_mediastinum_window() -> None:
    # Centre 40, width 400: -160 is 0 and 240 is 255, so 80 HU are 51.
    scan = read_image(ct([-600, -160, -80, 80, 240]), ReadOptions(window="mediastinum"))
    assert first_row(scan, 5) == [0, 0, 51, 153, 255]


def test_ct_full_range() -> None:
    scan = read_image(ct([-1000, 1000]), ReadOptions(window="full range"))
    assert first_row(scan, 3) == [0, 255, 128]


def test_file_window() -> None:
    # PS3.3 C.11.2.1.2: centre 100.5, width 201 runs from 0 to 200, so 40 is 51.
    values = halves(0, 200, np.uint16)
    values[0, :3] = [40, 400, 160]
    scan = read_image(saved(dicom(values, WindowCenter=100.5, WindowWidth=201)))
    assert first_row(scan, 4) == [51, 255, 204, 0]
    assert scan.window == "file"
    assert scan.windows == ("file", "full range")
    assert "centre 100.5, width 201" in scan.steps[-1].detail


def test_first_of_several_file_windows() -> None:
    data = saved(dicom(halves(0, 200, np.uint16), WindowCenter=[100.5, 9], WindowWidth=[201, 9]))
    assert ends(read_image(data)) == (0, 255)


@pytest.mark.parametrize(
    "elements",
    [{"WindowCenter": 5, "WindowWidth": 0}, {"WindowCenter": 5}, {"WindowCenter": None}],
)
def test_file_window_that_cannot_be_applied(elements: dict[str, Any]) -> None:
    scan = read_image(saved(dicom(halves(0, 200, np.uint16), **elements)))
    assert scan.window == "full range"
    assert ends(scan) == (0, 255)


def test_unknown_window_is_the_default() -> None:
    assert read_image(ct([0]), ReadOptions(window="bone")).window == "lung"


def test_slope_without_intercept() -> None:
    data = saved(dicom(halves(1, 9, np.uint16), Modality="CT", RescaleSlope=2))
    assert read_image(data).windows == ("full range",)


def test_padding_does_not_count() -> None:
    values = halves(100, 200, np.uint16)
    values[0, :2] = [0, 120]
    scan = read_image(saved(dicom(values, PixelPaddingValue=0)))
    assert first_row(scan, 3) == [0, 51, 0]


def test_dicom_frames() -> None:
    values = np.stack([halves(0, 255), halves(255, 0), halves(0, 0)])
    data = saved(dicom(values))
    assert ends(read_image(data)) == (0, 255)
    second = read_image(data, ReadOptions(frame=1, trace=True))
    assert ends(second) == (255, 0)
    assert second.steps[1].detail == "2 of 3"
    assert second.steps[1].picture is not None
    assert read_image(data, ReadOptions(frame=77)).frame == 2


def enhanced_ct(**shared: Any) -> bytes:
    """Two frames of 0 HU and, right, 400 HU; the first has a window of its own, as PS3.3 has it."""
    dataset = dicom(np.stack([halves(512, 712, np.int16)] * 2), Modality="CT")
    rescale, window = Dataset(), Dataset()
    rescale.RescaleSlope, rescale.RescaleIntercept = 2, -1024
    window.WindowCenter, window.WindowWidth = 400.5, 801  # from 0 to 800 HU, so 400 is 127.5
    common, first, second = Dataset(), Dataset(), Dataset()
    common.PixelValueTransformationSequence = [rescale]
    first.FrameVOILUTSequence = [window]
    dataset.SharedFunctionalGroupsSequence = [common]
    dataset.PerFrameFunctionalGroupsSequence = [first, second]
    for name, value in shared.items():
        setattr(common, name, value)
    return saved(dataset)


def test_enhanced_ct_takes_the_frames_own_values() -> None:
    data = enhanced_ct()
    lung = read_image(data)  # 0 HU is 1350 of 1500 above the dark end: 229.5; 400 HU is above it
    assert lung.windows == ("lung", "mediastinum", "file", "full range")
    assert ends(lung) == (230, 255)
    assert "Hounsfield" in lung.steps[2].detail
    assert ends(read_image(data, ReadOptions(window="file"))) == (0, 128)
    assert read_image(data, ReadOptions(frame=1)).windows == ("lung", "mediastinum", "full range")


def test_enhanced_ct_window_of_the_frame_beats_the_shared_one() -> None:
    other = Dataset()
    other.WindowCenter, other.WindowWidth = 200.5, 401  # from 0 to 400 HU
    data = enhanced_ct(FrameVOILUTSequence=[other])
    assert ends(read_image(data, ReadOptions(window="file"))) == (0, 128)
    assert ends(read_image(data, ReadOptions(window="file", frame=1))) == (0, 255)


def test_deflated_bomb_is_refused_before_it_unpacks() -> None:
    dataset = dicom(halves(0, 9, np.uint16))
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    assert ends(read_image(saved(dataset))) == (0, 255)
    dataset.PixelData = bytes(MAX_UNPACKED + 2**20)
    bomb = saved(dataset)
    assert len(bomb) < 2**20
    tracemalloc.start()
    with pytest.raises(ImageError, match="unpacks to more than 200 MB"):
        read_image(bomb)
    assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    tracemalloc.stop()


def test_dicom_colour() -> None:
    values = np.zeros((SIDE, SIDE, 3), np.uint8)
    values[..., 1] = 255
    dataset = dicom(values[..., 0], PhotometricInterpretation="RGB", SamplesPerPixel=3)
    dataset.PlanarConfiguration = 0
    dataset.PixelData = values.tobytes()
    scan = read_image(saved(dataset))
    assert np.all(scan.pixels == 150)
    assert scan.windows == ()


def test_dicom_rle_made_here() -> None:
    dataset = dicom(halves(100, 300, np.uint16))
    dataset.compress(RLELossless)
    assert ends(read_image(saved(dataset))) == (0, 255)


def test_dicom_behind_a_tiff_preamble() -> None:
    data = saved(dicom(halves(0, 9, np.uint16)))
    assert sniff(b"II*\0" + data[4:]) == "DICOM"
    assert ends(read_image(b"II*\0" + data[4:])) == (0, 255)


@pytest.mark.parametrize(("implicit", "little"), [(True, True), (False, True), (False, False)])
def test_bare_data_set(implicit: bool, little: bool) -> None:
    values = halves(0, 900, np.uint16)
    dataset = dicom(values, PixelData=values.astype("<u2" if little else ">u2").tobytes())
    del dataset.file_meta
    buffer = io.BytesIO()
    dataset.save_as(buffer, implicit_vr=implicit, little_endian=little)
    assert ends(read_image(buffer.getvalue())) == (0, 255)


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


# --- Files that come with pydicom --------------------------------------------------------------

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
]


def bundled(name: str) -> bytes:
    found = get_testdata_file(name, download=False)
    if found is None:
        pytest.skip(f"{name} does not come with this pydicom")
    with open(str(found), "rb") as file:  # noqa: PTH123
        return file.read()


@pytest.mark.parametrize(("name", "size", "window"), BUNDLED)
def test_bundled(name: str, size: str, window: str | None) -> None:
    scan = read_image(bundled(name), ReadOptions(trace=True))
    assert (scan.kind, scan.size, scan.window) == ("DICOM", size, window)
    assert scan.pixels.max() > 100


@pytest.mark.parametrize("name", ["RLE", "jp2klossless", "jpeg_ls_lossless", "bigendian"])
def test_lossless_compressions_agree(name: str) -> None:
    plain = read_image(bundled("MR_small.dcm"))
    assert np.array_equal(read_image(bundled(f"MR_small_{name}.dcm")).pixels, plain.pixels)


def test_jpeg_lossless_agrees() -> None:
    dataset = dcmread(io.BytesIO(bundled("SC_rgb_jpeg_gdcm.dcm")))
    if dataset.file_meta.TransferSyntaxUID != "1.2.840.10008.1.2.4.70":
        pytest.skip("another compression in this pydicom")
    rle = read_image(bundled("SC_rgb_rle.dcm"))
    assert np.array_equal(read_image(bundled("SC_rgb_jpeg_gdcm.dcm")).pixels, rle.pixels)


def test_twelve_bit_jpeg_agrees_with_libjpeg() -> None:
    # What pylibjpeg-libjpeg 2.5 decodes from this file; GDCM may round one value differently.
    dataset = dcmread(io.BytesIO(bundled("JPGExtended.dcm")))
    stored = decode_frame(dataset, 0)
    assert (stored.shape, int(stored.max())) == ((1024, 256), 264)
    expected = [244, 242, 249, 260, 218, 219, 221, 223, 220, 210]
    assert np.abs(stored[420, 140:150].astype(int) - expected).max() <= 1


@pytest.mark.parametrize("name", ["reportsi.dcm", "rtplan.dcm", "test-SR.dcm", "rtstruct.dcm"])
def test_bundled_without_picture(name: str) -> None:
    with pytest.raises(ImageError, match="holds no picture"):
        read_image(bundled(name))


@pytest.mark.parametrize("name", ["MR_truncated.dcm", "JPEG2000-embedded-sequence-delimiter.dcm"])
def test_bundled_damaged(name: str) -> None:
    with pytest.raises(ImageError, match="cannot be decoded"):
        read_image(bundled(name))
