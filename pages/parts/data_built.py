"""Data page: how the data set was built. Every count is read from the tables."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import overview
from core.library import Library
from core.schema import Split

# COVIDx as its makers describe it (Wang, Lin, Wong 2020; docs/COVIDx.md of COVID-Net): part, what
# it brings, and the source here that stands for it.
COVIDX = (
    (
        "covid-chestxray-dataset",
        "COVID-19 and other pneumonias from publications",
        "covid-chestxray",
    ),
    ("Figure 1 chest X-ray set", "COVID-19, shared by clinicians", "figure1"),
    ("Actualmed chest X-ray set", "COVID-19 and not, one hospital", "actualmed"),
    ("COVID-19 Radiography Database", "COVID-19, partly overlapping with the first", ""),
    ("RSNA Pneumonia Challenge", "no finding and pneumonia; its images are NIH ChestX-ray8", "nih"),
)
SPLITS = {
    Split.TRAIN: "training",
    Split.VAL: "validation",
    Split.TEST: "test",
    Split.EXTERNAL: "only ever tested on",
}


def show(library: Library) -> None:
    """COVIDx, the paper, the funnel, the split, the sources."""
    images = library.images
    counts = images["source"].value_counts()
    st.subheader("What COVIDx is, and what of it is here")
    st.markdown(
        "COVIDx (Wang, Lin and Wong 2020, COVID-Net) is not a collection of images but a recipe: a "
        "script that joins five public sets. The positives come from some of them and nearly all "
        "negatives from another, so the recipe builds the confounding in."
    )
    parts = pd.DataFrame(COVIDX, columns=["part of COVIDx", "what it brings", "here"])
    parts["images here"] = parts["here"].map(counts).fillna(0).astype(int)
    parts["here"] = parts["here"].where(parts["here"] != "", "not here")
    st.dataframe(parts, hide_index=True, alt="Parts of COVIDx and how many images of each are here")
    st.markdown(
        "The paper first learned from a small balanced set, then from four COVIDx sources, "
        "unbalanced, and from CT slices. The NIH images here are a sample of ChestX-ray8, from "
        "which RSNA drew its challenge. COVID-CT and the SARS-CoV-2 CT-scan set are the CT side."
    )
    st.subheader("From files to a data set")
    total = len(images) + len(library.dropped)
    st.markdown(
        f"**{total}** entries were listed or found, **{len(library.dropped)}** left out, "
        f"**{len(images)}** kept:"
    )
    st.dataframe(
        overview.reasons(library.dropped), hide_index=True, alt="Reasons for leaving images out"
    )
    _split(images)
    st.subheader("Whom to name")
    for source in library.sources.itertuples():
        with st.container(border=True):
            st.markdown(
                f"**{source.title}** ({source.source}, {counts.get(source.source, 0)} here)"
            )
            st.caption(
                f"{source.about}  \n{source.citation}  \n{source.url}  \nLicence: {source.licence}"
            )


def _split(images: pd.DataFrame) -> None:
    st.subheader("How the split works")
    st.markdown(
        "Patients are dealt out, not images: all images of one patient, and all look-alikes, go to "
        "the same side. The deal comes from a fixed seed, source by source and label by label. "
        "Where a source publishes its own lists, those stand. No image of COVID-CT's "
        "published test list is here, so its validation list is the test set, and validation "
        "patients come from its training list. A set without patient ids is never "
        "learned from."
    )
    names = images["split"].map(dict(SPLITS)).rename("split")
    table = pd.crosstab(names, images["source"]).reindex(list(SPLITS.values()), fill_value=0)
    table["images"] = table.sum(axis=1)
    known = images[images["patient_id"] != ""]
    table["known patients"] = known.groupby(names)["patient_id"].nunique()
    table["known patients"] = table["known patients"].fillna(0).astype(int)
    st.dataframe(table.reset_index(), hide_index=True, alt="Images by split and source")
