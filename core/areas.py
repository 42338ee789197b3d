"""AUC of one model three ways: pooled, inside each source, and on sources it never saw."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.breakdown import Group, sources
from core.curves import rank
from core.intervals import patient_draws, patients_of, percentiles, prepare
from core.metrics import auc

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Area:
    """AUC of one group of images, 0..1, with its patient-level 95 % bootstrap interval.

    NaN where the group holds one class only; the ends also where most replicates do.
    """

    name: str
    images: int
    auc: float
    low: float
    high: float

    @property
    def title(self) -> str:
        """Name and number of images, as in "inside nih (12)"."""
        return f"{self.name} ({self.images})"

    @property
    def words(self) -> str:
        """Name, number of images, AUC and interval in words."""
        ends = "" if math.isnan(self.low) else f" ({self.low:.2f} to {self.high:.2f})"
        return f"{self.name}, {self.images} images: {self.auc:.2f}{ends}"


def areas(predictions: pd.DataFrame, left_out: pd.DataFrame) -> list[Area]:
    """The groups of one model, in the order to show; arguments as core.breakdown.sources."""
    return [_area(group) for group in sources(predictions, left_out)]


def _area(group: Group) -> Area:
    labels, probabilities = group.rows["label"], group.rows["probability"]
    boot = prepare(rank(labels, probabilities), patient_draws(patients_of(group.rows)))
    low, high = percentiles(boot.areas["auc"])
    found = auc(labels, probabilities)
    return Area(group.title, len(group.rows), found, float(low), float(high))
