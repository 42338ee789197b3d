"""Compare page: the paper's Figure 3 on our data, and how its home-made CNN overfits."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core import evaluation
from core.charts import learning, matrices
from core.charts.words import many
from core.evaluation import Answer
from core.report import Section
from core.schema import PAPER_THRESHOLDS
from pages.parts import compare_choice, compare_rules, loaders_compare
from pages.parts.compare_choice import BIG, SMALL
from pages.parts.compare_view import Shown, chart, draw

HALF, LOWER = PAPER_THRESHOLDS
PANELS = (
    (BIG, HALF, f"All data, threshold {HALF:g}"),
    (BIG, LOWER, f"All data, threshold {LOWER:g}"),
    (SMALL, HALF, f"Small data, threshold {HALF:g}"),
)
ALL_SOURCES = "xray"
CNNS = {"all-cnn-random160": "all sources", "small-cnn-random160": "the small data"}


def show(shown: Shown) -> list[Section]:
    """Figure 3's three panels, then the training curves of the home-made CNN."""
    found = [_panels()] if compare_choice.has_paper_models() else []
    if not found:
        st.info(f"Figure 3 needs the models {BIG} and {SMALL}; one of them is not here.")
    return found + _curves()


def _panels() -> Section:
    ids = (BIG, SMALL)
    entrants = {one.id: one for one in loaders_compare.comparison(ids, ALL_SOURCES).entrants}
    models = dict(zip(ids, loaders_compare.ready(ids, ALL_SOURCES), strict=True))
    cuts = [cut for _, cut, _ in PANELS]
    answers = evaluation.answer([entrants[name] for name, *_ in PANELS], cuts)
    shown = [replace(models[name], name=title) for name, _, title in PANELS]
    result = Section(
        "The paper's Figure 3: two thresholds, and the small-data model on the big test set",
        panel_words(answers),
        matrices.confusion_figure(shown, cuts, across=2),
    )
    st.subheader(result.heading)
    st.markdown(result.words)
    words = matrices.confusion_words(shown, cuts)
    chart(result.figure, words, "figure-3")
    with st.container(horizontal=True):
        for number, (name, cut, title) in enumerate(PANELS):
            if st.button(
                f"Open: {title}",
                key=f"compare_open_{number}",
                on_click=compare_rules.open_panel,
                args=(name, f"{cut:g}"),
            ):
                st.rerun(scope="app")  # models and test set are chosen outside this fragment
    return result


def _curves() -> list[Section]:
    """Training and test curves of the networks that recorded both."""
    found = []
    for model_id, data in CNNS.items():
        history = loaders_compare.history(model_id)
        if history is not None and "test_auc" in history:
            name = f"the home-made CNN on {data}"
            words = learning.learning_words(history, name)
            found.append(Section(f"How {name} learned", words, learning.learning_figure(history)))
            draw(found[-1], f"learning-{model_id}")
    return found


def panel_words(answers: list[Answer]) -> str:
    """What each step of the figure changes."""
    half, lower, small = (found.counts for found in answers)
    return (
        f"From {HALF:g} to {LOWER:g} the model of all sources finds {lower.tp - half.tp} more of "
        f"the {half.tp + half.fn} COVID-19 images and raises "
        f"{many(lower.fp - half.fp, 'more false alarm')}. The small-data model, which saw one "
        f"source only, finds {small.tp} and calls {small.fp} of the {small.fp + small.tn} others "
        "positive."
    )
