"""One model's images in groups, and every measure of each group with its interval.

Pooled, inside each source, on sources it never saw; and the test patients by view, sex and age.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.calibration import calibration_error, calibration_errors
from core.curves import Ranking, below, counts_at, rank
from core.intervals import (
    AREA_MEASURES,
    AREAS,
    patient_draws,
    patients_of,
    percentiles,
    prepare,
    ratios_at,
)
from core.metrics import RATIOS
from core.schema import Split

if TYPE_CHECKING:
    import pandas as pd

POOLED, INSIDE, UNSEEN, WITHOUT = "pooled", "inside", "never seen", "trained without"
VIEW, SEX, AGE = "view", "sex", "age"
KINDS = (POOLED, INSIDE, UNSEEN, WITHOUT, VIEW, SEX, AGE)
TITLES = {
    POOLED: "pooled",
    INSIDE: "inside {name}",
    UNSEEN: "{name}, never seen",
    WITHOUT: "trained without {name}",
    VIEW: "view: {name}",
    SEX: "sex: {name}",
    AGE: "age: {name}",
}
UNKNOWN = "unknown"
SEXES = {"F": "female", "M": "male"}
AGES = {"under 40": (0, 40), "40 to 59": (40, 60), "60 and over": (60, np.inf)}  # years

CALIBRATION_ERROR = "calibration_error"
MEASURES = (*AREAS, *RATIOS, CALIBRATION_ERROR)
# evaluation.csv, one row a group and measure. patients: empty where some are not known.
COLUMNS = (
    "kind", "group", "images", "patients", "positives", "measure", "value", "low", "high",
)  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Images of one model that are judged together.

    Attributes:
        kind: One of KINDS.
        name: Source, view, sex or band of age; empty for all.
        rows: PREDICTION_COLUMNS with known labels.
    """

    kind: str
    name: str
    rows: pd.DataFrame

    @property
    def title(self) -> str:
        """As in "inside nih"."""
        return title(self.kind, self.name)


def title(kind: str, name: str) -> str:
    """Words for a group."""
    return TITLES[kind].format(name=name)


def sources(predictions: pd.DataFrame, left_out: pd.DataFrame) -> list[Group]:
    """Pooled (of more than one source), inside each source, and sources never seen.

    Args:
        predictions: PREDICTION_COLUMNS with known labels; splits test and external count.
        left_out: The same of heads trained without each source in turn; empty where there is none.
    """
    test = predictions[predictions["split"] == Split.TEST]
    unseen = predictions[predictions["split"] == Split.EXTERNAL]
    found = [Group(POOLED, "", test)] if test["source"].nunique() > 1 else []
    for kind, part in ((INSIDE, test), (UNSEEN, unseen), (WITHOUT, left_out)):
        found += [Group(kind, str(name), rows) for name, rows in part.groupby("source")]
    return found


def traits(predictions: pd.DataFrame, images: pd.DataFrame) -> list[Group]:
    """Test patients by view, sex and band of age; what is not known is a group of its own.

    Args:
        predictions: As in `sources`.
        images: image_id, view, sex and age of at least these images, as in models/data/images.csv.

    Raises:
        ValueError: A test image that is not among them.
    """
    test = predictions[predictions["split"] == Split.TEST]
    known = images.set_index("image_id")
    absent = sorted(set(test["image_id"]) - set(known.index))
    if absent:
        raise ValueError(
            f"expected all test images among those described, received {absent[:3]}; "
            "`python -m training catalogue --root DIR` describes the images of a data folder"
        )
    own = known.loc[test["image_id"]]
    columns = {
        VIEW: own["view"].where(own["view"] != "", UNKNOWN),
        SEX: own["sex"].map(SEXES).astype(object).fillna(UNKNOWN),
        AGE: own["age"].map(band).astype(object),
    }
    return [
        Group(kind, name, test[values.to_numpy() == name])
        for kind, values in columns.items()
        for name in sorted(set(values), key=_place)
    ]


def band(age: float) -> str:
    """The band of AGES of an age in years; UNKNOWN for NaN."""
    found = (name for name, (low, high) in AGES.items() if low <= age < high)
    return next(found, UNKNOWN)


def _place(name: str) -> tuple[bool, int, str]:
    """Bands of age by age, the rest by name, what is not known last."""
    return name == UNKNOWN, list(AGES).index(name) if name in AGES else 0, name


def measure(group: Group, threshold: float) -> Iterator[dict[str, object]]:
    """COLUMNS of every measure of a group at a threshold, with 95 % intervals over patients."""
    rows = group.rows
    ranking, draws = rank(rows["label"], rows["probability"]), patient_draws(patients_of(rows))
    boot = prepare(ranking, draws)
    replicates = boot.areas | {
        name: values[0]
        for name, values in ratios_at([boot], [int(below(ranking, threshold))]).items()
    }
    replicates[CALIBRATION_ERROR] = calibration_errors(rows["label"], rows["probability"], draws)
    known = (rows["patient_id"] != "").all()
    shared = {
        "kind": group.kind,
        "group": group.name,
        "images": len(rows),
        "patients": rows["patient_id"].nunique() if known else None,
        "positives": int(rows["label"].sum()),
    }
    for name, value in points(ranking, threshold).items():
        low, high = percentiles(replicates[name])
        yield shared | {"measure": name, "value": value, "low": float(low), "high": float(high)}


def points(ranking: Ranking, threshold: float) -> dict[str, float]:
    """MEASURES of sorted predictions at a threshold."""
    y, p = ranking.labels, ranking.probabilities
    found = {name: of(y, p) for name, of in AREA_MEASURES.items()}
    found |= {name: float(v) for name, v in counts_at(ranking, threshold).ratios.items()}
    return found | {CALIBRATION_ERROR: calibration_error(y, p)}
