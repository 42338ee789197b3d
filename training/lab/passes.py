"""Passes of altered images through the trunk, cached shard by shard so that a run can resume."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.artifacts import MODELS_DIR, read_card
from core.classifier import DEFAULT_MODELS, maps_in_view, pool_maps
from core.images import Grey
from core.opinions import fingerprint, larger_sizes, load_head, lower_layers
from core.schema import Modality
from core.trunks import WINOGRAD, load_trunk
from core.views import PLAIN
from training.cache import Compute, cached
from training.features import DEFAULT_TRUNK
from training.files import pixels_of

HEAD = DEFAULT_MODELS[Modality.XRAY]

Alter = Callable[[Grey, str], Grey]  # pixels, image id -> pixels


def altered(
    name: str, rows: pd.DataFrame, root: Path, runs: Path, alter: Alter
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Features and the shipped X-ray model's answers for altered images.

    Args:
        name: Of the alteration; with the fingerprints of trunk and head it names the cache.
        rows: image_id, path.
        root: Data root.
        runs: Where the cache lies.
        alter: What to do to each image.

    Returns:
        Averages of the trunk's last maps (N, 512), and probabilities (N,).
    """
    hangs_on = [fingerprint(read_card(card)) for card in (DEFAULT_TRUNK, HEAD)]
    key = hashlib.sha256(" ".join(hangs_on).encode()).hexdigest()[:16]

    def start() -> Compute:
        head = load_head(HEAD)
        lower = lower_layers([head.card], DEFAULT_TRUNK)
        sizes = larger_sizes([head.card], DEFAULT_TRUNK)
        trunk = load_trunk(DEFAULT_TRUNK, MODELS_DIR, WINOGRAD, lower, sizes)

        def compute(part: pd.DataFrame) -> dict[str, NDArray[Any]]:
            images = [_image(row, root, alter) for row in part.itertuples()]
            maps = trunk.all_maps(images)
            # The features are always those of the whole image; only the answer needs the views.
            looks = [
                maps if view == PLAIN else maps_in_view(trunk, view, images) for view in head.views
            ]
            answers = head.answers([[look[layer] for layer in head.layers] for look in looks])
            return {"means": pool_maps(maps[trunk.backbone.cam_layer]), "answers": answers}

        return compute

    found = cached(runs / "lab" / f"{name}-{key}", rows, start, name)
    return found["means"], found["answers"].astype(np.float64)


def _image(row: Any, root: Path, alter: Alter) -> Grey:
    return alter(pixels_of(root / row.path), row.image_id)
