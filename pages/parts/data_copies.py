"""Data page: near-duplicates, and patients with many images."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import overview
from core.library import HASH_BITS, KEPT, PAIR_BITS, Library
from pages.parts import data_card


def show(library: Library) -> None:
    """What was found and what was done with it."""
    pairs, images = library.pairs, library.images
    st.subheader("The same image twice")
    kept = pairs[pairs["done"] == KEPT]
    apart = kept[~kept["same_patient"]]
    st.markdown(
        f"A perceptual hash of {HASH_BITS} bits was compared for every pair of images. "
        f"**{len(pairs)}** pairs differ in at most {PAIR_BITS} bits; for "
        f"**{len(pairs) - len(kept)}** of them at least one copy was dropped. The other "
        f"{len(kept)} stay, but never on two sides of a split: {len(apart)} of them are not known "
        "to show one patient, so a split by patient alone could have let them leak."
    )
    ticked = data_card.opening_table(
        pairs,
        "pairs",
        height=260,
        column_order=["done", "bits", "same_patient", "first", "second"],
        column_config={
            "same_patient": st.column_config.CheckboxColumn("same patient"),
            "bits": st.column_config.NumberColumn("bits that differ", help=f"of {HASH_BITS}"),
            "done": st.column_config.TextColumn("what was done"),
        },
        alt=f"{len(pairs)} pairs of look-alikes and what was done with each",
    )
    st.caption(
        "Both dropped: the two copies carried opposite labels, so neither can be trusted. Tick a "
        "row to see the two."
    )
    if ticked is not None:
        _pair(library, pairs.iloc[ticked])
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
    ticked = data_card.opening_table(
        many, "patients", height=260, alt="Patients with more than one image, most images first"
    )
    st.caption("Tick a row to see the images of that patient.")
    first = None
    if ticked is not None:
        first = int(images.index[images["patient_id"] == many["patient_id"].iloc[ticked]][0])
    data_card.choose_from("patients", first)
    data_card.show_chosen(library)


def _pair(library: Library, pair: pd.Series) -> None:
    """Both images of a pair; a dropped one is only named."""
    images = library.images
    names = [pair["first"], pair["second"]]
    rows = images[images["image_id"].isin(names)]
    places = rows["image_id"].map(dict(zip(names, ("First:", "Second:"), strict=True)))
    data_card.strip(library, "pair", rows, places)
    for name in names:
        if not (rows["image_id"] == name).any():
            st.caption(f"{name} was dropped, so it is not in the catalogue.")
