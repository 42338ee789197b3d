"""Made-up prediction tables, and the measures of scikit-learn to hold ours against."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn import metrics as reference

from core import artifacts
from core.artifacts import Card
from core.schema import PREDICTION_COLUMNS

REFERENCES = {
    "accuracy": reference.accuracy_score,
    "recall": reference.recall_score,
    "specificity": lambda y, c: reference.recall_score(y, c, pos_label=0),
    "precision": reference.precision_score,
    "f1": reference.f1_score,
    "balanced_accuracy": reference.balanced_accuracy_score,
    "mcc": reference.matthews_corrcoef,
}
AREAS = {
    "auc": reference.roc_auc_score,
    "average_precision": reference.average_precision_score,
    "brier": reference.brier_score_loss,
}
Row = tuple[str, str, str, str, float | None, float]  # image, source, patient, split, label, p


def write_model(
    folder: Path, model_id: str, rows: Sequence[Row], left_out: Sequence[Row] = (), **card: Any
) -> None:
    """models/<id>/ with a card and tables."""
    values: dict[str, Any] = {
        "backbone": "vgg16",
        "modality": "xray",
        "sources": ("one", "two"),
        "threshold": 0.4,
        "threshold_rule": "the largest with recall of at least 90% on the validation patients",
    }
    values |= card
    artifacts.write_card(Card(model_id, "head", f"Title of {model_id}", **values), folder)
    for name, table in ((artifacts.PREDICTIONS, rows), (artifacts.LEFT_OUT, left_out)):
        if table:
            frame(table, values["modality"]).to_csv(folder / model_id / name, index=False)


def frame(rows: Sequence[Row], modality: str = "xray") -> pd.DataFrame:
    """Rows with PREDICTION_COLUMNS."""
    columns = ["image_id", "source", "patient_id", "split", "label", "probability"]
    table = pd.DataFrame(list(rows), columns=columns).assign(modality=modality)
    return table[list(PREDICTION_COLUMNS)]


def drawn_rows(
    seed: int, images: int = 80, skill: float = 0.4, split: str = "test", start: int = 0
) -> list[Row]:
    """Images of two sources, two a patient, whose labels do not depend on the seed."""
    truth = np.random.default_rng(99).integers(0, 2, 1000)
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for number in range(start, start + images):
        label = float(truth[number])
        p = round(float(np.clip(rng.normal(0.3 + skill * label, 0.2), 0, 1)), 2)
        source = "one" if number % 4 < 2 else "two"
        rows.append((f"i{number}", source, f"p{number // 2}", split, label, p))
    return rows
