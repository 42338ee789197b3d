"""AUC of one model three ways: pooled, inside each source, and on sources it never saw."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.curves import rank
from core.intervals import patient_draws, patients_of, percentiles, prepare
from core.metrics import auc
from core.schema import Split

if TYPE_CHECKING:
    import pandas as pd


POOLED = "pooled"


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
    """The groups of one model, in the order to show.

    Args:
        predictions: PREDICTION_COLUMNS with known labels; splits test and external count.
        left_out: The same of heads trained without each source in turn; empty where there is none.
    """
    test = predictions[predictions["split"] == Split.TEST]
    groups = {POOLED: test} if test["source"].nunique() > 1 else {}
    groups |= {f"inside {name}": part for name, part in test.groupby("source")}
    unseen = predictions[predictions["split"] == Split.EXTERNAL]
    groups |= {f"{name}, never seen": part for name, part in unseen.groupby("source")}
    groups |= {f"trained without {name}": part for name, part in left_out.groupby("source")}
    return [_area(name, part) for name, part in groups.items()]


def _area(name: str, part: pd.DataFrame) -> Area:
    labels, probabilities = part["label"], part["probability"]
    boot = prepare(rank(labels, probabilities), patient_draws(patients_of(part)))
    low, high = percentiles(boot.areas["auc"])
    return Area(name, len(part), auc(labels, probabilities), float(low), float(high))
