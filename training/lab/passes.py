"""Passes of altered images through the trunk, cached shard by shard so that a run can resume."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from core.artifacts import MODELS_DIR, read_card
from core.classifier import load_head, pool_maps
from core.images import Grey, read_image
from core.trunks import load_trunk
from core.zoo import FLOAT32
from training.features import DEFAULT_TRUNK

SHARD = 64
BATCH = 16
HEAD = "vgg16-xray"

Alter = Callable[[Grey, str], Grey]  # pixels, image id -> pixels


def altered(
    name: str, rows: pd.DataFrame, root: Path, runs: Path, alter: Alter
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Features and the shipped X-ray model's answers for altered images.

    Args:
        name: Of the alteration; with the hashes of trunk and head it names the cache.
        rows: image_id, path.
        root: Data root.
        runs: Where the cache lies.
        alter: What to do to each image.

    Returns:
        Averages of the trunk's last maps (N, 512), and probabilities (N,).
    """
    hashes = [read_card(card).files for card in (DEFAULT_TRUNK, HEAD)]
    key = "-".join(next(iter(files.values()))[:8] for files in hashes)
    folder = runs / "lab" / f"{name}-{key}"
    known = _read(folder)
    missing = rows[~rows["image_id"].isin(list(known))]
    if len(missing):
        _compute(missing, root, folder, alter, name)
        known = _read(folder)
    found = [known[image_id] for image_id in rows["image_id"]]
    return np.stack([mean for mean, _ in found]), np.array([float(value) for _, value in found])


def _read(folder: Path) -> dict[str, tuple[NDArray[np.float32], np.float32]]:
    known = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as shard:
            parts = (shard["ids"], shard["means"], shard["answers"])
        known.update({str(i): (m, a) for i, m, a in zip(*parts, strict=True)})
    return known


def _compute(rows: pd.DataFrame, root: Path, folder: Path, alter: Alter, name: str) -> None:
    trunk = load_trunk(DEFAULT_TRUNK, MODELS_DIR, FLOAT32)
    head = load_head(HEAD)
    folder.mkdir(parents=True, exist_ok=True)
    first = len(list(folder.glob("*.npz")))
    bar = tqdm(total=len(rows), desc=name, unit="image")
    for number, start in enumerate(range(0, len(rows), SHARD), first):
        shard = rows.iloc[start : start + SHARD]
        means, answers = [], []
        for place in range(0, len(shard), BATCH):
            part = shard.iloc[place : place + BATCH]
            maps: Any = trunk.maps([_image(row, root, alter) for row in part.itertuples()])
            means.append(pool_maps(maps))
            answers.append(head.probabilities(maps))
            bar.update(len(part))
        half = folder / f"{number:05d}.part"
        with half.open("wb") as stream:
            np.savez(
                stream,
                ids=shard["image_id"].to_numpy(str),
                means=np.concatenate(means),
                answers=np.concatenate(answers),
            )
        half.rename(half.with_suffix(".npz"))  # a shard is whole or not there
    bar.close()


def _image(row: Any, root: Path, alter: Alter) -> Grey:
    return alter(read_image((root / row.path).read_bytes()).pixels, row.image_id)
