"""Guards of pages: what is missing or means nothing is said before anything is drawn from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import streamlit as st

from core.artifacts import ArtifactError, Card
from core.guard import Verdict
from pages.parts import loaders, text


def heads_or_stop() -> dict[str, Card]:
    """Cards of the classifiers; where artefacts are missing, say how to make them and stop."""
    missing = loaders.missing_ids()
    if missing:
        st.error(text.missing_models(missing), icon=":material/error:")
        st.stop()
    try:
        cards = loaders.heads()
        for name in cards:
            loaders.predictions(name)
    except ArtifactError as error:
        st.error(f"{error}\n\n{text.missing_models(list(loaders.DEFAULT_IDS))}")
        st.stop()
    untrained_banner(cards.values())
    return cards


@contextmanager
def told() -> Iterator[None]:
    """Where an artefact is missing or altered, say so in place of what needs it, and go on."""
    try:
        yield
    except ArtifactError as error:
        st.error(str(error), icon=":material/error:")


def untrained_banner(cards: Iterable[Card]) -> None:
    """Warn of models that are smoke runs."""
    for card in cards:
        if not card.trained:
            st.warning(text.UNTRAINED.format(title=card.title), icon=":material/science:")


def inversion_warning(verdict: Verdict) -> None:
    """Warn of an image in which black and white seem to be swapped."""
    if verdict.inversion:
        st.warning(verdict.inversion, icon=":material/invert_colors:")
