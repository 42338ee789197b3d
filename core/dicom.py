"""DICOM bytes -> 8-bit greyscale, in the order of the standard (PS3.3 C.11).

Modality lookup table -> value-of-interest window or table -> MONOCHROME1 inversion -> 8 bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.dicom_file import decode_frame, parse, take_frame_values
from core.images import WHITE, Grey, ImageError, ReadOptions, Scan, StepLog, check_size, stretch

if TYPE_CHECKING:
    from pydicom import Dataset

# Centre and width in Hounsfield units.
PRESETS = {"lung": (-600.0, 1500.0), "mediastinum": (40.0, 400.0)}
FILE_WINDOW = "file"
FULL_RANGE = "full range"


def decode_dicom(data: bytes, options: ReadOptions, log: StepLog) -> Scan:
    """Decode one frame of a DICOM file.

    Args:
        data: The whole file, with or without the Part 10 preamble.
        options: Frame and window; window is one of PRESETS (CT), "file" or "full range".
        log: Receives a step for each table, window and inversion applied.

    Returns:
        Scan with uint8 (H, W) pixels; low values dark, as MONOCHROME2 shows them.

    Raises:
        ImageError: No pixels, too large, damaged, or a compression without decoder.
    """
    try:
        return _decode(data, parse(data), options, log)
    except ImageError:
        raise
    # pydicom reads elements when they are used, so a damaged one shows anywhere, as any kind.
    except Exception as error:
        raise ImageError(
            f"A value in this DICOM file cannot be used ({type(error).__name__}): it is damaged or "
            "unusual. Export it again, as PNG where that fails."
        ) from error


def _decode(data: bytes, dataset: Dataset, options: ReadOptions, log: StepLog) -> Scan:
    """One frame of a parsed file -> Scan."""
    if not any(name in dataset for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise ImageError(
            "This DICOM file holds no picture: it is cut short, or a report, a plan or a "
            "directory. Choose an image of the series."
        )
    check_size(int(dataset.get("Columns") or 0), int(dataset.get("Rows") or 0))
    frames = max(int(dataset.get("NumberOfFrames") or 1), 1)
    frame = min(max(options.frame, 0), frames - 1)
    raw = decode_frame(data, dataset, frame)
    take_frame_values(dataset, frame)
    if dataset.get("PhotometricInterpretation") == "PALETTE COLOR":
        from pydicom.pixels import apply_color_lut

        raw = np.asarray(apply_color_lut(raw, dataset))
    inside = _inside(raw, dataset)
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.is_compressed:
        log.add("Compression", f"unpacked from {syntax.name}")
    if frames > 1:
        log.add("Frame", f"{frame + 1} of {frames}", lambda: _full_range(raw, inside))
    if raw.ndim == 3:
        log.add("Greyscale", "colour DICOM reduced to 8-bit grey", lambda: _luma(raw))
        return Scan(_luma(raw), (), "DICOM", frame, frames)
    values = _modality_values(raw, inside, dataset, log)
    windows = _windows(dataset)
    window = options.window if options.window in windows else windows[0]
    grey, words = _window(values, inside, dataset, window)
    log.add("Window", words, lambda: grey)
    if dataset.get("PhotometricInterpretation") == "MONOCHROME1":
        grey = WHITE - grey
        log.add("Inversion", "MONOCHROME1: the file stores white as low, so swapped", lambda: grey)
    return Scan(grey, (), "DICOM", frame, frames, window, windows)


def _inside(raw: NDArray[Any], dataset: Dataset) -> NDArray[np.bool_]:
    """Where stored values are no padding outside the detector; everywhere if all are.

    The file's PixelPaddingValue is in stored units, so it is compared before slope and intercept.
    """
    padding = dataset.get("PixelPaddingValue")
    inside = np.ones(raw.shape, bool) if padding is None else raw != float(padding)
    return inside if inside.any() else ~inside


def _modality_values(
    raw: NDArray[Any], inside: NDArray[np.bool_], dataset: Dataset, log: StepLog
) -> NDArray[np.float64]:
    """Stored values (H, W) through the file's slope and intercept, or its table."""
    from pydicom.pixels import apply_modality_lut

    values = np.asarray(apply_modality_lut(raw, dataset), np.float64)
    if "ModalityLUTSequence" in dataset:
        log.add("Modality table", "the file's lookup table applied")
    elif _has_rescale(dataset):
        unit = "Hounsfield units" if dataset.get("Modality") == "CT" else "stored units"
        log.add(
            "Modality table",
            f"value x {float(dataset.RescaleSlope):g} + {float(dataset.RescaleIntercept):g}: "
            f"{values.min():g} to {values.max():g} {unit}",
            lambda: _full_range(values, inside),
        )
    return values


