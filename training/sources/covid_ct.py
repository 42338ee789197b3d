"""COVID-CT (Yang, Zhao et al. 2020): CT slices cut out of papers and radiology sites.

Published train, validation and test lists by patient (Data-split/). Patient ids come from meta.csv
where it is there; else slices of one paper count as one patient, which is stricter, and a slice
without paper as its own.

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
    """File stem -> patient, out of meta.csv where there is one."""
    path = folder / "meta.csv"
    if not path.is_file():
        return {}
    table = read_table(path)
    return {Path(n).stem: p for n, p in zip(table["filename"], table["patientid"], strict=True)}


def _paper(stem: str) -> str:
    """The paper a slice was cut from ("2020.01.24.919183-p27-132" -> "2020.01.24.919183")."""
    return re.sub(r"-p\d+.*$", "", stem)


def _published_split(folder: Path) -> dict[str, str]:
    """File name -> train, val or test."""
    lists = sorted(folder.glob("*.txt")) if folder.is_dir() else []
    return {
        line.strip(): re.match(r"train|val|test", path.name).group()  # type: ignore[union-attr]
        for path in lists
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
