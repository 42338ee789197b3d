"""Which test images excite each feature map of the shipped trunk most, for the explain page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from core import zoo
from core.artifacts import read_card
from core.explain.exciting import COLUMNS
from core.explain.network import block_ends
from core.schema import Split
from core.trunks import load_trunk
from training.files import pixels_of

COUNT = 6  # images a map
BATCH = 8


def table(images: pd.DataFrame, root: Path, trunk_id: str) -> pd.DataFrame:
    """One row a modality, layer and map.

    Args:
        images: path, modality, patient_id and split of the catalogue, indexed 0..N-1 as there: the
            table names rows by these numbers.
        root: Data root.
        trunk_id: Whose maps.

    Returns:
        Frame of core.explain.exciting.COLUMNS; a map that no image wakes has no row.
    """
    rows = []
    for modality, part in images[images["split"] == Split.TEST].groupby("modality"):
        patients = part["patient_id"].where(part["patient_id"] != "", part.index.astype(str))
        for layer, (levels, cells) in peaks([root / path for path in part["path"]], trunk_id):
            for number in range(levels.shape[1]):
                best = strongest(levels[:, number], patients.to_numpy())
                if len(best):
                    found = (part.index[best], cells[best, number], levels[best, number].round(2))
                    words = [" ".join(f"{value:g}" for value in column) for column in found]
                    rows.append((modality, layer, number, *words))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def strongest(
    levels: NDArray[np.float32], patients: NDArray[np.object_], count: int = COUNT
) -> NDArray[np.intp]:
    """Rows of the largest levels above 0, one a patient, the largest first.

    Args:
        levels: (N,).
        patients: (N,).
        count: How many at most.
    """
    order = np.argsort(-levels, kind="stable")
    awake = order[levels[order] > 0]
    _, first = np.unique(patients[awake], return_index=True)
    return awake[np.sort(first)][:count]


def peaks(
    files: list[Path], trunk_id: str
) -> Iterator[tuple[str, tuple[NDArray[np.float32], NDArray[np.int64]]]]:
    """Layer, and the brightest cell of each of its maps for each file: levels, cells, (N, C)."""
    backbone = zoo.get_backbone(read_card(trunk_id).backbone)
    ends = block_ends(zoo.build_trunk(backbone))
    trunk = load_trunk(trunk_id, precision=zoo.FLOAT32, layers=ends[:-1])
    found: dict[str, list[tuple[NDArray[np.float32], NDArray[np.int64]]]] = {x: [] for x in ends}
    for start in tqdm(range(0, len(files), BATCH), "exciting", unit="batch"):
        batch = [pixels_of(file) for file in files[start : start + BATCH]]
        for layer, maps in trunk.all_maps(batch).items():
            flat = np.asarray(maps).reshape(len(batch), -1, maps.shape[-1])  # (B, h w, C)
            found[layer].append((flat.max(axis=1), flat.argmax(axis=1)))
    for layer, parts in found.items():
        levels, cells = zip(*parts, strict=True)
        yield layer, (np.concatenate(levels), np.concatenate(cells))
