"""Compare: models side by side, on one test set, at every threshold."""

from functools import partial

import streamlit as st

from core import evaluation
from core.artifacts import ArtifactError
from core.charts import matrices
from pages.parts import (
    compare_choice,
    compare_cut,
    compare_duel,
    compare_images,
    compare_models,
    compare_paper,
    compare_report,
    compare_views,
    compare_worth,
    loaders_compare,
    text,
    widgets,
)
from pages.parts.compare_view import Shown, View, chart
from pages.parts.switch import switch

VIEWS: dict[str, tuple[str, View]] = {
    "measures": ("Measures", compare_views.measures),
    "histograms": ("Histograms", compare_views.histograms),
    "curves": ("ROC and precision", compare_views.curves),
    "thresholds": ("Every threshold", compare_views.sweep),
    "calibration": ("Calibration", compare_views.calibration),
    "practice": ("In practice", compare_worth.show),
    "different": ("Really different?", compare_duel.show),
    compare_images.IMAGES: ("Images", compare_images.show),
    "paper": ("The paper's figures", compare_paper.show),
    "all": ("All models", compare_models.show),
}

st.title("Compare")
st.markdown("Which model is better, at which threshold, and how sure is that? **Move the slider.**")
st.caption(text.DISCLAIMER)
try:
    if not loaders_compare.contenders():
        st.error(text.NO_TABLES, icon=":material/error:")
        st.stop()
    ids, key = compare_choice.choose()
    comparison = loaders_compare.comparison(ids, key)
except ArtifactError as error:
    st.error(str(error), icon=":material/error:")
    st.stop()
widgets.untrained_banner(one.contender.card for one in comparison.entrants)
compare_choice.facts(comparison)
if not comparison.entrants:
    st.info("Choose a model that was tested on these images.")
    st.stop()


@st.fragment
def answers() -> None:
    """All that depends on the threshold."""
    cuts = compare_cut.controls(comparison)
    shown = Shown(
        ids,
        key,
        comparison,
        loaders_compare.ready(ids, key),
        cuts,
        evaluation.answer(comparison.entrants, cuts.values),
    )
    _matrices(shown)
    titles = {name: title for name, (title, _) in VIEWS.items()}
    name = switch("Look at", titles, compare_images.VIEW, label_visibility="collapsed")
    compare_report.foot(shown, VIEWS[name][1](shown))


def _matrices(shown: Shown) -> None:
    """A confusion matrix a model; a click on a cell opens its images."""
    compare_images.first_values(shown.comparison.names)
    framed = compare_images.framed()
    columns = zip(shown.cuts.columns, shown.models, shown.cuts.values, strict=True)
    for number, (column, model, cut) in enumerate(columns):
        chosen = (0, framed[1]) if framed and framed[0] == model.name else None
        key = f"matrix-{number}"
        with column:
            chart(
                matrices.confusion_figure([model], [cut], chosen),
                matrices.confusion_words([model], [cut]),
                key,
                on_select=partial(compare_images.open_cell, f"compare_figure_{key}"),
                selection_mode="points",
            )
            st.caption(f"Threshold {cut:.3f}")


answers()
