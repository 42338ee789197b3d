"""Cached loaders that several pages share; st.cache_* is used in loaders*.py alone.

What they return is never changed.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image, ImageOps

from core import artifacts, probes
from core.areas import Area
from core.areas import areas as measure_areas
from core.artifacts import MODELS_DIR, Card
from core.classifier import DEFAULT_MODELS
from core.guard import GUARD_ID, Verdict
from core.images import Grey, ReadOptions, Scan, read_image
from core.opinions import Opinion, views_of
from core.schema import Modality, Split

DEFAULT_IDS = tuple(DEFAULT_MODELS.values())
THUMBNAIL_SIDE = 96
TILE_SIDE = 300  # twice what the gallery shows, for dense displays


def whole(pixels: Grey) -> tuple[object, ...]:
    """A key of every pixel: Streamlit's own samples large images, and a brush stroke is small."""
    return pixels.shape, hashlib.sha256(pixels.tobytes()).digest()


# hash_funcs of all that is kept by an image.
EVERY_PIXEL: dict[str | type[Any], Callable[[Any], Any]] = {np.ndarray: whole}


@dataclass(frozen=True)
class Answer:
    """One image, read and scored by every model of its kind, and others where that is free.

    Attributes:
        verdict: What the guard says.
        opinions: Model id -> what it says, look by look.
        thumbnail: Data URI of a small PNG.
    """

    verdict: Verdict
    opinions: dict[str, Opinion]
    thumbnail: str

    def probability(self, model_id: str) -> float:
        """Of COVID-19, 0..1."""
        return self.opinions[model_id].probability


def missing_ids() -> list[str]:
    """Artefacts that the app needs and that are not there, in the order to make them."""
    known = artifacts.list_ids(MODELS_DIR)
    return [name for name in (*DEFAULT_IDS, GUARD_ID) if name not in known]


def heads() -> dict[str, Card]:
    """Cards of the classifiers that can be run here by id, the default ones first."""
    cards = {c.id: c for c in artifacts.list_heads(MODELS_DIR) if artifacts.is_shipped(c)}
    first = [name for name in DEFAULT_IDS if name in cards]
    return {name: cards[name] for name in dict.fromkeys([*first, *cards])}


def test_set(model_id: str) -> pd.DataFrame:
    """Predictions of a model for its test images with a known label."""
    frame = predictions(model_id)
    return frame[frame["split"] == Split.TEST]


def predictions(model_id: str) -> pd.DataFrame:
    """Predictions of a model for all held-out images with a known label.

    Raises:
        ArtifactError: Missing or altered file.
    """
    return _predictions(model_id, MODELS_DIR)


def areas(model_id: str) -> list[Area]:
    """AUC of a model: pooled, inside each source, on sources it never saw.

    Raises:
        ArtifactError: Missing or altered file.
    """
    return _areas(model_id, MODELS_DIR)


def guard_errors() -> str:
    """How often the guard errs, in words.

    Raises:
        ArtifactError: Missing table.
    """
    return _guard_errors(MODELS_DIR)


def classifier() -> Any:
    """The loaded models (core.classifier.Classifier), shared by all visitors.

    Raises:
        ArtifactError: Missing or altered files.
    """
    return _classifier(MODELS_DIR)


def answer(data: bytes, options: ReadOptions, modality: Modality | None = None) -> Answer:
    """Read and score one file.

    Args:
        data: The file.
        options: How to read it.
        modality: What to take it for; None: what is found.

    Raises:
        ImageError: The file cannot be read.
    """
    return _answer(data, options.frame, options.window, options.invert, modality, MODELS_DIR)


def mirrored(data: bytes, options: ReadOptions, card: Card) -> tuple[float, ...]:
    """What each member of a model says of a file's mirror image: one more pass.

    Nothing where the model looks twice: the looks differ as much, and cost no pass more.

    Raises:
        ImageError: The file cannot be read.
    """
    if len(views_of(card)) > 1:
        return ()
    read = (options.frame, options.window, options.invert)
    return _mirrored(data, *read, card.id, MODELS_DIR)


@st.cache_data(scope="session", max_entries=4, show_spinner=False)
def traced_scan(data: bytes, frame: int, window: str | None, invert: bool) -> Scan:
    """A file read with a picture of every step."""
    return read_image(data, ReadOptions(frame, window, invert, trace=True))


@st.cache_data(max_entries=64, show_spinner=False)
def file_tile(path: Path) -> str | None:
    """Tile of a local file, or None where it cannot be read."""
    try:
        return tile(path.read_bytes())
    except (OSError, ValueError):
        return None


@st.cache_data(max_entries=8, show_spinner=False)
def tile(data: bytes) -> str:
    """Data URI of a square picture of an image file, black where it is not square.

    Raises:
        ImageError: The file cannot be read.
    """
    image = Image.fromarray(read_image(data).pixels)
    return _png_uri(ImageOps.pad(image, (TILE_SIDE, TILE_SIDE)))


def thumbnail(pixels: Grey) -> str:
    """Data URI of a PNG of at most 96 pixels a side."""
    image = Image.fromarray(pixels)
    image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return _png_uri(image)


def _png_uri(image: Image.Image) -> str:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


@st.cache_data(max_entries=8, show_spinner=False)
def _predictions(model_id: str, models_dir: Path) -> pd.DataFrame:
    return artifacts.read_predictions(model_id, models_dir).dropna(subset=["label", "probability"])


@st.cache_data(max_entries=8, show_spinner="Measuring ...")
def _areas(model_id: str, models_dir: Path) -> list[Area]:
    own = _predictions(model_id, models_dir)
    left_out = own.iloc[:0]
    if (models_dir / model_id / artifacts.LEFT_OUT).is_file():
        left_out = artifacts.read_predictions(model_id, models_dir, artifacts.LEFT_OUT)
    threshold = artifacts.read_card(model_id, models_dir).threshold
    return measure_areas(own, left_out.dropna(subset=["label"]), threshold)


@st.cache_data(max_entries=2, show_spinner=False)
def _guard_errors(models_dir: Path) -> str:
    return probes.in_words(probes.read_probes(models_dir))


@st.cache_resource(max_entries=2, show_spinner="Loading the models (a few seconds, once) ...")
def _classifier(models_dir: Path) -> Any:
    from core.classifier import load_classifier

    return load_classifier(models_dir)


@st.cache_data(scope="session", max_entries=256, show_spinner=False)
def _answer(
    data: bytes,
    frame: int,
    window: str | None,
    invert: bool,
    modality: Modality | None,
    models_dir: Path,
) -> Answer:
    pixels = read_image(data, ReadOptions(frame, window, invert)).pixels
    verdict, opinions = _classifier(models_dir).all_opinions(
        pixels, lambda verdict: modality or verdict.modality
    )
    return Answer(verdict, opinions, thumbnail(pixels))


@st.cache_data(scope="session", max_entries=64, show_spinner=False)
def _mirrored(
    data: bytes, frame: int, window: str | None, invert: bool, model_id: str, models_dir: Path
) -> tuple[float, ...]:
    pixels = read_image(data, ReadOptions(frame, window, invert)).pixels
    opinion: Opinion = _classifier(models_dir).mirrored(pixels, model_id)
    return opinion.members
