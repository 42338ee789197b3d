"""SARS-CoV-2 CT-scan data set (Soares et al. 2020): CT slices from hospitals of Sao Paulo.

Published without patient ids, and slices of one patient look alike: a random split would leak, so
it is an external test only, never trained on.

Citation: E. Soares, P. Angelov, S. Biaso, M. H. Froes, D. K. Abe: SARS-CoV-2 CT-scan dataset: A
large dataset of real patients CT scans for SARS-CoV-2 identification. medRxiv 2020.04.24.20078584.
"""

from __future__ import annotations

from pathlib import Path

from core.schema import Modality, Split
from training.sources.base import Reading, Source, images_in, reading

NAME = "sarscov2-ct"
FOLDER = "sarscov2-ctscan"
CLASSES = {"COVID": 1.0, "non-COVID": 0.0}


def read(folder: Path) -> Reading:
    """Read both folders. The patient id is empty: unknown."""
    rows = [
        {
            "image_id": f"{NAME}/{path.name}",
            "path": f"{FOLDER}/{inside}/{path.name}",
            "source": NAME,
            "modality": Modality.CT,
            "view": "Axial",
            "label": label,
            "finding": "COVID-19" if label else "not COVID-19",
            "licence": "research use, with citation of its authors",
            "split": Split.EXTERNAL,
        }
        for inside, label in CLASSES.items()
        for path in images_in(folder / inside)
    ]
    return reading(rows)


SOURCE = Source(
    name=NAME,
    folder=FOLDER,
    title="SARS-CoV-2 CT-scan data set",
    url="https://www.kaggle.com/datasets/plameneduardo/sarscov2-ctscan-dataset",
    licence="research use, with citation of its authors",
    read=read,
    setup="put its folders COVID and non-COVID there",
    external=True,
    country="Brazil",
)
