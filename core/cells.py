"""The images behind the numbers: those in a cell of the matrix, those that change sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.evaluation import Entrant

if TYPE_CHECKING:
    import pandas as pd

CELLS = {"TP": (1, True), "FN": (1, False), "FP": (0, True), "TN": (0, False)}  # label, called


def in_cell(entrant: Entrant, threshold: float, cell: str) -> pd.DataFrame:
    """The images in one cell of the confusion matrix, worst first.

    Worst is farthest on the wrong side for "FN" and "FP", nearest to it for "TP" and "TN".

    Raises:
        KeyError: A cell that is none of CELLS.
    """
    label, called = CELLS[cell]
    rows = entrant.rows
    inside = (rows["label"] == label) & ((rows["probability"] >= threshold) == called)
    return rows[inside].sort_values("probability", ascending=label == 1, kind="stable")


def changing_sides(entrant: Entrant, one: float, other: float) -> pd.DataFrame:
    """The images that two thresholds call differently, by probability.

    The higher threshold calls them negative, the lower one positive.
    """
    low, high = sorted((one, other))
    rows = entrant.rows
    between = (rows["probability"] >= low) & (rows["probability"] < high)
    return rows[between].sort_values("probability", kind="stable")
