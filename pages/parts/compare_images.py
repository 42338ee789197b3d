"""Compare page: the images in one cell of a confusion matrix, and those that change sides."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from core import artifacts, cells
from core.artifacts import Card
from core.charts.matrices import CELLS
from core.classifier import DEFAULT_MODELS
from core.evaluation import Entrant
from core.report import Section
from core.schema import Modality, threshold_text
from pages.parts import loaders, loaders_compare, loaders_data, widgets
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
MEANINGS = {
    "TP": "COVID-19 images that are found, the least sure first",
    "FN": "COVID-19 images that are missed, the most wrong first",
    "FP": "false alarms, the most wrong first",
    "TN": "other images that are cleared, the least sure first",
}


def open_cell(chart: str) -> None:
    """Callback of a click on a matrix: open the images of that cell."""
    points = st.session_state[chart]["selection"]["points"]
    if points:
        st.session_state[MODEL], st.session_state[CELL], *_ = points[0]["customdata"]
        st.session_state[WHICH] = "cell"
        st.session_state[VIEW] = IMAGES


def first_values(names: list[str]) -> None:
    """Set before the widgets are drawn, so that the address follows a click on a matrix."""
    begin(MODEL, names, names[0])
    begin(CELL, CELL_TITLES, "FN")
    begin(WHICH, WHICH_TITLES, "cell")


def framed(names: list[str]) -> tuple[int, str] | None:
    """Number of the model and the cell whose images are open, None while none are."""
    state = st.session_state
    if state[VIEW] != IMAGES or state[WHICH] != "cell" or state[MODEL] not in names:
        return None
    return names.index(state[MODEL]), state[CELL]


def show(shown: Shown) -> list[Section]:
    """Images of a cell, or those that two thresholds call differently."""
    which = switch("Images", WHICH_TITLES, WHICH, label_visibility="collapsed")
    names = shown.comparison.names
    name = switch("Of which model", {name: name for name in names}, MODEL)
    number = names.index(name)
    entrant, cut = shown.comparison.entrants[number], shown.cuts.values[number]
    return [_cell(entrant, cut) if which == "cell" else _changing(entrant, cut)]


def _cell(entrant: Entrant, cut: float) -> Section:
    cell = switch("Cell", CELL_TITLES, CELL)
    found = cells.in_cell(entrant, cut, cell)
    words = f"{len(found)} {MEANINGS[cell]}, {entrant.name} at {threshold_text(cut)}."
    return _images(entrant, found, words, cell)


def _changing(entrant: Entrant, cut: float) -> Section:
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
        f"{len(found)} images are called positive at {threshold_text(low)} and negative at "
        f"{threshold_text(high)}: the lower threshold finds {ill} more with COVID-19 and "
        f"raises {len(found) - ill} more false alarms."
    )
    return _images(entrant, found, words, "changing")


def _images(entrant: Entrant, found: pd.DataFrame, words: str, name: str) -> Section:
    """A sentence, and a page of tiles, with pictures where the data folder is here."""
    st.markdown(words)
    result = Section("Images", words, table=found[COLUMNS])
    if found.empty:
        return result
    pages = -(-len(found) // SHOWN)
    page = 1
    if pages > 1:
        st.session_state[PAGE] = min(st.session_state.get(PAGE, 1), pages)
        page = st.number_input(f"Page, 1 to {pages}", 1, pages, key=PAGE, width=200)
    part = found.iloc[(page - 1) * SHOWN : page * SHOWN]
    card, opened = _explaining(entrant.contender.card)
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


def _explaining(card: Card) -> tuple[Card, str]:
    """The model that Explain can run: this one where it ships weights, else the app's own."""
    if artifacts.is_shipped(card):
        return card, f"Explain opens each image with this model, {card.title}."
    own = artifacts.read_card(DEFAULT_MODELS[Modality(card.modality)], loaders.MODELS_DIR)
    return own, (
        f"The weights of this model are not in the app: Explain opens each image with {own.id} "
        "instead, whose probability may differ."
    )
