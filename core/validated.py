"""What validation patients decide: thresholds by a rule, and the temperature of a calibration."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core import calibration, decision, metrics
from core.evaluation import Entrant

if TYPE_CHECKING:
    import pandas as pd

WANTED_RECALL = 0.95


@dataclass(frozen=True)
class Calibration:
    """What one temperature, fitted on validation patients, does to test probabilities.

    Attributes:
        temperature: NaN where none can be fitted.
        before: core.calibration.reliability of the test images.
        after: The same of the tempered probabilities; as before without a temperature.
        errors: Expected calibration error before and after.
        perfect: What it would be on average if the tempered probabilities were perfect.
        losses: Log loss before and after.
    """

    temperature: float
    before: pd.DataFrame
    after: pd.DataFrame
    errors: tuple[float, float]
    perfect: float
    losses: tuple[float, float]


def threshold(entrant: Entrant, rule: str, cost: float = 1.0, prevalence: float = 0.5) -> float:
    """A threshold chosen on the entrant's validation patients.

    Args:
        entrant: The model.
        rule: "own" (its operating point), "youden", "recall" (largest with WANTED_RECALL) or
            "cost" (least expected cost).
        cost: What a missed case costs, in false alarms; for "cost".
        prevalence: Where it will be used, 0..1; for "cost".

    Returns:
        0..1; NaN where the validation patients are of one class.

    Raises:
        ValueError: Another rule.
    """
    ranking = entrant.validation
    if rule == "own":
        return entrant.operating_point
    if not ranking.positives or not ranking.negatives:
        return math.nan
    if rule == "youden":
        return decision.youden_threshold(ranking)
    if rule == "recall":
        return metrics.threshold_at_recall(ranking.labels, ranking.probabilities, WANTED_RECALL)
    if rule == "cost":
        return decision.cost_threshold(ranking, cost, prevalence)
    raise ValueError(f"expected own, youden, recall or cost, received {rule!r}")


def calibrate(entrant: Entrant) -> Calibration:
    """Reliability before and after temperature scaling, fitted on validation patients only."""
    valid, test = entrant.validation, entrant.ranking
    temperature = calibration.fit_temperature(valid.labels, valid.probabilities)
    before = test.probabilities
    after = before if math.isnan(temperature) else calibration.temper(before, temperature)
    y = test.labels
    return Calibration(
        temperature,
        calibration.reliability(y, before),
        calibration.reliability(y, after),
        (calibration.calibration_error(y, before), calibration.calibration_error(y, after)),
        float(calibration.perfect_errors(after).mean()) if len(after) else math.nan,
        (calibration.log_loss(y, before), calibration.log_loss(y, after)),
    )
