"""The search for a better head: what `python -m training tune` wrote, and what it says."""

from __future__ import annotations

from core.artifacts import MODELS_DIR
from core.schema import Modality

TUNING_DIR = MODELS_DIR / "tuning"
DATASETS = (Modality.XRAY.value, Modality.CT.value)
TRIALS, IMPORTANCES, PAIRS, FOLDS = "trials.csv", "importances.csv", "pairs.csv", "folds.csv"
RECORD = "record.json"
