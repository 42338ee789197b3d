"""Images made for tests, small enough to work their numbers out by hand."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRLittleEndian,
    generate_uid,
)

from core.images import Scan
from training.probes import dicom_file

SIDE = 40


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def flat(value: Any, mode: str = "L", size: tuple[int, int] = (SIDE, SIDE)) -> Image.Image:
    return Image.new(mode, size, value)


def picture(seed: int, side: int = 128) -> bytes:
    """Coarse noise as PNG: each seed another perceptual hash, at any size the same."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8), np.uint8)
    return encode(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC), "PNG")


def png_header(width: int, height: int) -> bytes:
    """A 1-bit PNG that only claims to be that large."""

    def chunk(name: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + check

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


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


def ends_gdcm() -> bytes:
    """A lossless JPEG whose header states one bit too few: GDCM ends its process at it."""
    dataset = dcmread(dicom_file("SC_rgb_jpeg_gdcm.dcm"))
    dataset.BitsStored = 7
    return saved(dataset)
