"""Data page: near-duplicates, and patients with many images."""

from __future__ import annotations

import streamlit as st

from core import overview
from core.library import Library
from pages.parts import data_card


def show(library: Library) -> None:
    """What was found and what was done with it."""
    pairs, images = library.pairs, library.images
    st.subheader("The same image twice")
    gone = pairs[pairs["done"] != "kept on one side of the split"]
    apart = pairs[~pairs["same_patient"]]
    st.markdown(
        f"A perceptual hash of 256 bits was compared for every pair of images. **{len(pairs)}** "
        f"pairs differ in at most 40 bits; for **{len(gone)}** of them at least one copy was "
        f"dropped. The others stay, but never on two sides of a split: "
        f"{len(apart)} pairs carry different patient ids, so a split by patient alone would have "
        "let them leak."
    )
    st.dataframe(
        pairs,
        hide_index=True,
        height=260,
        column_config={
            "bits": st.column_config.NumberColumn("bits that differ", help="of 256"),
            "done": st.column_config.TextColumn("what was done"),
        },
        alt=f"{len(pairs)} pairs of look-alikes and what was done with each",
    )
    st.caption("Both dropped: the two copies carried opposite labels, so neither can be trusted.")
    st.subheader("Patients with many images")
    patients = overview.patients_of(images)
    many = patients[patients["images"] > 1]
    shared = int(many["images"].sum())
    st.markdown(
        f"**{len(many)}** of {len(patients)} known patients have more than one image, together "
        f"{shared} of {int(patients['images'].sum())}; one has {int(patients['images'].max())}. "
        "Split by images instead of patients, most of these would be on both sides, and the model "
        "would be asked about people it has already met."
    )
    event = st.dataframe(
        many,
        hide_index=True,
        height=260,
        on_select="rerun",
        selection_mode="single-row",
        key="data_patients",
        alt="Patients with more than one image, most images first",
    )
    rows = event["selection"]["rows"] if event else []
    if rows and rows[0] < len(many):
        own = images[images["patient_id"] == many["patient_id"].iloc[rows[0]]]
        data_card.show(library, int(own.index[0]))
    else:
        st.caption("Tick a row to see the images of that patient.")
