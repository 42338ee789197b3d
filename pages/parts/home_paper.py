"""Home: what the paper did, step by step, and where to try each step here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.parts import pictures


@dataclass(frozen=True)
class Step:
    """One step of the paper.

    Attributes:
        title: As a question.
        drawing: Theme -> SVG.
        alt: The drawing in words.
        words: What was done, and what came out.
        page: Where it can be done here.
        link: Name of the link.
    """

    title: str
    drawing: Callable[[str | None], str]
    alt: str
    words: str
    page: str
    link: str


STEPS = (
    Step(
        "Which network?",
        pictures.networks,
        "Nine frozen networks, one of them chosen, and a home-made one",
        "Nine networks that know photos, frozen, each with the same small head, and a home-made "
        "one, on one small set with as many positives as negatives. The home-made one learns its "
        "images by heart; VGG16 wins.",
        "pages/compare.py",
        "Compare networks",
    ),
    Step(
        "Can it be tuned?",
        pictures.unfrozen,
        "The upper convolutions learn too, the lower ones stay",
        "VGG16's upper convolutions learn as well: little gain. Then its head is tried: "
        "activation, pooling, batch size, optimiser, number of units.",
        "pages/tune.py",
        "See what matters",
    ),
    Step(
        "Does more data help?",
        pictures.more_data,
        "From a small balanced set to a large one with few positives",
        "Four collections, far more negatives than positives. Who is found, who is missed, at the "
        "thresholds 0.5 and 0.3? And how does the small-data model do on the large test set?",
        "pages/compare.py",
        "Move the threshold",
    ),
    Step(
        "What did it see?",
        pictures.feature_maps,
        "Feature maps of two images, bright where something was found",
        "Feature maps of the surest positive and the surest negative image: which patterns light "
        "up, and where?",
        "pages/explain.py",
        "Look inside",
    ),
)


def steps() -> None:
    """The paper's steps side by side; one below the other on a phone."""
    st.header("What the paper did")
    for column, step in zip(st.columns(len(STEPS)), STEPS, strict=True):
        with column.container(border=True, height="stretch"):
            st.image(step.drawing(st.context.theme.type), width=160, alt=step.alt)
            st.markdown(f"**{step.title}** {step.words}")
            st.page_link(step.page, label=step.link, icon=":material/arrow_forward:")
    st.markdown(
        "**What the years since taught:** in such data the label is nearly the source. Most "
        "positives come from one collection and most negatives from another, so a model that tells "
        "the collections apart looks good and knows nothing about lungs. Here that is measured, "
        "shown, and fought."
    )
    st.page_link("pages/lab.py", label="Try the shortcuts yourself", icon=":material/science:")
