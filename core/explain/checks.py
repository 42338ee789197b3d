"""models/<id>/explanations.csv: how good a model's explanations are, as measured by training.

One long table a model, made by `python -m training evaluate --explanations --root DIR`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.artifacts import MODELS_DIR, ArtifactError, read_card, weights_name
from core.explain.cam import CAM_TITLES

if TYPE_CHECKING:
    import pandas as pd

TABLE = "explanations.csv"
RECORD = "explanations.json"
COMMAND = "python -m training evaluate --explanations --root DIR"

# group: of the similarities the layers randomised last; of the others the true class, or ALL.
# position: of the similarities how many steps from the top are randomised; of the curves the share
# of the image that has changed, 0..1; else empty. value: the mean; low, high: its 95 % interval.
COLUMNS = (
    "model",
    "check",
    "method",
    "group",
    "position",
    "images",
    "patients",
    "value",
    "low",
    "high",
)

RANKS, STRUCTURE = "similarity, ranks", "similarity, structure"
DELETION, INSERTION = "deletion", "insertion"
CURVES = (DELETION, INSERTION)
AREA, AHEAD_RANDOM, AHEAD_CENTRE = "area", "ahead of random", "ahead of centre"
GIVEN, FOUND = "lungs, given masks", "lungs, found by the app"
LUNGS = (GIVEN, FOUND)
ALL, COVID, OTHER = "all", "COVID-19", "other"
CLASSES = (COVID, OTHER)
INTACT, ANOTHER = "nothing", "another image"
LOG_ODDS, DENSE = "log-odds", "dense_"  # what the layers of a head are called; the rest is trunk

SCORE, SMOOTH, INTEGRATED = "scorecam", "smoothgrad", "integrated"
RANDOM, CENTRE = "random", "centre"
TITLES = CAM_TITLES | {
    SMOOTH: "SmoothGrad",
    INTEGRATED: "Integrated gradients",
    RANDOM: "Random map",
    CENTRE: "Middle of the picture",
}
METHODS = tuple(name for name in TITLES if name not in (RANDOM, CENTRE))


def about(curve: str, what: str) -> str:
    """Name of what follows from a check: a curve's area, or how far ahead of a baseline it is."""
    return f"{curve}, {what}"


CHECKS = (
    RANKS,
    STRUCTURE,
    *CURVES,
    *(about(curve, what) for curve in CURVES for what in (AREA, AHEAD_RANDOM, AHEAD_CENTRE)),
    *LUNGS,
    *(about(lungs, AHEAD_CENTRE) for lungs in LUNGS),
)


def has_checks(model_id: str, models_dir: Path = MODELS_DIR) -> bool:
    """Whether a model's explanations have been measured."""
    return (models_dir / model_id / TABLE).is_file()


def read_checks(model_id: str, models_dir: Path = MODELS_DIR) -> pd.DataFrame:
    """Read a model's table, COLUMNS.

    Raises:
        ArtifactError: Missing, of other columns, another model's, with an unknown check or method,
            a value that is no number or outside what its check allows, or an interval that does not
            hold its value; the text names file and row.
    """
    import pandas as pd

    path = models_dir / model_id / TABLE
    if not path.is_file():
        raise ArtifactError(f"expected a table {path}: run {COMMAND} --model {model_id}")
    table = pd.read_csv(path)
    if tuple(table.columns) != COLUMNS:
        raise ArtifactError(f"expected columns {COLUMNS} in {path}, received {[*table.columns]}")
    for column in COLUMNS[4:]:
        table[column] = pd.to_numeric(table[column], errors="coerce")
    curve, similar = table["check"].isin(CURVES), table["check"].isin((RANKS, STRUCTURE))
    ratio = table["check"].str.startswith(LUNGS)
    ends = table["low"].notna() & table["high"].notna()
    within = (table["low"] <= table["value"]) & (table["value"] <= table["high"])
    wrongs = (
        (table["model"] != model_id, f"model {model_id}"),
        (~table["check"].isin(CHECKS), f"a check out of {CHECKS}"),
        (~table["method"].isin(list(TITLES)), f"a method out of {tuple(TITLES)}"),
        (~table["value"].between(-1, 1) & ~ratio, "a value in -1..1"),
        (table["check"].isin(LUNGS) & ~(table["value"] >= 0), "a ratio from 0"),
        (table["value"].isna(), "a number"),
        (curve & ~table["position"].between(0, 1), "a share of the image in 0..1"),
        (similar & ~(table["position"] >= -1), "a number of steps"),
        (~(table["images"] >= table["patients"]), "as many images as patients, or more"),
        (ends & ~within, "an interval around the value"),
    )
    for wrong, what in wrongs:
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            raise ArtifactError(
                f"expected {what} in {path}, received row {row + 2}: {table.iloc[row].to_dict()}"
            )
    return table


def read_record(model_id: str, models_dir: Path = MODELS_DIR) -> dict[str, Any]:
    """How a model's table was made: "command", and "settings" (images, passes, seed).

    Raises:
        ArtifactError: Missing, without settings, or made with other weights than the model's card
            names: then the table belongs to another model.
    """
    path = models_dir / model_id / RECORD
    if not path.is_file():
        raise ArtifactError(f"expected a record {path}: run {COMMAND} --model {model_id}")
    record = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(record.get("settings"), dict):
        raise ArtifactError(f"expected settings in {path}, received {sorted(record)}")
    card = read_card(model_id, models_dir)
    if record.get("weights") != card.files.get(weights_name(card)):
        raise ArtifactError(
            f"expected a table of the weights in {card.id}, received one of others: "
            f"run {COMMAND} --model {model_id}"
        )
    return dict(record)


def thoroughness(settings: dict[str, Any]) -> str:
    """How the long methods were run for the checks, in a sentence."""
    return (
        f"To bear the cost, the long methods work more coarsely here than on the page: SmoothGrad "
        f"over {settings['samples']} noisy copies (its absolute values, as its authors take), "
        f"integrated gradients over {settings['points']} points, Score-CAM on the "
        f"{settings['strongest']} strongest maps; occlusion is not checked. Random choices have "
        f"seed {settings['seed']}."
    )
