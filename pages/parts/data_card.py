"""One image of the catalogue: picture, whom to name, what is known, and what resembles it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core import holdings
from core.artifacts import ArtifactError
from core.charts.words import do
from core.classifier import DEFAULT_MODELS
from core.examples import ExampleError
from core.images import ImageError, read_image
from core.library import HASH_BITS, Library, neighbours
from core.overview import UNSTATED, label_names, shown_values
from core.schema import MODALITY_TITLES, Modality
from pages.parts import explain_image, loaders_data, state, text

KEY = "data_row"
SHOWN = 8
TILE = 106  # pixels, three beside each other on a phone
FIELDS = ("source", "finding", "view", "sex", "age", "date", "country", "split")


def chosen() -> int | None:
    """Row number of the image that was chosen last, on any view of the page."""
    return st.session_state.get(KEY)


def choose(row: int) -> None:
    """Open an image."""
    st.session_state[KEY] = row


def choose_from(widget: str, row: int | None) -> bool:
    """Open what a map or table has selected, once: it stays selected while other things are opened.

    Returns:
        Whether another image was opened by this.
    """
    key = f"{KEY}_{widget}"
    if st.session_state.get(key) == row:
        return False
    st.session_state[key] = row
    if row is None or row == chosen():
        return False
    choose(row)
    return True


def opening_table(table: pd.DataFrame, widget: str, **options: Any) -> int | None:
    """A table of which one row can be ticked.

    Args:
        table: To show.
        widget: Name of the table, for its key.
        options: Further arguments of st.dataframe.

    Returns:
        Position of the ticked row, or None.
    """
    # A widget keeps the position that is ticked, so other rows have to be another widget.
    rows_now = f"{hash(tuple(table.index)):x}"
    event = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"data_{widget}_{rows_now}",
        **options,
    )
    rows = event["selection"]["rows"] if event else []
    return next((row for row in rows if row < len(table)), None)


def show_chosen(library: Library) -> None:
    """Below a view: the image that was opened, if any."""
    row = chosen()
    if row is not None:
        st.divider()
        show(library, row)


def show(library: Library, row: int) -> None:
    """The picture with attribution and licence, its facts, its relatives."""
    own = library.images.loc[row]
    left, right = st.columns([2, 3], gap="large")
    with left:
        _picture(library, row)
    with right:
        label = label_names(library.images.loc[[row], "label"]).iloc[0]
        st.markdown(f"**{label}** · {MODALITY_TITLES[Modality(own['modality'])]} · {own['source']}")
        st.dataframe(
            _facts(library, row),
            hide_index=True,
            height="content",
            alt=f"What is known of {own.image_id}",
        )
        st.caption(
            f"Probability {own['probability']:.3f} by the model of this page's map."
            + _learned(library.images.loc[[row]])
        )
    st.markdown("**Nearest neighbours** by what the frozen trunk sees")
    near = neighbours(library.images, row)
    strip(library, "near", near, near["similarity"].map("{:.2f}".format))
    st.caption(_neighbour_sentence(library, row, near))
    _same_patient(library, row)


def _learned(own: pd.DataFrame) -> str:
    """What the map's model owes to this very image; empty where nothing, or where not known."""
    try:
        seen = loaders_data.taught(own)
    except ArtifactError:
        return ""
    return " It was trained on this very image." if seen else ""


def _picture(library: Library, row: int) -> None:
    example = holdings.as_examples(library, row)[0]
    image_id = library.images.loc[row, "image_id"]
    note = f"{image_id}. {example.attribution}, {example.licence}"
    try:
        data = loaders_data.picture(row)
        st.image(read_image(data).pixels, width="stretch", alt=f"Image {image_id}")
        st.button(
            "Take it to Predict and the lab",
            icon=":material/add_photo_alternate:",
            key="data_take",
            on_click=state.add,
            args=(example.name, data, note),
        )
        if st.button("See what the network looked at", icon=":material/frame_inspect:"):
            model = DEFAULT_MODELS[Modality(library.images.loc[row, "modality"])]
            target = explain_image.address(model, image_id)
            st.switch_page("pages/explain.py", query_params=target)
        if any(item.note == note for item in state.items()):
            st.caption("It waits on the Predict page and in the Shortcut lab.")
    except (ExampleError, ImageError) as error:
        st.info(text.told(error), icon=":material/image_not_supported:")
    reference = example.attribution
    if reference.startswith("10."):
        reference = f"[doi:{reference}]({_address(reference)})"
    st.caption(f"{image_id}. From {example.source}: {reference}. Licence: {example.licence}.")


