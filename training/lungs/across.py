"""Do lungs help across sources? Cropped and masked images against the whole image.

Logistic regressions on pooled features of the frozen trunk. Since the answer decides what is kept,
no test patient takes part: training and validation patients only, which leaves few images of the
two small sources and wide intervals there. Each test over several seeds: pooled and inside a source
they deal the folds (by patient and look-alike), for a source left out they draw four fifths of the
other sources' patients to fit on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from core.lab import WHOLE
from core.schema import Modality, Split
from training.gains import gain_row
from training.lab.base import SEEDS, Context, folds, new_head, share
from training.lab.found import BELOW, LAST, VERSIONS, lung_features
from training.leaving import LEFT_OUT, MAIN, draws
from training.lungs.trust import trust_table

FEATURES = {LAST: "block 5, mean", BELOW: "block 4, mean and deviation"}
POOLED, INSIDE, ALONE = "pooled", f"inside {MAIN}, same heads", f"{MAIN} alone"

Floats = NDArray[np.float64]


def measure(manifest: pd.DataFrame, root: Path, runs: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """across: AUC; hospital: how well the source can still be named; trust: accepted masks.

    Each as soon as it is there.
    """
    rows = Context(manifest, root, runs).rows(Modality.XRAY)
    rows = rows[rows["split"] != Split.TEST].reset_index(drop=True)
    found = {one.title: lung_features(name, rows, root, runs) for name, one in VERSIONS.items()}
    yield "across", across(rows, found)
    yield "hospital", hospital(rows, found)
    yield "trust", trust_table(root, runs)


def across(rows: pd.DataFrame, found: dict[str, dict[str, NDArray[Any]]]) -> pd.DataFrame:
    """One row a version, kind of features and test: AUC, spread over seeds, gain over whole."""
    out: list[dict[str, Any]] = []
    pairs = [(kind, title) for kind in FEATURES for title in found]
    whole: dict[str, Floats] = {}
    for kind, title in tqdm(pairs, "heads", unit="version"):
        for test, (part, seeds) in scored(rows, found[title][kind]).items():
            if title == WHOLE:
                whole[kind + test] = seeds.mean(axis=0)
            first = {"version": title, "features": FEATURES[kind], "test": test}
            out.append(first | gain_row(part, seeds, whole[kind + test]))
    return pd.DataFrame(out)


def scored(rows: pd.DataFrame, x: NDArray[Any]) -> dict[str, tuple[pd.DataFrame, Floats]]:
    """Test -> its rows and scores (seeds, N) of heads that saw none of their patients."""
    inside = np.flatnonzero(rows["source"] == MAIN)
    pooled = _dealt(rows, x)
    tests = {
        POOLED: (rows, pooled),
        INSIDE: (rows.iloc[inside], pooled[:, inside]),
        ALONE: (rows.iloc[inside], _dealt(rows.iloc[inside], x[inside])),
    }
    for source in LEFT_OUT:
        there = np.flatnonzero(rows["source"] == source)
        if rows["label"].iloc[there].nunique() > 1:
            tests[f"{source} left out"] = (rows.iloc[there], _left_out(rows, x, there))
    return tests


def _dealt(rows: pd.DataFrame, x: NDArray[Any]) -> Floats:
    """Out-of-fold scores (seeds, N)."""
    labels, groups = rows["label"].to_numpy(), rows["group"].to_numpy()
    scores = np.zeros((len(SEEDS), len(rows)))
    for number, seed in enumerate(SEEDS):
        for train, held in folds(labels, groups, seed):
            fitted = new_head().fit(x[train], labels[train])
            scores[number, held] = fitted.predict_proba(x[held])[:, 1]
    return scores


def _left_out(rows: pd.DataFrame, x: NDArray[Any], there: NDArray[np.intp]) -> Floats:
    """Scores (seeds, N) of a source by heads fitted on a draw of the others' patients."""
    groups = rows["group"].to_numpy()
    others = np.flatnonzero(~np.isin(groups, groups[there]))
    labels = rows["label"].to_numpy()
    scores = []
    for train in draws(others, groups, SEEDS):
        fitted = new_head().fit(x[train], labels[train])
        scores.append(fitted.predict_proba(x[there])[:, 1])
    return np.stack(scores)


def hospital(rows: pd.DataFrame, found: dict[str, dict[str, NDArray[Any]]]) -> pd.DataFrame:
    """How well a head still names the source of an image without COVID-19, recall by source."""
    negative = np.flatnonzero(rows["label"] == 0)
    part = rows.iloc[negative]
    sources, groups = part["source"].to_numpy(str), part["group"].to_numpy()
    out = []
    for title, features in tqdm(found.items(), "sources", unit="version"):
        x = features[LAST][negative]
        named = np.empty(len(part), object)
        for train, held in folds(sources, groups, SEEDS[0]):
            named[held] = new_head().fit(x[train], sources[train]).predict(x[held])
        right = named == sources
        recalls = [float(right[sources == source].mean()) for source in np.unique(sources)]
        value, low, high = share(right, part["group"])
        row = {"version": title, "images": len(part), "right": value, "low": low, "high": high}
        out.append(row | {"mean_recall": round(float(np.mean(recalls)), 4)})
    return pd.DataFrame(out)
