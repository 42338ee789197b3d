"""What the catalogue says as a whole: counts by source, and how far the source gives the label.

Frames have the columns of core.library.IMAGE_COLUMNS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.metrics import auc
from core.schema import KIND, Split

if TYPE_CHECKING:
    import pandas as pd

COVID, OTHER, UNKNOWN = "COVID-19", "not COVID-19", "unknown"
LABELS = (COVID, OTHER, UNKNOWN)
UNSTATED = "not stated"


@dataclass(frozen=True)
class SourceRule:
    """How well one does by looking at no image, only at where it came from.

    Attributes:
        images: Labelled images that the accuracy counts.
        right: Of those, how many bear the commoner label of their source.
        test_images: Test images of the AUC.
        test_auc: AUC of each source's share of positives among the training images, 0..1.
    """

    images: int
    right: int
    test_images: int
    test_auc: float

    @property
    def accuracy(self) -> float:
        """Share that the rule gets right, 0..1."""
        return self.right / self.images


def label_names(labels: pd.Series) -> pd.Series:
    """1, 0 and NaN in words."""
    return labels.map({1.0: COVID, 0.0: OTHER}).astype(object).fillna(UNKNOWN)


def shown_values(images: pd.DataFrame, column: str) -> pd.Series:
    """A column in words: labels named, empty cells "not stated"."""
    if column == "label":
        return label_names(images["label"])
    return images[column].where(images[column] != "", UNSTATED)


def label_counts(images: pd.DataFrame) -> pd.DataFrame:
    """Sources (rows, largest first) x LABELS: how many images."""
    import pandas as pd

    table = pd.crosstab(images["source"], label_names(images["label"]))
    table = table.reindex(columns=list(LABELS), fill_value=0)
    return table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]


def source_rule(images: pd.DataFrame) -> SourceRule:
    """Guess every image's label from its source alone.

    Raises:
        ValueError: No labelled image.
    """
    known = images[images["label"].notna()]
    if known.empty:
        raise ValueError("expected labelled images, received none")
    counts = known.groupby(["source", "label"]).size().unstack(fill_value=0)
    share = known[known["split"] == Split.TRAIN].groupby("source")["label"].mean()
    test = known[(known["split"] == Split.TEST) & known["source"].isin(share.index)]
    return SourceRule(
        len(known),
        int(counts.max(axis=1).sum()),
        len(test),
        auc(test["label"], test["source"].map(share)),
    )


def summarise(images: pd.DataFrame) -> pd.DataFrame:
    """One row a source: what it holds, as people read it."""
    import pandas as pd

    rows = []
    for source, part in images.groupby("source"):
        label, patients = label_names(part["label"]), count_patients(part["patient_id"])
        width, height = part["width"].median(), part["height"].median()
        rows.append(
            {
                "source": source,
                "images": len(part),
                "patients": UNKNOWN if patients is None else patients,
                **{name: int((label == name).sum()) for name in LABELS},
                KIND: _top(part["modality"].str.replace("xray", "X-ray").str.replace("ct", "CT")),
                "view": _top(shown_values(part, "view")),
                "sex": _top(shown_values(part, "sex")),
                "age": _spread(part["age"], "years"),
                "year": _spread(pd.to_numeric(part["year"]), ""),
                "country": _top(shown_values(part, "country")),
                "licence": _top(shown_values(part, "licence")),
                "size of the copy measured": f"{width:.0f} x {height:.0f}",
                "mean grey of 255": round(float(part["mean"].mean())),
            }
        )
    return pd.DataFrame(rows).sort_values("images", ascending=False, ignore_index=True)


def shares(images: pd.DataFrame, column: str, most: int = 7) -> pd.DataFrame:
    """Sources x values of a column: how many images; rare values are counted together."""
    import pandas as pd

    values = shown_values(images, column)
    common = values.value_counts().index[:most]
    values = values.where(values.isin(common), "other")
    table = pd.crosstab(images["source"], values)
    order = [name for name in (*common, "other") if name in table]
    return table[order]


def patients_of(images: pd.DataFrame) -> pd.DataFrame:
    """One row a patient whose images are told apart: source, images, labels, splits; most first."""
    known = images[images["patient_id"] != ""].assign(label=lambda rows: label_names(rows["label"]))
    table = known.groupby("patient_id").agg(source=("source", "first"), images=("image_id", "size"))
    for column in ("label", "split"):
        values = known[["patient_id", column]].drop_duplicates().sort_values(column)
        table[column] = values.groupby("patient_id")[column].agg(", ".join)
    return table.sort_values("images", ascending=False, kind="stable").reset_index()


def reasons(dropped: pd.DataFrame) -> pd.DataFrame:
    """Why images were left out, and how many for each reason; ids are cut off the reasons."""
    kinds = dropped["reason"].map(
        lambda text: re.sub(r"same image as \S+, which", "same image as another one, which", text)
    )
    kinds = kinds.str.replace(r"near-duplicate of .*", "near-duplicate of another one", regex=True)
    return kinds.value_counts().rename_axis("reason").reset_index(name="images")


def count_patients(ids: pd.Series) -> int | None:
    """How many patients; None where the source does not say whose image is whose."""
    return int(ids.nunique()) if (ids != "").all() else None


def _top(values: pd.Series, most: int = 3) -> str:
    counts = values.value_counts()
    named = [f"{value} {count}" for value, count in counts.head(most).items()]
    rest = len(counts) - most
    return ", ".join(named) + (f", {rest} more" if rest > 0 else "")


def _spread(values: pd.Series, unit: str) -> str:
    known = values.dropna()
    if known.empty:
        return UNSTATED
    text = f"{known.min():.0f} to {known.max():.0f}, median {known.median():.0f} {unit}".strip()
    return f"{text} (known of {len(known)})"
