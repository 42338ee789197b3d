"""Tuning: what the paper found about its head, tried again with patients held apart."""

from collections.abc import Callable

import streamlit as st

from core.artifacts import ArtifactError
from core.schema import MODALITY_TITLES, Modality
from core.tuning import DATASETS
from pages.parts import text, tuning, tuning_patients
from pages.parts.switch import switch

VIEWS = {
    "findings": "The paper's findings",
    "mattered": "What mattered",
    "trials": "Every trial",
    "patients": "More patients?",
    "method": "How it was done",
}
SHOW: dict[str, Callable[[str], None]] = {
    "findings": tuning.findings,
    "mattered": tuning.mattered,
    "trials": tuning.trials,
    "patients": tuning_patients.show,
    "method": tuning.method,
}

st.title("Tuning")
st.markdown(
    "The head has many knobs: how maps are pooled, how wide its layers are, how it is trained. The "
    "paper turned some of them and reported what it saw. Here the same is tried on **patients held "
    "apart**, with intervals, so that you can see which findings hold."
)
st.caption(text.DISCLAIMER)
titles = {name: f"{MODALITY_TITLES[Modality(name)]}s" for name in DATASETS}
dataset = switch("Images", titles, "tune_dataset")
view = switch("Look at", VIEWS, "tune_view", label_visibility="collapsed")
try:
    SHOW[view](dataset)
except ArtifactError as error:
    st.error(str(error), icon=":material/error:")
