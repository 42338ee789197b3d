"""Actualmed COVID chest X-ray set (Chung): both classes from one hospital, so a rare honest test.

Small. Frontal views. An empty finding means that nothing is known. The acquisition date stands in
the notes ("date taken (YYYYMMDD): 20200320").

Citation: A. Chung: Actualmed COVID-19 Chest X-ray Dataset Initiative, 2020.
"""

from __future__ import annotations

import re
from pathlib import Path

from training.sources.base import ABSENT, Reading, Source, listed_image, read_table, reading

NAME = "actualmed"
FOLDER = "Actualmed-COVID-chestxray-dataset"


def read(folder: Path) -> Reading:
    """Read metadata.csv; rows whose file is absent are dropped."""
    rows, dropped = [], []
    for _, entry in read_table(folder / "metadata.csv", ("patientid", "imagename")).iterrows():
        name = entry["imagename"]
        if not (folder / "images" / name).is_file():
            dropped.append((f"{NAME}/{name}", ABSENT))
            continue
        taken = re.search(r"\d{8}", entry.get("notes", ""))
        row = listed_image(NAME, FOLDER, "images", name, entry)
        rows.append(row | {"date": taken.group() if taken else ""})
    return reading(rows, dropped)


SOURCE = Source(
    name=NAME,
    folder=FOLDER,
    title="Actualmed COVID-19 chest X-ray set",
    url="https://github.com/agchung/Actualmed-COVID-chestxray-dataset",
    licence="research use, with citation of its author",
    read=read,
    raw="https://raw.githubusercontent.com/agchung/Actualmed-COVID-chestxray-dataset/master/",
)
