"""How an image is shown to the trunk: every view, stamps and trimming by hand."""

from __future__ import annotations

import numpy as np
import pytest

from core import slices
from core.images import read_image
from core.phantoms import CT_TITLE, drawings
from core.views import LARGER, LARGER_EQUALISED, LUNGS, equalise
from training.recipes import TEXTURES
from training.views import LUNGS_ONLY, STAMPS, VIEWS, stamped, trim


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


def test_trim_cuts_even_margins_and_paints_over_small_white_marks() -> None:
    inside = np.random.default_rng(0).integers(60, 140, (80, 80), np.uint8)
    inside[10:13, 10:13] = 255  # a letter
    framed = np.zeros((100, 120), np.uint8)
    framed[10:90, 20:100] = inside
    trimmed = trim(framed)
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


def test_a_stamped_image_is_shown_as_each_look_shows_images() -> None:
    pixels = np.random.default_rng(3).integers(20, 200, (64, 80), np.uint8)
    larger = VIEWS[f"{STAMPS[1]}, {LARGER_EQUALISED}"]
    np.testing.assert_array_equal(larger.alter(pixels), equalise(stamped(pixels, 1)))
    assert larger.size == LARGER
    np.testing.assert_array_equal(VIEWS[STAMPS[1]].alter(pixels), stamped(pixels, 1))


def test_the_xray_default_is_held_steady_in_both_looks() -> None:
    recipe = TEXTURES["vgg16-xray-texture"]
    changed = recipe.views[2 * len(recipe.looks) :]
    assert changed == (
        "stamped 1", "stamped 1, larger equalised",
        "stamped 2", "stamped 2, larger equalised",
        "equalised", "larger equalised",
    )  # fmt: skip
    assert set(changed) < set(VIEWS)
