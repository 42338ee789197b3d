"""The contract of a data source: one reader, one kind of row, every omission with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from core.schema import FRONTAL, LATERAL, MANIFEST_COLUMNS, Modality

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".dcm")
FRONTAL_VIEWS = ("PA", "AP", "AP Supine", "AP erect", FRONTAL)
LATERAL_VIEWS = ("L", LATERAL)
# Why an image of a metadata table or a published list is left out.
ABSENT = "listed upstream, file not here"
# country: of the hospital; reference: DOI or address of the publication an image was taken from.
DETAIL_COLUMNS = ("image_id", "country", "reference")


@dataclass(frozen=True)
class Reading:
    """What a source holds.

    Attributes:
        rows: One row an image, MANIFEST_COLUMNS. split is a published split, or empty.
        dropped: Columns image_id, reason: what is listed upstream but not used.
    """

    rows: pd.DataFrame
    dropped: pd.DataFrame


@dataclass(frozen=True)
class Source:
    """A public data set.

    Attributes:
        name: Short name, used in manifests and tables.
        folder: Folder below the data root, named as upstream.
        title: Name for people.
        url: Where to get it.
        licence: Terms, in one line.
        read: Reader of the upstream layout: folder -> Reading.
        external: True where there are no patient ids: a test only, never split.
        country: Of all its images, where the data set states one.
        raw: Address that the path below the folder is appended to, to fetch one image; empty where
            upstream only offers archives.
        setup: What is to be done beside putting a download or clone into `folder`, as an order.
        details: Reader of what the manifest leaves out: folder -> frame with DETAIL_COLUMNS.
    """

    name: str
    folder: str
    title: str
    url: str
    licence: str
    read: Callable[[Path], Reading]
    external: bool = False
    country: str = ""
    raw: str = ""
    setup: str = ""
    details: Callable[[Path], pd.DataFrame] | None = None


def reading(rows: Iterable[dict[str, Any]], dropped: Iterable[tuple[str, str]] = ()) -> Reading:
    """Rows and omissions as frames with the columns of the contract."""
    table = pd.DataFrame(list(rows)).reindex(columns=list(MANIFEST_COLUMNS))
    texts = [name for name in MANIFEST_COLUMNS if name not in ("label", "age")]
    table[texts] = table[texts].astype(object).fillna("").astype(str)
    table[["label", "age"]] = table[["label", "age"]].astype(float)
    return Reading(table, pd.DataFrame(list(dropped), columns=["image_id", "reason"]))


def read_table(path: Path, wanted: Iterable[str]) -> pd.DataFrame:
    """A table of an upstream data set as text; empty cells are empty strings.

    Args:
        path: Of a CSV file.
        wanted: Columns that are needed.

    Raises:
        FileNotFoundError: The folder is not laid out as upstream.
        ValueError: It is no table, or lacks one of the columns.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding_errors="replace")
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"expected a table in {path}, received none ({error})") from error
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise ValueError(f"expected columns {missing} in {path}, received {list(table.columns)}")
    return table


def images_in(folder: Path) -> list[Path]:
    """Image files directly in a folder, sorted by name."""
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in found if path.suffix.lower() in IMAGE_SUFFIXES)


def covid_label(finding: str) -> float | None:
    """1 where the finding names COVID-19, None where nothing was found out, else 0."""
    if finding.strip().lower() in ("", "todo", "unknown"):
        return None
    return float("covid-19" in finding.lower())


def number(text: str) -> float | None:
    """A number out of a metadata cell, or None."""
    try:
        return float(text)
    except ValueError:
        return None


def listed_image(
    source: str, folder: str, inside: str, name: str, entry: pd.Series
) -> dict[str, Any]:
    """The manifest row of an image that a metadata.csv of the covid-chestxray family lists."""
    finding = entry.get("finding", "")
    return {
        "image_id": f"{source}/{name}",
        "path": f"{folder}/{inside}/{name}",
        "source": source,
        "patient_id": f"{source}/{entry['patientid']}",
        "modality": Modality.CT if entry.get("modality") == "CT" else Modality.XRAY,
        "view": entry.get("view", "").replace("?", ""),
        "label": covid_label(finding),
        "finding": finding,
        "age": number(entry.get("age", "")),
        "sex": entry.get("sex", ""),
        "date": entry.get("date", ""),
        "licence": entry.get("license", ""),
    }
