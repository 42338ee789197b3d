"""Cached loaders of the Compare page. What they return is never changed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from core import artifacts, cohorts, contest, evaluation, validated
from core.charts.ready import Line, Ready
from core.cohorts import Contender, TestSet
from core.evaluation import Comparison
from core.validated import Calibration
from pages.parts import loaders, loaders_data

Ids = tuple[str, ...]


def contenders() -> dict[str, Contender]:
    """Every model with a prediction table by id, in the order to offer them.

    Raises:
        ArtifactError: A table that cannot be believed.
    """
    return _contenders(loaders.MODELS_DIR)


def test_sets() -> dict[str, TestSet]:
    """Test sets by key."""
    return _test_sets(loaders.MODELS_DIR)


def comparison(ids: Ids, key: str) -> Comparison:
    """Models on a test set, everything prepared.

    Raises:
        ArtifactError: Models disagree about a label.
    """
    return _comparison(loaders.MODELS_DIR, ids, key)


def ready(ids: Ids, key: str) -> list[Ready]:
    """The same, ready to be drawn."""
    return _ready(loaders.MODELS_DIR, ids, key)


def lines(ids: Ids, key: str, metric: str) -> list[Line]:
    """A metric by threshold with its band, a line a model."""
    return _lines(loaders.MODELS_DIR, ids, key, metric)


def calibrations(ids: Ids, key: str) -> list[Calibration]:
    """Temperature scaling of each model."""
    return _calibrations(loaders.MODELS_DIR, ids, key)


def summary(key: str) -> pd.DataFrame:
    """core.contest.summary of all models that have the test set."""
    return _summary(loaders.MODELS_DIR, key)


def history(model_id: str) -> pd.DataFrame | None:
    """Curves of a model's training, or None where there are none."""
    path = loaders.MODELS_DIR / model_id / artifacts.HISTORY
    return pd.read_csv(path) if path.is_file() else None


def catalogue_rows() -> dict[str, int]:
    """Number of each image of the catalogue, by image_id.

    Raises:
        ArtifactError: No catalogue.
    """
    return _rows(loaders_data.DATA_DIR)


@st.cache_resource(max_entries=2, show_spinner=False)
def _contenders(models_dir: Path) -> dict[str, Contender]:
    return cohorts.read_contenders(models_dir)


@st.cache_resource(max_entries=2, show_spinner=False)
def _test_sets(models_dir: Path) -> dict[str, TestSet]:
    return cohorts.test_sets(_contenders(models_dir).values())


@st.cache_resource(max_entries=16, show_spinner=False)
def _comparison(models_dir: Path, ids: Ids, key: str) -> Comparison:
    known = _contenders(models_dir)
    return evaluation.compare([known[name] for name in ids], _test_sets(models_dir)[key])


@st.cache_resource(max_entries=16, show_spinner=False)
def _ready(models_dir: Path, ids: Ids, key: str) -> list[Ready]:
    return [
        Ready(one.name, ids.index(one.id), one.ranking, one.boot, one.id)
        for one in _comparison(models_dir, ids, key).entrants
    ]


@st.cache_resource(max_entries=32, show_spinner=False)
def _lines(models_dir: Path, ids: Ids, key: str, metric: str) -> list[Line]:
    return [model.metric(metric) for model in _ready(models_dir, ids, key)]


@st.cache_resource(max_entries=16, show_spinner=False)
def _calibrations(models_dir: Path, ids: Ids, key: str) -> list[Calibration]:
    return [validated.calibrate(one) for one in _comparison(models_dir, ids, key).entrants]


@st.cache_data(max_entries=16, show_spinner="Measuring all models ...")
def _summary(models_dir: Path, key: str) -> pd.DataFrame:
    known = _contenders(models_dir)
    return contest.summary(evaluation.compare(list(known.values()), _test_sets(models_dir)[key]))


@st.cache_resource(max_entries=2, show_spinner=False)
def _rows(folder: Path) -> dict[str, int]:
    images = loaders_data.catalogue().images
    return dict(zip(images["image_id"], images.index.tolist(), strict=True))
