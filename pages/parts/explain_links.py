"""From the explain page to the same image on other pages."""

from __future__ import annotations

import streamlit as st

from core.artifacts import Card
from core.charts.ready import MOST
from core.cohorts import FIRST
from core.schema import Modality
from pages.parts import (
    compare_choice,
    data_card,
    explain_image,
    loaders_compare,
    loaders_data,
    state,
    widgets,
)
from pages.parts.explain_image import Picture

# Without an address to go to, Streamlit refuses to leave one whose names are bound to widgets.
EMPTY: dict[str, str] = {}


def show(picture: Picture, card: Card) -> None:
    """Buttons to Predict, to Compare, and to the catalogue where the image is in it."""
    if st.button("Open in Predict", icon=":material/radiology:", key="explain_to_predict"):
        _hand_over(picture)
        st.switch_page("pages/predict.py", query_params=EMPTY)
    if st.button("Compare models", icon=":material/compare_arrows:", key="explain_to_compare"):
        with widgets.told():
            _compare_with(card)
            st.switch_page("pages/compare.py", query_params=EMPTY)
    if explain_image.in_catalogue(picture) and st.button(
        "Its entry in Data", icon=":material/database:", key="explain_to_data"
    ):
        images = loaders_data.catalogue().images
        data_card.choose(int(images.index[images["image_id"] == picture.id][0]))
        st.switch_page("pages/data.py", query_params={"data_view": "Browse"})


def _compare_with(card: Card) -> None:
    """Put this model before those that Compare opens with, whatever was compared last.

    Raises:
        ArtifactError: A table that cannot be believed.
    """
    modality, known = Modality(card.modality), loaders_compare.contenders()
    ids = [name for name in dict.fromkeys((card.id, *FIRST[modality])) if name in known]
    st.session_state[compare_choice.SET] = modality.value
    compare_choice.take(modality, ids[:MOST])


def _hand_over(picture: Picture) -> None:
    """Put the image on the list of Predict, unless it came from there, and open it."""
    if picture.id.startswith(explain_image.FILE):
        st.session_state["predict_open"] = picture.id.removeprefix(explain_image.FILE)
    else:
        name = picture.name.replace("/", "-")
        state.add(name, picture.data, picture.note)
