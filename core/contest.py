"""Are two models of a comparison really different, which is ahead, and the table of all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core import intervals, paired
from core.curves import below
from core.evaluation import MEASURES, Comparison, Entrant, answer
from core.paired import Difference, McNemar

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Duel:
    """Two models on the same images.

    Attributes:
        calls: McNemar's test of their calls at the thresholds.
        accuracy: Difference of accuracies at the thresholds, patients drawn anew.
        auc: Difference of AUCs (DeLong).
        auc_patients: The same, patients drawn anew.
    """

    calls: McNemar
    accuracy: Difference
    auc: Difference
    auc_patients: Difference


def duel(first: Entrant, second: Entrant, cuts: tuple[float, float]) -> Duel:
    """Paired tests of two models of one comparison, each at its threshold."""
    truth = first.rows["label"].to_numpy() == 1
    scores = [one.rows["probability"].to_numpy() for one in (first, second)]
    right = [(p >= cut) == truth for p, cut in zip(scores, cuts, strict=True)]
    places = [int(below(one.ranking, cut)) for one, cut in zip((first, second), cuts, strict=True)]
    accuracies = intervals.ratios_at([first.boot, second.boot], places)["accuracy"]
    return Duel(
        paired.mcnemar(*right),
        paired.bootstrap_difference(float(right[0].mean() - right[1].mean()), *accuracies),
        paired.delong(first.rows["label"], *scores),
        paired.bootstrap_difference(
            first.areas["auc"].value - second.areas["auc"].value,
            first.boot.areas["auc"],
            second.boot.areas["auc"],
        ),
    )


def lead(comparison: Comparison) -> tuple[Entrant, list[Entrant]] | None:
    """The entrant of largest AUC, and those whose paired 95 % interval of the distance reaches 0.

    None where no AUC can be measured. A distance without an interval counts as reaching 0.
    """
    known = [one for one in comparison.entrants if not math.isnan(one.areas["auc"].value)]
    if not known:
        return None
    first = max(known, key=lambda one: one.areas["auc"].value)
    apart = {one.id: first.boot.areas["auc"] - one.boot.areas["auc"] for one in known}
    equals = [
        one for one in known if one is not first and not intervals.percentiles(apart[one.id])[0] > 0
    ]
    return first, equals


def summary(comparison: Comparison) -> pd.DataFrame:
    """One row a model at its operating point, largest AUC first.

    Returns:
        id, name, title, threshold, images, then MEASURES, and low and high of the AUC.
    """
    import pandas as pd

    entrants = comparison.entrants
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "title": one.contender.card.title,
            "threshold": found.threshold,
            "images": comparison.images,
            **{name: estimate.value for name, estimate in found.measures.items()},
            "auc_low": found.measures["auc"].low,
            "auc_high": found.measures["auc"].high,
        }
        for one, found in zip(
            entrants, answer(entrants, [one.operating_point for one in entrants]), strict=True
        )
    ]
    columns = ["id", "name", "title", "threshold", "images", *MEASURES, "auc_low", "auc_high"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("auc", ascending=False, kind="stable").reset_index(drop=True)
