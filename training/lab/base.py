"""What the experiments share: labelled features, folds by patient, heads, intervals."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.intervals import mean_interval
from core.library import read_library
from core.metrics import auc, bootstrap_interval
from training.dataset import linked_groups
from training.features import FeatureStore

FOLDS = 5
SEEDS = (0, 1, 2, 3, 4)
STRENGTH = 0.01  # C of the logistic regression on standardised features; fixed, not tuned

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Context:
    """The data of a run."""

    manifest: pd.DataFrame
    root: Path
    runs: Path

    @cached_property
    def means(self) -> NDArray[np.float32]:
        """Average of the trunk's last maps (N, 512), in the manifest's order."""
        return FeatureStore(self.runs).get(self.manifest, self.root)[1]

    @cached_property
    def groups(self) -> NDArray[np.intp]:
        """Group number of each image: one patient and its look-alikes share one."""
        return group_rows(self.manifest, read_library().pairs)

    def rows(self, modality: str, *sources: str) -> pd.DataFrame:
        """Labelled rows of a modality (and sources), with their group; the index is kept."""
        table = self.manifest.assign(group=self.groups)
        keep = (table["modality"] == modality) & table["label"].notna()
        if sources:
            keep &= table["source"].isin(sources)
        return table[keep]


def group_rows(manifest: pd.DataFrame, pairs: pd.DataFrame) -> NDArray[np.intp]:
    """Connected components of "same patient" and "look-alike" (N,)."""
    place = pd.Series(range(len(manifest)), index=manifest["image_id"])
    known = pairs[pairs["first"].isin(place.index) & pairs["second"].isin(place.index)]
    linked = np.stack([place[known["first"]], place[known["second"]]], axis=1)
    return linked_groups(manifest, linked)


def new_head() -> Any:
    """A logistic regression on standardised features, both (all) classes weighted the same."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(
        StandardScaler(),
        LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=3000),
    )


def folds(
    labels: NDArray[Any], groups: NDArray[Any], seed: int, count: int = FOLDS
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Pairs of training and held-out positions, one a fold; no group is in both."""
    from sklearn.model_selection import StratifiedGroupKFold

    dealer = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class")
        yield from dealer.split(labels, labels, groups)


def out_of_fold(
    features: NDArray[Any], labels: NDArray[Any], groups: NDArray[Any], head: Any = new_head
) -> Floats:
    """Probabilities (N, classes) by heads that saw neither the patient nor a look-alike.

    The mean over SEEDS deals into FOLDS. Classes are in sorted order. A fold whose training part
    lacks a class gives that class probability 0.
    """
    classes = np.unique(labels)
    total = np.zeros((len(labels), len(classes)))
    for seed in SEEDS:
        for train, held in folds(labels, groups, seed):
            fitted = head().fit(features[train], labels[train])
            columns = np.searchsorted(classes, fitted.classes_)
            total[np.ix_(held, columns)] += fitted.predict_proba(features[held])
    return total / len(SEEDS)


def area(rows: pd.DataFrame, scores: Floats) -> dict[str, Any]:
    """AUC with a 95 % interval over groups, and the counts behind it.

    Args:
        rows: label, group.
        scores: (N,) 0..1.
    """
    labels = rows["label"].to_numpy()
    value = auc(labels, scores)
    both = 0 < labels.sum() < len(labels)
    low, high = bootstrap_interval(auc, labels, scores, rows["group"]) if both else (np.nan, np.nan)
    return {
        "images": len(rows),
        "positives": int(labels.sum()),
        "groups": int(rows["group"].nunique()),
        "auc": round(value, 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def share(hits: NDArray[np.bool_], groups: pd.Series) -> tuple[float, float, float]:
    """Mean of hits (N,) with a 95 % interval over groups."""
    low, high = mean_interval(hits, groups)
    return round(float(hits.mean()), 4), round(low, 4), round(high, 4)
