"""Tell the hospital: can a head name the source from the features that should show the disease?

If it can, "COVID-19 or not" can be answered without looking for COVID-19 wherever source and label
go together. The second line asks among images without COVID-19 only, so that the disease cannot
help. After Maguolo and Nanni (2020), A Critic Evaluation of Methods for COVID-19 Automatic
Detection from X-Ray Images.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from core.lab import CLEAN_HOSPITAL, FIRST_HOSPITAL
from training.lab.base import Context, out_of_fold, share

LEAST = 20  # images; smaller sources cannot be learned


def measure(context: Context) -> dict[str, pd.DataFrame]:
    """hospital: one row a setting; hospital_matrix: true source x named source."""
    xray, ct = context.rows("xray"), context.rows("ct")
    settings = {
        FIRST_HOSPITAL: xray,
        CLEAN_HOSPITAL: xray[xray["label"] == 0],
        "CT slices": ct[ct["source"] != "covid-chestxray"],
        "CT slices without COVID-19": ct[(ct["label"] == 0) & (ct["source"] != "covid-chestxray")],
    }
    rows, matrices = [], []
    for name, part in settings.items():
        row, matrix = _setting(context, name, part)
        rows.append(row)
        matrices.append(matrix)
    return {
        "hospital": pd.DataFrame(rows),
        "hospital_matrix": pd.concat(matrices, ignore_index=True),
    }


def _setting(
    context: Context, name: str, part: pd.DataFrame
) -> tuple[dict[str, Any], pd.DataFrame]:
    counts = part["source"].value_counts()
    part = part[part["source"].isin(counts[counts >= LEAST].index)]
    sources = part["source"].to_numpy(str)
    scores = out_of_fold(context.means[part.index], sources, part["group"].to_numpy())
    named = np.unique(sources)[scores.argmax(axis=1)]
    accuracy, low, high = share(named == sources, part["group"])
    recalls = [float((named == sources)[sources == source].mean()) for source in np.unique(sources)]
    matrix = pd.crosstab(sources, named).rename_axis("source").reset_index()
    row = {
        "setting": name,
        "sources": ", ".join(np.unique(sources)),
        "images": len(part),
        "accuracy": accuracy,
        "low": low,
        "high": high,
        "commonest": round(float(part["source"].value_counts(normalize=True).iloc[0]), 4),
        "mean_recall": round(float(np.mean(recalls)), 4),
        "chance_recall": round(1 / len(recalls), 4),
    }
    long = matrix.melt("source", var_name="named", value_name="images")
    return row, long.assign(setting=name)[["setting", "source", "named", "images"]]
