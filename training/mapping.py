"""From the trunk's features: a map of two dimensions, nearest neighbours, and what they share."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.artifacts import MODELS_DIR, read_card, weights_name
from core.classifier import DEFAULT_MODELS, maps_in_view
from core.guard import normalise
from core.images import read_image
from core.intervals import mean_interval, patients_of
from core.opinions import fingerprint, larger_sizes, load_head, lower_layers
from core.schema import Modality
from core.trunks import WINOGRAD, load_trunk
from training.cache import Compute, cached
from training.features import DEFAULT_TRUNK

SEED = 2020
COMPONENTS = 50
PERPLEXITY = 30
SHOWN = 8  # neighbours kept an image
CLUSTER_K = 10
MAP_SETTINGS = {
    "method": "t-SNE (van der Maaten and Hinton 2008), scikit-learn",
    "input": "average of block5_conv3, scaled to length 1, 50 principal components",
    "perplexity": PERPLEXITY,
    "seed": SEED,
}

Array = NDArray[np.float32]


def flatten(means: Array, seed: int = SEED) -> Array:
    """t-SNE coordinates (N, 2) of features (N, C)."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    unit = normalise(means)
    size = min(COMPONENTS, *unit.shape)
    components = PCA(size, random_state=seed).fit_transform(unit)
    tsne = TSNE(2, perplexity=PERPLEXITY, init="pca", random_state=seed)
    return np.asarray(tsne.fit_transform(components), np.float32)


def nearest(means: Array) -> tuple[list[str], list[str]]:
    """The SHOWN most similar other images of each: row numbers and cosines, joined by spaces."""
    similar = _cosines(means)
    np.fill_diagonal(similar, -np.inf)
    order = np.argsort(-similar, axis=1, kind="stable")[:, :SHOWN]
    values = np.take_along_axis(similar, order, axis=1)
    return (
        [" ".join(map(str, row)) for row in order],
        [" ".join(f"{value:.3f}" for value in row) for row in values],
    )


def clusters(means: Array, rows: pd.DataFrame, k: int = CLUSTER_K) -> pd.DataFrame:
    """How often the k nearest images of other patients share source or label.

    Each modality as a whole, and each source with both labels by itself. Chance is the share that
    neighbours drawn at random would have; intervals resample patients.

    Args:
        means: (N, C) features.
        rows: source, modality, label, patient_id, image_id.
        k: Neighbours an image.

    Returns:
        modality, scope, shared ("source" or "label"), images, k, share, low, high, chance.
    """
    table = []
    known = rows[rows["label"].notna()]
    for modality, part in known.groupby("modality"):
        for shared in ("source", "label"):
            table.append(_cluster_row(means, part, modality, "all sources", shared, k))
        for source, own in part.groupby("source"):
            if own["label"].value_counts().reindex([0, 1], fill_value=0).min() > k:
                table.append(_cluster_row(means, own, modality, source, "label", k))
    return pd.DataFrame(table)


def _cluster_row(
    means: Array, part: pd.DataFrame, modality: Any, scope: Any, shared: str, k: int
) -> dict[str, Any]:
    patients = patients_of(part).to_numpy()
    share, chance = neighbour_shares(means[part.index], part[shared].to_numpy(), patients, k)
    low, high = mean_interval(share, patients)
    return {
        "modality": modality,
        "scope": scope,
        "shared": shared,
        "images": len(part),
        "k": k,
        "share": round(float(share.mean()), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "chance": round(float(chance.mean()), 4),
    }


def neighbour_shares(
    means: Array, values: NDArray[Any], patients: NDArray[Any], k: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share (N,) of the k nearest images of other patients with the same value, and by chance."""
    similar = _cosines(means)
    others = patients[:, None] != patients[None]
    similar[~others] = -np.inf
    order = np.argsort(-similar, axis=1, kind="stable")[:, :k]
    same = values[:, None] == values[None]
    share = np.take_along_axis(same, order, axis=1).mean(axis=1)
    chance = (same & others).sum(axis=1) / np.maximum(others.sum(axis=1), 1)
    return share, chance


def probabilities(manifest: pd.DataFrame, root: Path, runs: Path) -> NDArray[np.float64]:
    """Answer (N,) of the default model of each image's modality; cached in RUNS/answers.

    Args:
        manifest: Rows with image_id, path and modality.
        root: Data root the paths are relative to.
        runs: Folder of caches.
    """
    names = (DEFAULT_TRUNK, *DEFAULT_MODELS.values())
    hangs_on = [fingerprint(read_card(name)) for name in names]
    key = hashlib.sha256(" ".join(hangs_on).encode()).hexdigest()[:16]
    found = cached(runs / "answers" / key, manifest, lambda: _start(root), "answers")
    return found["answers"].astype(np.float64).round(4)


def _start(root: Path) -> Compute:
    """Load trunk and heads; what they then do with a few rows."""
    heads = {modality: load_head(name) for modality, name in DEFAULT_MODELS.items()}
    cards = [head.card for head in heads.values()]
    lower, sizes = lower_layers(cards, DEFAULT_TRUNK), larger_sizes(cards, DEFAULT_TRUNK)
    trunk = load_trunk(DEFAULT_TRUNK, MODELS_DIR, WINOGRAD, lower, sizes)

    def compute(part: pd.DataFrame) -> dict[str, NDArray[Any]]:
        answers = np.zeros(len(part), np.float32)
        for name in part["modality"].unique():
            head, own = heads[Modality(name)], np.flatnonzero(part["modality"] == name)
            files = [(root / path).read_bytes() for path in part["path"].iloc[own]]
            images = [read_image(data).pixels for data in files]
            passes = [maps_in_view(trunk, view, images) for view in head.views]
            answers[own] = head.answers([[maps[x] for x in head.layers] for maps in passes])
        return {"answers": answers}

    return compute


def model_record() -> dict[str, str]:
    """Which head answered for which modality, with the hash of its weights."""
    cards = {modality: read_card(name) for modality, name in DEFAULT_MODELS.items()}
    return {
        Modality(modality).value: f"{card.id} {card.files[weights_name(card)]}"
        for modality, card in cards.items()
    }


def _cosines(means: Array) -> NDArray[np.float64]:
    unit = normalise(means).astype(np.float64)
    return np.asarray(unit @ unit.T)
