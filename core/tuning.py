"""The search for a better head: what `python -m training tune` wrote, and how to read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.artifacts import MODELS_DIR
from core.schema import Modality

if TYPE_CHECKING:
    pass

TUNING_DIR = MODELS_DIR / "tuning"
DATASETS = (Modality.XRAY.value, Modality.CT.value)
TRIALS, IMPORTANCES, FOLDS = "trials.csv", "importances.csv", "folds.csv"
PAIRS, RATES = "pairs.csv", "rates.csv"
RECORD = "record.json"

COMPLETE = "complete"
MARGIN = 0.02  # AUC: less is no difference that matters, and no "a lot"
FOR, AGAINST, OPEN = "for", "against", "open"
SAME, BETTER, MUCH_BETTER = "same", "better", "much better"


@dataclass(frozen=True)
class Finding:
    """Something the paper says about its head.

    Attributes:
        title: The paper's finding in a few words.
        claim: SAME, BETTER or MUCH_BETTER: of the first choice of a pair against the second.
        parameter: Of the search, that it is about.
    """

    title: str
    claim: str
    parameter: str


FINDINGS = {
    "activation": Finding("Both activations do the same", SAME, "activation"),
    "pooling": Finding("Average pooling or flatten makes no difference", SAME, "pooling"),
    "optimizer": Finding("Adam is better by a lot", MUCH_BETTER, "optimizer"),
    "batch": Finding("A batch of 32 is best", BETTER, "batch"),
    "first": Finding("256 units in the first layer are better than 1024", BETTER, "first"),
    "second": Finding("512 units in the second layer are better than 256", BETTER, "second"),
}


def verdict(claim: str, low: float, high: float, margin: float = MARGIN) -> str:
    """What the interval of a difference (first minus second) says about a claim.

    Args:
        claim: SAME: no difference as large as the margin; BETTER: the first is better at all;
            MUCH_BETTER: by more than the margin.
        low: Lower end of the interval, in AUC.
        high: Upper end.
        margin: Smallest difference that matters.

    Returns:
        FOR, AGAINST, or OPEN where the interval allows both.

    Raises:
        ValueError: Another claim.
    """
    if claim == SAME:
        if -margin < low and high < margin:
            return FOR
        return AGAINST if low > 0 or high < 0 else OPEN
    if claim not in (BETTER, MUCH_BETTER):
        raise ValueError(f"expected a claim out of same, better, much better, received {claim!r}")
    least = margin if claim == MUCH_BETTER else 0.0
    if low > least:
        return FOR
    return AGAINST if high < max(least, margin) else OPEN
