"""Every kind of odd or bad file, at once, in the app and on the command line.

Each works and says what was done, or gets one sentence; the other files are still answered. How
each is read in detail: test_images*.py and test_dicom*.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pydicom.uid import RLELossless
from samples import dicom, encode, ends_gdcm, flat, halves, picture, png_header, saved
from visits import predict_page, words

from training.__main__ import main


@dataclass(frozen=True)
class Case:
    """A file, and a sentence that it gets (error) or a step that is shown (said).

    plain: Nothing was done that the command line need tell of.
    """

    data: Callable[[], bytes]
    error: str = ""
    said: str = ""
    plain: bool = False


def deep() -> bytes:
    return encode(Image.fromarray(halves(1000, 40_000, np.uint16)), "PNG")


def palette() -> bytes:
    return encode(flat((10, 200, 30), "RGB").quantize(4), "PNG")


def rotated() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turned by a quarter
    return encode(flat(90, size=(60, 40)), "JPEG", exif=exif)


def animated() -> bytes:
    frames = [flat(value, "RGB") for value in ((9, 9, 9), (99, 99, 99))]
    return encode(frames[0], "WebP", save_all=True, append_images=frames[1:])


def compressed() -> bytes:
    dataset = dicom(halves(100, 300, np.uint16))
    dataset.compress(RLELossless)
    return saved(dataset)


def without_pixels() -> bytes:
    dataset = dicom(halves(0, 1))
    del dataset.PixelData
    return saved(dataset)


def several() -> bytes:
    return saved(dicom(np.stack([halves(0, 9, np.uint16)] * 3)))


CASES = {
    "words.png": Case(lambda: b"these are words", error="not a PNG, JPEG, TIFF, WebP or DICOM"),
    "cut.png": Case(lambda: picture(1)[:600], error="damaged or cut short"),
    "empty.png": Case(lambda: b"", error="0 bytes"),
    "dot.png": Case(lambda: encode(flat(9, size=(1, 1)), "PNG"), error="at least 32 x 32"),
    "bomb.png": Case(lambda: png_header(30_000, 30_000), error="40 megapixels"),
    "large.png": Case(lambda: picture(1) + bytes(60 * 1024**2), error="at most 50 MB"),
    "report.dcm": Case(without_pixels, error="holds no picture"),
    "deadly.dcm": Case(ends_gdcm, error="cannot be decoded"),
    "clear.png": Case(lambda: encode(flat((9, 9, 9, 99), "RGBA"), "PNG"), said="transparen"),
    "palette.png": Case(palette, said="palette"),
    "deep.png": Case(deep, said="16-bit"),
    "low-white.dcm": Case(
        lambda: saved(dicom(halves(0, 9), PhotometricInterpretation="MONOCHROME1")),
        said="MONOCHROME1: the file stores white as low, so swapped",
    ),
    "series.dcm": Case(several, said="1 of 3"),
    "packed.dcm": Case(compressed, said="unpacked from RLE Lossless"),
    "turned.jpg": Case(rotated, said="turned as the EXIF tag says"),
    "moving.webp": Case(animated, said="1 of 2"),
    "a scan, 肺 Röntgen.png": Case(
        lambda: picture(1), said=f"PNG, {len(picture(1)) / 1024:.0f} kB", plain=True
    ),
}
BAD = [name for name, case in CASES.items() if case.error]
GOOD = [name for name, case in CASES.items() if case.said]


def test_app_answers_the_good_and_says_a_sentence_about_each_bad(models: Path) -> None:
    at = predict_page()
    at.file_uploader[0].set_value([(name, case.data(), "") for name, case in CASES.items()]).run()
    assert not at.exception
    said = {error.value.split("**")[1]: error.value for error in at.error}
    assert sorted(said) == sorted(BAD)
    for name in BAD:
        assert CASES[name].error in said[name]
    assert all("Traceback" not in sentence and "\n" not in sentence for sentence in said.values())
    table = at.dataframe[0].value.set_index("path")
    assert table["probability"].notna()[GOOD].all()
    assert table["probability"].isna()[BAD].all()
    ids = {item.name: item.id for item in at.session_state["predict_items"]}
    for name in GOOD:
        at.selectbox("predict_select").set_value(ids[name]).run()
        assert not at.exception
        assert at.subheader[-1].value == name
        assert CASES[name].said in words(at)


def test_command_line_scores_the_good_and_says_a_sentence_about_each_bad(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = tmp_path / "eine Mappe, 肺", tmp_path / "out.csv"
    folder.mkdir()
    for name, case in CASES.items():
        (folder / name).write_bytes(case.data())
    assert main(["predict", str(folder), "--out", str(out)]) == 1
    table = pd.read_csv(out, keep_default_na=False)
    table = table.set_index(table["path"].map(lambda path: Path(path).name))
    assert sorted(table.index) == sorted(CASES)
    assert (table.loc[GOOD, "error"] == "").all()
    assert table.loc[GOOD, "probability"].astype(float).between(0, 1).all()
    for name in BAD:
        assert CASES[name].error in table.loc[name, "error"]
        assert "\n" not in table.loc[name, "error"]
    assert (table.loc[BAD, "probability"] == "").all()
    printed = capsys.readouterr().err
    assert f"{len(GOOD)} scored, {len(BAD)} not" in printed
    assert f"; {(table['in_scope'] == 'False').sum()} do not look like a chest X-ray" in printed
    told = {}
    for name in CASES:
        lines = [line.strip() for line in printed.splitlines() if f"{folder / name}: " in line]
        assert len(lines) <= 1  # all of a file's steps on one
        told[name] = "".join(lines)
    for name in GOOD:
        assert (CASES[name].said in told[name]) is not CASES[name].plain
    assert not any(told[name] for name in BAD)  # their row says it


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    from training.predict import _decode

    with (tmp_path / "huge.dcm").open("wb") as file:
        file.truncate(40 * 1024**3)  # sparse: no disk is used
    assert "40960 MB; at most 50 MB" in _decode(tmp_path / "huge.dcm", lambda image: image).error
