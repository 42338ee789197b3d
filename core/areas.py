"""AUC of one model three ways: pooled, inside each source, and on sources it never saw."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.breakdown import Group, sources
from core.curves import rank
from core.intervals import patient_draws, patients_of, percentiles, prepare
from core.metrics import auc, confusion

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Area:
    """AUC of one group of images, 0..1, with its patient-level 95 % bootstrap interval.

    NaN where the group holds one class only; the ends also where most replicates do. What is left
    there is the accuracy: the share of images called right at the model's operating point.
    """

    name: str
    images: int
    auc: float
    low: float
    high: float
    accuracy: float

    @property
    def title(self) -> str:
        """Name and number of images, as in "inside nih (12)"."""
        return f"{self.name} ({self.images})"

    @property
    def words(self) -> str:
        """Name, number of images, AUC and interval in words."""
        ends = "" if math.isnan(self.low) else f" ({self.low:.2f} to {self.high:.2f})"
        return f"{self.name}, {self.images} images: {self.auc:.2f}{ends}"


def areas(predictions: pd.DataFrame, left_out: pd.DataFrame, threshold: float) -> list[Area]:
    """The groups of one model, in the order to show.

    Args:
        predictions: As in core.breakdown.sources.
        left_out: Likewise.
        threshold: The model's operating point.
    """
    return [_area(group, threshold) for group in sources(predictions, left_out)]


def _area(group: Group, threshold: float) -> Area:
    labels, probabilities = group.rows["label"], group.rows["probability"]
    boot = prepare(rank(labels, probabilities), patient_draws(patients_of(group.rows)))
    low, high = percentiles(boot.areas["auc"])
    found = auc(labels, probabilities)
    right = confusion(labels, probabilities, threshold).accuracy
    return Area(group.title, len(group.rows), found, float(low), float(high), right)
