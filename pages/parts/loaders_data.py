"""Cached loaders of the data and lab pages. What they return is never changed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from core import artifacts, examples, holdings, lab, library, overview
from core.artifacts import ArtifactError
from core.classifier import DEFAULT_MODELS
from core.holdings import Presence
from core.images import Grey, read_image
from core.library import Library
from core.overview import SourceRule
from core.schema import Modality, without_ending
from core.seen import Known, find_known
from pages.parts import loaders
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


def uses(model_id: str, image_id: str) -> frozenset[str]:
    """What a model used an image of the catalogue for: artifacts.FIT and others; empty: nothing.

    Raises:
        ArtifactError: The model comes without the list of its images.
    """
    return _used(model_id, loaders.MODELS_DIR).get(without_ending(image_id), frozenset())


def uses_if_known(model_id: str, image_id: str) -> frozenset[str] | None:
    """The same; None where the model comes without the list."""
    try:
        return uses(model_id, image_id)
    except ArtifactError:
        return None


def taught(images: pd.DataFrame) -> int:
    """How many images of the catalogue the default model of their modality was fitted on.

    Args:
        images: With image_id and modality.

    Raises:
        ArtifactError: A model comes without the list of its images.
    """
    count = 0
    for modality, own in images.groupby("modality"):
        used = _used(DEFAULT_MODELS[Modality(modality)], loaders.MODELS_DIR)
        names = map(without_ending, own["image_id"])
        count += sum(artifacts.FIT in used.get(name, ()) for name in names)
    return count


def learned_by_any(path: str) -> bool:
    """Whether any model that runs here used a file of the data folder, to fit or to choose.

    Raises:
        ArtifactError: No catalogue, or a model without the list of its images.
    """
    catalogue()
    found = _ids_by_file(DATA_DIR).get(without_ending(path), ())
    return any(uses(name, image_id) for name in loaders.heads() for image_id in found)


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


@st.cache_resource(max_entries=16, show_spinner=False)
def _used(model_id: str, models_dir: Path) -> dict[str, frozenset[str]]:
    return artifacts.read_used(model_id, models_dir)


@st.cache_resource(max_entries=2, show_spinner=False)
def _ids_by_file(folder: Path) -> dict[str, list[str]]:
    """Path of a file of the catalogue, without its ending -> its ids."""
    images = _catalogue(folder).images
    return images["image_id"].groupby(images["path"].map(without_ending)).agg(list).to_dict()


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
