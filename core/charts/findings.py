"""What the shortcut experiments found: figures and sentences, from their tables alone.

The app and docs/shortcuts.md show the same findings. `tables` maps the name of a table of core.lab
to its frame; numbers in sentences are read from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.charts import lab as charts
from core.charts.words import do
from core.lab import (
    BOX_BLACK,
    CLEAN_HOSPITAL,
    CT_PATIENTS,
    DIFFERENCE,
    FIRST_HOSPITAL,
    FOUND_BLACK,
    FOUND_ONLY,
    LEARNER,
    MASKED,
    OUTLINE_BLACK,
    OUTLINE_ONLY,
    POOLED,
    TINY,
)
from core.schema import MODALITY_TITLES, Modality, threshold_text

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    Tables = Mapping[str, pd.DataFrame]

TABLES = {
    "hospital": ("hospital", "hospital_matrix"),
    "lungs": ("lungs", "lungs_box"),
    "elsewhere": ("elsewhere",),
    "patients": ("patients",),
    "marks": ("marks",),
}


@dataclass(frozen=True)
class Finding:
    """One figure and what it says.

    Attributes:
        figure: To draw.
        alt: Its content in words.
        words: What follows, as Markdown; may be empty.
        note: Limits and how to read it; may be empty.
        details: One line a value, where the figure has no room for intervals.
    """

    figure: go.Figure
    alt: str
    words: str = ""
    note: str = ""
    details: tuple[str, ...] = ()


def hospital(tables: Tables, guess: float | None = None) -> list[Finding]:
    """Tell the hospital: accuracy by setting, then who is taken for whom."""
    table = tables["hospital"]
    by_name = table.set_index("setting")
    first, clean = by_name.loc[FIRST_HOSPITAL], by_name.loc[CLEAN_HOSPITAL]
    rows = table.rename(columns={"setting": "name", "accuracy": "value"}).assign(group="accuracy")
    mark = None if guess is None else (FIRST_HOSPITAL, guess)
    figure = charts.interval_figure(rows, "share named correctly", guess=mark, span=(0.0, 1.0))
    words = (
        f"Even among images **without** COVID-19, where the disease cannot help, the source is "
        f"named correctly for {clean['accuracy']:.0%} ({clean['low']:.0%} to {clean['high']:.0%}; "
        f"always naming the larger: {clean['commonest']:.0%}). These are X-rays of two sources, "
        f"{clean['sources'].replace(', ', ' and ')}. Of **all** X-rays, of four sources, "
        f"{first['accuracy']:.0%} are named correctly; counting every source the same, recall is "
        f"{first['mean_recall']:.2f}, since the two small ones are often taken for a large one."
    )
    alt = "; ".join(f"{row.name}: {row.value:.0%}" for row in rows.itertuples())
    return [Finding(figure, alt, words), _confusion(tables["hospital_matrix"])]


def _confusion(matrix: pd.DataFrame) -> Finding:
    cells = matrix[matrix["setting"] == FIRST_HOSPITAL].rename(
        columns={"source": "row", "named": "column"}
    )
    cells["value"] = cells["images"] / cells.groupby("row")["images"].transform("sum")
    cells["text"] = cells["images"].astype(str)
    cells["words"] = [f"{m.row} named as {m.column}: {m.images}" for m in cells.itertuples()]
    figure = charts.matrix_figure(cells, ("true source", "named"))
    return Finding(figure, "Confusion matrix of the sources: " + "; ".join(cells["words"]))


def lungs(tables: Tables, guess: float | None = None) -> list[Finding]:
    """Black out the lungs: rectangles on all X-rays, outlines where they exist."""
    table = tables["lungs"]
    rows = table.rename(columns={"version": "name", "scope": "group", "auc": "value"})
    boxed, masked = rows[rows["group"] != MASKED], rows[rows["group"] == MASKED]
    pooled = boxed[boxed["group"] == POOLED].set_index("name")
    mark = None if guess is None else (BOX_BLACK, guess)
    box = tables["lungs_box"].iloc[0]
    first = Finding(
        charts.interval_figure(boxed, "AUC, new patients", chance=0.5, guess=mark),
        "; ".join(f"{row.name}, {row.group}: {row.value:.2f}" for row in boxed.itertuples()),
        f"**{pooled.loc[TINY, 'value']:.2f}** is left when the image is shrunk to 8 x 8 "
        "pixels, in which nobody could see a lung." + _found(boxed),
        f"The rectangle is {box['box_area']:.0%} of the picture and holds "
        f"{box['lung_inside_box']:.0%} of the lungs, measured on the {box['masks']:.0f} X-rays "
        "whose lungs are outlined upstream. *Found*: outlined by the app's own lung network; on "
        f"the {1 - box['found_trusted']:.0%} whose outline it does not trust, the rectangle stands "
        "in. "
        "Frontal views only.",
    )
    return [first, _outlined(masked, int(box["masks"]))] if len(masked) else [first]


def _found(boxed: pd.DataFrame) -> str:
    """Both versions with found outlines, pooled and inside a source."""
    lines = []
    for scope, part in boxed.groupby("group", sort=False):
        auc = part.set_index("name")["value"]
        lines.append(
            f"{scope} {auc[FOUND_BLACK]:.2f} without and "
            f"{auc[FOUND_ONLY]:.2f} with nothing but the lungs"
        )
    return f" Along the outline of each image's lungs: {'; '.join(lines)}."


def _outlined(masked: pd.DataFrame, count: int) -> Finding:
    by_name = masked.set_index("name")
    black = by_name.loc[OUTLINE_BLACK]
    only = by_name.loc[OUTLINE_ONLY]
    return Finding(
        charts.interval_figure(masked, "AUC, new patients", chance=0.5),
        "; ".join(f"{row.name}: {row.value:.2f}" for row in masked.itertuples()),
        "With the outlines published for these images: without the lungs "
        f"{black['value']:.2f} ({black['low']:.2f} to {black['high']:.2f}), "
        f"with nothing but the lungs {only['value']:.2f} "
        f"({only['low']:.2f} to {only['high']:.2f}).",
        f"Outlines exist upstream for {count} of these X-rays, all of covid-chestxray: this "
        "picture covers those alone. A network made them (Selvan et al. 2020), not a person.",
    )


def elsewhere(tables: Tables) -> list[Finding]:
    """Another hospital: one matrix a modality."""
    notes = {
        Modality.CT: "sarscov2-ct does not say whose slices are whose, so its own cell holds "
        "memory of patients and is too high.",
        Modality.XRAY: "The diagonal is cross-validated by patient. nih has no COVID-19 image: its "
        "cells (*) are false alarms at an even cut.",
    }
    found = []
    for modality, note in notes.items():
        cells = tables["elsewhere"]
        cells = cells[cells["modality"] == modality].rename(
            columns={"train": "row", "test": "column", "auc": "value"}
        )
        known = cells["value"].notna()
        alarms = cells["false_alarms"].map("{:.0%}*".format)
        cells["text"] = cells["value"].map("{:.2f}".format).where(known, alarms)
        cells["words"] = [_cell(row) for row in cells.itertuples()]
        figure = charts.matrix_figure(cells, ("trained on", "tested on"))
        words, details = f"**{MODALITY_TITLES[modality]}s**", tuple(cells["words"])
        found.append(Finding(figure, "; ".join(details), words, note, details))
    return found


def _cell(row: Any) -> str:
    """A cell in words; AUC where the test source has both labels, false alarms where not."""
    pair = f"{row.row} to {row.column}"
    if row.value == row.value:
        return f"{pair}: AUC {row.value:.2f} ({row.low:.2f} to {row.high:.2f}), {row.images} images"
    return (
        f"{pair}: false alarms {row.false_alarms:.0%} ({row.alarms_low:.0%} to "
        f"{row.alarms_high:.0%}) of {row.images} images"
    )


def patients(tables: Tables, guess: float | None = None) -> list[Finding]:
    """Patients or images: both ways of splitting, for a head that learns and one that remembers."""
    table = tables["patients"]
    rows = table[table["split"] != DIFFERENCE].rename(columns={"auc": "value"})
    rows["name"] = rows["data"] + "<br>" + rows["head"]
    rows["group"] = "split by " + rows["split"]
    mark = None if guess is None else (f"{CT_PATIENTS}<br>{LEARNER}", guess)
    gone = table[table["split"] == DIFFERENCE]
    added = (f"**{row.auc:+.2f}** ({row.data}, {row.head})" for row in gone.itertuples())
    return [
        Finding(
            charts.interval_figure(rows, "AUC", chance=0.5, guess=mark),
            "; ".join(
                f"{row.data}, {row.head}, {row.group}: {row.value:.2f}" for row in rows.itertuples()
            ),
            "What splitting by images adds: "
            + "; ".join(added)
            + ". The nearest-neighbour head can do nothing but remember, so it gains most.",
            f"Intervals: 95 % of {int(table['repeats'].iloc[0])} deals into five folds; they do "
            "not resample patients.",
        )
    ]


def marks(tables: Tables) -> list[Finding]:
    """Add a mark: how far each moves the answers, the strongest first."""
    everyone = strongest(tables["marks"])
    order = {mark: place for place, mark in enumerate(everyone["mark"])}
    rows = tables["marks"].sort_values("mark", key=lambda names: names.map(order), kind="stable")
    details = tuple(
        f"{row.title}: moved by {row.mean_size:.2f} on average (mean {row.mean_shift:+.2f}, "
        f"{row.low:+.2f} to {row.high:+.2f}); {row.to_positive} of {row.images} "
        f"{do(row.to_positive, 'turn')} positive, {row.to_negative} negative"
        for row in everyone.itertuples()
    )
    top = everyone.iloc[0]
    return [
        Finding(
            charts.shift_figure(rows),
            "; ".join(
                f"{row.title}: moved by {row.mean_size:.2f}" for row in everyone.itertuples()
            ),
            f"Most comes from **{top['title']}**, which moves the probability by "
            f"{top['mean_size']:.2f} on average; {top['to_positive']} of {top['images']} test "
            f"images {do(top['to_positive'], 'turn')} positive and {top['to_negative']} negative "
            f"at the threshold {threshold_text(top['cut'])}"
            f"{_by_class(tables['marks'], top['mark'])}.",
            "Dots: mean over the test images; lines: the middle 80 % of them.",
            details,
        )
    ]


def _by_class(marks_table: pd.DataFrame, mark: str) -> str:
    """How many of each class a mark turns, either way."""
    own = marks_table[(marks_table["mark"] == mark) & (marks_table["label"] != "all")]
    parts = [
        f"of {row.images} {row.label} {row.to_negative} {do(row.to_negative, 'turn')} negative, "
        f"{row.to_positive} positive"
        for row in own.itertuples()
    ]
    return f" ({'; '.join(parts)})" if parts else ""


def strongest(marks_table: pd.DataFrame) -> pd.DataFrame:
    """Marks over all test images, the one that moves the answers most first."""
    everyone = marks_table[marks_table["label"] == "all"]
    return everyone.sort_values("mean_size", ascending=False)
