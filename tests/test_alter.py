"""Altered pictures, pixel by pixel where it can be done by hand."""

import numpy as np
import pytest

from core import alter
from core.alter import Box

GREY = np.full((100, 200), 100, np.uint8)


def test_box_covers_its_share_and_refuses_nonsense() -> None:
    assert Box(0.1, 0.1, 0.9, 0.9).inside((100, 200)).sum() == 80 * 160
    for wrong in ((0.5, 0, 0.5, 1), (0, 0, 1.1, 1), (0.2, 0.9, 0.4, 0.1)):
        with pytest.raises(ValueError, match="within 0..1"):
            Box(*wrong)


def test_blacked_out_and_kept_parts_are_complements() -> None:
    region = Box(0, 0, 0.5, 1).inside(GREY.shape)
    out, kept = alter.black_out(GREY, region), alter.keep_only(GREY, region)
    assert (out[:, :100] == 0).all()
    assert (out[:, 100:] == 100).all()
    assert (out + kept == GREY).all()
    assert (GREY == 100).all()  # the input stays


def test_crop_has_the_size_of_its_box() -> None:
    assert alter.crop(GREY, Box(0.25, 0.5, 0.75, 1)).shape == (50, 100)


def test_tiny_keeps_size_and_only_64_levels() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (96, 160)).astype(np.uint8)
    small = alter.tiny(noise)
    assert small.shape == noise.shape
    assert len(np.unique(small)) <= 64


def test_border_is_a_frame() -> None:
    framed = alter.border(GREY, 255)
    assert (framed[:5] == 255).all()
    assert (framed[:, :10] == 255).all()
    assert (framed[5:95, 10:190] == 100).all()


def test_contrast_and_brightness_by_hand() -> None:
    pixels = np.array([[0, 100], [200, 100]], np.uint8)  # mean 100
    assert alter.contrast(pixels, 0.5).tolist() == [[50, 100], [150, 100]]
    assert alter.contrast(pixels, 2.0).tolist() == [[0, 100], [255, 100]]
    assert alter.brightness(pixels, 60).tolist() == [[60, 160], [255, 160]]


def test_letters_stand_in_their_corner() -> None:
    left, right = alter.letter(GREY, "R"), alter.letter(GREY, "L", right=True)
    for changed, other in ((left != GREY, np.s_[:, 100:]), (right != GREY, np.s_[:, :100])):
        assert changed.any()
        assert not changed[other].any()
        assert not changed[50:].any()


@pytest.mark.parametrize("name", alter.MARKS)
def test_every_mark_changes_a_picture_but_not_its_size(name: str) -> None:
    pixels = np.random.default_rng(1).integers(60, 200, (180, 240)).astype(np.uint8)
    before = pixels.copy()
    marked = alter.MARKS[name].apply(pixels)
    assert marked.shape == pixels.shape
    assert marked.dtype == np.uint8
    assert (marked != pixels).any()
    assert (pixels == before).all()
