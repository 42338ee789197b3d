"""Names that data, models and pages share: modalities, splits, table columns."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePosixPath


class Modality(StrEnum):
    """What kind of image it is."""

    XRAY = "xray"
    CT = "ct"


KIND = "X-ray or CT"  # what the kind of image is called, wherever a user meets it
MODALITY_TITLES = {Modality.XRAY: "chest X-ray", Modality.CT: "lung CT slice"}


class Split(StrEnum):
    """What an image may be used for. EXTERNAL: a test only, since it has no patient ids."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"
    EXTERNAL = "external"


FRONTAL = "frontal"
LATERAL = "lateral"

# One row an image. label: 1.0 COVID-19, 0.0 not, NaN unknown. path is relative to the data root.
MANIFEST_COLUMNS = (
    "image_id",
    "path",
    "source",
    "patient_id",
    "modality",
    "view",
    "label",
    "finding",
    "age",
    "sex",
    "date",
    "licence",
    "split",
)

# models/<id>/predictions.csv
PREDICTION_COLUMNS = (
    "image_id",
    "source",
    "patient_id",
    "split",
    "modality",
    "label",
    "probability",
)

# What `python -m training predict` writes, one row a file.
SCORE_COLUMNS = (
    "path",
    "modality",
    "probability",
    "decision",
    "threshold",
    "model",
    "in_scope",
    "error",
)

POSITIVE = "positive"
NEGATIVE = "negative"
PAPER_THRESHOLDS = (0.5, 0.3)


def without_ending(image_id: str) -> str:
    """An image's id without its file's ending: converted copies end otherwise than upstream."""
    return str(PurePosixPath(image_id).with_suffix(""))


def threshold_text(threshold: float) -> str:
    """A threshold as every page prints it, in digits enough to tell 0.3005 from the paper's 0.3."""
    return f"{threshold:.4g}"


def decide(probability: float, threshold: float) -> str:
    """The decision at a threshold; a probability equal to it counts as positive."""
    return POSITIVE if probability >= threshold else NEGATIVE
