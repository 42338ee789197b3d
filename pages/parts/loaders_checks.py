"""Cached: what the checks of a model's explanations found. It is never changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from core.explain.checks import read_checks, read_record
from pages.parts import loaders


def checks(model_id: str) -> pd.DataFrame:
    """How good a model's explanations are (core.explain.checks.COLUMNS).

    Raises:
        ArtifactError: Missing or malformed table.
    """
    return _checks(model_id, loaders.MODELS_DIR)


def check_record(model_id: str) -> dict[str, Any]:
    """How they were measured: "command" and "settings".

    Raises:
        ArtifactError: Missing or malformed record.
    """
    return read_record(model_id, loaders.MODELS_DIR)


@st.cache_data(max_entries=8, show_spinner=False)
def _checks(model_id: str, models_dir: Path) -> pd.DataFrame:
    return read_checks(model_id, models_dir)
