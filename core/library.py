"""The shipped catalogue of the images: tables of models/data/, and filters.

Ids and numbers only; where the images themselves are, core/holdings.py finds out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.artifacts import MODELS_DIR, ArtifactError
from core.schema import MANIFEST_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

DATA_DIR = MODELS_DIR / "data"
AVERAGES = "averages"
RECORD = "record.json"
TABLES = ("images", "sources", "dropped", "pairs", "clusters", "averages")
# pairs.csv: images whose perceptual hashes, HASH_SIDE squared, differ in at most PAIR_BITS are the
# same view of the same patient. Such pairs stay on one side of the split, and `done` says KEPT,
# unless a copy was dropped.
HASH_SIDE = 16
HASH_BITS = HASH_SIDE**2
PAIR_BITS = 40
KEPT = "kept on one side of the split"
COMMAND = "python -m training data --root DIR && python -m training catalogue --root DIR"

# images.csv. neighbours: row numbers, joined by spaces; similarity: their cosines. probability: the
# default model of the modality; mean, sd: grey levels 0..255; x, y: the map.
IMAGE_COLUMNS = (
    *MANIFEST_COLUMNS,
    "year",
    "country",
    "reference",
    "width",
    "height",
    "mean",
    "sd",
    "phash",
    "x",
    "y",
    "probability",
    "neighbours",
    "similarity",
)
_NUMBERS = ("label", "age", "width", "height", "mean", "sd", "x", "y", "probability")


@dataclass(frozen=True)
class Library:
    """The tables, as they lie in models/data/.

    Attributes:
        images: IMAGE_COLUMNS, one row an image, numbered from 0.
        sources: source, title, folder, url, raw, licence, about, citation.
        dropped: image_id, reason.
        pairs: first, second, bits, same_patient, done.
        clusters: What neighbours share; see training/mapping.py.
        averages: source, modality, label, images, file.
        folder: Where the tables and the averages lie.
    """

    images: pd.DataFrame
    sources: pd.DataFrame
    dropped: pd.DataFrame
    pairs: pd.DataFrame
    clusters: pd.DataFrame
    averages: pd.DataFrame
    folder: Path


def read_library(folder: Path = DATA_DIR) -> Library:
    """Read the tables.

    Raises:
        ArtifactError: A table is missing or lacks a column; the text names the command.
    """
    import pandas as pd

    tables: dict[str, Any] = {}
    for name in TABLES:
        path = folder / f"{name}.csv"
        if not path.is_file():
            raise ArtifactError(f"expected {path.name} in {folder}, received none: run {COMMAND}")
        tables[name] = pd.read_csv(path, dtype=str, keep_default_na=False)
    images = tables["images"]
    absent = sorted(set(IMAGE_COLUMNS) - set(images.columns))
    if absent:
        raise ArtifactError(f"expected columns {absent} in images.csv: run {COMMAND}")
    for column in _NUMBERS:
        images[column] = pd.to_numeric(images[column])
    for name, columns in {
        "pairs": ("bits",),
        "averages": ("label", "images"),
        "clusters": ("images", "k", "share", "low", "high", "chance"),
    }.items():
        for column in columns:
            tables[name][column] = pd.to_numeric(tables[name][column])
    tables["pairs"]["same_patient"] = tables["pairs"]["same_patient"] == "True"
    return Library(**tables, folder=folder)


def select(
    images: pd.DataFrame,
    choices: Mapping[str, Sequence[Any]],
    ranges: Mapping[str, tuple[float, float]] | None = None,
    text: str = "",
) -> pd.DataFrame:
    """Rows that pass every filter; an empty choice filters nothing.

    Args:
        images: Rows of images.csv.
        choices: Column -> values allowed.
        ranges: Column -> (least, most), both included; rows without a value fail.
        text: Part of image id, patient or finding; upper and lower case are the same.

    Raises:
        ValueError: Unknown column.
    """
    unknown = sorted((set(choices) | set(ranges or ())) - set(images.columns))
    if unknown:
        raise ValueError(f"expected columns of the catalogue, received {unknown}")
    keep = images["image_id"].notna()
    for column, values in choices.items():
        if values:
            keep &= images[column].isin(list(values))
    for column, (low, high) in (ranges or {}).items():
        keep &= images[column].between(low, high)
    if text.strip():
        hay = images["image_id"] + " " + images["patient_id"] + " " + images["finding"]
        keep &= hay.str.contains(text.strip(), case=False, regex=False)
    return images[keep]


def neighbours(images: pd.DataFrame, row: int) -> pd.DataFrame:
    """The most similar images of one, most similar first, with a column similarity (cosine)."""
    own = images.loc[row]
    rows = [int(number) for number in own["neighbours"].split()]
    cosines = [float(value) for value in own["similarity"].split()]
    return images.loc[rows].assign(similarity=cosines)
