"""Decode one frame of a compressed DICOM file in a process of its own.

    python -m core.dicom_apart FRAME < FILE.dcm > ARRAY.npy

At some damaged JPEG streams GDCM does not raise but ends its process (adr/003). Other visitors of
the app, and the other files of a batch, must not go with it.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pydicom import Dataset

LONGEST = 60.0  # seconds; a damaged stream may keep a decoder busy for ever
ROOT = Path(__file__).resolve().parents[1]


def decode_apart(data: bytes, frame: int) -> NDArray[Any]:
    """Stored values (H, W), or (H, W, 3) RGB, of one frame, from 0. Costs the start of a process.

    Args:
        data: The whole file.
        frame: Which one.

    Raises:
        RuntimeError: GDCM could not decode it, or did not survive it.
        subprocess.TimeoutExpired: Not decoded within a minute.
    """
    command = [sys.executable, "-m", __name__, str(frame)]
    done = subprocess.run(
        command, input=data, capture_output=True, cwd=ROOT, timeout=LONGEST, check=False
    )
    if done.returncode:
        raise RuntimeError(f"expected a decoded frame, received exit code {done.returncode}")
    return np.load(io.BytesIO(done.stdout), allow_pickle=False)


def main() -> None:
    """Read a file from standard input, write the frame named on the command line."""
    from core.dicom_file import parse

    with os.fdopen(os.dup(1), "wb") as answer:
        os.dup2(2, 1)  # whatever GDCM prints must not end up among the values
        file = io.BytesIO()  # a pipe has no position, which NumPy wants
        frame = _decode(parse(sys.stdin.buffer.read()), int(sys.argv[1]))
        np.save(file, frame, allow_pickle=False)
        answer.write(file.getvalue())


def _decode(dataset: Dataset, frame: int) -> NDArray[Any]:
    from pydicom.pixels import pixel_array
    from pydicom.uid import JPEGExtended12Bit

    syntax = dataset.file_meta.TransferSyntaxUID
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if syntax == JPEGExtended12Bit and int(dataset.BitsStored) > 8:
            return _decode_twelve_bits(dataset, frame)
        return np.asarray(pixel_array(dataset, index=frame, decoding_plugin="gdcm"))


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


if __name__ == "__main__":
    main()
