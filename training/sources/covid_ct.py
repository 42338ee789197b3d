"""COVID-CT (Yang, Zhao et al. 2020): CT slices cut out of papers and radiology sites.

Published train, validation and test lists by patient (Data-split/). Patient ids come from the
tables in its folder. Slices of one paper that no table names count as one patient, which is
stricter; a slice that has neither is left out, since its patient could stand on both sides.

Citation: X. Yang, X. He, J. Zhao, Y. Zhang, S. Zhang, P. Xie: COVID-CT-Dataset: A CT Scan Dataset
about COVID-19 (arXiv 2003.13865).
"""

from __future__ import annotations

import re
from pathlib import Path

from core.schema import Modality
from training.sources.base import ABSENT, Reading, Source, images_in, read_table, reading

NAME = "covid-ct"
FOLDER = "COVID-CT"
CLASSES = {"COVID": 1.0, "NonCOVID": 0.0}
# Table -> its columns of file names and patients: joined in one, or upstream's own two.
TABLES = {
    "meta.csv": ("filename", "patientid"),
    "COVID-CT-MetaInfo.csv": ("File name", "Patient ID"),
    "NonCOVID-CT-MetaInfo.csv": ("image name", "patient id"),
}
ENDING = re.compile(r"\.(png|jpe?g)$", re.IGNORECASE)  # a table may name a slice without it
UNKNOWN = "patient unknown: no table in the folder names it ({})".format(", ".join(TABLES))


def read(folder: Path) -> Reading:
    """Read Images-processed/ with the published lists; images on no list keep an empty split.

    Upstream ships the slices zipped, so a listed image that is not there may only want unpacking.
    """
    patients = _patients(folder)
    rows, dropped = [], []
    for name, label in CLASSES.items():
        listed = _published_split(folder / "Data-split" / name)
        split = {Path(file).stem: part for file, part in listed.items()}
        files = images_in(folder / "Images-processed" / f"CT_{name}")
        here = {path.stem for path in files}
        reason = ABSENT if files else f"{ABSENT}: unpack Images-processed/CT_{name}.zip"
        dropped += [(f"{NAME}/{file}", reason) for file in listed if Path(file).stem not in here]
        for path in files:
            patient = patients.get(path.stem) or _paper(path.stem)
            if not patient:
                dropped.append((f"{NAME}/{path.name}", UNKNOWN))
                continue
            rows.append(
                {
                    "image_id": f"{NAME}/{path.name}",
                    "path": f"{FOLDER}/Images-processed/CT_{name}/{path.name}",
                    "source": NAME,
                    "patient_id": f"{NAME}/{patient}",
                    "modality": Modality.CT,
                    "view": "Axial",
                    "label": label,
                    "finding": "COVID-19" if label else "not COVID-19",
                    "licence": "research use, with citation of its authors",
                    "split": split.get(path.stem, ""),
                }
            )
    return reading(rows, dropped)


def _patients(folder: Path) -> dict[str, str]:
    """File stem -> patient, out of the tables that are there.

    Raises:
        ValueError: A table has other columns.
    """
    found: dict[str, str] = {}
    for name, wanted in TABLES.items():
        path = folder / name
        if not path.is_file():
            continue
        table = read_table(path, wanted)
        files, patients = (table[column].str.strip() for column in wanted)
        found |= dict(zip(files.str.replace(ENDING, "", regex=True), patients, strict=True))
    return found


def _paper(stem: str) -> str:
    """The paper of a slice ("2020.01.24.919183-p27-132" -> "2020.01.24.919183"), or ""."""
    paper = re.sub(r"-p\d+.*$", "", stem)
    return "" if paper == stem else paper


def _published_split(folder: Path) -> dict[str, str]:
    """File name -> train, val or test."""
    return {
        line.strip(): split
        for split in ("train", "val", "test")
        for path in sorted(folder.glob(f"{split}*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    }


SOURCE = Source(
    name=NAME,
    folder=FOLDER,
    title="COVID-CT",
    url="https://github.com/UCSD-AI4H/COVID-CT",
    licence="research use, with citation of its authors",
    read=read,
    setup="unpack CT_COVID.zip and CT_NonCOVID.zip in its folder Images-processed",
)
