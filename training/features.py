"""Cache trunk features: a frozen trunk sees each training image once.

    python -m training features --root DIR

Kept as shards in float16 below RUNS/features/<key>/, where the key is the hash of the trunk's
weights and the preprocessing, so another trunk or size never meets old features. Resumable.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from core import zoo
from core.artifacts import MODELS_DIR, read_card, weights_name
from core.images import WHITE, Grey, read_image

SHARD = 64
BATCH = 16
PLAIN, INVERTED = "plain", "inverted"
DEFAULT_TRUNK = "vgg16-imagenet"
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


class FeatureStore:
    """block5_pool features (7, 7, 512) and block5_conv3 means (512,) of images, cached on disk."""

    def __init__(self, runs: Path, trunk_id: str = DEFAULT_TRUNK, variant: str = PLAIN) -> None:
        card = read_card(trunk_id)
        backbone = zoo.get_backbone(card.backbone)
        recipe = f"{card.files[weights_name(card)]} {backbone} {variant}"
        key = hashlib.sha256(recipe.encode()).hexdigest()[:16]
        self.folder = runs / "features" / f"{trunk_id}-{variant}-{key}"
        self.trunk_id, self.variant = trunk_id, variant

    def get(
        self, manifest: pd.DataFrame, root: Path
    ) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
        """Features in the order of the manifest; computes and caches the missing ones.

        Args:
            manifest: Rows with image_id and path.
            root: Data root the paths are relative to.

        Returns:
            float16 (N, 7, 7, 512) after block5_pool, float32 (N, 512) means of block5_conv3.
        """
        known = self._read_known()
        missing = manifest[~manifest["image_id"].isin(list(known))]
        if len(missing):
            self._compute(missing, root)
            known = self._read_known()
        rows = [known[image_id] for image_id in manifest["image_id"]]
        return np.stack([row[0] for row in rows]), np.stack([row[1] for row in rows])

    def _read_known(self) -> dict[str, tuple[NDArray[np.float16], NDArray[np.float32]]]:
        known = {}
        for path in sorted(self.folder.glob("*.npz")):
            with np.load(path) as shard:
                parts = (shard["ids"], shard["pooled"], shard["means"])
            known.update({str(i): (p, m) for i, p, m in zip(*parts, strict=True)})
        return known

    def _compute(self, rows: pd.DataFrame, root: Path) -> None:
        import tensorflow as tf

        from core.classifier import load_trunk, pool_maps

        trunk = load_trunk(self.trunk_id, MODELS_DIR, zoo.FLOAT32)
        self.folder.mkdir(parents=True, exist_ok=True)
        first = len(list(self.folder.glob("*.npz")))
        bar = tqdm(total=len(rows), desc=f"features ({self.variant})", unit="image")
        for number, start in enumerate(range(0, len(rows), SHARD), first):
            shard = rows.iloc[start : start + SHARD]
            pooled, means = [], []
            for images in _batches([root / path for path in shard["path"]], self.variant):
                maps = trunk.maps(images)
                pooled.append(np.asarray(tf.nn.max_pool2d(maps, 2, 2, "VALID"), np.float16))
                means.append(pool_maps(maps))
                bar.update(len(images))
            target = self.folder / f"{number:05d}.npz"
            half = target.with_suffix(".part")
            with half.open("wb") as stream:
                np.savez(
                    stream,
                    ids=shard["image_id"].to_numpy(str),
                    pooled=np.concatenate(pooled),
                    means=np.concatenate(means),
                )
            half.rename(target)  # a shard is whole or not there
        bar.close()


def _batches(paths: list[Path], variant: str) -> Iterator[list[Grey]]:
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, len(paths), BATCH):
            pixels = list(
                pool.map(
                    lambda path: read_image(path.read_bytes()).pixels, paths[start : start + BATCH]
                )
            )
            yield [WHITE - p for p in pixels] if variant == INVERTED else pixels
