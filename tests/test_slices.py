"""Lungs on drawn slices whose outlines are known, and limits done by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core import slices
from core.brush import ellipse
from core.images import Grey, read_image
from core.phantoms import CT_TITLE, drawings
from core.slices import AIR, TISSUE

LUNG, FLESH = 40, 200
LEFT, RIGHT = ((150, 256), (70, 100)), ((360, 256), (70, 100))  # centre and axes, x before y


def inside(*ellipses: tuple[tuple[int, int], tuple[int, int]]) -> NDArray[np.bool_]:
    """Where any of some ellipses is, (512, 512)."""
    return np.any([ellipse(*one) > 0.5 for one in ellipses], axis=0)


LUNGS = inside(LEFT, RIGHT)
OUTLINED = inside(*((centre, (72, 102)) for centre, _ in (LEFT, RIGHT)))  # with a rim of flesh
BODY = inside(((256, 256), (230, 170)))


def body(air: int = 0) -> Grey:
    """Two dark ellipses in a bright one, with air around it."""
    pixels = np.full((512, 512), air, np.uint8)
    pixels[BODY] = FLESH
    pixels[LUNGS] = LUNG
    return pixels


def flesh() -> Grey:
    """No air and no margin: bright grain up to the edges."""
    grain = np.random.default_rng(0).integers(FLESH - 20, FLESH + 20, (512, 512))
    return grain.astype(np.uint8)


def close(mask: NDArray[np.bool_], expected: NDArray[np.bool_]) -> bool:
    """Whether two masks differ by a rim of a pixel or two: the search sees 256 x 256 pixels."""
    return (mask != expected).sum() < 0.04 * expected.sum()


@pytest.mark.parametrize("air", [0, FLESH])
def test_lungs_are_found_and_air_outside_is_none(air: int) -> None:
    mask = slices.find(body(air))
    assert mask is not None
    assert (mask.shape, mask.dtype) == ((512, 512), bool)
    assert close(mask, LUNGS)
    assert not mask[0, 0]
    assert not mask[256, 256]


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((40, 60), np.uint8),
        np.where(BODY, FLESH, 0).astype(np.uint8),
        np.where(inside(((256, 256), (18, 18))), LUNG, FLESH).astype(np.uint8),  # too small
        np.where(inside(((256, 500), (200, 60))), LUNG, FLESH).astype(np.uint8),  # the table
    ],
    ids=["black", "no lungs", "a speck", "below"],
)
def test_a_picture_without_lungs_stays_as_it_is(pixels: Grey) -> None:
    before = pixels.copy()
    assert slices.find(pixels) is None
    cut = slices.cut_to_lungs(pixels)
    assert np.array_equal(cut, before)
    assert not np.shares_memory(cut, pixels)


def test_what_holds_a_corner_is_no_lung() -> None:
    pixels = flesh()
    pixels[inside(RIGHT)] = LUNG
    pixels[100:400, :200] = LUNG  # runs along most of a side
    pixels[:220, :220] = LUNG  # and holds a corner
    mask = slices.find(pixels)
    assert mask is not None
    assert close(mask, inside(RIGHT))


def test_a_lung_may_touch_the_edge_a_little() -> None:
    pixels = flesh()
    touching = inside(((30, 256), (80, 100)), RIGHT)
    pixels[touching] = LUNG
    mask = slices.find(pixels)
    assert mask is not None
    assert close(mask, touching)


def test_lesions_are_inside_the_convex_outline() -> None:
    pixels = body()
    pixels[inside(((95, 256), (25, 25)))] = FLESH  # at the pleura: a dent in the outline
    pixels[inside(((360, 256), (15, 15)))] = FLESH  # a vessel: a hole in it
    mask = slices.find(pixels)
    assert mask is not None
    assert mask[256, 95]
    assert mask[256, 360]
    count, names = cv2.connectedComponents(mask.astype(np.uint8))
    assert count == 3  # both lungs and the rest
    for part in (1, 2):
        own = (names == part).astype(np.uint8)
        lines, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        hull = cv2.fillConvexPoly(np.zeros_like(own), cv2.convexHull(lines[0]), 1)
        assert own.sum() > 0.98 * hull.sum()


def test_grey_levels_go_on_a_line_through_air_and_tissue() -> None:
    # one grey level here becomes (210 - 60) / (200 - 40) = 0.9375
    evened = slices.even_out(body(), OUTLINED)
    assert evened.dtype == np.uint8
    assert (evened[LUNGS] == AIR).all()
    assert (evened[BODY & ~LUNGS] == TISSUE).all()
    assert evened[0, 0] == round(AIR - 40 * 0.9375)


def test_vessels_do_not_count_as_air_and_all_windows_look_alike() -> None:
    pixels = body()
    pixels[inside(((150, 256), (30, 60)))] = FLESH
    evened = slices.even_out(pixels, OUTLINED)
    assert set(np.unique(evened[BODY])) == {AIR, TISSUE}
    narrow = (pixels // 2 + 30).astype(np.uint8)  # 40 -> 50, 200 -> 130
    assert np.array_equal(slices.even_out(narrow, OUTLINED)[BODY], evened[BODY])


def test_noise_is_not_blown_up_and_nothing_leaves_the_range() -> None:
    flat = np.full((20, 20), 100, np.uint8)
    flat[:, 10:] = 105  # 5 grey levels apart: the line goes as if they were LEAST_STEP
    mask = np.zeros((20, 20), bool)
    mask[:, :10] = True
    flat[0, 0], flat[0, -1] = 255, 0  # a vessel, and air outside
    evened = slices.even_out(flat, mask)
    assert evened[1, 0] == AIR
    assert evened[1, -1] == round(AIR + 5 * (TISSUE - AIR) / slices.LEAST_STEP)
    assert (evened[0, 0], evened[0, -1]) == (255, 0)


def box(rows: slice, columns: slice) -> NDArray[np.bool_]:
    mask = np.zeros((100, 100), bool)
    mask[rows, columns] = True
    return mask


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        # 20 x 20: a margin of 1 on three sides and 2 below
        (box(slice(40, 60), slice(40, 60)), (slice(39, 62), slice(39, 61))),
        # 10 x 80: 6 to 94 across, 88 / 1.8 = 48.9 down, around 50.25
        (box(slice(45, 55), slice(10, 90)), (slice(25, 74), slice(6, 94))),
        # 80 x 10: 6 to 98 down, 92 / 1.8 = 51.1 across, around 50
        (box(slice(10, 90), slice(45, 55)), (slice(6, 98), slice(24, 75))),
        # no further than the picture
        (box(slice(0, 100), slice(0, 100)), (slice(0, 100), slice(0, 100))),
    ],
)
def test_window_by_hand(mask: NDArray[np.bool_], expected: tuple[slice, slice]) -> None:
    assert slices.window_around(mask) == expected


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        (60, (slice(20, 80), slice(20, 80))),
        (20, (slice(0, 100), slice(0, 100))),  # too little would be left
    ],
)
def test_even_margins_are_left_out(side: int, expected: tuple[slice, slice]) -> None:
    pixels = np.full((100, 100), 255, np.uint8)
    start = (100 - side) // 2 if side > 30 else 40
    pixels[start : start + side, start : start + side] = np.arange(side) * 2
    assert slices.inside_margins(pixels) == expected


def test_a_page_around_the_slice_does_not_matter() -> None:
    page = np.full((700, 900), 255, np.uint8)
    page[60:572, 200:712] = body()
    mask = slices.find(page)
    assert mask is not None
    assert close(mask[60:572, 200:712], LUNGS)
    assert not mask[:60].any()
    cut, alone = slices.cut_to_lungs(page), slices.cut_to_lungs(body())
    assert np.abs(np.subtract(cut.shape, alone.shape)).max() <= 6


def test_the_drawn_slice_is_cut_to_its_lungs() -> None:
    drawn = read_image(drawings()[CT_TITLE]).pixels
    mask = slices.find(drawn)
    assert mask is not None
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    # where core/phantoms.py draws them: 72 to 440 across, 118 to 378 down
    assert np.abs(np.array([columns[0], columns[-1]]) - (72, 440)).max() < 20
    assert np.abs(np.array([rows[0], rows[-1]]) - (118, 378)).max() < 20
    cut = slices.cut_to_lungs(drawn)
    assert cut.dtype == np.uint8
    window = slices.window_around(mask)
    assert cut.shape == drawn[window].shape
    air = cut[mask[window] & (cut < (AIR + TISSUE) / 2)]
    assert abs(float(np.median(air)) - AIR) <= 3


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (32, 2000)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_no_shape_and_no_grey_is_refused(shape: tuple[int, int], level: int) -> None:
    assert slices.cut_to_lungs(np.full(shape, level, np.uint8)).shape == shape
    noise = np.random.default_rng(level).integers(0, 256, shape).astype(np.uint8)
    assert slices.cut_to_lungs(noise).size
