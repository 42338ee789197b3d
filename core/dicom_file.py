"""A DICOM file's elements and one frame's stored values; core/dicom.py makes a picture of them."""

from __future__ import annotations

import io
import warnings
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.images import MAX_BYTES, ImageError

if TYPE_CHECKING:
    from pydicom import Dataset

MAX_UNPACKED = 4 * MAX_BYTES  # of the deflated transfer syntax, which packs 1 GB of zeros in 1 MB
CHUNK = 2**20
# Functional groups of an enhanced multi-frame image, and what each says about grey values.
GREY_GROUPS = {
    "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept"),
    "FrameVOILUTSequence": ("WindowCenter", "WindowWidth", "VOILUTFunction"),
}


def parse(data: bytes) -> Dataset:
    """Read the elements of a DICOM file, with or without the Part 10 preamble.

    Raises:
        ImageError: Damaged, or a deflated file that unpacks to more than MAX_UNPACKED.
    """
    import pydicom

    try:
        _check_unpacked(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd but readable headers
            return pydicom.dcmread(io.BytesIO(data), force=True)
    except ImageError:
        raise
    # pydicom raises a dozen kinds for a damaged header; to its owner they are one.
    except Exception as error:
        raise ImageError(
            f"The DICOM file is damaged or cut short ({type(error).__name__}). Export it again."
        ) from error


def decode_frame(dataset: Dataset, frame: int) -> NDArray[Any]:
    """Stored values (H, W), or (H, W, 3) RGB, of one frame, from 0.

    Raises:
        ImageError: Damaged, or a compression without decoder.
    """
    from pydicom.pixels import pixel_array

    syntax = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if syntax is None:
                dataset.file_meta = _bare_meta(dataset)
            if _is_twelve_bit_jpeg(dataset):
                return _decode_twelve_bits(dataset, frame)
            return np.asarray(pixel_array(dataset, index=frame))
    # Decoders for a dozen compressions raise as many kinds for a damaged or unknown stream.
    except Exception as error:
        name = getattr(syntax, "name", None) or "unknown"
        raise ImageError(
            f"The picture in this DICOM file cannot be decoded (transfer syntax: {name}; "
            f"{type(error).__name__}). It is damaged or cut short, or needs exporting uncompressed."
        ) from error


def take_frame_values(dataset: Dataset, frame: int) -> None:
    """Copy slope, intercept and window of one frame to the top level, where plain files have them.

    Enhanced multi-frame CT and MR keep them in functional groups (PS3.3 C.7.6.16), shared by all
    frames or a frame's own; the frame's own count.
    """
    shared = list(dataset.get("SharedFunctionalGroupsSequence") or [])[:1]
    own = list(dataset.get("PerFrameFunctionalGroupsSequence") or [])[frame : frame + 1]
    for groups in (*shared, *own):
        for sequence, names in GREY_GROUPS.items():
            for item in list(groups.get(sequence) or [])[:1]:
                for name in names:
                    if name in item:
                        setattr(dataset, name, item[name].value)


def _check_unpacked(data: bytes) -> None:
    """Refuse a deflated file that unpacks to too much, before pydicom unpacks all of it.

    Raises:
        ImageError: More than MAX_UNPACKED bytes.
    """
    from pydicom.filereader import (
        _read_file_meta_info,
        read_preamble,
    )  # the first has no public way
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    file = io.BytesIO(data)
    read_preamble(file, force=True)
    meta = _read_file_meta_info(file)
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return
    unpacker, packed, size = zlib.decompressobj(-zlib.MAX_WBITS), file.read(), 0
    while packed and not unpacker.eof:
        size += len(unpacker.decompress(packed, CHUNK))
        packed = unpacker.unconsumed_tail
        if size > MAX_UNPACKED:
            raise ImageError(
                f"This DICOM file unpacks to more than {MAX_UNPACKED // 1024**2} MB. Export one "
                "frame, or a smaller copy."
            )


def _is_twelve_bit_jpeg(dataset: Dataset) -> bool:
    from pydicom.uid import JPEGExtended12Bit

    syntax = dataset.file_meta.get("TransferSyntaxUID")
    return syntax == JPEGExtended12Bit and int(dataset.BitsStored) > 8


def _decode_twelve_bits(dataset: Dataset, frame: int) -> NDArray[Any]:
    """12-bit lossy JPEG, which GDCM decodes since 3.2 and pydicom 3.0 keeps from it (adr/003).

    Raises:
        ValueError: Colour, or fewer values than the header says.
    """
    import gdcm
    from pydicom.encaps import get_frame

    if int(dataset.SamplesPerPixel) != 1:
        raise ValueError(f"expected one sample a pixel, received {dataset.SamplesPerPixel}")
    frames = max(int(dataset.get("NumberOfFrames") or 1), 1)
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(get_frame(dataset.PixelData, frame, number_of_frames=frames))
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((int(dataset.Columns), int(dataset.Rows), 1))
    image.SetDataElement(element)
    kind = gdcm.PhotometricInterpretation.GetPIType(str(dataset.PhotometricInterpretation))
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGExtendedProcess2_4))
    bits, signed = int(dataset.BitsStored), int(dataset.PixelRepresentation)
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, bits, bits - 1, signed))
    # GDCM hands bytes over as text.
    values = image.GetBuffer().encode("utf-8", "surrogateescape")
    stored = np.frombuffer(values, "<i2" if signed else "<u2")
    return stored.reshape(int(dataset.Rows), int(dataset.Columns))


def _bare_meta(dataset: Dataset) -> Any:
    """File meta for a data set without one: the uncompressed encoding it was parsed as."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    implicit, little = dataset.original_encoding
    explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit
    return meta
