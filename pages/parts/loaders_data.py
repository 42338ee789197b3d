"""Cached loaders of the data and lab pages. What they return is never changed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from core import examples, holdings, lab, library, overview
from core.artifacts import ArtifactError
from core.holdings import Presence
from core.images import Grey, read_image
from core.library import Library
from core.overview import SourceRule
from core.schema import Modality, Split
from core.seen import Known, find_known
from pages.parts.loaders import thumbnail

DATA_DIR = library.DATA_DIR
LAB_DIR = lab.LAB_DIR
PRESENCE_SECONDS = 60  # a folder may grow while the app runs


def catalogue() -> Library:
    """The tables of models/data/.

    Raises:
        ArtifactError: Missing or of another form.
    """
    return _catalogue(DATA_DIR)


def was_trained_on(path: str) -> bool:
    """Whether the catalogue lists a file of the data folder as a training image."""
    try:
        images = catalogue().images
    except ArtifactError:
        return False
    stems = images.loc[images["split"] == Split.TRAIN, "path"].str.rsplit(".", n=1).str[0]
    return path.rsplit(".", 1)[0] in set(stems)


def known_image(pixels: Grey) -> Known | None:
    """The image of the catalogue that this one is a copy of; None without a catalogue too."""
    try:
        return find_known(pixels, catalogue().images)
    except ArtifactError:
        return None


def presence() -> Presence:
    """How the data folder of this machine compares with the catalogue."""
    return _presence(DATA_DIR, examples.data_root())


def source_rule(modality: Modality) -> SourceRule:
    """How far the source alone gives the label."""
    return _source_rule(DATA_DIR, modality)


def summary(modality: Modality) -> pd.DataFrame:
    """One row a source of this modality."""
    return _summary(DATA_DIR, modality)


def picture(row: int) -> bytes:
    """The file of an image of the catalogue.

    Raises:
        ExampleError: Not in the folder and not to be fetched.
    """
    return _picture(DATA_DIR, row, examples.data_root())


def small_picture(row: int) -> str | None:
    """Thumbnail of an image as a data URI where it lies in the data folder, else None."""
    return _small_picture(DATA_DIR, row, examples.data_root())


def lab_table(name: str) -> pd.DataFrame:
    """A table of the shortcut experiments.

    Raises:
        ArtifactError: Missing; the text names the command.
    """
    return _lab_table(LAB_DIR, name)


@st.cache_resource(max_entries=2, show_spinner=False)
def _catalogue(folder: Path) -> Library:
    return library.read_library(folder)


@st.cache_data(ttl=PRESENCE_SECONDS, max_entries=4, show_spinner=False)
def _presence(folder: Path, root: Path | None) -> Presence:
    return holdings.presence(_catalogue(folder), root)


@st.cache_data(max_entries=4, show_spinner=False)
def _source_rule(folder: Path, modality: str) -> SourceRule:
    images = _catalogue(folder).images
    return overview.source_rule(images[images["modality"] == modality])


@st.cache_data(max_entries=4, show_spinner=False)
def _summary(folder: Path, modality: str) -> pd.DataFrame:
    images = _catalogue(folder).images
    return overview.summarise(images[images["modality"] == modality])


@st.cache_data(max_entries=32, show_spinner="Fetching the image ...")
def _picture(folder: Path, row: int, root: Path | None) -> bytes:
    return holdings.load_image(_catalogue(folder), row, root)


@st.cache_data(max_entries=512, show_spinner=False)
def _small_picture(folder: Path, row: int, root: Path | None) -> str | None:
    path = holdings.local_file(_catalogue(folder), row, root)
    try:
        return thumbnail(read_image(path.read_bytes()).pixels) if path else None
    except (OSError, ValueError):
        return None


@st.cache_data(max_entries=32, show_spinner=False)
def _lab_table(folder: Path, name: str) -> pd.DataFrame:
    return lab.read_table(name, folder)
