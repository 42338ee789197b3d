"""The tables of the shortcut experiments, as `python -m training lab` writes them.

The names in their rows that a reader asks for stand here, for the writer too.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.artifacts import ArtifactError
from core.library import DATA_DIR

if TYPE_CHECKING:
    import pandas as pd

LAB_DIR = DATA_DIR / "lab"
RECORD = "record.json"
EXPERIMENTS = ("hospital", "lungs", "elsewhere", "patients", "marks")

# hospital, hospital_matrix: setting.
FIRST_HOSPITAL = "chest X-rays"
CLEAN_HOSPITAL = "chest X-rays without COVID-19"
# lungs: version, scope.
WHOLE = "whole image"
BOX_BLACK = "lungs blacked out (rectangle)"
FOUND_BLACK, FOUND_ONLY = "lungs blacked out (found)", "only the lungs (found)"
OUTLINE_BLACK, OUTLINE_ONLY = "lungs blacked out (outline)", "only the lungs (outline)"
TINY = "8 x 8 pixels"
POOLED = "all four sources"
MASKED = "images with a lung mask"
# patients: data, head, split.
CT_PATIENTS = "CT slices of covid-ct"
LEARNER = "logistic regression"
BY_IMAGES, BY_PATIENTS, DIFFERENCE = "images", "patients", "difference"


def command(experiment: str) -> str:
    """What makes an experiment's tables."""
    return f"python -m training lab --experiment {experiment} --root DIR"


def read_table(name: str, folder: Path = LAB_DIR) -> pd.DataFrame:
    """One table, by its file name without ending.

    Raises:
        ArtifactError: It is missing; the text names the command.
    """
    import pandas as pd

    path = folder / f"{name}.csv"
    if not path.is_file():
        experiment = name.split("_")[0]
        raise ArtifactError(f"expected {path.name} in {folder}: run {command(experiment)}")
    return pd.read_csv(path)
