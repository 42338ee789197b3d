"""Cache trunk features: a frozen trunk sees each training image once.

    python -m training features --root DIR

Kept as shards in float16 below RUNS/features/<key>/, where the key is the hash of the trunk's
weights and the preprocessing, so another trunk or size never meets old features. Resumable.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core import zoo
from core.artifacts import MODELS_DIR, read_card, sha256_of, weights_name
from core.classifier import pool_maps
from core.images import WHITE, Grey
from core.trunks import bare_maps, load_trunk
from core.zoo import Backbone
from training.cache import Compute, cached
from training.files import pixels_of

PLAIN, INVERTED = "plain", "inverted"
BACKBONE, DEFAULT_TRUNK = "vgg16", "vgg16-imagenet"
RUNS = Path("runs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="where caches and tables go")


def run(args: argparse.Namespace) -> int:
    """Compute whatever is not cached yet."""
    from training.data import load_manifest

    manifest = load_manifest(args.root, args.runs)
    for variant in (PLAIN, INVERTED):
        FeatureStore(args.runs, variant=variant).get(manifest, args.root)
    return 0


@dataclass(frozen=True)
class Source:
    """Where features come from.

    Attributes:
        name: Prefix of the cache folder.
        recipe: Everything that decides the features, as text; its hash is the cache key.
        load: Returns uint8 images -> maps float32 (N, *cam_shape).
        pool: Whether 2 x 2 max pooling follows the maps.
        average: Keep only the average over positions, (N, 1, 1, C): small, and all that an
            average-pooling head needs.
    """

    name: str
    recipe: str
    load: Callable[[], Callable[[Sequence[Grey]], Any]]
    pool: bool
    average: bool = False


def shipped_trunk(trunk_id: str = DEFAULT_TRUNK) -> Source:
    """Features (7, 7, 512) of a trunk in models/."""
    card = read_card(trunk_id)
    backbone = zoo.get_backbone(card.backbone)
    key = (backbone.name, backbone.size, backbone.cam_layer)
    return Source(
        trunk_id,
        f"{card.files[weights_name(card)]} {key}",
        lambda: load_trunk(trunk_id, MODELS_DIR, zoo.FLOAT32).maps,
        bool(backbone.pool),
    )


def imagenet_trunk(backbone: Backbone, weights: Path) -> Source:
    """Averaged features of a backbone with weights from a file."""
    key = (backbone.name, backbone.size, backbone.cam_layer)
    return Source(
        backbone.name.lower(),
        f"{sha256_of(weights)} {key}",
        lambda: bare_maps(backbone, weights),
        bool(backbone.pool),
        average=True,
    )


class FeatureStore:
    """Features of images (h, w, C) and the averages of their maps (C,), cached on disk."""

    def __init__(self, runs: Path, source: Source | None = None, variant: str = PLAIN) -> None:
        self.source = source or shipped_trunk()
        key = hashlib.sha256(f"{self.source.recipe} {variant}".encode()).hexdigest()[:16]
        self.folder = runs / "features" / f"{self.source.name}-{variant}-{key}"
        self.variant = variant

    def get(
        self, manifest: pd.DataFrame, root: Path
    ) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
        """Features in the order of the manifest; computes and caches the missing ones.

        Args:
            manifest: Rows with image_id and path.
            root: Data root the paths are relative to.

        Returns:
            float16 (N, h, w, C) after the pooling that follows the cam layer, or (N, 1, 1, C) for a
            source that keeps averages; float32 (N, C) averages before that pooling.
        """
        found = cached(
            self.folder, manifest, lambda: self._start(root), f"{self.source.name} ({self.variant})"
        )
        return found["pooled"], found["means"]

    def _start(self, root: Path) -> Compute:
        """Loads the trunk; the computation of a few images."""
        import tensorflow as tf

        compute, pool = self.source.load(), ThreadPoolExecutor(2)

        def features(rows: pd.DataFrame) -> dict[str, NDArray[Any]]:
            images = list(pool.map(lambda path: self._pixels(root / path), rows["path"]))
            maps = compute(images)
            pooled = tf.nn.max_pool2d(maps, 2, 2, "VALID") if self.source.pool else maps
            if self.source.average:
                pooled = tf.reduce_mean(pooled, axis=(1, 2), keepdims=True)
            return {"pooled": np.asarray(pooled, np.float16), "means": pool_maps(maps)}

        return features

    def _pixels(self, path: Path) -> Grey:
        pixels = pixels_of(path)
        return WHITE - pixels if self.variant == INVERTED else pixels
