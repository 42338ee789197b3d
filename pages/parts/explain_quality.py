"""Is it any good? What the checks of a model's explanations found, from its table."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.artifacts import ArtifactError, Card
from core.charts import quality_findings as findings
from core.charts.findings import Finding
from core.explain.checks import (
    DELETION,
    FOUND,
    GIVEN,
    INSERTION,
    RANKS,
    STRUCTURE,
    thoroughness,
)
from core.schema import Modality
from pages.parts import explain_words, lab_results, loaders_checks
from pages.parts.switch import switch

MEASURES = {RANKS: "Order of places", STRUCTURE: "Local pattern"}
CURVES = {DELETION: "Take away", INSERTION: "Bring back"}


def show(card: Card) -> None:
    """Three questions about a model's maps, whatever the image, and what was found."""
    st.markdown(explain_words.QUALITY)
    try:
        table = loaders_checks.checks(card.id)
        record = loaders_checks.check_record(card.id)
    except ArtifactError as error:
        st.info(f"Not measured for this model. {error}", icon=":material/info:")
        return
    if said := explain_words.first_look(card):
        st.caption(said)
    st.subheader("Does the map change when the model does?")
    st.markdown(explain_words.LIKENESS)
    measure = switch("Compare maps by", MEASURES, "explain_likeness")
    _show([findings.likeness(table, measure)])
    st.subheader("Does the answer depend on what the map marks?")
    st.markdown(explain_words.CURVES)
    curve = switch("Curve", CURVES, "explain_curve")
    _show(findings.curves(table, curve))
    st.subheader("Does it look at the lungs?")
    if card.modality != Modality.XRAY:
        st.info(explain_words.NO_OUTLINES)
    else:
        st.markdown(explain_words.LUNGS)
        _show([findings.lungs(table, GIVEN), findings.lungs(table, FOUND)])
    st.caption(f"{thoroughness(record['settings'])} Measured by `{record['command']}`")


def _show(found: Sequence[Finding | None]) -> None:
    """Draw what was measured."""
    there = [finding for finding in found if finding is not None]
    if not there:
        st.info("Not measured for this model.")
    lab_results.show(there)
