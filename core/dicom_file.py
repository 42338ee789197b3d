"""A DICOM file's elements and one frame's stored values; core/dicom.py makes a picture of them."""

from __future__ import annotations

import io
import re
import warnings
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.dicom_apart import decode_apart
from core.images import MAX_BYTES, MAX_PIXELS, ImageError

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.uid import UID

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


def decode_frame(data: bytes, dataset: Dataset, frame: int) -> NDArray[Any]:
    """Stored values (H, W), or (H, W, 3) RGB, of one frame, from 0.

    Args:
        data: The whole file.
        dataset: What `parse` made of it; gets file meta information where it has none.
        frame: Which one.

    Raises:
        ImageError: Damaged, or a compression without decoder.
    """
    if getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None) is None:
        dataset.file_meta = _bare_meta(dataset)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(_decode(data, dataset, frame))
    # Decoders for a dozen compressions raise as many kinds for a damaged or unknown stream.
    except Exception as error:
        syntax = _syntax_name(dataset.file_meta.TransferSyntaxUID)
        raise ImageError(
            "The picture in this DICOM file cannot be decoded (transfer syntax: "
            f"{syntax}; {type(error).__name__}). It is damaged or cut short, or needs exporting "
            "uncompressed."
        ) from error


def _syntax_name(uid: UID) -> str:
    """Name of a transfer syntax; of an unknown one the number, if it is one: files may say more."""
    if uid.name != str(uid):
        return uid.name
    return str(uid) if re.fullmatch(r"[0-9.]+", uid) else "not a valid one"


def _decode(data: bytes, dataset: Dataset, frame: int) -> NDArray[Any]:
    """By pydicom or Pillow, which raise at a damaged stream; by GDCM in a process of its own."""
    from pydicom import uid
    from pydicom.pixels import pixel_array

    jpegs = (*uid.JPEGTransferSyntaxes, *uid.JPEGLSTransferSyntaxes, *uid.JPEG2000TransferSyntaxes)
    if dataset.file_meta.TransferSyntaxUID not in jpegs:
        return pixel_array(dataset, index=frame)
    _check_stream(dataset, frame)
    try:
        return pixel_array(dataset, index=frame, decoding_plugin="pillow")
    except Exception:  # not one of Pillow's, or damaged: as many kinds as above
        return decode_apart(data, frame)


def _check_stream(dataset: Dataset, frame: int) -> None:
    """Refuse a stream of far more pixels than the header says, before it is unpacked.

    Raises:
        ValueError: Above 40 megapixels, which the header's were not.
        DecompressionBombError: Above what Pillow opens.
    """
    from PIL import Image
    from pydicom.encaps import get_frame

    frames = max(int(dataset.get("NumberOfFrames") or 1), 1)
    stream = get_frame(dataset.PixelData, frame, number_of_frames=frames)
    try:
        width, height = Image.open(io.BytesIO(stream)).size
    except OSError:  # not one of Pillow's
        return
    if width * height > MAX_PIXELS:
        raise ValueError(f"expected at most {MAX_PIXELS} pixels, received {width} x {height}")


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


def _bare_meta(dataset: Dataset) -> Any:
    """File meta for a data set without one: the uncompressed encoding it was parsed as."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    implicit, little = dataset.original_encoding
    explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit
    return meta
