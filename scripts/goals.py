"""The goals that the models are measured by, and how far each model is."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core import artifacts
from core.artifacts import Card
from core.breakdown import INSIDE, POOLED, UNSEEN, WITHOUT
from core.calibration import perfect_errors
from core.intervals import TAILS
from core.schema import Modality, Split
from training.markdown import share

AUC, ACCURACY, ERROR = "auc", "accuracy", "calibration_error"
NAMES = {AUC: "AUC", ACCURACY: "accuracy", ERROR: "expected calibration error"}
NONE = "-"


@dataclass(frozen=True)
class Goal:
    """One number that a model should reach.

    Attributes:
        test: For people.
        modality: Of the models it is asked of.
        groups: (kind, name) of core.breakdown that answer it; a model has at most one of them.
        measure: Of core.breakdown.MEASURES.
        goal: At least this, or at most for an error.
        published: On the same data, in words.
        start: Logistic regression on averaged features of the frozen VGG16, where this began.
    """

    test: str
    modality: Modality
    groups: tuple[tuple[str, str], ...]
    measure: str
    goal: float
    published: str = NONE
    start: str = NONE

    @property
    def wanted(self) -> str:
        """As in "AUC at least 0.95"."""
        return f"{'at most' if self.measure == ERROR else 'at least'} {self.goal:.2f}"

    def reached(self, value: float, low: float, high: float) -> str:
        """Whether; and if not, whether at least the interval holds the goal."""
        better = operator.le if self.measure == ERROR else operator.ge
        if better(value, self.goal):
            return "yes"
        return "no, but within the interval" if low <= self.goal <= high else "no"


CT, XRAY = Modality.CT, Modality.XRAY
COVID_CT = "COVID-CT, test patients"
GOALS = (
    Goal(
        COVID_CT, CT, ((INSIDE, "covid-ct"),), ACCURACY, 0.88,
        "DenseNet-169 0.85; the same rerun by others 0.73", "0.76",
    ),
    Goal(
        COVID_CT, CT, ((INSIDE, "covid-ct"),), AUC, 0.95,
        "DenseNet-169 0.92; the same rerun by others 0.82; with self-supervision 0.94", "0.85",
    ),
    Goal(
        "SARS-CoV-2 CT-scan, trained on COVID-CT only", CT, ((UNSEEN, "sarscov2-ct"),), AUC, 0.75,
        start="0.50",
    ),
    Goal(
        "inside covid-chestxray-dataset: COVID-19 against other lung disease", XRAY,
        ((INSIDE, "covid-chestxray"),), AUC, 0.85, start="0.66",
    ),
    Goal(
        "Actualmed, never trained on it", XRAY, ((UNSEEN, "actualmed"), (WITHOUT, "actualmed")),
        AUC, 0.85, start="0.58",
    ),
    Goal(
        "X-ray, pooled", XRAY, ((POOLED, ""),), AUC, 0.99,
        "DarkCovidNet: accuracy 0.981, COVID-19 against no finding, images not patients split",
        "0.945",
    ),
    Goal("X-ray, pooled", XRAY, ((POOLED, ""),), ERROR, 0.04),
    Goal(COVID_CT, CT, ((INSIDE, "covid-ct"),), ERROR, 0.04),
)  # fmt: skip


def table(cards: list[Card], evaluations: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a goal and model that has the test, with the command that makes the number again.

    Args:
        cards: Of the shipped models.
        evaluations: Model id -> its evaluation.csv.
    """
    return pd.DataFrame([row for goal in GOALS for row in _rows(goal, cards, evaluations)])


def luck(cards: list[Card], evaluations: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """How much of each model's calibration error luck alone leaves on its test images.

    Args:
        cards: Of the shipped models.
        evaluations: Model id -> its evaluation.csv.
    """
    rows = []
    for card in cards:
        table = artifacts.read_predictions(card.id)
        test = table[table["split"] == Split.TEST]
        errors = perfect_errors(test["probability"])
        found = evaluations[card.id]
        # the pooled row comes first; a model of one source has none
        own = found[(found["measure"] == ERROR) & found["kind"].isin((POOLED, INSIDE))].iloc[0]
        row = {"model": card.id, "images": len(test), NAMES[ERROR]: share(own["value"], digits=3)}
        left = share(float(errors.mean()), *np.quantile(errors, TAILS), digits=3)
        rows.append(row | {"of perfect answers (95 % of draws)": left})
    return pd.DataFrame(rows)


def _rows(
    goal: Goal, cards: list[Card], evaluations: dict[str, pd.DataFrame]
) -> Iterator[dict[str, object]]:
    for card in cards:
        found = evaluations[card.id]
        wanted = pd.MultiIndex.from_frame(found[["kind", "group"]]).isin(goal.groups)
        for row in found[wanted & (found["measure"] == goal.measure)].itertuples():
            if card.modality == goal.modality:
                yield {
                    "test": goal.test,
                    "measure": NAMES[goal.measure],
                    "goal": goal.wanted,
                    "published": goal.published,
                    "start": goal.start,
                    "model": card.id,
                    "images": row.images,
                    "ours (95 %)": share(row.value, row.low, row.high, digits=3),
                    "reached": goal.reached(row.value, row.low, row.high),
                    "command": f"`python -m training evaluate --model {card.id}`",
                }
