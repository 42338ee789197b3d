"""models/<id>/evaluation.csv: every measure of every group of a model, out of its tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from core import artifacts, breakdown
from core.artifacts import EVALUATION, LEFT_OUT, MODELS_DIR, Card
from core.breakdown import INSIDE, POOLED, UNSEEN, WITHOUT
from core.library import DATA_DIR
from core.schema import PREDICTION_COLUMNS
from training.markdown import share

BY_SOURCE = (POOLED, INSIDE, UNSEEN, WITHOUT)
TITLES = {
    POOLED: "test patients, pooled",
    INSIDE: "test patients of {name}",
    UNSEEN: "{name}, never seen",
    WITHOUT: "{name}, same recipe trained without it",
}
HEADINGS = {
    "auc": "AUC",
    "accuracy": "accuracy",
    "recall": "recall",
    "specificity": "specificity",
    "precision": "precision",
    "calibration_error": "calibration error",
}
BRIEF = ("auc",)  # measures that README shows with their interval
KEYS = {"kind": str, "group": str, "measure": str}


def evaluate(card: Card, models_dir: Path = MODELS_DIR) -> pd.DataFrame:
    """breakdown.COLUMNS at the card's operating point, from the model's prediction tables."""
    predictions = artifacts.read_predictions(card.id, models_dir).dropna(subset=["label"])
    images = pd.read_csv(
        DATA_DIR / "images.csv",
        usecols=["image_id", "view", "sex", "age"],
        dtype={"view": str, "sex": str},
        keep_default_na=False,
        na_values={"age": [""]},
    )
    groups = breakdown.sources(predictions, left_out(card.id, models_dir))
    groups += breakdown.traits(predictions, images)
    rows = [row for group in groups for row in breakdown.measure(group, card.threshold)]
    table = pd.DataFrame(rows, columns=list(breakdown.COLUMNS))
    return table.round(dict.fromkeys(("value", "low", "high"), 4)).astype({"patients": "Int64"})


def left_out(model_id: str, models_dir: Path = MODELS_DIR) -> pd.DataFrame:
    """Predictions of the heads trained without each source; empty where there are none."""
    if not (models_dir / model_id / LEFT_OUT).is_file():
        return pd.DataFrame(columns=list(PREDICTION_COLUMNS))
    return artifacts.read_predictions(model_id, models_dir, LEFT_OUT).dropna(subset=["label"])


def write(model_id: str, table: pd.DataFrame, models_dir: Path = MODELS_DIR) -> None:
    """Write models/<id>/evaluation.csv."""
    table.to_csv(models_dir / model_id / EVALUATION, index=False)


def read(model_id: str, models_dir: Path = MODELS_DIR) -> pd.DataFrame:
    """Read models/<id>/evaluation.csv.

    Raises:
        FileNotFoundError: The model was not evaluated; the text names the command.
    """
    path = models_dir / model_id / EVALUATION
    if not path.is_file():
        command = f"python -m training evaluate --model {model_id}"
        raise FileNotFoundError(f"expected {path}, received no such file: run {command}")
    unknown = {name: [""] for name in ("patients", "value", "low", "high")}
    types = KEYS | {"patients": "Int64"}
    return pd.read_csv(path, dtype=types, keep_default_na=False, na_values=unknown)


def wide(table: pd.DataFrame, intervals: bool = True) -> pd.DataFrame:
    """One row a group for people to read; HEADINGS as columns.

    Args:
        table: What `evaluate` returns.
        intervals: Of all measures; else of BRIEF alone.
    """
    lines = []
    for (kind, name), part in table.groupby(["kind", "group"], sort=False):
        first, found = part.iloc[0], part.set_index("measure")
        title = TITLES[kind].format(name=name) if kind in TITLES else breakdown.title(kind, name)
        line: dict[str, Any] = {
            "tested on": title,
            "images": first["images"],
            "COVID-19": first["positives"],
        }
        for measure, heading in HEADINGS.items():
            row = found.loc[measure]
            ends = (row["low"], row["high"]) if intervals or measure in BRIEF else ()
            line[f"{heading} (95 %)" if intervals or measure in BRIEF else heading] = share(
                row["value"], *ends
            )
        lines.append(line)
    return pd.DataFrame(lines)
