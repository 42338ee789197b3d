"""Patient-level bootstrap, prepared once, so that an interval at any threshold is a look-up.

A replicate draws patients with replacement, each with all images; its confusion matrix is a sum of
integer weights. Cumulative sums of the weights along the sorted predictions hold that sum for every
threshold. Models that are tested on the same images share the draws, which makes their differences
paired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.curves import Ranking, below
from core.metrics import Floats, auc, average_precision, brier, ratios

if TYPE_CHECKING:
    import pandas as pd

REPLICATES = 1000
TAILS = (0.025, 0.975)  # two-sided 95 %
# Measures of all predictions at once, without a threshold: (labels, probabilities) -> value.
AREA_MEASURES = {"auc": auc, "average_precision": average_precision, "brier": brier}
AREAS = tuple(AREA_MEASURES)
Weights = NDArray[np.signedinteger]


@dataclass(frozen=True)
class Bootstrap:
    """Replicates of one model on one test set.

    Attributes:
        positives: (N + 1, R) weight of the positives among the first i sorted images.
        negatives: (N + 1, R) the same of the negatives.
        areas: AREAS -> (R,) value in each replicate, NaN where undefined.
    """

    positives: Weights
    negatives: Weights
    areas: dict[str, Floats]


def patients_of(rows: pd.DataFrame) -> pd.Series:
    """Whom to draw, (N,): the patient, or the image itself where its source names none.

    The interval is too narrow then, since images of one person count as several.

    Args:
        rows: With columns patient_id and image_id.
    """
    return rows["patient_id"].where(rows["patient_id"] != "", rows["image_id"])


def patient_draws(patients: ArrayLike, replicates: int = REPLICATES, seed: int = 0) -> Weights:
    """How often each image is in each replicate.

    Args:
        patients: (N,) patient of each image.
        replicates: R.
        seed: Of the draws.

    Returns:
        (N, R) counts; images of one patient have equal rows.
    """
    codes = np.unique(np.asarray(patients, str), return_inverse=True)[1]
    size = int(codes.max()) + 1 if len(codes) else 0
    rng = np.random.default_rng(seed)
    drawn = np.zeros((size, replicates), np.int16)
    for column in range(replicates):
        drawn[:, column] = np.bincount(rng.integers(size, size=size), minlength=size)
    return drawn[codes]


def prepare(ranking: Ranking, draws: Weights) -> Bootstrap:
    """Cumulative weights and areas of all replicates.

    Args:
        ranking: Sorted predictions.
        draws: (N, R) of patient_draws, in the order of the table that was sorted.

    Raises:
        ValueError: Another number of images.
    """
    if len(draws) != len(ranking.labels):
        raise ValueError(f"expected {len(ranking.labels)} rows of weights, received {len(draws)}")
    weights = draws[ranking.order]  # (N, R)
    truth = ranking.labels[:, np.newaxis].astype(np.int16)
    positives, negatives = _below(weights * truth), _below(weights * (1 - truth))
    return Bootstrap(positives, negatives, _areas(ranking, weights, positives, negatives))


def ratios_at(boots: Sequence[Bootstrap], places: Sequence[int]) -> dict[str, Floats]:
    """core.metrics.ratios of several models at once, one threshold each.

    Args:
        boots: M models; their number of replicates R must agree.
        places: (M,) core.curves.below of each model's ranking and threshold.

    Returns:
        RATIOS -> (M, R).
    """
    missed = np.stack([b.positives[i] for b, i in zip(boots, places, strict=True)])
    cleared = np.stack([b.negatives[i] for b, i in zip(boots, places, strict=True)])
    ill = np.stack([b.positives[-1] for b in boots])
    well = np.stack([b.negatives[-1] for b in boots])
    return ratios(ill - missed, well - cleared, missed, cleared)


def band(ranking: Ranking, boot: Bootstrap, thresholds: ArrayLike, name: str) -> Floats:
    """Interval of one of RATIOS at each threshold, (T, 2)."""
    places = below(ranking, thresholds)
    missed, cleared = boot.positives[places], boot.negatives[places]  # (T, R)
    ill, well = boot.positives[-1], boot.negatives[-1]
    return percentiles(ratios(ill - missed, well - cleared, missed, cleared)[name])


def percentiles(values: Floats) -> Floats:
    """95 % percentile interval along the last axis.

    Args:
        values: (..., R); undefined replicates (NaN) are left out.

    Returns:
        (..., 2) lower and upper end; NaN where more than half of the replicates are undefined.
    """
    ordered = np.sort(values, axis=-1)  # NaN last
    defined = (~np.isnan(values)).sum(axis=-1, keepdims=True)
    ends = np.asarray(TAILS) * np.maximum(defined - 1, 0)  # (..., 2)
    lower = np.floor(ends).astype(np.intp)
    upper = np.minimum(lower + 1, np.maximum(defined - 1, 0))
    low, high = (np.take_along_axis(ordered, at, axis=-1) for at in (lower, upper))
    result = low + (high - low) * (ends - lower)
    return np.where(defined < values.shape[-1] / 2, np.nan, result)


def mean_interval(values: NDArray[Any], patients: ArrayLike) -> tuple[float, float]:
    """95 % interval of a mean, drawing patients with all their images.

    Args:
        values: (N,) of each image; of truth values the mean is a share.
        patients: (N,) patient of each image.
    """
    draws = patient_draws(patients)
    low, high = percentiles((values @ draws) / draws.sum(axis=0))
    return float(low), float(high)


def _below(weights: Weights) -> Weights:
    """(N, R) -> (N + 1, R) sums of the first i rows, in the smallest type that holds them."""
    sums = np.zeros((len(weights) + 1, weights.shape[1]), np.int32)
    np.cumsum(weights, axis=0, out=sums[1:])
    return sums.astype(np.int16) if sums.max(initial=0) <= np.iinfo(np.int16).max else sums


def _areas(
    ranking: Ranking, weights: Weights, positives: Weights, negatives: Weights
) -> dict[str, Floats]:
    """AREAS of every replicate, (R,) each: weighted sums over groups of tied images."""
    starts = np.unique(ranking.probabilities, return_index=True)[1]
    edges = np.append(starts, len(ranking.probabilities))
    found = positives[edges].astype(np.float64)  # (G + 1, R)
    cleared = negatives[edges].astype(np.float64)
    ill, well = found[-1], cleared[-1]
    gained = np.diff(found, axis=0)  # (G, R) positives in each group
    called = (ill - found[:-1]) + (well - cleared[:-1])
    losses = (ranking.probabilities - ranking.labels) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(called > 0, (ill - found[:-1]) / called, 0)
        return {
            "auc": (gained * (cleared[:-1] + cleared[1:]) / 2).sum(axis=0) / (ill * well),
            "average_precision": (gained * precision).sum(axis=0) / ill,
            "brier": losses @ weights / weights.sum(axis=0),
        }
