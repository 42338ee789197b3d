"""covid-chestxray-dataset (Cohen et al. 2020): X-rays and CT slices gathered from publications.

Nearly all COVID-19 X-rays of this family of data sets come from here; the negatives are other
pneumonias (SARS, Streptococcus, Pneumocystis, ...) and a few without finding. Rows whose finding is
"todo" or "Unknown" have no label. Images come from dozens of hospitals, cropped, annotated and
compressed by journals; follow-up images of a patient share the patient id.

Citation: J. P. Cohen, P. Morrison, L. Dao, K. Roth, T. Duong, M. Ghassemi: COVID-19 Image Data
Collection: Prospective Predictions Are the Future. MELBA 2020 (arXiv 2006.11988).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from training.sources.base import (
    ABSENT,
    IMAGE_SUFFIXES,
    Reading,
    Source,
    listed_image,
    read_table,
    reading,
)

NAME = "covid-chestxray"
FOLDER = "covid-chestxray-dataset"


def read(folder: Path) -> Reading:
    """Read metadata.csv; volumes and rows whose file is absent are dropped."""
    rows, dropped, seen = [], [], set()
    wanted = ("patientid", "filename", "folder")
    for _, entry in read_table(folder / "metadata.csv", wanted).iterrows():
        name, inside = entry["filename"], entry["folder"]
        image_id = f"{NAME}/{name}"
        if Path(name).suffix.lower() not in IMAGE_SUFFIXES:
            dropped.append((image_id, "not a single image"))
        elif name in seen:
            dropped.append((image_id, "listed twice upstream"))
        elif not (folder / inside / name).is_file():
            dropped.append((image_id, ABSENT))
        else:
            seen.add(name)
            rows.append(listed_image(NAME, FOLDER, inside, name, entry))
    return reading(rows, dropped)


def details(folder: Path) -> pd.DataFrame:
    """DETAIL_COLUMNS: the last part of the stated location, and the DOI or address."""
    wanted = ("filename", "location", "doi", "url")
    table = read_table(folder / "metadata.csv", wanted).drop_duplicates("filename")
    country = table["location"].str.split(",").str[-1].str.strip().replace("?", "")
    return pd.DataFrame(
        {
            "image_id": f"{NAME}/" + table["filename"],
            "country": country,
            "reference": table["doi"].where(table["doi"] != "", table["url"]),
        }
    )


SOURCE = Source(
    name=NAME,
    folder=FOLDER,
    title="covid-chestxray-dataset",
    url="https://github.com/ieee8023/covid-chestxray-dataset",
    licence="per image: Apache 2.0, CC BY, CC BY-NC-SA, CC BY-NC-ND (column licence)",
    read=read,
    raw="https://raw.githubusercontent.com/ieee8023/covid-chestxray-dataset/master/",
    details=details,
)
