"""Which test images are worth looking at first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

TRUE_POSITIVE, TRUE_NEGATIVE = "Surest true positive", "Surest true negative"
FALSE_POSITIVE, FALSE_NEGATIVE = "Worst false positive", "Worst false negative"
NEAREST = "Nearest to the threshold"


def test_picks(frame: pd.DataFrame, threshold: float) -> dict[str, str]:
    """The extremes of a model's test images (the first two are those of the paper's figure 5).

    Args:
        frame: PREDICTION_COLUMNS, labels known.
        threshold: Operating point, 0..1; at or above it an image is called positive.

    Returns:
        Title -> image_id, in a fixed order; what does not occur is left out.
    """
    called = frame["probability"] >= threshold
    ill = frame["label"] == 1
    rows = {
        TRUE_POSITIVE: frame.loc[called & ill, "probability"].nlargest(1),
        TRUE_NEGATIVE: frame.loc[~called & ~ill, "probability"].nsmallest(1),
        FALSE_POSITIVE: frame.loc[called & ~ill, "probability"].nlargest(1),
        FALSE_NEGATIVE: frame.loc[~called & ill, "probability"].nsmallest(1),
        NEAREST: (frame["probability"] - threshold).abs().nsmallest(1),
    }
    return {
        title: str(frame.loc[row.index[0], "image_id"]) for title, row in rows.items() if len(row)
    }
