"""Figure 1 COVID chest X-ray set (Chung): frontal X-rays shared by clinicians, mostly positive.

Some are photographs of a monitor. The view is often not stated; all are frontal. An empty finding
means that nothing is known. Upstream names each file after its patient.

Citation: A. Chung: Figure 1 COVID-19 Chest X-ray Dataset Initiative, 2020.
"""

from __future__ import annotations

from pathlib import Path

from core.schema import FRONTAL
from training.sources.base import (
    ABSENT,
    Reading,
    Source,
    images_in,
    listed_image,
    read_table,
    reading,
)

NAME = "figure1"
FOLDER = "Figure1-COVID-chestxray-dataset"


def read(folder: Path) -> Reading:
    """Read metadata.csv; the file of a row is the one named after its patient."""
    files = {path.stem: path.name for path in images_in(folder / "images")}
    rows, dropped = [], []
    for _, entry in read_table(folder / "metadata.csv", ("patientid",)).iterrows():
        name = files.get(entry["patientid"])
        if name is None:
            dropped.append((f"{NAME}/{entry['patientid']}", ABSENT))
            continue
        row = listed_image(NAME, FOLDER, "images", name, entry)
        rows.append(row | {"view": row["view"] or FRONTAL})
    return reading(rows, dropped)


SOURCE = Source(
    name=NAME,
    folder=FOLDER,
    title="Figure 1 COVID-19 chest X-ray set",
    url="https://github.com/agchung/Figure1-COVID-chestxray-dataset",
    licence="research use, with citation of its author",
    read=read,
    raw="https://raw.githubusercontent.com/agchung/Figure1-COVID-chestxray-dataset/master/",
)
