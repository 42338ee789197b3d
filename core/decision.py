"""What a threshold is worth where the illness is rare, or a missed case costs more."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from core.curves import Ranking, counts_at, steps
from core.metrics import Floats

PEOPLE = 1000


def predictive_values(
    recall: ArrayLike, specificity: ArrayLike, prevalence: float
) -> tuple[Floats, Floats]:
    """Bayes' rule: precision (PPV) and negative predictive value at another prevalence.

    Args:
        recall: 0..1, of any shape.
        specificity: 0..1, of the same shape.
        prevalence: Share of ill people, 0..1.

    Returns:
        PPV and NPV; NaN where nobody is called positive (negative).

    Raises:
        ValueError: A prevalence outside 0..1.
    """
    found, missed, alarms, cleared = shares(recall, specificity, prevalence)
    with np.errstate(divide="ignore", invalid="ignore"):
        return found / (found + alarms), cleared / (cleared + missed)


def shares(recall: ArrayLike, specificity: ArrayLike, prevalence: float) -> tuple[Floats, ...]:
    """Shares of all people: found, missed, falsely alarmed, cleared; they add up to 1."""
    if not 0 <= prevalence <= 1:
        raise ValueError(f"expected a prevalence in 0..1, received {prevalence}")
    r, s = np.asarray(recall, np.float64), np.asarray(specificity, np.float64)
    well = 1 - prevalence
    return prevalence * r, prevalence * (1 - r), well * (1 - s), well * s


def people(recall: float, specificity: float, prevalence: float, total: int = PEOPLE) -> list[int]:
    """Whole people: found, missed, falsely alarmed, cleared; they add up to total.

    Rounded inside the ill and the well, so that their numbers are right. A class whose measure is
    NaN (not tested) counts as missed or cleared only where nobody is in it.

    Raises:
        ValueError: A measure is NaN that is needed.
    """
    ill = round(prevalence * total)
    for value, needed, name in ((recall, ill, "recall"), (specificity, total - ill, "specificity")):
        if needed and math.isnan(value):
            raise ValueError(f"expected a measured {name}, received NaN")
    found = round(recall * ill) if ill else 0
    cleared = round(specificity * (total - ill)) if total - ill else 0
    return [found, ill - found, total - ill - cleared, cleared]


def cost_threshold(ranking: Ranking, cost: float, prevalence: float) -> float:
    """The threshold of least expected cost, a missed case costing as much as `cost` false alarms.

    Args:
        ranking: Validation predictions with both classes.
        cost: Above 0.
        prevalence: Share of ill people where it will be used, 0..1.

    Returns:
        0..1; the middle of the gap to the next lower probability, so that it does not stand on
        an image. Of equally cheap ones the highest.
    """
    if not cost > 0:
        raise ValueError(f"expected a cost above 0, received {cost}")

    def expense(recall: Floats, specificity: Floats) -> Floats:
        _, missed, alarms, _ = shares(recall, specificity, prevalence)
        return -(cost * missed + alarms)

    return _best(ranking, expense)


def youden_threshold(ranking: Ranking) -> float:
    """The threshold of largest recall + specificity - 1 (Youden 1950)."""
    return _best(ranking, lambda recall, specificity: recall + specificity)


def net_benefit(ranking: Ranking, thresholds: ArrayLike, prevalence: float | None = None) -> Floats:
    """Net benefit of acting on the calls (Vickers and Elkin 2006), per person.

    Found cases minus false alarms weighted by the odds of the threshold: who acts at p = 0.2 takes
    four false alarms for one found case.

    Args:
        ranking: Sorted predictions.
        thresholds: (T,) in 0..1, excluding 1.
        prevalence: Share of ill people, 0..1; None for that of this test set. With another one the
            images need both classes.
    """
    t = np.asarray(thresholds, np.float64)
    counts = counts_at(ranking, t)
    if prevalence is None:
        return (counts.tp - counts.fp * t / (1 - t)) / len(ranking.labels)
    found, _, alarms, _ = shares(counts.ratios["recall"], counts.ratios["specificity"], prevalence)
    return found - alarms * t / (1 - t)


def net_benefit_of_all(share: float, thresholds: ArrayLike) -> Floats:
    """Net benefit of calling everyone positive, given the share of positives."""
    t = np.asarray(thresholds, np.float64)
    return share - (1 - share) * t / (1 - t)


def _best(ranking: Ranking, worth) -> float:  # type: ignore[no-untyped-def]
    """The threshold where worth(recall, specificity) is largest; of equal ones the highest."""
    if not ranking.positives or not ranking.negatives:
        raise ValueError("expected images of both classes, received one class only")
    cuts = np.minimum(steps(ranking), 1)  # descending; where none has 1, 1 calls none positive
    found = counts_at(ranking, cuts).ratios
    values = worth(found["recall"], found["specificity"])
    best = int(np.flatnonzero(values >= values.max() - 1e-12)[0])
    lower = np.append(cuts[cuts < cuts[best]], 0.0)[0]
    return float((cuts[best] + lower) / 2)
