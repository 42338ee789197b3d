"""How far apart an ensemble's members answer about an image, and what that tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from core.metrics import wilson
from core.schema import Split
from training.linear import Floats

SPREAD = "spread.csv"
THIRDS = ("narrowest", "middle", "widest")


def spread_of(rows: pd.DataFrame, answers: Floats) -> pd.DataFrame:
    """spread.csv: image_id, low and high of the answers (N, M), of test and external images."""
    held = rows["split"].isin([Split.TEST, Split.EXTERNAL])
    ends = {"low": answers.min(axis=1).round(6), "high": answers.max(axis=1).round(6)}
    return rows.assign(**ends).loc[held, ["image_id", *ends]]


def by_width(predictions: pd.DataFrame, path: Path, threshold: float) -> pd.DataFrame:
    """Test images in thirds of the width of their spread: how many are called wrongly.

    Args:
        predictions: PREDICTION_COLUMNS.
        path: Of spread.csv.
        threshold: Operating point.
    """
    test = predictions[predictions["split"] == Split.TEST].merge(
        pd.read_csv(path), on="image_id", validate="one_to_one"
    )
    test = test.assign(
        width=test["high"] - test["low"],
        wrong=(test["probability"] >= threshold) != (test["label"] == 1),
    ).sort_values("width", kind="stable")
    lines = []
    for name, places in zip(THIRDS, np.array_split(np.arange(len(test)), 3), strict=True):
        part = test.iloc[places]
        count = int(part["wrong"].sum())
        low, high = wilson(count, len(part))
        lines.append(
            {
                "third": name,
                "width": f"{part['width'].min():.2f} to {part['width'].max():.2f}",
                "images": len(part),
                "wrong": count,
                "share wrong (95 %)": f"{count / len(part):.0%} ({low:.0%} to {high:.0%})",
            }
        )
    return pd.DataFrame(lines)
