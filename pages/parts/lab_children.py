"""The experiment that cannot be run here: published figures, each with its source."""

from __future__ import annotations

import streamlit as st

from pages.parts import lab_guess
from pages.parts.lab_words import EXPERIMENTS


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
    st.markdown(f"You said: *{answers[guess]}*. {right}")
    st.markdown(EXPERIMENTS["children"].published)
    st.caption("These are published figures, not measured here.")
