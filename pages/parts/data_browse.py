"""Data page: browse and filter."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from core.charts.words import many
from core.holdings import Presence
from core.library import Library, select
from core.overview import label_names, shown_values
from core.schema import KIND
from pages.parts import data_card, loaders_data, rows
from pages.parts.switch import STAYING

COLUMNS = {
    "source": "source",
    "label": "label",
    "modality": KIND,
    "view": "view",
    "finding": "finding",
    "sex": "sex",
    "year": "year",
    "country": "country",
    "licence": "licence",
    "split": "split",
}
RANGES = {
    "age": "age",
    "probability": "probability",
    "mean": "mean grey level",
    "sd": "contrast",
    "width": "width of the copy measured",
    "height": "height of the copy measured",
}
TABLE = ["image_id", "label", "source", "modality", "view", "finding", "age", "sex", "country",
         "year", "split", "probability", "patient_id", "licence"]  # fmt: skip
GALLERY = 16  # pictures a page


def show(library: Library, presence: Presence) -> None:
    """Filters, small pictures, the table, and the image that was opened."""
    images = library.images
    found = _filtered(images)
    patients = found.loc[found["patient_id"] != "", "patient_id"].nunique()
    known = many(patients, "known patient")
    st.markdown(f"**{len(found)}** of {many(len(images), 'image')}, {known}.")
    if found.empty:
        st.info("No image passes all filters. Take one away.")
        return
    shown = found[TABLE].assign(label=label_names(found["label"]))
    ticked = data_card.opening_table(
        shown,
        "table",
        height=320,
        column_config={
            "image_id": st.column_config.TextColumn(width="medium"),
            "modality": st.column_config.TextColumn(KIND),
            "probability": st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.2f"),
        },
        alt=f"{len(found)} images that pass the filters; choose a row to open one",
    )
    st.caption("Tick a row to open the image. Columns can be sorted; the table can be downloaded.")
    data_card.choose_from("table", None if ticked is None else int(found.index[ticked]))
    _gallery(library, found, presence)
    data_card.show_chosen(library)


def _filtered(images: pd.DataFrame) -> pd.DataFrame:
    titles = {**COLUMNS, **RANGES}
    picked = st.multiselect(
        "Filter by",
        list(titles),
        default=["source", "label"],
        format_func=titles.__getitem__,
        key="data_filters",
        **STAYING,
    )
    values = images.assign(**{name: shown_values(images, name) for name in COLUMNS})
    choices: dict[str, list[str]] = {}
    ranges: dict[str, tuple[float, float]] = {}
    columns = st.columns(3)
    for number, name in enumerate(picked):
        with columns[number % 3]:
            if name in COLUMNS:
                counts = values[name].value_counts()
                choices[name] = st.multiselect(
                    titles[name],
                    list(counts.index),
                    format_func=_counted(counts),
                    key=f"data_filter_{name}",
                    **STAYING,
                )
            else:
                ranges |= _range(images[name], name)
    text = st.text_input("Search in id, patient and finding", key="data_search", **STAYING)
    return images.loc[select(values, choices, ranges, text).index]


def _counted(counts: pd.Series) -> Callable[[str], str]:
    return lambda value: f"{value} ({counts[value]})"


def _range(column: pd.Series, name: str) -> dict[str, tuple[float, float]]:
    """A slider; at its full range it filters nothing, so that unknown values stay."""
    low, high = float(column.min()), float(column.max())
    step = 0.01 if name == "probability" else 1.0
    ends = (low // step * step, -(-high // step) * step)
    picked = st.slider(RANGES[name], *ends, ends, step, key=f"data_filter_{name}", **STAYING)
    return {name: picked} if picked != ends else {}


def _gallery(library: Library, found: pd.DataFrame, presence: Presence) -> None:
    """Small pictures of one page of the result, where the data folder is here."""
    if presence.root is None:
        return
    listed = hash(tuple(found.index))
    part = found.iloc[rows.page("data_page", "Pictures, page", listed, len(found), GALLERY)]
    labels = label_names(part["label"])
    grid = st.container(horizontal=True)
    for row in part.index:
        with grid.container(width=data_card.TILE):
            small = loaders_data.small_picture(row)
            if small:
                st.image(small, width=data_card.TILE, alt=part.loc[row, "image_id"])
            st.button(
                f"{part.loc[row, 'source']}, {labels[row]}" if small else "not here",
                key=f"data_pick_{row}",
                on_click=data_card.choose,
                args=(row,),
                type="tertiary",
            )
            st.caption(data_card.credit(library, row))
