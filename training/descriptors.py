"""Cache what linear members see: pooled maps of several layers, of every image in some view.

Kept as shards in float16 below RUNS/descriptors/<key>/, the key being the hash of trunk, layers,
poolings and view. Resumable. Second-order descriptors are symmetric; the upper triangle is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core import zoo
from core.artifacts import MODELS_DIR, read_card, weights_name
from core.ensemble import Member, layers_read
from core.head import SECOND_ORDER, pooling_layer
from core.trunks import WINOGRAD, load_trunk
from training.cache import Compute, cached
from training.features import DEFAULT_TRUNK
from training.files import pixels_of
from training.views import PLAIN, VIEWS

Halves = NDArray[np.float16]


def descriptors(
    rows: pd.DataFrame, root: Path, runs: Path, members: Sequence[Member], views: Sequence[str]
) -> dict[str, Halves]:
    """Member's name -> float16 (N, V, F): each image in V views, in the order of the rows."""
    seen = [described(rows, root, runs, members, view) for view in views]
    return {name: np.stack([view[name] for view in seen], axis=1) for name in seen[0]}


def described(
    rows: pd.DataFrame, root: Path, runs: Path, members: Sequence[Member], view: str = PLAIN
) -> dict[str, Halves]:
    """Member's name -> float16 (N, F), in the order of the rows.

    Args:
        rows: With image_id and path.
        root: Data root the paths are relative to.
        runs: Folder of caches.
        members: What to pool.
        view: One of VIEWS.
    """
    card = read_card(DEFAULT_TRUNK)
    recipe = f"{card.files[weights_name(card)]} {tuple(members)} {view} {VIEWS[view].size}"
    key = hashlib.sha256(recipe.encode()).hexdigest()[:16]
    folder = runs / "descriptors" / f"{DEFAULT_TRUNK}-{view}-{key}"
    return cached(folder, rows, lambda: _start(root, members, view), f"descriptors, {view}")


def _start(root: Path, members: Sequence[Member], view: str) -> Compute:
    """Load the trunk; what it then does with a few rows."""
    layers = layers_read(members)
    read = _reader(layers, VIEWS[view].size)
    pools = {member.name: pooling_layer(member.pooling) for member in members}

    def compute(part: pd.DataFrame) -> dict[str, NDArray[Any]]:
        images = [pixels_of(root / path) for path in part["path"]]
        maps = read([VIEWS[view].alter(image) for image in images])
        return {
            one.name: packed(one, np.asarray(pools[one.name](maps[one.layer]))) for one in members
        }

    return compute


def _reader(layers: tuple[str, ...], size: int) -> Any:
    """Images -> layer name -> maps, at a size of both sides; 0: the backbone's own."""
    backbone = zoo.get_backbone(read_card(DEFAULT_TRUNK).backbone)
    lower = tuple(layer for layer in layers if layer != backbone.cam_layer)
    trunk = load_trunk(DEFAULT_TRUNK, MODELS_DIR, WINOGRAD, lower, (size,) if size else ())
    return partial(trunk.all_maps, size=size)


def packed(member: Member, features: NDArray[np.float32]) -> Halves:
    """What is kept of features (N, F): of a symmetric matrix its upper triangle."""
    if member.pooling != SECOND_ORDER:
        return features.astype(np.float16)
    channels = member.shape[-1]
    upper = np.triu_indices(channels)
    return features.reshape(-1, channels, channels)[:, upper[0], upper[1]].astype(np.float16)


def unpacked_kernel(member: Member, kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """A weight for each of the kept features (F,) -> one for each of the layer's (C C,).

    The weight of a pair is shared by its two places in the symmetric matrix, so that the weighted
    sum stays the same.
    """
    if member.pooling != SECOND_ORDER:
        return kernel
    channels = member.shape[-1]
    full = np.zeros((channels, channels))
    full[np.triu_indices(channels)] = kernel
    return ((full + full.T) / 2).ravel()
