"""Which test images excite each feature map most: the shipped table, made by the catalogue verb.

A map's answer to an image is its brightest cell (Zeiler and Fergus 2014, figure 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.artifacts import ArtifactError
from core.library import COMMAND, DATA_DIR

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("modality", "layer", "map", "images", "cells", "levels")


@dataclass(frozen=True)
class Excited:
    """One image and where it excites a map.

    Attributes:
        row: Of models/data/images.csv.
        cell: The brightest cell of the map, numbered row by row.
        level: Activation there.
    """

    row: int
    cell: int
    level: float


def file_name(trunk_id: str) -> str:
    """Of the table for one trunk, in models/data/."""
    return f"exciting-{trunk_id}.csv"


def read_table(trunk_id: str, folder: Path = DATA_DIR) -> pd.DataFrame:
    """The table of a trunk, indexed by modality, layer and map.

    Raises:
        ArtifactError: There is none; the text names the command.
    """
    import pandas as pd

    path = folder / file_name(trunk_id)
    if not path.is_file():
        raise ArtifactError(f"expected {path.name} in {folder}, received none: run {COMMAND}")
    return pd.read_csv(path, dtype=str).astype({"map": int}).set_index(list(COLUMNS[:3]))


def most_excited(table: pd.DataFrame, modality: str, layer: str, number: int) -> list[Excited]:
    """The test images of a modality that excite a map most, the strongest first.

    Args:
        table: As read_table gives it.
        modality: "xray" or "ct".
        layer: Of the trunk.
        number: Of the map.

    Returns:
        At most one image a patient; none where the table lacks the layer or the map never wakes.
    """
    key = (modality, layer, number)
    if key not in table.index:
        return []
    own = table.loc[key]
    return [
        Excited(int(row), int(cell), float(level))
        for row, cell, level in zip(
            *(own[name].split() for name in ("images", "cells", "levels")), strict=True
        )
    ]
