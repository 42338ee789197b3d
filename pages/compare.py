"""Compare: models side by side, on one test set, at every threshold."""

from functools import partial

import streamlit as st

from core import evaluation
from core.artifacts import ArtifactError
from core.charts import matrices
from core.report import Section
from core.schema import threshold_text
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

VIEWS: dict[str, tuple[str, dict[str, tuple[str, View]]]] = {
    "measures": (
        "Measures",
        {
            "table": ("Of these models", compare_views.measures),
            "different": ("Really different?", compare_duel.show),
            "all": ("All models", compare_models.show),
        },
    ),
    "histograms": ("Histograms", {"": ("", compare_views.histograms)}),
    "curves": (
        "Curves",
        {
            "roc": ("ROC and precision", compare_views.curves),
            "thresholds": ("Every threshold", compare_views.sweep),
            "calibration": ("Calibration", compare_views.calibration),
        },
    ),
    "practice": ("In practice", {"": ("", compare_worth.show)}),
    compare_images.IMAGES: ("Images", {"": ("", compare_images.show)}),
    "paper": ("The paper's figures", {"": ("", compare_paper.show)}),
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
    titles = {name: title for name, (title, _) in VIEWS.items()}
    name = switch("Look at", titles, compare_images.VIEW, label_visibility="collapsed")
    left, right = st.columns([5, 6], gap="medium")
    with left:
        _matrices(shown)
    sections: list[Section] = []
    with right, widgets.told():
        sections = _view(name)(shown)
    compare_report.foot(shown, sections)


def _view(name: str) -> View:
    """The view of that name, or the part of it that is chosen."""
    parts = VIEWS[name][1]
    titles = {part: title for part, (title, _) in parts.items()}
    if len(parts) == 1:
        return parts[next(iter(parts))][1]
    return parts[switch("Part", titles, f"compare_{name}", label_visibility="collapsed")][1]


def _matrices(shown: Shown) -> None:
    """The confusion matrices; a click on a cell opens its images."""
    cuts, names = shown.cuts.values, shown.comparison.names
    ids = list(shown.comparison.titles)
    compare_images.first_values(ids)
    words = matrices.confusion_words(shown.models, cuts)
    chart(
        matrices.confusion_figure(shown.models, cuts, compare_images.framed(ids)),
        words,
        "matrices",
        on_select=partial(compare_images.open_cell, "compare_figure_matrices"),
        selection_mode="points",
    )
    at = ", ".join(f"{name} {threshold_text(cut)}" for name, cut in zip(names, cuts, strict=True))
    st.caption(f"Thresholds: {at}. Click a cell to see its images.")


answers()
