"""Cached: the lung network and what it found on one image."""

from __future__ import annotations

import streamlit as st

from core.images import Grey
from core.lungs import Found, Lungs, load_lungs
from pages.parts import loaders


@st.cache_resource(show_spinner="Loading the lung network ...", max_entries=1)
def network() -> Lungs:
    """The network; ArtifactError where it is missing."""
    return load_lungs()


@st.cache_data(show_spinner=False, max_entries=32, scope="session", hash_funcs=loaders.EVERY_PIXEL)
def find(pixels: Grey) -> Found:
    """Lungs of one uint8 (H, W) image."""
    return network().find(pixels)
