"""Measures of maps: by hand on small arrays, against scipy and scikit-image, and a toy network."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity as their_similarity

from core.explain import quality
from core.explain.cam import unit

ROWS = np.repeat(np.eye(5, dtype=np.float32)[:1], 5, axis=0).T  # the top row 1, else 0
SIDE, CELLS = 12, 4


def maps(side=14, seed=0):
    random = np.random.default_rng(seed)
    first = random.normal(size=(side, side))
    return first, 0.5 * first + random.normal(size=(side, side))


def test_rank_correlation_by_hand_and_with_ties():
    first = np.array([[1, 2], [3, 4]])
    assert quality.rank_correlation(first, first * 10) == pytest.approx(1)
    assert quality.rank_correlation(first, -first) == pytest.approx(-1)
    # 1 - 6 * (1 + 1) / (4 * 15), one swap of neighbours
    assert quality.rank_correlation(first, np.array([[2, 1], [3, 4]])) == pytest.approx(0.8)
    tied = np.maximum(maps()[0], 0), np.maximum(maps()[1], 0)
    assert (tied[0] == 0).sum() > 50
    assert quality.rank_correlation(*tied) == pytest.approx(spearmanr(*map(np.ravel, tied))[0])


def test_a_constant_map_ranks_nothing():
    assert quality.rank_correlation(np.zeros((5, 5)), maps(5)[0]) == 0


def test_structural_similarity_by_hand():
    # One window of 5 x 5: means 1/5, sample variances 1/6, covariance -1/24; equal means give 1.
    expected = (2 * -1 / 24 + 0.03**2) / (2 / 6 + 0.03**2)
    assert quality.structural_similarity(ROWS, ROWS[::-1], 5) == pytest.approx(expected)
    assert quality.structural_similarity(ROWS, ROWS, 5) == pytest.approx(1)


@pytest.mark.parametrize("side", [14, 28])
def test_structural_similarity_equals_scikit_image(side):
    first, second = maps(side)
    expected = their_similarity(
        unit(first).astype(float), unit(second).astype(float), win_size=7, data_range=1.0
    )
    assert quality.structural_similarity(first, second) == pytest.approx(expected, abs=1e-9)


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="one shape"):
        quality.rank_correlation(np.zeros((5, 5)), np.zeros((4, 5)))
    with pytest.raises(ValueError, match="at least 7 cells"):
        quality.structural_similarity(ROWS, ROWS)
    with pytest.raises(ValueError, match="k x 14"):
        quality.to_cells(np.zeros((15, 15)))
    with pytest.raises(ValueError, match="divisor of 16 cells"):
        quality.curve(np.mean, (np.zeros((4, 4, 1)),) * 2, np.arange(16), 5)


def test_cells_are_means_and_keep_their_sign():
    values = np.array([[1, 3, 0, 0], [5, 7, 0, 0], [0, 0, -2, 0], [0, 0, 0, 0]])
    assert np.array_equal(quality.to_cells(values, 2), [[4, 0], [0, -0.5]])


def test_order_is_by_value_and_ties_fall_by_chance():
    random = np.random.default_rng(0)
    assert quality.order_of(np.array([[0.1, 3], [2, 1]]), random).tolist() == [1, 2, 3, 0]
    orders = {tuple(quality.order_of(np.zeros((2, 2)), random)) for _ in range(50)}
    assert len(orders) > 10


def test_cells_of_one_image_come_from_another():
    below, above = np.zeros((4, 4, 1)), np.ones((4, 4, 1))
    found = quality.replaced(below, above, np.array([3, 0, 1, 2]), 2)[..., 0]
    assert found.tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]]


def test_area_by_hand():
    assert quality.area(np.array([1, 0])) == 0.5
    assert quality.area(np.array([1, 1, 0])) == 0.75


def test_centre_map_falls_from_the_middle():
    centre = quality.centre_map()
    assert np.array_equal(centre, centre[::-1, ::-1])
    assert centre[6:8, 6:8].min() == centre.max()
    assert centre[0, 0] == centre.min()


def test_energy_ratio_by_hand():
    values = np.zeros((5, 5))
    values[0, :3] = 1  # three of four units of energy in a fifth of the picture
    values[4, 4] = 1
    values[2, 2] = -9  # counts as 0
    assert quality.energy_ratio(values, ROWS > 0) == pytest.approx(0.75 / 0.2)
    assert quality.energy_ratio(np.ones((5, 5)), ROWS > 0) == pytest.approx(1)
    assert np.isnan(quality.energy_ratio(np.zeros((5, 5)), ROWS > 0))
    for mask in (np.zeros((5, 5), bool), np.ones((5, 5), bool)):
        with pytest.raises(ValueError, match="part of the picture"):
            quality.energy_ratio(values, mask)


@pytest.fixture
def toy():
    """A network that looks at one cell alone: answer 1 where that is bright, 0 where it is dark."""
    image = np.full((SIDE, SIDE, 1), 0.2)
    image[3:6, 6:9] = 1  # cell (1, 2)
    truth = np.zeros((CELLS, CELLS), np.float32)
    truth[1, 2] = 1
    return lambda batch: batch[:, 3:6, 6:9].mean(axis=(1, 2, 3)), image, truth


def test_the_true_map_beats_chance_where_one_cell_decides(toy):
    score, image, truth = toy
    random = np.random.default_rng(0)
    empty = np.zeros_like(image)

    def areas(cells):
        order = quality.order_of(cells, random)
        deletion = quality.curve(score, (image, empty), order, 16)
        insertion = quality.curve(score, (empty, image), order, 16)
        return quality.area(deletion), quality.area(insertion)

    # The answer changes with the first of 16 cells: the trapezoids of the first step remain.
    assert areas(truth) == pytest.approx((1 / 32, 31 / 32))
    assert areas(-truth) == pytest.approx((31 / 32, 1 / 32))  # the cell that counts comes last
    chance = np.mean([areas(quality.random_map(random, CELLS)) for _ in range(200)], axis=0)
    assert chance == pytest.approx((0.5, 0.5), abs=0.05)


def test_ends_that_are_known_are_not_scored_again(toy):
    score, image, truth = toy
    seen = []

    def counted(batch):
        seen.append(len(batch))
        return score(batch)

    order = quality.order_of(truth, np.random.default_rng(0))
    ends = (image, np.zeros_like(image))
    full = quality.curve(counted, ends, order, 4)
    known = quality.curve(counted, ends, order, 4, (full[0], full[-1]))
    assert np.array_equal(full, known)
    assert seen == [2, 3, 3]
