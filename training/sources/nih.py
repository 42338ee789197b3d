"""NIH ChestX-ray8 sample: the No_findings and Pneumonia folders of muhammedtalo/COVID-19.

Frontal X-rays of one US hospital, taken before 2020: every image is negative, so that source and
label are the same thing here. Labels were mined from reports (Wang et al. 2017). The patient id is
the number before "_" in the file's name.

Citation: X. Wang, Y. Peng, L. Lu, Z. Lu, M. Bagheri, R. Summers: ChestX-ray8. CVPR 2017.
"""

from __future__ import annotations

from pathlib import Path

from core.schema import FRONTAL, Modality
from training.sources.base import Reading, Source, images_in, reading

NAME = "nih"
FOLDER = "nih-chestxray8-sample"
FINDINGS = {"No_findings": "No finding", "Pneumonia": "Pneumonia"}


def read(folder: Path) -> Reading:
    """Read both folders; all images are negative."""
    rows = [
        {
            "image_id": f"{NAME}/{path.name}",
            "path": f"{FOLDER}/{inside}/{path.name}",
            "source": NAME,
            "patient_id": f"{NAME}/{path.stem.split('_')[0]}",
            "modality": Modality.XRAY,
            "view": FRONTAL,
            "label": 0.0,
            "finding": finding,
            "licence": "free to use with attribution (NIH Clinical Center)",
        }
        for inside, finding in FINDINGS.items()
        for path in images_in(folder / inside)
    ]
    return reading(rows)


SOURCE = Source(
    name=NAME,
    folder=FOLDER,
    title="NIH ChestX-ray8 sample",
    url="https://github.com/muhammedtalo/COVID-19 (X-Ray Image DataSet)",
    licence="free to use with attribution (NIH Clinical Center)",
    read=read,
    setup="put its folders No_findings and Pneumonia there",
    country="USA",
    raw="https://raw.githubusercontent.com/muhammedtalo/COVID-19/master/X-Ray%20Image%20DataSet/",
)