def credit(library: Library, row: int) -> str:
    """Whom to name and the licence, short enough for under a small picture; Markdown."""
    own = library.images.loc[row]
    source = library.sources.set_index("source").loc[own["source"]]
    address = _address(own["reference"]) or source["url"].split(" ")[0]
    return f"[author]({address}), {own['licence'] or 'no licence stated'}"


def _address(reference: str) -> str:
    """Where a reference leads, a DOI too; empty where it leads nowhere."""
    if reference.startswith("10."):
        return f"https://doi.org/{reference}"
    return reference if reference.startswith("http") else ""


def _facts(library: Library, row: int) -> pd.DataFrame:
    frame = library.images.loc[[row]]
    values = {name: str(shown_values(frame, name).iloc[0]) for name in FIELDS}
    values["age"] = UNSTATED if frame["age"].isna().iloc[0] else f"{frame['age'].iloc[0]:.0f}"
    own = frame.iloc[0]
    values["patient"] = own["patient_id"] or UNSTATED
    values["size of the copy measured"] = f"{own['width']:.0f} x {own['height']:.0f}"
    values["mean grey"] = f"{own['mean']:.0f} of 255"
    return pd.DataFrame({"field": list(values), "value": list(values.values())})


def strip(library: Library, name: str, rows: pd.DataFrame, captions: pd.Series) -> None:
    """A row of small pictures, each a way to open that image.

    Args:
        library: The catalogue.
        name: Of the row, for the keys of its buttons.
        rows: Rows of images.csv, in the order to show; more than SHOWN are cut off.
        captions: Words by row, before source and label.
    """
    labels = label_names(rows["label"])
    grid = st.container(horizontal=True)
    for row in rows.index[:SHOWN]:
        with grid.container(width=TILE):
            small = loaders_data.small_picture(row)
            if small:
                st.image(small, width=TILE, alt=rows.loc[row, "image_id"])
            st.caption(f"{captions[row]} {rows.loc[row, 'source']}, {labels[row]}")
            st.caption(credit(library, row))
            st.button("Open", key=f"data_open_{name}_{row}", on_click=choose, args=(row,))


def _neighbour_sentence(library: Library, row: int, near: pd.DataFrame) -> str:
    own = library.images.loc[row]
    same_source = int((near["source"] == own["source"]).sum())
    same_label = int((near["label"] == own["label"]).sum())
    patient = int(((near["patient_id"] == own["patient_id"]) & (own["patient_id"] != "")).sum())
    return (
        f"The numbers are cosine similarities, 1 at most. Of these {len(near)}, {same_source} "
        f"{do(same_source, 'come')} from the same source, {same_label} "
        f"{do(same_label, 'bear')} the same label, {patient} "
        f"{do(patient, 'show')} the same patient."
    )


def _same_patient(library: Library, row: int) -> None:
    own = library.images.loc[row]
    images = library.images
    others = images[(images["patient_id"] == own["patient_id"]) & (images.index != row)]
    if own["patient_id"] and len(others):
        st.markdown(f"**{len(others)} more of the same patient**")
        strip(library, "same", others, others["date"].where(others["date"] != "", "no date"))
    pairs = library.pairs
    mine = pairs[(pairs["first"] == own["image_id"]) | (pairs["second"] == own["image_id"])]
    for pair in mine.itertuples():
        other = pair.second if pair.first == own["image_id"] else pair.first
        st.caption(f"Look-alike: {other} ({pair.bits} of {HASH_BITS} bits differ): {pair.done}.")
