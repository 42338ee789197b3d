"""The experiment that cannot be run here: published figures, each with its source."""

from __future__ import annotations

import streamlit as st

from pages.parts import lab_guess


def children() -> None:
    """Children: text and published figures."""
    answers = {
        "disease": "to see COVID-19, since the labels say so",
        "age": "to tell children from adults",
        "nothing": "nothing: the score stays at guessing",
    }
    guess = lab_guess.ask_choice(
        "children",
        "All negatives are children, all positives adults. What will a network learn?",
        list(answers),
        answers.__getitem__,
    )
    if guess is None:
        return
    right = "That is what happened." if guess == "age" else "It had an easier way."
    st.markdown(
        f"You said: *{answers[guess]}*. {right} Michael Roberts, who led the review below, on such "
        "data sets: all that a model could usefully do was to tell the difference between children "
        "and adults. Ben Ahmed and colleagues name the patients' age among the confounders that "
        "well-scoring models rely on."
    )
    st.markdown(
        "The other way round, children are simply other images: a network for pneumonia that was "
        "trained on 46,947 X-rays of adults had an AUC of **0.95** on adults and **0.82** on 5,856 "
        "X-rays of children from one to five years (Rollan-Martinez-Herrera et al. 2024)."
    )
    st.caption("These are published figures, not measured here.")
