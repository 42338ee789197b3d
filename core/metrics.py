"""Measures of a binary classifier: pure functions of labels, probabilities, threshold, groups.

Labels are 1 COVID-19, 0 not; rows whose label is NaN must be left out by the caller. An undefined
ratio (nothing in the denominator) is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
CONFIDENCE_Z = 1.959964  # two-sided 95 %
RATIOS = ("accuracy", "recall", "specificity", "precision", "f1", "balanced_accuracy", "mcc")


@dataclass(frozen=True)
class Confusion:
    """Counts at one threshold. The ratios are the paper's equations 1 to 4."""

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def accuracy(self) -> float:
        """Share of all that is right."""
        return self._ratio("accuracy")

    @property
    def recall(self) -> float:
        """Share of the positives that is found (sensitivity)."""
        return self._ratio("recall")

    @property
    def specificity(self) -> float:
        """Share of the negatives that is cleared."""
        return self._ratio("specificity")

    @property
    def precision(self) -> float:
        """Share of the positive calls that is right."""
        return self._ratio("precision")

    def _ratio(self, name: str) -> float:
        return float(ratios(self.tp, self.fp, self.fn, self.tn)[name])


def ratios(tp: ArrayLike, fp: ArrayLike, fn: ArrayLike, tn: ArrayLike) -> dict[str, Floats]:
    """Every measure that follows from the four counts, for any number of matrices at once.

    Accuracy, recall, specificity and precision are the paper's equations 1 to 4. The balanced
    accuracy is the mean of recall and specificity; Matthews' correlation coefficient (MCC) is the
    correlation of truth and call, -1..1, and undefined where a row or a column is empty.

    Args:
        tp: True positives, counts or sums of weights of any shape.
        fp: False positives, of the same shape, as are the others.
        fn: False negatives.
        tn: True negatives.

    Returns:
        RATIOS, in this order -> array of that shape; NaN where undefined.
    """
    found, alarms, missed, cleared = (np.asarray(x, np.float64) for x in (tp, fp, fn, tn))
    ill, well = found + missed, alarms + cleared
    called, passed = found + alarms, missed + cleared
    with np.errstate(divide="ignore", invalid="ignore"):
        recall, specificity = found / ill, cleared / well
        values = (
            (found + cleared) / (ill + well),
            recall,
            specificity,
            found / called,
            2 * found / (2 * found + alarms + missed),
            (recall + specificity) / 2,
            (found * cleared - alarms * missed) / np.sqrt(ill * well * called * passed),
        )
    return dict(zip(RATIOS, values, strict=True))


def confusion(labels: ArrayLike, probabilities: ArrayLike, threshold: float) -> Confusion:
    """Confusion matrix; a probability equal to the threshold is a positive call.

    Args:
        labels: (N,) of 0 and 1.
        probabilities: (N,) in 0..1.
        threshold: 0..1.

    Raises:
        ValueError: Labels other than 0 and 1, probabilities outside 0..1, unequal lengths.
    """
    y, p = checked(labels, probabilities)
    called = p >= threshold
    truth = y == 1
    return Confusion(
        tp=int((called & truth).sum()),
        fp=int((called & ~truth).sum()),
        fn=int((~called & truth).sum()),
        tn=int((~called & ~truth).sum()),
    )


def sigmoid(log_odds: Any) -> Any:
    """Log-odds -> probability, of the same shape; no overflow."""
    return 0.5 * (1 + np.tanh(np.asarray(log_odds, np.float64) / 2))


def logit(probability: Any) -> Any:
    """Probability -> log-odds ln(p / (1 - p)), of the same shape; infinite at 0 and 1."""
    p = np.asarray(probability, np.float64)
    with np.errstate(divide="ignore"):
        return np.log(p) - np.log1p(-p)


def auc(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Area under the ROC curve, ties counted half (Mann-Whitney); NaN with one class only."""
    y, p = checked(labels, probabilities)
    positives = int(y.sum())
    negatives = len(y) - positives
    if not positives or not negatives:
        return math.nan
    ranks = midranks(p)[y == 1].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))


def midranks(values: Floats) -> Floats:
    """Ranks from 1 of float64 (N,); equal values share the mean of theirs.

    scipy.stats.rankdata gives the same, but its import takes most of a second, which every page
    that shows an AUC would wait for.
    """
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def average_precision(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean precision over the steps of recall, without interpolation; NaN without positives."""
    y, p = checked(labels, probabilities)
    if not y.sum():
        return math.nan
    order = np.argsort(-p, kind="stable")
    lasts = np.append(np.flatnonzero(np.diff(p[order])), len(p) - 1)  # of each tied group
    found = np.cumsum(y[order])[lasts]
    return float((np.diff(found, prepend=0) * found / (lasts + 1)).sum() / y.sum())


def brier(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean squared distance of probability and label (Brier 1950); 0 is perfect, NaN if empty."""
    y, p = checked(labels, probabilities)
    return float(((p - y) ** 2).mean()) if len(y) else math.nan


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a proportion; (0, 1) without trials."""
    if trials == 0:
        return 0.0, 1.0
    z2 = CONFIDENCE_Z**2
    share = successes / trials
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    spread = math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    half = CONFIDENCE_Z * spread / (1 + z2 / trials)
    return max(0.0, centre - half), min(1.0, centre + half)


def threshold_at_recall(labels: ArrayLike, probabilities: ArrayLike, recall: float) -> float:
    """The largest threshold whose recall is at least the wanted one.

    Raises:
        ValueError: No positive among the labels.
    """
    y, p = checked(labels, probabilities)
    found = np.sort(p[y == 1])[::-1]
    if not len(found):
        raise ValueError("expected at least one positive label, received none")
    return float(found[math.ceil(recall * len(found)) - 1])


def bootstrap_interval(
    measure: Callable[[Floats, Floats], float],
    labels: ArrayLike,
    probabilities: ArrayLike,
    patients: ArrayLike,
    *,
    replicates: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % percentile interval, resampling patients with all their images.

    Replicates in which the measure is undefined are left out; NaN where most are.
    """
    y, p = checked(labels, probabilities)
    codes = np.unique(np.asarray(patients, str), return_inverse=True)[1]
    rows_of = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(replicates):
        rows = np.concatenate([rows_of[i] for i in rng.integers(len(rows_of), size=len(rows_of))])
        values.append(measure(y[rows], p[rows]))
    defined = [value for value in values if not math.isnan(value)]
    if len(defined) < replicates / 2:
        return math.nan, math.nan
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)


def checked(labels: ArrayLike, probabilities: ArrayLike) -> tuple[Floats, Floats]:
    """Both as float64 (N,).

    Raises:
        ValueError: Labels other than 0 and 1, probabilities outside 0..1, unequal lengths.
    """
    y, p = np.asarray(labels, np.float64), np.asarray(probabilities, np.float64)
    if y.shape != p.shape or y.ndim != 1:
        raise ValueError(f"expected two vectors of one length, received {y.shape} and {p.shape}")
    if not np.isin(y, (0, 1)).all():
        raise ValueError("expected labels 0 and 1, received others (NaN rows must be left out)")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("expected probabilities in 0..1, received others")
    return y, p
