"""The published protocol of DarkCovidNet, and the same folds with patients held together.

Ozturk et al. 2020 (Computers in Biology and Medicine 121, 103792): five folds of images, COVID-19
against no finding, and against pneumonia as a third class. Both negative classes are NIH's, the
positives are covid-chestxray's, here as there: who tells the two sources apart is right on every
image of the first task. Heads are one-against-rest logistic regressions on frozen VGG16; nothing is
tuned, stopped or calibrated, and nothing of this is shipped but the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.model_selection import StratifiedGroupKFold
from tqdm import tqdm

from core.artifacts import MODELS_DIR
from core.library import read_library
from core.metrics import auc
from training import linear
from training.data import load_manifest, need_sources
from training.descriptors import described
from training.features import FeatureStore
from training.lab.base import group_rows
from training.linear import Basis, Floats, Scaler
from training.markdown import to_markdown
from training.recipes import MEMBERS
from training.record import run_record

DARKCOVIDNET = "darkcovidnet"
FOLDER = MODELS_DIR / "protocols"
COMMAND = "python -m training evaluate --protocol darkcovidnet --root DIR"

FOLDS = 5
SEEDS = (0, 1, 2)
STRENGTH = 10.0  # C of the logistic regressions; fixed, not tuned
COVID, HEALTHY, PNEUMONIA = "COVID-19", "no finding", "pneumonia"
TASKS = {2: (HEALTHY, COVID), 3: (HEALTHY, PNEUMONIA, COVID)}
PUBLISHED = {2: 0.9808, 3: 0.8702}  # mean accuracy over the five folds, their abstract
PUBLISHED_IMAGES = {COVID: 125, HEALTHY: 500, PNEUMONIA: 500}
SOURCES = {"covid-chestxray": {"COVID-19": COVID, "COVID-19, ARDS": COVID},
           "nih": {"No finding": HEALTHY, "Pneumonia": PNEUMONIA}}  # fmt: skip
IMAGES, PATIENTS = "images, as published", "patients"
SOURCE_ALONE = "the source alone, no image"
MEANS, TEXTURE = "mean of block 5", "second-order pooling of blocks 3 and 4"


def run(root: Path, runs: Path) -> None:
    """Measure, write models/protocols/darkcovidnet.csv, print beside the published numbers."""
    manifest = load_manifest(root, runs)
    need_sources(manifest, SOURCES)
    rows = rows_of(manifest)
    heads = {MEANS: {MEANS: FeatureStore(runs).get(rows, root)[1].astype(np.float16)}}
    heads[TEXTURE] = described(rows, root, runs, MEMBERS)
    groups = group_rows(rows, read_library().pairs)
    parts = [measure(rows, groups, count, heads) for count in TASKS]
    FOLDER.mkdir(parents=True, exist_ok=True)
    table = pd.concat(parts, ignore_index=True).round(4)
    table.to_csv(FOLDER / f"{DARKCOVIDNET}.csv", index=False)
    record = run_record(COMMAND, manifest) | {"images": rows["kind"].value_counts().to_dict()}
    text = json.dumps(record, indent=2) + "\n"
    (FOLDER / f"{DARKCOVIDNET}.json").write_text(text, encoding="utf-8")
    print(to_markdown(summary(table)))


def rows_of(manifest: pd.DataFrame) -> pd.DataFrame:
    """Frontal X-rays of the two sources with one of the three classes, in a column `kind`."""
    kinds = pd.Series("", index=manifest.index, dtype=object)
    for source, names in SOURCES.items():
        own = (manifest["source"] == source) & (manifest["modality"] == "xray")
        kinds[own] = manifest.loc[own, "finding"].map(names).fillna("")
    return manifest.assign(kind=kinds)[kinds != ""].reset_index(drop=True)


def measure(
    rows: pd.DataFrame,
    groups: NDArray[np.intp],
    count: int,
    heads: dict[str, dict[str, NDArray[np.float16]]],
) -> pd.DataFrame:
    """One row a fold.

    Args:
        rows: Of rows_of.
        groups: (N,) number of each row; one patient and the look-alikes share one.
        count: Of classes, a key of TASKS.
        heads: Name -> member's name -> features (N, F).

    Returns:
        classes, head, folds_of, seed, fold, images, met (test images whose patient was trained
        on), accuracy, and auc of COVID-19 against the rest.
    """
    wanted = np.flatnonzero(rows["kind"].isin(TASKS[count]))
    own = rows.iloc[wanted].reset_index(drop=True)
    truth = own["kind"].map({name: n for n, name in enumerate(TASKS[count])}).to_numpy()
    bases = {
        name: [_basis(features[wanted]) for features in members.values()]
        for name, members in heads.items()
    }
    found = []
    folds = list(deal(truth, groups[wanted]))
    for where, train, test in tqdm(folds, f"{count} classes", unit="fold"):
        scores = {name: _scores(members, truth, train, test) for name, members in bases.items()}
        scores[SOURCE_ALONE] = by_source(own["source"].to_numpy(), truth, train, test)
        met = int(np.isin(groups[wanted][test], groups[wanted][train]).sum())
        shared = {"classes": count, **where, "images": len(test), "met": met}
        found += [shared | _row(name, truth[test], values) for name, values in scores.items()]
    return pd.DataFrame(found)


def deal(
    truth: NDArray[np.intp], groups: NDArray[np.intp]
) -> Iterator[tuple[dict[str, Any], NDArray[np.intp], NDArray[np.intp]]]:
    """Every fold: of what and which, rows to train on, rows to test on."""
    for kind, together in {IMAGES: np.arange(len(truth)), PATIENTS: groups}.items():
        for seed in SEEDS:
            dealer = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
            for number, (train, test) in enumerate(dealer.split(truth, truth, together)):
                yield {"folds_of": kind, "seed": seed, "fold": number}, train, test


def by_source(
    sources: NDArray[np.object_],
    truth: NDArray[np.intp],
    train: NDArray[np.intp],
    test: NDArray[np.intp],
) -> Floats:
    """Scores (n, classes) of who sees no image: how common each class is in the image's source."""
    shares = pd.crosstab(sources[train], truth[train], normalize="index")
    return shares.loc[sources[test]].to_numpy(np.float64)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation over folds and seeds, beside the published number."""
    groups = table.groupby(["classes", "head", "folds_of"], sort=False)
    lines = [
        {
            "classes": ", ".join(TASKS[int(count)]),
            "head": head,
            "folds of": folds_of,
            "images": int(part.loc[part["seed"] == part["seed"].min(), "images"].sum()),
            "patient trained on": f"{part['met'].sum() / part['images'].sum():.0%}",
            "accuracy": _spread(part["accuracy"]),
            "AUC of COVID-19": _spread(part["auc"]),
            "published accuracy": f"{PUBLISHED[int(count)]:.3f}" if folds_of == IMAGES else "-",
        }
        for (count, head, folds_of), part in groups
    ]
    return pd.DataFrame(lines)


def _basis(features: NDArray[np.float16]) -> Basis:
    return Basis.of(Scaler.of(features).scale(features))


def _scores(
    members: list[Basis], truth: NDArray[np.intp], train: NDArray[np.intp], test: NDArray[np.intp]
) -> Floats:
    """Probabilities (n, classes), each class against the rest: of the members' mean log-odds."""
    equal = np.ones(len(train))
    odds = [
        np.mean(
            [
                linear.fit(
                    one.coordinates[train], (truth[train] == kind).astype(float), equal, STRENGTH
                ).decision_function(one.coordinates[test])
                for one in members
            ],
            axis=0,
        )
        for kind in range(truth.max() + 1)
    ]
    return np.asarray(expit(np.stack(odds, axis=1)))


def _row(head: str, truth: NDArray[np.intp], scores: Floats) -> dict[str, Any]:
    last = scores.shape[1] - 1  # COVID-19
    return {
        "head": head,
        "accuracy": float((scores.argmax(axis=1) == truth).mean()),
        "auc": auc(truth == last, scores[:, last]),
    }


def _spread(values: pd.Series) -> str:
    return f"{values.mean():.3f} \u00b1 {values.std():.3f}"
