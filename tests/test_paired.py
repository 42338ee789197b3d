"""Paired tests against published examples and slow second implementations."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from core import intervals, paired
from core.curves import rank
from core.metrics import auc


def test_mcnemar_published_example():
    # Agresti, Categorical Data Analysis (2nd ed., table 10.1): 86 and 150 changed their mind.
    first = np.repeat([True, False], [150, 86])
    found = paired.mcnemar(first, ~first)
    assert (found.only_first, found.only_second) == (150, 86)
    assert found.p_value == pytest.approx(binomtest(86, 236).pvalue)
    assert found.p_value < 1e-4


def test_mcnemar_by_hand():
    found = paired.mcnemar([1, 1, 1, 0, 1], [0, 0, 0, 0, 1])
    assert (found.only_first, found.only_second, found.p_value) == (3, 0, 0.25)
    assert paired.mcnemar([1, 0], [1, 0]).p_value == 1


def delong_by_pairs(y, first, second):
    """The definition, pair by pair: O(positives x negatives)."""
    ill, well = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    parts = []
    for p in (first, second):
        wins = np.array([[(p[i] > p[j]) + (p[i] == p[j]) / 2 for j in well] for i in ill])
        parts.append((wins.mean(axis=1), wins.mean(axis=0)))
    d_ill, d_well = parts[0][0] - parts[1][0], parts[0][1] - parts[1][1]
    return d_ill.mean(), math.sqrt(d_ill.var(ddof=1) / len(ill) + d_well.var(ddof=1) / len(well))


@pytest.mark.parametrize("seed", range(4))
def test_delong_equals_the_definition(seed):
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], [35, 25])
    first, second = (np.clip(rng.normal(0.4 + s * y, 0.2), 0, 1).round(1) for s in (0.2, 0.1))
    value, error = delong_by_pairs(y, first, second)
    found = paired.delong(y, first, second)
    assert found.value == pytest.approx(value)
    assert found.value == pytest.approx(auc(y, first) - auc(y, second))
    assert found.high - found.low == pytest.approx(2 * 1.959964 * error)
    assert found.p_value == pytest.approx(math.erfc(abs(value) / error / math.sqrt(2)))


def test_delong_without_anything_to_tell():
    assert math.isnan(paired.delong([0, 0, 0], [0.1, 0.2, 0.3], [0.1, 0.2, 0.3]).p_value)
    same = paired.delong([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4])
    assert (same.value, same.p_value) == (0, 1)


def test_bootstrap_agrees_with_delong_where_images_are_independent():
    rng = np.random.default_rng(1)
    y = np.repeat([0, 1], 150)
    first, second = (np.clip(rng.normal(0.4 + s * y, 0.2), 0, 1) for s in (0.25, 0.1))
    draws = intervals.patient_draws(np.arange(300), 2000)
    areas = [intervals.prepare(rank(y, p), draws).areas["auc"] for p in (first, second)]
    exact = paired.delong(y, first, second)
    drawn = paired.bootstrap_difference(exact.value, *areas)
    assert (drawn.low, drawn.high) == pytest.approx((exact.low, exact.high), abs=0.01)


def test_bootstrap_p_value_by_hand():
    found = paired.bootstrap_difference(0.1, np.array([0.3, 0.2, 0.1, 0.4]), np.full(4, 0.15))
    assert found.p_value == pytest.approx(2 * 2 / 5)
    nothing = paired.bootstrap_difference(0.1, np.full(4, math.nan), np.zeros(4))
    assert math.isnan(nothing.p_value)
