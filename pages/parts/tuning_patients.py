"""Tuning page: would more patients help?"""

from __future__ import annotations

import streamlit as st

from core import learning_curve
from core.charts.learning_curve import curve_figure
from core.classifier import DEFAULT_MODELS
from core.schema import Modality
from pages.parts import loaders_tuning, tuning

NIH = "; images of NIH, which has no COVID-19, are set against the COVID-19 of the other sources"


def show(dataset: str) -> None:
    """The default model's recipe fitted on fewer patients."""
    model_id = DEFAULT_MODELS[Modality(dataset)]
    table = loaders_tuning.curve(model_id)
    st.markdown(
        "The paper ends with a wish for **more data**. Would it help? Here the recipe of the "
        f"default model, {model_id}, learns from an eighth, a quarter, half and all of some "
        "patients, and is asked about others. A curve that still rises speaks for more patients."
    )
    lines = learning_curve.lines(table)
    st.plotly_chart(
        curve_figure(table), width="stretch", config=tuning.CONFIG, alt="; ".join(lines)
    )
    st.markdown(f"**{learning_curve.summary(table)}**")
    st.markdown("\n".join(f"- {line}" for line in lines))
    st.caption(
        "Each dot: the mean AUC of single models over several deals of training and validation "
        "patients; *all* is four in five of them, since a fifth is asked about. Lines: 95 % "
        "intervals over the patients asked about; the deals are of those learned from. Papers "
        "count as one patient where a slice names its paper. *Never seen* and *trained without*: "
        f"models that learned no label of that source{NIH if dataset == Modality.XRAY else ''}. "
        "Settings are the shipped ones at every size, chosen on these patients. "
        f"`{learning_curve.command(model_id)}`"
    )
    tuning.download(table, f"learning-curve-{dataset}", "The curve as CSV")
