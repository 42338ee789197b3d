"""Cache what linear members see: pooled maps of several layers, of every image and its mirror.

Kept as shards in float16 below RUNS/descriptors/<key>/, the key being the hash of trunk, layers and
poolings. Resumable. Second-order descriptors are symmetric; the upper triangle is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from core import zoo
from core.artifacts import MODELS_DIR, read_card, weights_name
from core.ensemble import Member, layers_read
from core.head import SECOND_ORDER, pooling_layer
from core.images import Grey, read_image
from core.trunks import load_trunk
from training.features import DEFAULT_TRUNK

SHARD = 64
BATCH = 8
VIEWS = ("plain", "mirror")
Halves = NDArray[np.float16]


class DescriptorStore:
    """Descriptors of images, one array a member, cached on disk.

    Args:
        runs: Folder of caches.
        members: What to pool.
        trunk_id: The trunk.
        alter: Name of a change to the image and the function that makes it; the plain image else.
    """

    def __init__(
        self,
        runs: Path,
        members: Sequence[Member],
        trunk_id: str = DEFAULT_TRUNK,
        alter: tuple[str, Callable[[Grey], Grey]] = ("plain", lambda pixels: pixels),
    ) -> None:
        self.members = tuple(members)
        self.trunk_id = trunk_id
        self.alter = alter
        card = read_card(trunk_id)
        recipe = f"{card.files[weights_name(card)]} {self.members} {VIEWS}"
        key = hashlib.sha256(recipe.encode()).hexdigest()[:16]
        self.folder = runs / "descriptors" / f"{trunk_id}-{alter[0]}-{key}"

    def get(self, rows: pd.DataFrame, root: Path) -> dict[str, Halves]:
        """Member's name -> float16 (N, 2, F), the image and its mirror, in the order of the rows.

        Args:
            rows: With image_id and path.
            root: Data root the paths are relative to.
        """
        missing = rows[~rows["image_id"].isin(self._ids())]
        if len(missing):
            self._compute(missing, root)
        place = {image_id: number for number, image_id in enumerate(rows["image_id"])}
        found: dict[str, Halves] = {}
        for path in self._shards():
            with np.load(path) as shard:
                ids = shard["ids"]
                mine = np.flatnonzero([image_id in place for image_id in ids])
                at = [place[ids[row]] for row in mine]
                for member in self.members:
                    part = shard[member.name]
                    whole = found.setdefault(
                        member.name, np.empty((len(rows), *part.shape[1:]), np.float16)
                    )
                    whole[at] = part[mine]
        return found

    def _shards(self) -> list[Path]:
        return sorted(self.folder.glob("*.npz"))

    def _ids(self) -> list[str]:
        known: list[str] = []
        for path in self._shards():
            with np.load(path) as shard:
                known.extend(shard["ids"].tolist())
        return known

    def _compute(self, rows: pd.DataFrame, root: Path) -> None:
        describe = self._describer()
        self.folder.mkdir(parents=True, exist_ok=True)
        first = len(self._shards())
        bar = tqdm(total=len(rows), desc=f"descriptors ({self.alter[0]})", unit="image")
        for number, start in enumerate(range(0, len(rows), SHARD), first):
            shard = rows.iloc[start : start + SHARD]
            parts: dict[str, list[Halves]] = {member.name: [] for member in self.members}
            for place in range(0, len(shard), BATCH):
                paths = shard["path"].iloc[place : place + BATCH]
                images = [self.alter[1](read_image((root / p).read_bytes()).pixels) for p in paths]
                views = [describe(images), describe([np.fliplr(image) for image in images])]
                for name, both in parts.items():
                    both.append(np.stack([view[name] for view in views], axis=1))
                bar.update(len(images))
            half = self.folder / f"{number:05d}.part"
            with half.open("wb") as stream:
                ids = shard["image_id"].to_numpy(str)
                joined: dict[str, Any] = {
                    name: np.concatenate(both) for name, both in parts.items()
                }
                np.savez(stream, ids=ids, **joined)
            half.rename(half.with_suffix(".npz"))  # a shard is whole or not there
        bar.close()

    def _describer(self) -> Callable[[Sequence[Grey]], dict[str, Halves]]:
        cam = zoo.get_backbone(read_card(self.trunk_id).backbone).cam_layer
        lower = tuple(layer for layer in layers_read(self.members) if layer != cam)
        trunk = load_trunk(self.trunk_id, MODELS_DIR, zoo.FLOAT32, lower)
        pools = {member.name: pooling_layer(member.pooling) for member in self.members}

        def describe(images: Sequence[Grey]) -> dict[str, Halves]:
            maps: dict[str, Any] = trunk.all_maps(images)
            return {
                one.name: packed(one, np.asarray(pools[one.name](maps[one.layer])))
                for one in self.members
            }

        return describe


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
