"""Cached: the tables of the search for a better head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from core import learning_curve, tuning
from core.artifacts import MODELS_DIR

TUNING_DIR = tuning.TUNING_DIR


def table(dataset: str, name: str) -> pd.DataFrame:
    """One table of a data set; ArtifactError, naming the command, where it is missing."""
    return _table(TUNING_DIR, dataset, name)


def curve(model_id: str) -> pd.DataFrame:
    """What more patients bring a model; ArtifactError, naming the command, where it is missing."""
    return _curve(MODELS_DIR, model_id)


def record(dataset: str) -> dict[str, dict[str, Any]]:
    """How a data set's tables were made; ArtifactError where that is missing."""
    return tuning.read_record(dataset, TUNING_DIR)


@st.cache_data(max_entries=16, show_spinner=False)
def _table(folder: Path, dataset: str, name: str) -> pd.DataFrame:
    return tuning.read_table(dataset, name, folder)


@st.cache_data(max_entries=4, show_spinner=False)
def _curve(folder: Path, model_id: str) -> pd.DataFrame:
    return learning_curve.read_curve(model_id, folder)
