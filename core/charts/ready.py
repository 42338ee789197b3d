"""Models on one test set, ready to be drawn at any threshold: what never changes is kept.

A Ready is made once a model and test set. The builders of the other modules take several and as
many thresholds, so that a slider costs milliseconds. A slot gives a model its colour, dash and
symbol; there are MOST of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.charts.base import Parts
from core.charts.predictions import class_bars, class_counts
from core.curves import Ranking, confusion_at, counts_at, precision_recall, roc
from core.decision import net_benefit
from core.intervals import Bootstrap, band
from core.metrics import Confusion, Floats, auc, average_precision

# Okabe and Ito's; each has three times the luminance of the dark ground, or a third of the light.
MODEL_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
MOST = len(MODEL_COLOURS)
POINTS = 161  # thresholds at which a curve with bands is drawn
SAME = 1e-12  # steps of curves are at least 1 / images squared
ODDS_LIMIT = 0.99  # net benefit divides by 1 - threshold


@dataclass(frozen=True)
class Line:
    """Points of one curve, float32 (P,) each; low and high are empty where there is no band."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]


@dataclass(frozen=True)
class Ready:
    """One model on one test set.

    Attributes:
        name: As shown; short.
        slot: Which colour, 0 to MOST - 1.
        ranking: Sorted predictions.
        boot: Its replicates, None for no intervals.
        id: Of the model, which names change around; empty where nothing is clicked.

    Raises:
        ValueError: A slot that does not exist.
    """

    name: str
    slot: int
    ranking: Ranking
    boot: Bootstrap | None = None
    id: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.slot < MOST:
            raise ValueError(f"expected a slot from 0 to {MOST - 1}, received {self.slot}")

    @property
    def colour(self) -> str:
        """Of its lines and marks."""
        return MODEL_COLOURS[self.slot]

    @property
    def share(self) -> float:
        """Share of positives, NaN without images."""
        total = len(self.ranking.labels)
        return self.ranking.positives / total if total else float("nan")

    @cached_property
    def auc(self) -> float:
        """core.metrics.auc."""
        return auc(self.ranking.labels, self.ranking.probabilities)

    @cached_property
    def average_precision(self) -> float:
        """core.metrics.average_precision."""
        return average_precision(self.ranking.labels, self.ranking.probabilities)

    @cached_property
    def bars(self) -> list[Parts]:
        """core.charts.predictions.class_bars, as traces."""
        counts = class_counts(self.ranking.labels, self.ranking.probabilities)
        return [{"type": "bar", **bars} for bars in class_bars(counts)]

    @cached_property
    def roc(self) -> Line:
        """ROC curve without the points that lie on a straight line; empty with one class only."""
        x, y = roc(self.ranking)
        return _line(x, y, straight(x, y))

    @cached_property
    def precision_recall(self) -> Line:
        """Precision by recall, to be drawn in steps; empty without positives."""
        x, y = precision_recall(self.ranking)
        return _line(x, y, straight(x, y, steps=True))

    def benefit(self, prevalence: float | None = None) -> Line:
        """core.decision.net_benefit at thresholds up to ODDS_LIMIT; empty without images."""
        if not len(self.ranking.labels):
            return _line(np.empty(0), np.empty(0))
        x = np.linspace(0, ODDS_LIMIT, POINTS)
        return _line(x, net_benefit(self.ranking, x, prevalence))

    def metric(self, name: str) -> Line:
        """One of core.metrics.RATIOS by threshold, in steps, with its band where there is a boot.

        A few milliseconds with a band: to be kept by the caller.
        """
        x = grid(self.ranking)
        y = counts_at(self.ranking, x).ratios[name]
        if self.boot is None or not len(self.ranking.labels):
            return _line(x, y)
        ends = band(self.ranking, self.boot, x, name).astype(np.float32)
        return replace(_line(x, y), low=ends[:, 0], high=ends[:, 1])

    def counts(self, threshold: float) -> Confusion:
        """Confusion matrix at a threshold."""
        return confusion_at(self.ranking, threshold)


def straight(x: Floats, y: Floats, steps: bool = False) -> NDArray[np.bool_]:
    """Which points of a curve must be drawn: not those between two others on a straight line.

    Args:
        x: (P,) monotone.
        y: (P,).
        steps: The curve is drawn in steps, so that only level and upright stretches are straight.
    """
    moves = np.append(True, (np.diff(x) != 0) | (np.diff(y) != 0))
    at = np.flatnonzero(moves[: len(x)])
    dx, dy = np.diff(x[at]), np.diff(y[at])
    level, upright = np.abs(dy) < SAME, np.abs(dx) < SAME
    between = (level[:-1] & level[1:]) | (upright[:-1] & upright[1:])
    if not steps:
        between |= np.abs(dx[:-1] * dy[1:] - dx[1:] * dy[:-1]) < SAME
    onward = (dx[:-1] * dx[1:] >= 0) & (dy[:-1] * dy[1:] >= 0)
    keep = np.zeros(len(x), bool)
    keep[at] = True
    keep[at[1:-1]] = ~(between & onward)
    return keep


def grid(ranking: Ranking) -> Floats:
    """Thresholds at which a curve is drawn: each that occurs, or POINTS of them, and 0 and 1."""
    values = np.unique(ranking.probabilities)
    if len(values) > POINTS:
        values = values[np.linspace(0, len(values) - 1, POINTS).round().astype(int)]
    return np.unique(np.concatenate([[0.0], values, [1.0]]))


def _line(x: Floats, y: Floats, keep: NDArray[np.bool_] | None = None) -> Line:
    """A curve without a band; of the points to keep those that are defined."""
    chosen = np.ones(len(x), bool) if keep is None else keep & ~np.isnan(x) & ~np.isnan(y)
    none = np.empty(0, np.float32)
    return Line(x[chosen].astype(np.float32), y[chosen].astype(np.float32), none, none)
