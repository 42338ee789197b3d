"""Live in the lab: which image to change, and which model to ask."""

from __future__ import annotations

import streamlit as st

from core import phantoms
from core.images import Grey, ImageError, ReadOptions, read_image
from pages.parts import loaders, loaders_lab, state, text, widgets
from pages.parts.loaders_lab import LiveAnswer
from pages.parts.switch import STAYING

BEGUN = "lab_live"
UPLOAD = "upload"
DEFAULT = ""  # the model that Predict would take


def begin() -> tuple[str, Grey, LiveAnswer] | None:
    """Heading, image and model: a name, the pixels, the answer about them untouched.

    None before the user asks for it, since loading the models takes seconds; also where models or
    image are missing, which is said.
    """
    st.subheader("Try it yourself")
    st.caption(text.DISCLAIMER)
    if not (st.session_state.get(BEGUN) or state.items()):
        st.button("Change an image and watch", key=f"{BEGUN}_button", on_click=_start)
        st.caption("Loads the models: a few seconds, the first time.")
        return None
    missing = loaders.missing_ids()
    if missing:
        st.error(text.missing_models(missing), icon=":material/error:")
        return None
    first, second = st.columns(2)
    with first:
        chosen = _choose_image()
    titles = {DEFAULT: "the default for this kind of image"}
    with widgets.told():
        titles |= {name: card.title for name, card in loaders.heads().items()}
        model = second.selectbox(
            "Model", list(titles), format_func=titles.__getitem__, key="lab_model", **STAYING
        )
        if chosen is not None:
            return *chosen, loaders_lab.answer(chosen[1], model or None)
    return None


def _start() -> None:
    st.session_state[BEGUN] = True


def _choose_image() -> tuple[str, Grey] | None:
    """A drawing, a file of the Predict page, or an upload; None where there is none yet."""
    drawings = phantoms.drawings()
    items = {item.id: item for item in state.items()}
    titles = {name: name for name in drawings} | {key: one.name for key, one in items.items()}
    titles = state.distinct(titles | {UPLOAD: "your own file"})
    chosen = st.selectbox(
        "Image", list(titles), format_func=titles.__getitem__, key="lab_image", **STAYING
    )
    options = ReadOptions()
    if chosen in drawings:
        st.caption("Drawn by code, not a patient: no answer about it means much.")
        data = drawings[chosen]
    elif chosen in items:
        data, options = items[chosen].data, state.choice(items[chosen]).options
    else:
        file = st.file_uploader("File", key="lab_upload", max_upload_size=50)
        if file is None:
            return None
        chosen, data = file.file_id, file.getvalue()
    try:
        return chosen, read_image(data, options).pixels
    except ImageError as error:
        st.error(text.told(error), icon=":material/broken_image:")
        return None
