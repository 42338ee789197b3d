"""Shortcut lab: experiments that show what a good number is made of."""

from collections.abc import Callable

import streamlit as st

from core import lab
from core.artifacts import ArtifactError
from pages.parts import lab_children, lab_guess, lab_live, lab_results, text
from pages.parts.lab_words import EXPERIMENTS
from pages.parts.switch import switch

RESULTS: dict[str, Callable[[], None]] = {
    "hospital": lab_results.hospital,
    "lungs": lab_results.lungs,
    "elsewhere": lab_results.elsewhere,
    "patients": lab_results.patients,
    "marks": lab_results.marks,
    "children": lab_children.children,
}
LIVE: dict[str, Callable[[], None]] = {"lungs": lab_live.regions, "marks": lab_live.marks}

st.title("Shortcut lab")
st.markdown(
    "A network takes the easiest way to the right answer, and in collected data the easiest way is "
    "seldom the disease. Six experiments: **predict first, then look.**"
)
st.caption(text.DISCLAIMER)
titles = {name: experiment.title for name, experiment in EXPERIMENTS.items()}
name = switch("Experiment", titles, "lab_experiment", label_visibility="collapsed")
experiment = EXPERIMENTS[name]

st.header(experiment.title)
st.markdown(experiment.setup)
try:
    RESULTS[name]()
except ArtifactError as error:
    st.error(str(error), icon=":material/error:")

if lab_guess.guess_of(name) is not None:
    with st.container(border=True):
        st.markdown("**What it teaches.** " + " ".join(experiment.lessons))
        st.markdown("  \n".join(f"[{paper.title}]({paper.url})" for paper in experiment.papers))
        if experiment.data:
            st.caption(f"Measured by `{lab.command(name)}`")
    st.button("Guess again", on_click=lab_guess.forget, args=(name,), icon=":material/replay:")

if name in LIVE:
    st.divider()
    LIVE[name]()
