"""Fit the guard on the training images' features and measure its error rates.

    python -m training guard --root DIR

Fitted on training patients; the limit is a quantile of validation distances. Measured on
test patients, on a CT source never seen, and on a declared probe set of pictures that are neither
chest X-ray nor lung CT (training/probes.py). Writes guard.npz, card.json, probes.csv, used.csv.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from core import artifacts, zoo
from core.artifacts import GUARD, MODELS_DIR, Card, sha256_of
from core.guard import FILE, GUARD_ID, MODALITIES, class_distances, load_guard, normalise
from core.images import Grey
from core.probes import PROBES, SWAPPED, error_rates
from core.schema import Modality, Split
from training.data import build, need_sources
from training.features import DEFAULT_TRUNK, INVERTED, RUNS, FeatureStore
from training.probes import probe_images
from training.record import run_record, write_used
from training.sources import all_sources

COMPONENTS = 64
QUANTILE = 0.99

Array = NDArray[np.float32]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches")


def run(args: argparse.Namespace) -> int:
    """Fit, store, measure, print."""
    rows, _, _ = build(args.root, runs=args.runs)  # all views: a lateral chest X-ray is in scope
    need_sources(rows, all_sources())
    _, plain = FeatureStore(args.runs).get(rows, args.root)
    half = _for_inversion(rows)
    _, turned = FeatureStore(args.runs, variant=INVERTED).get(rows[half], args.root)
    pictures = list(probe_images())  # one that is missing is missed before anything is replaced
    arrays = fit(rows, plain, rows[half], turned)
    folder = MODELS_DIR / GUARD_ID
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / FILE, allow_pickle=False, **arrays)
    card = Card(
        id=GUARD_ID,
        kind=GUARD,
        title="X-ray, CT or neither; inverted or not",
        backbone="vgg16",
        trunk=DEFAULT_TRUNK,
        sources=tuple(sorted(set(rows.loc[rows["split"] == Split.TRAIN, "source"]))),
        config={"components": COMPONENTS, "quantile": QUANTILE},
        record=run_record("python -m training guard --root DIR", rows)
        | write_used(
            folder,
            {
                "fit": rows.loc[rows["split"] == Split.TRAIN, "image_id"],
                "threshold": rows.loc[rows["split"] == Split.VAL, "image_id"],
            },
        ),
        files={FILE: sha256_of(folder / FILE)},
    )
    artifacts.write_card(card)
    table = measure(rows, plain, rows[half], turned, pictures)
    table.to_csv(folder / PROBES, index=False)
    print(error_rates(table).to_string(index=False))
    return 0


def _for_inversion(rows: pd.DataFrame) -> pd.Series:
    """Images also seen inverted: every second one, none of either modality's largest source."""
    return (rows.index % 2 == 0) & ~rows["source"].isin(("nih", "sarscov2-ct"))


def fit(rows: pd.DataFrame, plain: Array, half: pd.DataFrame, turned: Array) -> dict[str, Array]:
    """The guard's arrays, from training and validation rows only."""
    from sklearn.covariance import LedoitWolf
    from sklearn.decomposition import PCA

    train = (rows["split"] == Split.TRAIN).to_numpy()
    unit = normalise(plain)
    code = (rows["modality"] == Modality.CT).to_numpy().astype(int)
    pca = PCA(COMPONENTS, svd_solver="full").fit(unit[train])
    scores = pca.transform(unit)
    rest = (unit - pca.mean_) - scores @ pca.components_
    scale = float(np.sqrt((rest[train] ** 2).sum(axis=1).mean() / COMPONENTS))
    centres = np.stack([scores[train & (code == m)].mean(axis=0) for m in (0, 1)])
    precision = LedoitWolf().fit(scores[train] - centres[code[train]]).precision_
    distances = class_distances(unit - pca.mean_, pca.components_, scale, centres, precision)
    val = (rows["split"] == Split.VAL).to_numpy()
    limits = [np.quantile(distances[val & (code == m), m], QUANTILE) for m in (0, 1)]
    return {
        "mean": pca.mean_.astype(np.float32),
        "components": pca.components_.astype(np.float32),
        "residual_scale": np.float32(scale),
        "centres": centres.astype(np.float32),
        "precision": precision.astype(np.float32),
        "limits": np.asarray(limits, np.float32),
        "modality": _logistic(unit[train], code[train]),
        "inverted": np.stack([_inversion(rows, unit, half, turned, m) for m in MODALITIES]),
    }


def _inversion(
    rows: pd.DataFrame, unit: Array, half: pd.DataFrame, turned: Array, modality: Modality
) -> Array:
    """Inverted against plain within one modality."""
    upright = ((rows["split"] == Split.TRAIN) & (rows["modality"] == modality)).to_numpy()
    other = ((half["split"] == Split.TRAIN) & (half["modality"] == modality)).to_numpy()
    x = np.concatenate([unit[upright], normalise(turned)[other]])
    return _logistic(x, np.repeat([0, 1], [upright.sum(), other.sum()]))


def _logistic(x: Array, y: NDArray[np.int_]) -> Array:
    """Weights and bias, (513,)."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=100.0, class_weight="balanced", max_iter=2000).fit(x, y)
    return np.append(model.coef_[0], model.intercept_[0]).astype(np.float32)


def measure(
    rows: pd.DataFrame,
    plain: Array,
    half: pd.DataFrame,
    turned: Array,
    pictures: Iterable[tuple[str, str, Grey]],
) -> pd.DataFrame:
    """One row an image that the guard was not fitted on: what it is, what the guard says."""
    from core.classifier import pool_maps
    from core.trunks import load_trunk

    guard = load_guard()
    trunk = load_trunk(DEFAULT_TRUNK, precision=zoo.FLOAT32)
    records = []

    def note(name: str, group: str, real: bool, modality: str, inverted: bool, x: Array) -> None:
        verdict = guard.judge(x[None])[0]
        records.append(
            {
                "name": name,
                "group": group,
                "real": real,
                "accepted": verdict.in_scope,
                "relative_distance": round(verdict.distance / verdict.limit, 3),
                "modality_right": verdict.modality == modality if real else None,
                "inversion_right": verdict.looks_inverted == inverted if real else None,
            }
        )

    held = rows["split"].isin([Split.TEST, Split.EXTERNAL]).to_numpy()
    for (_, row), x in zip(rows[held].iterrows(), plain[held], strict=True):
        note(row["image_id"], row["source"], True, row["modality"], False, x)
    test = (half["split"] == Split.TEST).to_numpy()
    for (_, row), x in zip(half[test].iterrows(), turned[test], strict=True):
        note(row["image_id"], SWAPPED, True, row["modality"], True, x)
    for name, group, pixels in tqdm(pictures, "other pictures", unit="image"):
        note(name, group, False, "", False, pool_maps(trunk.maps([pixels]))[0])
    return pd.DataFrame(records)
