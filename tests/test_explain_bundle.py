"""8-bit maps, signed maps and the ZIP of all: by hand on two cells."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from core.explain import pixels
from core.explain.bundle import About, bundle
from core.explain.reading import Reading
from core.explain.sheets import sheet


def small_reading(maps, gradient=None, removed=()):
    own = np.array(maps, np.float32)
    slope = np.zeros_like(own) if gradient is None else np.array(gradient, np.float32)
    return Reading(0.5, 0.0, "block", own, slope, np.array(removed, np.float32))


def test_sheet_by_hand():
    found = sheet(small_reading([[[4, 0], [1, 0]]], removed=[-1, 0]))
    assert found.count == 2
    assert found.tops.tolist() == [4, 0]
    assert found.levels[..., 0].tolist() == [[255, 64]]
    assert found.map(0)[0].tolist() == pytest.approx([4, 64 * 4 / 255])
    assert not found.map(1).any()
    assert found.removal[1] == 0
    assert len(sheet(small_reading([[[1]]])).removal) == 0
    with pytest.raises(ValueError, match="expected a map from 0 to 1"):
        found.map(2)


def test_strongest_side_of_a_signed_map():
    values = np.array([[2.0, -4], [1, 0]], np.float32)
    assert np.allclose(pixels.strongest(values), [[1, 0], [0.5, 0]], atol=0.01)
    assert np.allclose(pixels.strongest(values, against=True), [[0, 1], [0, 0]])
    assert not pixels.strongest(np.zeros((3, 3), np.float32)).any()
    spike = np.ones((100, 100), np.float32)
    spike[0, 0] = 1e6
    assert pixels.strongest(spike).min() == 1  # one pixel does not darken all others


def test_zip_says_what_each_file_is():
    reading = small_reading([[[4, 0], [1, 0]]], gradient=[[[1, 1], [-2, 1]]])
    about = About("model", "image.png", 0.25, 0.5, 0.3, "Not for diagnosis.")
    data = bundle(np.full((3, 2), 7, np.uint8), about, {"block": reading})
    assert data == bundle(np.full((3, 2), 7, np.uint8), about, {"block": reading})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        listed = json.loads(archive.read("maps.json"))
        by_name = {entry["file"]: entry for entry in listed["files"]}
        assert set(archive.namelist()) == set(by_name) | {"maps.json", "image.png"}
        hires = by_name["class-activation/block/hirescam-for.png"]
        assert (hires["maximum"], hires["shape"], hires["method"]) == (4, [1, 2], "HiResCAM")
        picture = np.asarray(Image.open(io.BytesIO(archive.read(hires["file"]))))
        assert picture.tolist() == [[255, 0]]
        against = by_name["class-activation/block/hirescam-against.png"]
        assert (against["maximum"], against["speaks"]) == (2, "against COVID-19")
        empty = by_name["feature-maps/block/001.png"]
        assert (empty["maximum"], empty["map"], empty["layer"]) == (0, 1, "block")
        assert listed["units"][empty["kind"]].startswith("activation")
        assert (listed["probability"], listed["probability_of_look"]) == (0.25, 0.3)
        assert listed["notice"] == "Not for diagnosis."
