"""Add a mark: which change that has nothing to do with the lungs moves the answer most?

Every mark of core.alter is put on every test X-ray of the shipped model, and its probability before
and after is compared. After DeGrave et al. (2021), who found laterality letters and image borders
among what such models look at, and Zech et al. (2018).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from core.alter import MARKS, Mark
from core.artifacts import read_card
from core.intervals import mean_interval
from core.overview import label_names
from core.schema import Split
from training.lab.base import Context, Floats
from training.lab.passes import HEAD, Alter, altered


def measure(context: Context) -> dict[str, pd.DataFrame]:
    """marks: one row a mark and label."""
    xray = context.rows("xray")
    test = xray[(xray["split"] == Split.TEST) & xray["source"].isin(read_card(HEAD).sources)]
    cut = read_card(HEAD).threshold
    plain = altered("plain", test, context.root, context.runs, lambda pixels, _: pixels)[1]
    rows = []
    for name, mark in MARKS.items():
        after = altered(f"mark-{name}", test, context.root, context.runs, _act(mark))[1]
        for label, part in (("all", test), *_by_label(test)):
            at = test.index.get_indexer(part.index)
            rows.append(
                {"mark": name, "title": mark.title, "label": label}
                | _shift(part, plain[at], after[at], cut)
            )
    return {"marks": pd.DataFrame(rows)}


def _act(mark: Mark) -> Alter:
    return lambda pixels, _: mark.apply(pixels)


def _by_label(test: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    return [(str(name), part) for name, part in test.groupby(label_names(test["label"]))]


def _shift(part: pd.DataFrame, before: Floats, after: Floats, cut: float) -> dict[str, Any]:
    """How far the answers moved, with 95 % intervals over groups."""
    moved = after - before
    low, high = mean_interval(moved, part["group"])
    flipped = (before >= cut) != (after >= cut)
    return {
        "images": len(part),
        "mean_shift": round(float(moved.mean()), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "mean_size": round(float(np.abs(moved).mean()), 4),
        "p10": round(float(np.percentile(moved, 10)), 4),
        "p90": round(float(np.percentile(moved, 90)), 4),
        "to_positive": int((flipped & (after >= cut)).sum()),
        "to_negative": int((flipped & (after < cut)).sum()),
        "cut": cut,
    }
