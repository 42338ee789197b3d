"""Patients or images: the same head, five folds of images and five folds of patients.

Split by images, most held-out images have a sibling of the same patient in training. The difference
is memory. A nearest-neighbour head, which can do nothing but remember, is measured beside it.
Near-duplicates had been dropped before, so that is not what is found. After Roberts et al. (2021),
Common pitfalls and recommendations for using machine learning to detect and prognosticate for
COVID-19, and the data cards of COVID-CT.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from core.lab import BY_IMAGES, BY_PATIENTS, CT_PATIENTS, DIFFERENCE, LEARNER
from core.metrics import auc
from training.lab.base import Context, Floats, folds, new_head

REPEATS = 20


def measure(context: Context) -> dict[str, pd.DataFrame]:
    """patients: one row a data set, head and way of splitting, over REPEATS deals."""
    sets = {
        "chest X-rays of covid-chestxray": context.rows("xray", "covid-chestxray"),
        CT_PATIENTS: context.rows("ct", "covid-ct"),
    }
    rows = []
    for name, part in sets.items():
        for head, make in ((LEARNER, new_head), ("nearest neighbour", _nearest)):
            areas = {
                way: _areas(context.means[part.index], part, way == BY_PATIENTS, make, name)
                for way in (BY_IMAGES, BY_PATIENTS)
            }
            for way, values in areas.items():
                rows.append(_row(name, part, head, way, values))
            gained = areas[BY_IMAGES] - areas[BY_PATIENTS]
            rows.append(_row(name, part, head, DIFFERENCE, gained))
    return {"patients": pd.DataFrame(rows)}


def _areas(
    features: NDArray[Any], part: pd.DataFrame, by_patient: bool, make: Any, name: str
) -> Floats:
    """AUC (REPEATS,) of out-of-fold scores, one deal each."""
    labels = part["label"].to_numpy()
    groups = part["group"].to_numpy() if by_patient else np.arange(len(part))
    areas = []
    for seed in tqdm(range(REPEATS), f"{name}, {'patients' if by_patient else 'images'}"):
        scores = np.zeros(len(labels))
        for train, held in folds(labels, groups, seed):
            fitted = make().fit(features[train], labels[train])
            scores[held] = fitted.predict_proba(features[held])[:, 1]
        areas.append(auc(labels, scores))
    return np.array(areas)


def _nearest() -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(1, metric="cosine")


def _row(name: str, part: pd.DataFrame, head: str, way: str, values: Floats) -> dict[str, Any]:
    low, high = np.percentile(values, [2.5, 97.5])
    return {
        "data": name,
        "head": head,
        "split": way,
        "images": len(part),
        "groups": int(part["group"].nunique()),
        "auc": round(float(values.mean()), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
        "repeats": len(values),
    }
