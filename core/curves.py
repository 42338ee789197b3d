"""One sort of the predictions, from which every threshold is answered by a look-up.

A probability equal to the threshold is a positive call, so that only the number of images below the
threshold matters; tied images always change sides together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.metrics import Confusion, Floats, checked, ratios


@dataclass(frozen=True)
class Ranking:
    """Predictions of one model for one test set, sorted.

    Attributes:
        order: (N,) row of the given table that stands at each place.
        labels: (N,) 0 or 1, sorted.
        probabilities: (N,) 0..1, ascending.
        positives_below: (N + 1,) positives among the first i images.
    """

    order: NDArray[np.intp]
    labels: Floats
    probabilities: Floats
    positives_below: Floats

    @property
    def positives(self) -> float:
        """Number of positive images."""
        return float(self.positives_below[-1])

    @property
    def negatives(self) -> float:
        """Number of negative images."""
        return len(self.labels) - self.positives


@dataclass(frozen=True)
class Counts:
    """Confusion matrices at several thresholds, (T,) each."""

    tp: Floats
    fp: Floats
    fn: Floats
    tn: Floats

    @property
    def ratios(self) -> dict[str, Floats]:
        """core.metrics.ratios of them."""
        return ratios(self.tp, self.fp, self.fn, self.tn)


def rank(labels: ArrayLike, probabilities: ArrayLike) -> Ranking:
    """Sort predictions once.

    Raises:
        ValueError: As core.metrics.confusion.
    """
    y, p = checked(labels, probabilities)
    order = np.argsort(p, kind="stable")
    return Ranking(order, y[order], p[order], np.concatenate([[0.0], np.cumsum(y[order])]))


def below(ranking: Ranking, thresholds: ArrayLike) -> NDArray[np.intp]:
    """How many images lie below each threshold: the place where the positive calls begin."""
    return np.searchsorted(ranking.probabilities, np.asarray(thresholds, np.float64), side="left")


def counts_at(ranking: Ranking, thresholds: ArrayLike) -> Counts:
    """Confusion matrices at thresholds, (T,) or a single one."""
    places = below(ranking, thresholds)
    missed = ranking.positives_below[places]
    cleared = places - missed
    return Counts(ranking.positives - missed, ranking.negatives - cleared, missed, cleared)


def confusion_at(ranking: Ranking, threshold: float) -> Confusion:
    """The confusion matrix at one threshold."""
    found = counts_at(ranking, threshold)
    return Confusion(*(int(count) for count in (found.tp, found.fp, found.fn, found.tn)))


def steps(ranking: Ranking) -> Floats:
    """Every threshold at which something changes, descending, after one that calls none positive.

    The first is infinite, the last the smallest probability, at which all are called positive.
    """
    return np.concatenate([[np.inf], np.unique(ranking.probabilities)[::-1]])


def roc(ranking: Ranking) -> tuple[Floats, Floats]:
    """False and true positive rate at steps(), (S,) each; NaN for a class that is not there."""
    found = counts_at(ranking, steps(ranking)).ratios
    return 1 - found["specificity"], found["recall"]


def precision_recall(ranking: Ranking) -> tuple[Floats, Floats]:
    """Recall and precision at steps(), (S,) each; precision is 1 by convention at recall 0."""
    found = counts_at(ranking, steps(ranking)).ratios
    return found["recall"], np.concatenate([[1.0], found["precision"][1:]])
