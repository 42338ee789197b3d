"""What more patients bring: the table of `python -m training learning_curve`, and what it says."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from core.artifacts import LEARNING_CURVE, MODELS_DIR, ArtifactError
from core.breakdown import title

if TYPE_CHECKING:
    import pandas as pd


def command(model_id: str) -> str:
    """What makes the table of a model."""
    return f"python -m training learning_curve --model {model_id} --root DIR"


def read_curve(model_id: str, folder: Path = MODELS_DIR) -> pd.DataFrame:
    """A row a test and share of the patients, fewest first; "test" names the test.

    Raises:
        ArtifactError: It is missing; the text names the command.
    """
    import pandas as pd

    path = folder / model_id / LEARNING_CURVE
    if not path.is_file():
        raise ArtifactError(f"expected {path.name} in {path.parent}: run {command(model_id)}")
    table = pd.read_csv(path, dtype={"group": str}).fillna({"group": ""})
    names = zip(table["kind"], table["group"], strict=True)
    return table.assign(test=[title(kind, group) for kind, group in names])


def last_doublings(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of all patients, whose gain is over half of them: a row a test."""
    return table[table["share"] == table["share"].max()]


def surely(rows: pd.DataFrame) -> pd.Series:
    """Whether twice the patients brought more, (N,): by the patients scored and by those taught.

    The interval, over those scored, lies above zero; and no deal of those learned from did without.
    """
    return (rows["gain_low"] > 0) & (rows["rising"] == rows["deals"])


def summary(table: pd.DataFrame) -> str:
    """In how many tests twice the patients still bring more."""
    last = last_doublings(table)
    return (
        f"In {surely(last).sum()} of {len(last)} tests the last doubling of the patients brings "
        "more in every deal of them, and its interval lies above zero."
    )


def lines(table: pd.DataFrame) -> list[str]:
    """Each test in words: from the fewest patients to all, and what the last doubling brought."""
    found = []
    for test, own in table.groupby("test", sort=False):
        first, last = own.iloc[0], own.iloc[-1]
        found.append(
            f"{test}: AUC {first['auc']:.2f} with {first['patients']:.0f} patients, "
            f"{last['auc']:.2f} with {last['patients']:.0f}; the last doubling brought "
            f"{last['gain']:+.3f} ({last['gain_low']:+.3f} to {last['gain_high']:+.3f}), more in "
            f"{last['rising']:.0f} of {last['deals']:.0f} deals"
        )
    return found


def doublings_to(goal: float, value: float, gain: float) -> int:
    """How often patients must double until an AUC reaches a goal, were each worth the last gain.

    Curves flatten, so it takes more. Whole numbers.

    Args:
        goal: AUC, 0..1.
        value: With all patients, 0..1.
        gain: Of the last doubling, above 0.
    """
    return ceil(round(max(goal - value, 0) / gain, 6))
