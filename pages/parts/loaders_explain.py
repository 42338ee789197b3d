"""Cached loaders of the explain page. What they return is never changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from core.explain.cam import CAMS, Map
from core.explain.reading import Reading
from core.guard import Verdict
from core.images import Grey
from pages.parts import loaders


@dataclass(frozen=True)
class Look:
    """One image through one model: what the guard says and what the head read."""

    verdict: Verdict
    reading: Reading


def look(pixels: Grey, model_id: str) -> Look:
    """Answer and class activation of an image, out of one trunk pass.

    Raises:
        ArtifactError: Missing or altered models.
    """
    return _look(pixels, model_id, loaders.MODELS_DIR)


def network(model_id: str) -> Any:
    """A model as one float32 graph (core.explain.network.Network), shared by all visitors.

    Raises:
        ArtifactError: Missing or altered files.
    """
    return _network(model_id, loaders.MODELS_DIR)


def block_cams(pixels: Grey, model_id: str, against: bool) -> dict[str, dict[str, Map]]:
    """Block -> method -> map, from the input on: one pass forward and one back."""
    return _block_cams(pixels, model_id, against, loaders.MODELS_DIR)


@st.cache_data(scope="session", max_entries=12, show_spinner=False)
def _look(pixels: Grey, model_id: str, models_dir: Path) -> Look:
    from core.explain.reading import judge_and_read

    return Look(*judge_and_read(loaders.classifier(), _reader(model_id, models_dir), pixels))


@st.cache_resource(max_entries=8, show_spinner=False)
def _reader(model_id: str, models_dir: Path) -> Any:
    from core.explain.reading import open_reader

    return open_reader(loaders.classifier().heads[model_id])


@st.cache_resource(max_entries=1, show_spinner="Loading the whole network (once) ...")
def _network(model_id: str, models_dir: Path) -> Any:
    from core.explain.network import load_network

    return load_network(model_id, models_dir)


@st.cache_data(scope="session", max_entries=8, show_spinner="Reading every block ...")
def _block_cams(
    pixels: Grey, model_id: str, against: bool, models_dir: Path
) -> dict[str, dict[str, Map]]:
    readings = _network(model_id, models_dir).read(pixels)
    return {
        block: {method: reading.cam(method, against=against) for method in CAMS}
        for block, reading in readings.items()
    }
