"""What is computed of each image, kept on disk shard by shard so that a run can resume."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from training.files import whole

SHARD = 64
BATCH = 16

Compute = Callable[[pd.DataFrame], dict[str, NDArray[Any]]]  # a few rows -> a value a row


def cached(
    folder: Path, rows: pd.DataFrame, start: Callable[[], Compute], title: str
) -> dict[str, NDArray[Any]]:
    """Whatever is computed of each image, kept in shards so that a run can resume.

    Two runs that fill a folder at once do the same work, and neither undoes the other's: a shard's
    name follows from its images.

    Args:
        folder: Of the shards.
        rows: image_id, and what the computation needs.
        start: Loads models and returns the computation; called only where something is missing.
        title: Of the progress bar.

    Returns:
        Name -> values, in the order of the rows.
    """
    known = _read(folder)
    missing = rows[~rows["image_id"].isin(list(known))]
    if len(missing):
        _compute(missing, folder, start(), title)
        known = _read(folder)
    found = [known[image_id] for image_id in rows["image_id"]]
    return {name: np.stack([one[name] for one in found]) for name in found[0]}


def _read(folder: Path) -> dict[str, dict[str, Any]]:
    known = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as shard:
            values = {name: shard[name] for name in shard.files}
        for place, image_id in enumerate(values.pop("ids")):
            known[str(image_id)] = {name: value[place] for name, value in values.items()}
    return known


def _compute(rows: pd.DataFrame, folder: Path, compute: Compute, title: str) -> None:
    bar = tqdm(total=len(rows), desc=title, unit="image")
    for place in range(0, len(rows), SHARD):
        shard = rows.iloc[place : place + SHARD]
        parts = []
        for begin in range(0, len(shard), BATCH):
            parts.append(compute(shard.iloc[begin : begin + BATCH]))
            bar.update(min(BATCH, len(shard) - begin))
        values = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        ids = shard["image_id"].to_numpy(str)
        name = hashlib.sha256("\n".join(ids).encode()).hexdigest()[:16]
        with whole(folder / f"{name}.npz") as half, half.open("wb") as stream:
            np.savez(stream, allow_pickle=False, ids=ids, **values)
    bar.close()
