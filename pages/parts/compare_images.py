"""Compare page: the images in one cell of a confusion matrix, and those that change sides."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from core import artifacts, cells
from core.artifacts import Card
from core.charts.matrices import CELLS
from core.charts.words import agreed, many
from core.classifier import DEFAULT_MODELS
from core.cohorts import TestSet
from core.evaluation import Entrant
from core.report import Section
from core.schema import Modality, threshold_text
from pages.parts import loaders, loaders_compare, loaders_data, rows, widgets
from pages.parts.compare_view import Shown, table_csv
from pages.parts.switch import KEPT, begin, switch

VIEW, IMAGES = "compare_view", "images"
MODEL, CELL, OTHER, PAGE = "compare_of", "compare_cell", "compare_other", "compare_page"
WHICH = "compare_which"
COLUMNS = ["image_id", "source", "patient_id", "probability"]
SHOWN = 12  # images a page
TILE = 150
CELL_TITLES = {name: f"{name}: {words}" for name, (_, _, words) in CELLS.items()}
WHICH_TITLES = {"cell": "In one cell", "changing": "That change sides"}
# Cell -> what its images are, what is done to them, and their order.
MEANINGS = {
    "TP": ("COVID-19 image", "found", "the least sure first"),
    "FN": ("COVID-19 image", "missed", "the most wrong first"),
    "FP": ("false alarm", "", "the most wrong first"),
    "TN": ("other image", "cleared", "the least sure first"),
}


def open_cell(chart: str) -> None:
    """Callback of a click on a matrix: open the images of that cell."""
    points = st.session_state[chart]["selection"]["points"]
    if points:
        st.session_state[MODEL], st.session_state[CELL], *_ = points[0]["customdata"]
        st.session_state[WHICH] = "cell"
        st.session_state[VIEW] = IMAGES


def first_values(ids: list[str]) -> None:
    """Set before the widgets are drawn, so that the address follows a click on a matrix."""
    begin(MODEL, ids, ids[0])
    begin(CELL, CELL_TITLES, "FN")
    begin(WHICH, WHICH_TITLES, "cell")


def framed(ids: list[str]) -> tuple[int, str] | None:
    """Number of the model and the cell whose images are open, None while none are."""
    state = st.session_state
    if state[VIEW] != IMAGES or state[WHICH] != "cell" or state[MODEL] not in ids:
        return None
    return ids.index(state[MODEL]), state[CELL]


def show(shown: Shown) -> list[Section]:
    """Images of a cell, or those that two thresholds call differently."""
    which = switch("Images", WHICH_TITLES, WHICH, label_visibility="collapsed")
    titles = shown.comparison.titles
    number = list(titles).index(switch("Of which model", titles, MODEL))
    entrant, cut = shown.comparison.entrants[number], shown.cuts.values[number]
    listed = _cell if which == "cell" else _changing
    return [listed(entrant, cut, shown.comparison.test_set)]


def cell_words(cell: str, count: int) -> str:
    """What the images of a cell are, and in which order they are listed."""
    what, done, order = MEANINGS[cell]
    fate = f" that {agreed(count, 'is', 'are')} {done}" if done else ""
    return f"{many(count, what)}{fate}, {order}"


def _cell(entrant: Entrant, cut: float, test_set: TestSet) -> Section:
    cell = switch("Cell", CELL_TITLES, CELL)
    found = cells.in_cell(entrant, cut, cell)
    words = f"{cell_words(cell, len(found))}, {entrant.name} at {threshold_text(cut)}."
    return _images(entrant, found, words, cell, test_set)


def _changing(entrant: Entrant, cut: float, test_set: TestSet) -> Section:
    other = st.slider(
        f"Other threshold, against {threshold_text(cut)}",
        0.0,
        1.0,
        0.5,
        0.001,
        format="%.3f",
        key=OTHER,
        **KEPT,
    )
    found = cells.changing_sides(entrant, cut, other)
    ill = int(found["label"].sum())
    low, high = sorted((cut, other))
    words = (
        f"{many(len(found), 'image')} {agreed(len(found), 'is', 'are')} called positive at "
        f"{threshold_text(low)} and negative at {threshold_text(high)}: the lower threshold finds "
        f"{ill} more with COVID-19 and raises {many(len(found) - ill, 'more false alarm')}."
    )
    return _images(entrant, found, words, "changing", test_set)


def _images(
    entrant: Entrant, found: pd.DataFrame, words: str, name: str, test_set: TestSet
) -> Section:
    """A sentence, and a page of tiles, with pictures where the data folder is here."""
    st.markdown(words)
    result = Section("Images", words, table=found[COLUMNS])
    if found.empty:
        return result
    listed = (test_set.key, entrant.id, name)
    part = found.iloc[rows.page(PAGE, "Page,", listed, len(found), SHOWN, width=200)]
    card, opened = _explaining(entrant, test_set.unseen)
    st.caption(opened)
    numbers: dict[str, int] = {}
    with widgets.told():
        numbers = loaders_compare.catalogue_rows()
    grid = st.container(horizontal=True)
    for row in part.itertuples():
        with grid.container(width=TILE, border=True, gap="small"):
            _tile(row, card, numbers.get(row.image_id))
    table_csv(lambda: found, f"{entrant.id}-{name}")
    return result


def _tile(row: Any, card: Card, number: int | None) -> None:
    """One image: picture where it is here, probability, source, patient, a link to Explain.

    Args:
        row: Of a prediction table.
        card: Of the model that Explain opens it with.
        number: Of the image in the catalogue; None where it is not listed.
    """
    small = None if number is None else loaders_data.small_picture(number)
    if small:
        st.image(small, width="stretch", alt=f"{row.image_id}, {row.source}")
    patient = row.patient_id.removeprefix(f"{row.source}/").removeprefix("Patient ")
    st.markdown(f"**{row.probability:.3f}**")
    st.caption(f"{row.source}  \npatient {patient or 'not named'}")
    # In a new tab: this view stays as it is, and so does the browser's way back.
    st.link_button(
        "Explain",
        f"explain?{urlencode({'model': card.id, 'image': row.image_id})}",
        type="tertiary",
        icon=":material/frame_inspect:",
        key=f"compare_explain_{row.image_id}",
    )


def _explaining(entrant: Entrant, unseen: str) -> tuple[Card, str]:
    """The model that Explain can run: this one where it ships weights, else the app's own.

    Args:
        entrant: Whose images are listed.
        unseen: The source that no model here may have learned from, if any; Explain's may have.
    """
    card = entrant.contender.card
    if artifacts.is_shipped(card) and not entrant.left_out:
        return card, f"Explain opens each image with this model, {card.title}."
    if artifacts.is_shipped(card):
        return card, (
            f"The numbers here are of the same recipe trained without {unseen}. Explain opens each "
            f"image with the full model, {card.title}, {_learned(unseen)}."
        )
    own = artifacts.read_card(DEFAULT_MODELS[Modality(card.modality)], loaders.MODELS_DIR)
    differs = _learned(unseen) if unseen in own.sources else "whose probability may differ"
    return own, (
        f"The weights of this model are not in the app: Explain opens each image with {own.id} "
        f"instead, {differs}."
    )


def _learned(source: str) -> str:
    return f"which learned from {source}, so that its probability differs"
