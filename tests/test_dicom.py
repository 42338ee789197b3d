"""core.dicom on files made here: every number can be worked out by hand."""

from __future__ import annotations

import io
import tracemalloc
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    RLELossless,
)
from samples import SIDE, ct, dicom, ends, first_row, halves, saved, titles

from core.dicom_file import MAX_UNPACKED
from core.images import ImageError, ReadOptions, read_image, sniff


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


def test_padding_is_in_stored_units() -> None:
    # Stored 100 becomes 0 HU, which is not what is stored as 0; stored 200 becomes 100 HU.
    values = halves(100, 200, np.uint16)
    values[0, :2] = [0, 120]
    rescale = {"Modality": "CT", "RescaleSlope": 1, "RescaleIntercept": -100}
    data = saved(dicom(values, PixelPaddingValue=0, **rescale))
    assert first_row(read_image(data, ReadOptions(window="full range")), 3) == [0, 51, 0]


def test_nothing_but_padding() -> None:
    values = halves(100, 100, np.uint16)
    assert ends(read_image(saved(dicom(values, PixelPaddingValue=100)))) == (0, 0)


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
