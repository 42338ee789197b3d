"""Are two models really different? Paired tests on the same images."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.intervals import percentiles
from core.metrics import CONFIDENCE_Z, Floats, checked, midranks


@dataclass(frozen=True)
class McNemar:
    """Images on which exactly one of two models is right.

    Attributes:
        only_first: The first is right, the second wrong.
        only_second: The other way round.
        p_value: Two-sided, exact.
    """

    only_first: int
    only_second: int
    p_value: float


@dataclass(frozen=True)
class Difference:
    """First minus second: the difference, its 95 % interval, a two-sided p-value; NaN undefined."""

    value: float
    low: float
    high: float
    p_value: float


def mcnemar(first_right: ArrayLike, second_right: ArrayLike) -> McNemar:
    """Exact McNemar test (binomial, two-sided) of who is right where they disagree.

    It takes the images as independent; several images of one patient make it too sure.

    Args:
        first_right: (N,) of bool.
        second_right: (N,) of bool, the same images.
    """
    from scipy.stats import binom

    first, second = np.asarray(first_right, bool), np.asarray(second_right, bool)
    if first.shape != second.shape:
        raise ValueError(f"expected the same images, received {first.shape} and {second.shape}")
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    smaller, both = min(only_first, only_second), only_first + only_second
    p_value = min(1.0, 2 * float(binom.cdf(smaller, both, 0.5)))
    return McNemar(only_first, only_second, p_value)


def delong(labels: ArrayLike, first: ArrayLike, second: ArrayLike) -> Difference:
    """Difference of two AUCs on the same images (DeLong, DeLong and Clarke-Pearson 1988).

    Midranks as in Sun and Xu 2014. It takes the images as independent, as mcnemar does.

    Args:
        labels: (N,) of 0 and 1.
        first: (N,) probabilities of the first model.
        second: (N,) of the second.

    Returns:
        NaN throughout with fewer than two images of a class; p-value 1 where both models rank
        alike, so that the variance is 0.
    """
    from scipy.stats import norm

    y, _ = checked(labels, first)
    ill, well = int(y.sum()), int(len(y) - y.sum())
    if min(ill, well) < 2:
        return Difference(math.nan, math.nan, math.nan, math.nan)
    over_ill, over_well = zip(*(_placements(*checked(y, p)) for p in (first, second)), strict=True)
    variance = np.cov(over_ill) / ill + np.cov(over_well) / well  # (2, 2)
    value = float(over_ill[0].mean() - over_ill[1].mean())
    error = math.sqrt(max(0.0, float(variance[0, 0] + variance[1, 1] - 2 * variance[0, 1])))
    half = CONFIDENCE_Z * error
    if not error:
        return Difference(value, value, value, 0.0 if value else 1.0)
    return Difference(value, value - half, value + half, 2 * float(norm.sf(abs(value) / error)))


def bootstrap_difference(value: float, first: Floats, second: Floats) -> Difference:
    """Difference of a measure over patients drawn anew, the same draws for both models.

    Args:
        value: The measured difference.
        first: (R,) the measure of the first model in each replicate, NaN where undefined.
        second: (R,) of the second.

    Returns:
        Percentile interval; the p-value is twice the smaller share of replicates on one side of 0
        (at least 2 / (R + 1)), its resolution being 1 / R.
    """
    apart = first - second
    low, high = percentiles(apart)
    defined = apart[~np.isnan(apart)]
    if np.isnan(low):
        return Difference(value, math.nan, math.nan, math.nan)
    side = min(int((defined <= 0).sum()), int((defined >= 0).sum()))
    return Difference(value, float(low), float(high), min(1.0, 2 * (side + 1) / (len(defined) + 1)))


def _placements(y: Floats, p: Floats) -> tuple[Floats, Floats]:
    """Share of the other class on the right side of each image: (positives,), (negatives,)."""
    ill = y == 1
    ranks = midranks(p)
    over_well = (ranks[ill] - midranks(p[ill])) / (~ill).sum()
    over_ill = 1 - (ranks[~ill] - midranks(p[~ill])) / ill.sum()
    return over_well, over_ill
