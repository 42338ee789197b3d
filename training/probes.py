"""The declared probe set: pictures that are neither a chest X-ray nor a lung CT slice.

Photographs, micrographs, text and test patterns that scikit-image and scikit-learn ship, MR and
other DICOM files that pydicom and pydicom-data ship, and noise, blanks, text, drawings and mock
screenshots made here by code. Nothing is downloaded, nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from core.images import Grey, ImageError, read_image

SEED = 7
SIDE = 400
# CT_small.dcm and the liver segmentation are left out: they are CT, and not plainly out of scope.
OTHER_DICOM = (
    "MR_small.dcm",
    "693_J2KI.dcm",
    "JPEG2000.dcm",
    "JPEG-lossy.dcm",
    "rtdose_1frame.dcm",
    "examples_overlay.dcm",
    "examples_palette.dcm",
    "examples_rgb_color.dcm",
    "examples_ybr_color.dcm",
    "examples_jpeg2k.dcm",
    "SC_rgb_jpeg.dcm",
)
# Of pydicom-data, one file a picture: CT of other parts of the body, a leg, MR, ultrasound. None of
# them had been seen when the guard was made. Its chest X-ray (RG1) is in scope and no probe.
MORE_DICOM = (
    "693_UNCR.dcm",
    "JPEG-LL.dcm",
    "JPGLosslessP14SV1_1s_1f_8b.dcm",
    "MR-SIEMENS-DICOM-WithOverlays.dcm",
    "MR2_UNCR.dcm",
    "OBXXXX1A.dcm",
    "OT-PAL-8-face.dcm",
    "RG3_UNCR.dcm",
    "SC_rgb.dcm",
    "US1_UNCR.dcm",
    "bad_sequence.dcm",
    "color-px.dcm",
    "color3d_jpeg_baseline.dcm",
    "eCT_Supplemental.dcm",
    "emri_small.dcm",
    "explicit_VR-UN.dcm",
    "gdcm-US-ALOKA-16.dcm",
    "liver.dcm",
    "vlut_04.dcm",
)
ARTIFICIAL = ("text.png", "page.png", "logo.png", "phantom.png", "clock_motion.png", "color.png")


def probe_images() -> Iterator[tuple[str, str, Grey]]:
    """Yield (name, group, uint8 (H, W)) of every probe."""
    import skimage
    import sklearn

    pictures = Path(skimage.__file__).parent / "data"
    yield from _files(sorted(pictures.glob("*.png")) + sorted(pictures.glob("*.jpg")))
    yield from _files(sorted((Path(sklearn.__file__).parent / "datasets" / "images").glob("*.jpg")))
    yield from _files(map(dicom_file, OTHER_DICOM), "other DICOM")
    yield from _files(map(dicom_file, MORE_DICOM), "DICOM of pydicom-data")
    yield from _made()


def dicom_file(name: str) -> Path:
    """A file of pydicom or pydicom-data.

    Raises:
        FileNotFoundError: Neither has it.
    """
    from pydicom.data import get_testdata_file

    found = get_testdata_file(name, download=False)
    if found is None:
        raise FileNotFoundError(f"expected {name} of pydicom or pydicom-data, received no file")
    return Path(str(found))


def _files(paths: Iterable[Path], group: str | None = None) -> Iterator[tuple[str, str, Grey]]:
    for path in paths:
        kind = group or ("text and patterns" if _is_pattern(path.name) else "photographs")
        try:
            yield path.name, kind, read_image(path.read_bytes()).pixels
        except ImageError:
            continue  # refused before the guard is asked


def _is_pattern(name: str) -> bool:
    return name in ARTIFICIAL or name.startswith("chessboard")


def _made() -> Iterator[tuple[str, str, Grey]]:
    """Noise, blanks, text, drawings, screenshots."""
    import cv2

    rng = np.random.default_rng(SEED)
    for spread in (10, 30, 60):
        noise = np.clip(rng.normal(128, spread, (SIDE, SIDE)), 0, 255).astype(np.uint8)
        yield f"noise {spread}", "noise and blanks", noise
        soft = np.asarray(cv2.GaussianBlur(noise, (0, 0), 6), np.uint8)
        yield f"soft noise {spread}", "noise and blanks", soft
    for level in (0, 128, 255):
        yield f"blank {level}", "noise and blanks", np.full((SIDE, SIDE), level, np.uint8)
    ramp = np.tile(np.linspace(0, 255, SIDE).astype(np.uint8), (SIDE, 1))
    yield "ramp", "noise and blanks", ramp
    for number in range(6):
        yield f"text {number}", "text and patterns", _text(rng)
        yield f"drawing {number}", "drawings and screenshots", _drawing(rng)
        yield f"screenshot {number}", "drawings and screenshots", _screenshot(rng)


def _text(rng: np.random.Generator) -> Grey:
    import cv2

    page = np.full((SIDE, SIDE), 255, np.uint8)
    for y in range(25, SIDE, 24):
        words = "".join(rng.choice(list("abcdefghij klmnop "), 30))
        cv2.putText(page, words, (10, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 0, 1, cv2.LINE_AA)
    return page


def _drawing(rng: np.random.Generator) -> Grey:
    import cv2

    page = np.full((SIDE, SIDE), int(rng.choice([0, 255])), np.uint8)
    for _ in range(12):
        centre = tuple(int(v) for v in rng.integers(0, SIDE, 2))
        axes = tuple(int(v) for v in rng.integers(10, 120, 2))
        grey, thickness = int(rng.integers(256)), int(rng.choice([-1, 2]))
        cv2.ellipse(page, centre, axes, float(rng.integers(180)), 0, 360, grey, thickness)
    return page


def _screenshot(rng: np.random.Generator) -> Grey:
    import cv2

    page = np.full((SIDE, int(SIDE * 1.6)), 240, np.uint8)
    cv2.rectangle(page, (0, 0), (page.shape[1], 30), 60, -1)
    for _ in range(8):
        x, y = (int(v) for v in rng.integers(40, SIDE, 2))
        cv2.rectangle(page, (x, y), (x + 150, y + 50), int(rng.integers(120, 255)), -1)
        cv2.putText(page, "Button", (x + 8, y + 30), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 20, 1)
    return page