def _has_rescale(dataset: Dataset) -> bool:
    return dataset.get("RescaleSlope") is not None and dataset.get("RescaleIntercept") is not None


def _has_window(dataset: Dataset) -> bool:
    """Whether the file carries a window or table that can be applied (a width below 1 cannot)."""
    if dataset.get("VOILUTSequence"):
        return True
    return dataset.get("WindowCenter") is not None and (_first(dataset.get("WindowWidth")) >= 1)


def _first(value: Any) -> float:
    """The first of one or several numbers; 0 where there is none."""
    if value is None or value == "":
        return 0.0
    return float(value[0] if hasattr(value, "__getitem__") else value)


def _windows(dataset: Dataset) -> tuple[str, ...]:
    """The windows that make sense for this file, the one to start with first."""
    own = [FILE_WINDOW] if _has_window(dataset) else []
    if dataset.get("Modality") == "CT" and _has_rescale(dataset):
        return ("lung", "mediastinum", *own, FULL_RANGE)
    return (*own, FULL_RANGE)


def _window(
    values: NDArray[np.float64], inside: NDArray[np.bool_], dataset: Dataset, window: str
) -> tuple[Grey, str]:
    """Apply a window; returns grey and what was done in words."""
    if window == FULL_RANGE:
        return _full_range(values, inside), "none: the image's own range scaled to 8 bits"
    if window in PRESETS:
        centre, width = PRESETS[window]
        grey = stretch(values, centre - width / 2, centre + width / 2)
        return grey, f"{window} preset: centre {centre:g}, width {width:g} HU"
    return _file_window(values, dataset)


def _file_window(values: NDArray[np.float64], dataset: Dataset) -> tuple[Grey, str]:
    """The first window or table that the file itself carries."""
    from pydicom.pixels import apply_voi_lut

    # The whole scale, not the pixels' own range, becomes 0..255; values far outside reach its ends.
    if dataset.get("VOILUTSequence"):
        shown = np.asarray(apply_voi_lut(values.astype(np.int64), dataset), np.float64)
        bits = int(dataset.VOILUTSequence[0].LUTDescriptor[2])
        return stretch(shown, 0, 2**bits - 1), "the file's own lookup table"
    shown = np.asarray(apply_voi_lut(values, dataset), np.float64)
    ends = np.asarray(apply_voi_lut(np.array([-1e9, 1e9]), dataset), np.float64)
    centre, width = _first(dataset.WindowCenter), _first(dataset.WindowWidth)
    words = f"the file's own: centre {centre:g}, width {width:g}"
    return stretch(shown, float(ends.min()), float(ends.max())), words


def _full_range(values: NDArray[Any], inside: NDArray[np.bool_]) -> Grey:
    """The pixels' own range to 8 bits; padding outside the detector does not count."""
    if values.ndim == 3:
        return _luma(values)
    values = np.asarray(values, np.float64)
    counted = values[inside]
    return stretch(values, float(counted.min()), float(counted.max()))


def _luma(rgb: NDArray[Any]) -> Grey:
    """uint8 or deeper (H, W, 3) RGB -> uint8 (H, W), ITU-R 601."""
    luma = rgb[..., :3].astype(np.float64) @ np.array([0.299, 0.587, 0.114])
    return stretch(luma, 0, WHITE if rgb.dtype.itemsize == 1 else float(np.iinfo(rgb.dtype).max))
