"""Compare page: the paper's Figure 3 on our data, and how its home-made CNN overfits."""

from __future__ import annotations

import streamlit as st

from core import evaluation
from core.charts import matrices
from core.evaluation import Answer
from core.schema import PAPER_THRESHOLDS
from pages.parts import compare_choice, compare_cut, loaders_compare
from pages.parts.compare_choice import BIG, SMALL
from pages.parts.compare_view import Shown, chart

HALF, LOWER = PAPER_THRESHOLDS
PANELS = (
    (BIG, HALF, f"All data, threshold {HALF:g}"),
    (BIG, LOWER, f"All data, threshold {LOWER:g}"),
    (SMALL, HALF, f"Small data, threshold {HALF:g}"),
)
ALL_SOURCES = "xray"
CNNS = {"all-cnn-random160": "On all sources", "small-cnn-random160": "On the small data"}


def show(shown: Shown) -> None:
    """Figure 3's three panels, then the training curves of the home-made CNN."""
    st.subheader("Figure 3: two thresholds, and the small-data model on the big test set")
    if compare_choice.has_paper_models():
        _panels()
    else:
        st.info(f"This needs the models {BIG} and {SMALL}; one of them is not here.")


def _panels() -> None:
    ids = (BIG, SMALL)
    entrants = {one.id: one for one in loaders_compare.comparison(ids, ALL_SOURCES).entrants}
    models = dict(zip(ids, loaders_compare.ready(ids, ALL_SOURCES), strict=True))
    answers = evaluation.answer([entrants[name] for name, *_ in PANELS], [t for _, t, _ in PANELS])
    st.markdown(panel_words(answers))
    for number, (column, (name, cut, title)) in enumerate(zip(st.columns(3), PANELS, strict=True)):
        with column:
            st.markdown(f"**{title}**")
            chart(
                matrices.confusion_figure([models[name]], [cut]),
                matrices.confusion_words([models[name]], [cut]),
                f"compare_panel_{number}",
            )
            if st.button(
                "Open it above",
                key=f"compare_open_{number}",
                on_click=compare_cut.open_panel,
                args=(name, f"{cut:g}"),
            ):
                st.rerun(scope="app")  # models and test set are chosen outside this fragment


def panel_words(answers: list[Answer]) -> str:
    """What each step of the figure changes."""
    half, lower, small = (found.counts for found in answers)
    return (
        f"From {HALF:g} to {LOWER:g} the model of all sources finds {lower.tp - half.tp} more of "
        f"the {half.tp + half.fn} COVID-19 images and raises {lower.fp - half.fp} more false "
        f"alarms. The small-data model, which saw one source only, finds {small.tp} and calls "
        f"{small.fp} of the {small.fp + small.tn} others positive."
    )
