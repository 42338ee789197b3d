"""models/<id>/ on disk: a card, weights, tables.

A card (card.json) says what the artefact is and how it was made; measured numbers are not in it but
follow from predictions.csv. It lists the hash of the weights (of the guard: its arrays), which are
loaded only where it matches; tables are checked for what they hold. Weights are float16 where that
is exact enough (save_weights).
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.schema import PREDICTION_COLUMNS, Split, without_ending

if TYPE_CHECKING:
    import keras
    import pandas as pd

MODELS_DIR = Path(__file__).resolve().parent.parent / "models"
CARD = "card.json"
PREDICTIONS = "predictions.csv"
HISTORY = "history.csv"
LEFT_OUT = "left_out.csv"
EVALUATION = "evaluation.csv"
LEARNING_CURVE = "learning_curve.csv"
USED = "used.csv"
FIT = "fit"  # of what a model used an image for: its weights were fitted to it

TRUNK = "trunk"
HEAD = "head"
GUARD = "guard"
LUNGS = "lungs"


class ArtifactError(ValueError):
    """An artefact is missing, altered or of a form this version does not know."""


@dataclass(frozen=True)
class Card:
    """What card.json holds.

    Attributes:
        id: Name of its folder.
        kind: "trunk", "head", "guard" or "lungs".
        title: One line for people.
        backbone: Row of the zoo; "unet" for the lungs.
        trained: False for a smoke run; the app then says so everywhere.
        trunk: Id of the trunk it stands on; empty for a trunk.
        modality: "xray" or "ct" for a head, else empty.
        sources: Data sources it was trained on.
        threshold: A head's operating point, 0..1; NaN-free, 0.5 where it does not apply.
        threshold_rule: In words, how the operating point was chosen.
        config: Everything needed to repeat the run.
        record: Seed, package versions, commit, command, date, data hash.
        files: File name -> sha256.
    """

    id: str
    kind: str
    title: str
    backbone: str
    trained: bool = True
    trunk: str = ""
    modality: str = ""
    sources: tuple[str, ...] = ()
    threshold: float = 0.5
    threshold_rule: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    @property
    def learned_from(self) -> tuple[str, ...]:
        """Splits of its sources whose images it was fitted on."""
        return tuple(self.config.get("fitted_on", (Split.TRAIN.value,)))


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_card(model_id: str, models_dir: Path = MODELS_DIR) -> Card:
    """Read models/<id>/card.json.

    Raises:
        ArtifactError: No such artefact, or a card of another form.
    """
    path = models_dir / model_id / CARD
    if not path.is_file():
        known = ", ".join(sorted(list_ids(models_dir))) or "none"
        raise ArtifactError(f"expected a model out of: {known}; received {model_id!r}")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Card(**{**values, "sources": tuple(values.get("sources", ()))})
    except (json.JSONDecodeError, TypeError) as error:
        raise ArtifactError(f"expected a model card in {path}, received: {error}") from error


def write_card(card: Card, models_dir: Path = MODELS_DIR) -> None:
    """Write models/<id>/card.json."""
    folder = models_dir / card.id
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(card), indent=2, ensure_ascii=False)
    (folder / CARD).write_text(text + "\n", encoding="utf-8")


def list_ids(models_dir: Path = MODELS_DIR) -> list[str]:
    """Ids of all artefacts, sorted."""
    return sorted(path.parent.name for path in models_dir.glob(f"*/{CARD}"))


def list_heads(models_dir: Path = MODELS_DIR) -> list[Card]:
    """Cards of all classifiers, sorted by id."""
    cards = (read_card(model_id, models_dir) for model_id in list_ids(models_dir))
    return [card for card in cards if card.kind == HEAD]


def is_shipped(card: Card) -> bool:
    """Whether a card's weights come with it; without, only its tables do."""
    return weights_name(card) in card.files


def checked_file(card: Card, name: str, models_dir: Path = MODELS_DIR) -> Path:
    """Path of one of an artefact's files, its hash checked against the card.

    Raises:
        ArtifactError: The file is missing, unknown to the card, or altered.
    """
    path = models_dir / card.id / name
    if name not in card.files or not path.is_file():
        raise ArtifactError(f"expected {name} in {path.parent}, received no such file")
    received = sha256_of(path)
    if received != card.files[name]:
        raise ArtifactError(
            f"expected sha256 {card.files[name]} for {path}, received {received}: restore the file "
            "or train the model again"
        )
    return path


def weights_name(card: Card) -> str:
    """File name of an artefact's weights."""
    return f"{card.kind}.weights.h5"


def save_weights(model: keras.Model, path: Path, precision: str = "float16") -> None:
    """Save a model's weights, by default in float16.

    Half the size; predictions of the paper's heads move by less than 0.001. Linear members on raw
    activations need float32: their weights are too small for float16.
    """
    from core.zoo import FLOAT32, cast

    path.parent.mkdir(parents=True, exist_ok=True)
    (model if precision == FLOAT32 else cast(model, precision)).save_weights(path)


def read_predictions(
    model_id: str, models_dir: Path = MODELS_DIR, name: str = PREDICTIONS
) -> pd.DataFrame:
    """Read a prediction table, PREDICTION_COLUMNS.

    Raises:
        ArtifactError: Missing, no table, or with missing columns, probabilities missing or outside
            0..1, repeated ids, or labels other than 0, 1 and empty; the text names file and row.
    """
    import pandas as pd

    path = models_dir / model_id / name
    if not path.is_file():
        raise ArtifactError(f"expected a table {path}, received no such file")
    texts = dict.fromkeys(("image_id", "source", "patient_id", "split", "modality"), str)
    try:
        table = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values={"label": [""]})
    except ValueError as error:  # of pandas: empty, not text, or rows of another length
        raise ArtifactError(f"expected a table {path}, received: {error}") from error
    absent = sorted(set(PREDICTION_COLUMNS) - set(table.columns))
    if absent:
        raise ArtifactError(f"expected columns {list(PREDICTION_COLUMNS)} in {path}, no {absent}")
    known = table["label"].notna()
    for column in ("label", "probability"):
        table[column] = pd.to_numeric(table[column], errors="coerce").astype("float64")
    wrongs = (
        (~table["probability"].between(0, 1), "a probability in 0..1"),
        (table["image_id"].duplicated(), "each image_id once"),
        (known & ~table["label"].isin((0, 1)), "label 0, 1 or empty"),
    )
    for wrong, what in wrongs:
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            received = table.iloc[row][["image_id", "label", "probability"]].to_dict()
            raise ArtifactError(f"expected {what} in {path}, received row {row + 2}: {received}")
    return table


def read_used(model_id: str, models_dir: Path = MODELS_DIR) -> dict[str, frozenset[str]]:
    """What a model used each image for (models/<id>/used.csv).

    Returns:
        Id of an image without its file's ending -> "fit", "stop", "choose", "calibrate",
        "threshold": one or several. Images that had no say in the model are not in it.

    Raises:
        ArtifactError: Missing, no table, or of other columns.
    """
    path = models_dir / model_id / USED
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return {without_ending(row["image_id"]): frozenset(row["used_for"].split()) for row in rows}
    except (OSError, ValueError, KeyError, AttributeError, csv.Error) as error:
        raise ArtifactError(f"expected image_id, used_for in {path}, received: {error}") from error
