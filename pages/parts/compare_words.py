"""What the measures are called, the paper's equations, and numbers as text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from core.charts.compare import METRIC_TITLES
from core.contest import lead
from core.evaluation import Answer, Comparison, Estimate
from core.schema import threshold_text

TITLES = {name: title[0].upper() + title[1:] for name, title in METRIC_TITLES.items()} | {
    "auc": "AUC",
    "average_precision": "Average precision",
    "brier": "Brier score",
}
EQUATIONS = {
    "accuracy": r"\frac{TP + TN}{TP + TN + FP + FN}",
    "recall": r"\frac{TP}{TP + FN}",
    "specificity": r"\frac{TN}{TN + FP}",
    "precision": r"\frac{TP}{TP + FP}",
}
MEANINGS = {
    "accuracy": "share of all calls that are right",
    "recall": "share of the COVID-19 images that is found (sensitivity)",
    "specificity": "share of the other images that is cleared",
    "precision": "share of the positive calls that is right",
    "f1": "harmonic mean of precision and recall",
    "balanced_accuracy": "mean of recall and specificity; 0.5 is guessing",
    "mcc": "Matthews' correlation of truth and call; 0 is guessing, 1 perfect",
    "auc": "chance that a COVID-19 image gets the higher number of a random pair",
    "average_precision": "mean precision over the steps of recall",
    "brier": "mean squared distance of probability and truth; 0 is perfect",
}
UNDEFINED = "–"


def whose(comparison: Comparison) -> str:
    """What follows the number of images: how many patients, and how many images show COVID-19."""
    ill = f"{comparison.positives} with COVID-19"
    if not comparison.named:
        return f"; this source names no patients, so intervals are too narrow; {ill}"
    return f" of {comparison.patients} patients, {ill}"


def shown(estimate: Estimate) -> str:
    """A value with its interval; a dash where it is undefined."""
    if math.isnan(estimate.value):
        return UNDEFINED
    if math.isnan(estimate.low):
        return f"{estimate.value:.2f}"
    return f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"


def measures_table(names: Mapping[str, str], answers: Sequence[Answer]) -> pd.DataFrame:
    """Rows: threshold, measures, id; a column a model: value and interval as text.

    Args:
        names: Short ones by id.
        answers: One a model.
    """
    columns = {
        name: [threshold_text(found.threshold), *(shown(found.measures[m]) for m in TITLES), id_]
        for (id_, name), found in zip(names.items(), answers, strict=True)
    }
    return pd.DataFrame(columns, index=["Threshold", *TITLES.values(), "id"])


def measures_csv(ids: Sequence[str], answers: Sequence[Answer]) -> pd.DataFrame:
    """One row a model and measure: value, low, high, with the threshold and the four counts."""
    return pd.DataFrame(
        [
            {
                "model": model_id,
                "threshold": found.threshold,
                "tp": found.counts.tp,
                "fn": found.counts.fn,
                "fp": found.counts.fp,
                "tn": found.counts.tn,
                "measure": name,
                "value": estimate.value,
                "low": estimate.low,
                "high": estimate.high,
            }
            for model_id, found in zip(ids, answers, strict=True)
            for name, estimate in found.measures.items()
        ]
    )


def lead_words(comparison: Comparison) -> str:
    """Which model has the largest AUC, and which are not shown to be worse."""
    found = lead(comparison)
    if found is None:
        return "The AUC cannot be measured on these images: they are of one class only."
    first, equals = found
    area = shown(first.areas["auc"])
    others = len(comparison.entrants) - 1
    if not others:
        return f"{first.name} has an AUC of {area}."
    words = f"{first.name} has the largest AUC, {area}"
    if not equals:
        return (
            f"{words}, ahead of {'the other' if others == 1 else 'all others'} by more than "
            "the choice of patients explains."
        )
    names = ", ".join(one.name for one in equals)
    return f"{words}; with other patients the order could turn round with {names}."
