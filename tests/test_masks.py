import numpy as np
import pytest

from core.alter import Box
from core.masks import (
    Limits,
    Shape,
    clean,
    crop_box,
    describe,
    dice,
    doubts,
    largest_parts,
    learn_limits,
)

LIMITS = Limits(area_low=0.1, area_high=0.5, balance=0.4, apart=0.25, certainty=0.8)


def boxes(shape, *places):
    """True in each (top, bottom, left, right)."""
    mask = np.zeros(shape, bool)
    for top, bottom, left, right in places:
        mask[top:bottom, left:right] = True
    return mask


TWO = boxes((10, 10), (1, 9, 1, 4), (1, 9, 6, 9))  # 24 pixels each


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (boxes((4, 4), (0, 2, 0, 2)), boxes((4, 4), (0, 2, 0, 2)), 1.0),
        (boxes((4, 4), (0, 2, 0, 2)), boxes((4, 4), (0, 2, 1, 3)), 2 * 2 / (4 + 4)),
        (boxes((4, 4), (0, 4, 0, 4)), boxes((4, 4), (0, 1, 0, 2)), 2 * 2 / (16 + 2)),
        (boxes((4, 4), (0, 2, 0, 2)), boxes((4, 4), (2, 4, 2, 4)), 0.0),
        (boxes((4, 4)), boxes((4, 4)), 1.0),
        (boxes((4, 4)), boxes((4, 4), (0, 1, 0, 1)), 0.0),
    ],
)
def test_dice_by_hand(first, second, expected):
    assert dice(first, second) == pytest.approx(expected)
    assert dice(second, first) == pytest.approx(expected)


def test_dice_agrees_with_scikit_learn():
    from sklearn.metrics import f1_score

    random = np.random.default_rng(0)
    first, second = random.random((2, 30, 20)) < 0.4
    assert dice(first, second) == pytest.approx(f1_score(first.ravel(), second.ravel()))


def test_dice_refuses_two_shapes():
    with pytest.raises(ValueError, match="one shape"):
        dice(np.ones((2, 2), bool), np.ones((2, 3), bool))


def test_largest_parts_come_by_size():
    mask = boxes((10, 10), (0, 1, 0, 1), (2, 5, 0, 3), (6, 10, 5, 10))
    assert [int(part.sum()) for part in largest_parts(mask)] == [20, 9]
    assert largest_parts(np.zeros((4, 4), bool)) == []


def test_clean_keeps_two_parts_and_fills_holes():
    parts = ((1, 9, 1, 4), (1, 9, 6, 9))
    mask = boxes((12, 12), *parts)
    mask[4, 2] = False  # a hole
    mask[11, 11] = True  # a speck
    assert np.array_equal(clean(mask), boxes((12, 12), *parts))


def test_describe_by_hand():
    shape = describe(boxes((10, 10), (0, 4, 0, 2), (0, 2, 6, 8)))
    assert (shape.area, shape.balance) == (0.12, 0.5)
    assert shape.apart == pytest.approx(0.6)
    assert describe(boxes((10, 10), (0, 4, 0, 2))).balance == 0


@pytest.mark.parametrize(
    ("shape", "certainty", "words"),
    [
        (Shape(0.3, 0.8, 0.4), 0.95, ()),
        (Shape(0.0, 0.0, 0.0), 0.0, ("no lung was found",)),
        (Shape(0.05, 0.8, 0.4), 0.95, ("covers 5%",)),
        (Shape(0.6, 0.8, 0.4), 0.95, ("covers 60%",)),
        (Shape(0.3, 0.0, 0.0), 0.95, ("one part",)),
        (Shape(0.3, 0.2, 0.4), 0.95, ("20% as large",)),
        (Shape(0.3, 0.8, 0.1), 0.95, ("side by side",)),
        (Shape(0.3, 0.8, 0.4), 0.70, ("vague",)),
        (Shape(0.05, 0.2, 0.4), 0.70, ("covers", "as large", "vague")),
    ],
)
def test_doubts(shape, certainty, words):
    found = doubts(shape, certainty, LIMITS)
    assert len(found) == len(words)
    assert all(word in doubt for word, doubt in zip(words, found, strict=True))


def test_crop_box_by_hand():
    assert crop_box(TWO, margin=0) == Box(0.1, 0.1, 0.9, 0.9)
    assert crop_box(boxes((20, 10), (5, 10, 2, 4)), margin=0) == Box(0.2, 0.25, 0.4, 0.5)
    wide = crop_box(TWO, margin=0.05)
    assert (wide.left, wide.right) == pytest.approx((0.05, 0.95))
    assert crop_box(TWO, margin=0.5) == Box(0, 0, 1, 1)


def test_crop_box_refuses_empty_masks_and_odd_margins():
    with pytest.raises(ValueError, match="empty"):
        crop_box(np.zeros((4, 4), bool))
    with pytest.raises(ValueError, match="margin"):
        crop_box(TWO, margin=2)


def test_learned_limits_widen_the_known_range():
    limits = learn_limits([Shape(0.2, 0.5, 0.4), Shape(0.4, 0.9, 0.5)], [0.9, 0.95], slack=0.1)
    assert limits == Limits(0.18, 0.44, 0.45, 0.36, 0.89)
