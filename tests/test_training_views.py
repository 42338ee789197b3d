"""How an image is shown to the trunk: every view, stamps and trimming by hand."""

from __future__ import annotations

import numpy as np
import pytest

from core import slices
from core.alter import jpeg
from core.images import read_image
from core.phantoms import CT_TITLE, drawings
from core.views import LARGER, LARGER_EQUALISED, LUNGS, equalise
from training.recipes import TEXTURES
from training.views import (
    FRAME,
    FRAMED,
    LUNGS_ONLY,
    QUALITY,
    RECOMPRESSED,
    STAMPS,
    VIEWS,
    framed,
    recompressed,
    stamped,
    trim,
)


def test_views_keep_grey_levels_and_shape_or_say_less() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (50, 40), np.uint8)
    for name, view in VIEWS.items():
        shown = view.alter(pixels)
        assert shown.dtype == np.uint8, name
        if not name.startswith(LUNGS):  # those are cut
            assert shown.shape == pixels.shape, name
    np.testing.assert_array_equal(VIEWS["mirror"].alter(pixels), pixels[:, ::-1])


def test_stamps_are_random_marks_that_come_out_the_same_again() -> None:
    pixels = np.full((200, 160), 90, np.uint8)
    first, again, other = stamped(pixels, 0), stamped(pixels, 0), stamped(pixels, 1)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert 0 < (first != pixels).mean() < 0.6
    np.testing.assert_array_equal(first[80:110, 40:120], pixels[80:110, 40:120])  # lungs stay


def test_a_frame_is_plain_and_leaves_what_it_does_not_cover() -> None:
    images = [np.full((200, 160), 90 + n, np.uint8) for n in range(20)]
    frames = [framed(image) for image in images]
    np.testing.assert_array_equal(frames[0], framed(images[0]))
    for image, changed in zip(images, frames, strict=True):
        inside = slice(int(FRAME[1] * 200), -int(FRAME[1] * 200)), slice(13, -13)
        np.testing.assert_array_equal(changed[inside], image[inside])
        assert set(np.unique(changed)) - {image[0, 0]} <= {0, 255}
    assert {int(one[0, 80]) for one in frames} >= {0, 255}
    assert len({int((one != image).sum()) for one, image in zip(frames, images, strict=True)}) > 10


def test_a_recompressed_image_is_a_jpeg_of_one_of_the_low_qualities() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (32, 24), np.uint8)
    qualities = range(QUALITY[0], QUALITY[1] + 1)
    assert any((recompressed(pixels) == jpeg(pixels, one)).all() for one in qualities)
    np.testing.assert_array_equal(recompressed(pixels), recompressed(pixels))
    others = [np.roll(pixels, n, axis=1) for n in range(8)]
    assert len({int(np.abs(recompressed(one).astype(int) - one).sum()) for one in others}) == 8


def test_trim_cuts_even_margins_and_paints_over_small_white_marks() -> None:
    inside = np.random.default_rng(0).integers(60, 140, (80, 80), np.uint8)
    inside[10:13, 10:13] = 255  # a letter
    within = np.zeros((100, 120), np.uint8)
    within[10:90, 20:100] = inside
    trimmed = trim(within)
    assert trimmed.shape == (80, 80)
    assert trimmed[9:14, 9:14].max() < 200
    np.testing.assert_array_equal(trimmed[40:, 40:], inside[40:, 40:])


def test_lungs_only_shows_tissue_everywhere_around_them() -> None:
    pixels = read_image(drawings()[CT_TITLE]).pixels
    mask, shown = slices.find(pixels), VIEWS[LUNGS_ONLY].alter(pixels)
    assert mask is not None
    own = mask[slices.window_around(mask)]
    cut = VIEWS[LUNGS].alter(pixels)
    np.testing.assert_array_equal(shown[own], cut[own])
    assert (shown[~own] == slices.TISSUE).all()
    assert (cut[~own] != slices.TISSUE).any()


@pytest.mark.parametrize("value", [0, 255])
def test_trim_leaves_an_even_image_alone(value: int) -> None:
    flat = np.full((20, 30), value, np.uint8)
    np.testing.assert_array_equal(trim(flat), flat)


def test_a_large_white_part_is_no_mark() -> None:
    pixels = np.random.default_rng(0).integers(60, 140, (80, 80), np.uint8)
    pixels[20:50, 20:50] = 255
    assert (trim(pixels)[22:48, 22:48] == 255).all()


def test_a_changed_image_is_shown_as_each_look_shows_images() -> None:
    pixels = np.random.default_rng(3).integers(20, 200, (64, 80), np.uint8)
    larger = VIEWS[f"{STAMPS[1]}, {LARGER_EQUALISED}"]
    np.testing.assert_array_equal(larger.alter(pixels), equalise(stamped(pixels, 1)))
    assert larger.size == LARGER
    np.testing.assert_array_equal(VIEWS[STAMPS[1]].alter(pixels), stamped(pixels, 1))
    for name, change in ((FRAMED, framed), (RECOMPRESSED, recompressed)):
        shown = VIEWS[f"{name}, {LARGER_EQUALISED}"].alter(pixels)
        np.testing.assert_array_equal(shown, equalise(change(pixels)))


def test_the_xray_default_is_held_steady_in_both_looks() -> None:
    recipe = TEXTURES["vgg16-xray-texture"]
    changed = recipe.views[2 * len(recipe.looks) :]
    assert changed == (
        "stamped 1", "stamped 1, larger equalised",
        "stamped 2", "stamped 2, larger equalised",
        "framed", "framed, larger equalised",
        "recompressed", "recompressed, larger equalised",
        "equalised", "larger equalised",
    )  # fmt: skip
    assert set(changed) < set(VIEWS)
