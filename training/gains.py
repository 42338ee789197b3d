"""What a change gains: AUC, its spread over seeds, and the paired difference to a reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.curves import rank
from core.intervals import patient_draws, percentiles, prepare
from core.metrics import auc
from core.paired import bootstrap_difference

Floats = NDArray[np.float64]


def gain_row(rows: pd.DataFrame, seeds: Floats, reference: Floats) -> dict[str, Any]:
    """AUC of the mean score with interval, mean and deviation over seeds, gain over a reference.

    Args:
        rows: label (0, 1) and group; intervals draw groups.
        seeds: (seeds, N) scores 0..1.
        reference: (N,) mean score of what is compared with, on the same rows.
    """
    labels, mean = rows["label"].to_numpy(), seeds.mean(axis=0)
    draws = patient_draws(rows["group"])
    replicates = [prepare(rank(labels, one), draws).areas["auc"] for one in (mean, reference)]
    value = auc(labels, mean)
    low, high = percentiles(replicates[0])
    gain = bootstrap_difference(value - auc(labels, reference), *replicates)
    each = [auc(labels, one) for one in seeds]
    numbers = {
        "auc": value,
        "low": low,
        "high": high,
        "seed_mean": np.mean(each),
        "seed_deviation": np.std(each, ddof=1) if len(each) > 1 else np.nan,
        "gain": gain.value,
        "gain_low": gain.low,
        "gain_high": gain.high,
    }
    counts = {"images": len(rows), "positives": int(labels.sum())}
    return counts | {name: round(float(value), 4) for name, value in numbers.items()}
