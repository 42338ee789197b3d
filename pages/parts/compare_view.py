"""What every view of the Compare page gets, and how it shows figures and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from core.charts.marks import Mark
from core.charts.ready import Ready
from core.evaluation import Answer, Comparison
from core.report import Section
from pages.parts.compare_cut import Cuts
from pages.parts.loaders_compare import Ids

FORMAT = "compare_format"
FORMATS = {"png": "PNG", "svg": "SVG"}


@dataclass(frozen=True)
class Shown:
    """The state of the page.

    Attributes:
        ids: Models as chosen.
        key: Of the test set.
        comparison: Of both.
        models: The entrants, ready to be drawn.
        cuts: Their thresholds.
        answers: Their measures there.
    """

    ids: Ids
    key: str
    comparison: Comparison
    models: list[Ready]
    cuts: Cuts
    answers: list[Answer]

    @property
    def marks(self) -> list[Mark]:
        """The threshold of least cost, to be drawn on every curve."""
        return [Mark("least cost", self.cuts.best)]


STARS = (
    "Stars: each model's threshold of least cost, at the cost and prevalence above, chosen on "
    "validation patients."
)
View = Callable[[Shown], list[Section]]  # draws, and returns what a report of it holds


def draw(section: Section, key: str, heading: bool = True) -> Section:
    """A result: sentence, figure, note. The sentence is the figure's text alternative.

    Args:
        section: What to show; its table is left to the caller.
        key: Of the figure, and the name of its file.
        heading: Whether to show the section's heading.
    """
    if heading:
        st.subheader(section.heading)
    st.markdown(section.words)
    if section.figure is not None:
        chart(section.figure, section.words, key)
    if section.note:
        st.caption(section.note)
    return section


def chart(drawing: Any, words: str, key: str, **options: Any) -> Any:
    """A figure whose sentence stands elsewhere; its camera saves PNG or SVG."""
    config = {
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {
            "format": st.session_state.get(FORMAT, "png"),
            "filename": f"lunglens-{key}",
            "scale": 2,
        },
    }
    name = f"compare_figure_{key}"
    return st.plotly_chart(drawing, width="stretch", config=config, alt=words, key=name, **options)


def table_csv(table: Callable[[], pd.DataFrame], name: str) -> None:
    """A button that makes the CSV of a table when it is clicked."""
    st.download_button(
        "Table as CSV",
        lambda: table().to_csv(index=False),
        f"lunglens-{name}.csv",
        "text/csv",
        key=f"compare_csv_{name}",
        icon=":material/download:",
        on_click="ignore",
    )
