"""Cached loaders of the explain page. What they return is never changed.

`look` takes the pixels of an image as it is, everything else those that the model is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import artifacts, zoo
from core.artifacts import Card
from core.explain.arithmetic import LastLayer
from core.explain.cam import CAMS, Map, Maps
from core.explain.reading import Reading
from core.explain.sheets import Sheet
from core.explain.steps import Step
from core.guard import Verdict
from core.images import Grey
from core.opinions import layer_of, together, views_of
from pages.parts import loaders

SIDES = (False, True)  # for, against


@dataclass(frozen=True)
class Look:
    """One image through one model.

    Attributes:
        verdict: What the guard says.
        reading: What the head read in one view.
        probability: What its looks in all of its views answer together, 0..1.
    """

    verdict: Verdict
    reading: Reading
    probability: float


@dataclass(frozen=True)
class Block:
    """One block for one image: its feature maps, and its class activation by method and side."""

    sheet: Sheet
    cams: dict[tuple[str, bool], Map]  # (method, against)


def look(pixels: Grey, card: Card, view: str) -> Look:
    """Answer and class activation of an image, out of the passes that the answer needs.

    Args:
        pixels: The image as it is, uint8 (H, W): the guard judges it so.
        card: Of the model.
        view: One of its views.

    Raises:
        ArtifactError: Missing or altered models.
    """
    return _looks(pixels, card.id, loaders.MODELS_DIR)[views_of(card).index(view)]


def reader(model_id: str) -> Any:
    """A head opened for reading (core.explain.reading.Reader), shared by all visitors.

    Raises:
        ArtifactError: Missing or altered models.
    """
    return _reader(model_id, loaders.MODELS_DIR)


def network(model_id: str, size: int = 0) -> Any:
    """A model as one float32 graph (core.explain.network.Network), shared by all visitors.

    Args:
        model_id: Of the model.
        size: Pixels of both sides at which it takes images; 0 for the backbone's own.

    Raises:
        ArtifactError: Missing or altered files.
    """
    return _network(model_id, size, loaders.MODELS_DIR)


def scorer(model_id: str) -> Callable[[NDArray[np.float32]], Any]:
    """Preprocessed tensor -> log-odds, at the speed of the answer itself."""
    from core.explain.passes import scorer

    return scorer(loaders.classifier(), _reader(model_id, loaders.MODELS_DIR))


def tensor(pixels: Grey, card: Card, size: int = 0) -> NDArray[np.float32]:
    """An image as a model takes it, float32 (1, S, S, 3); size as in `network`."""
    return zoo.prepare(zoo.at_size(zoo.get_backbone(card.backbone), size), [pixels])


def black_log_odds(card: Card, size: int = 0) -> float:
    """What a model says of a black image: where integrated gradients start from."""
    return float(scorer(card.id)(tensor(np.zeros((1, 1), np.uint8), card, size))[0])


def maps(pixels: Grey, model_id: str, block: str, size: int = 0) -> Maps:
    """The maps of one block, float32 (h, w, C), computed anew: they are large."""
    found: Maps = network(model_id, size).read(pixels)[block].maps
    return found


def block_names(card: Card) -> tuple[str, ...]:
    """Last layer of each block that a model reads, from the input on."""
    return _block_names(card.backbone, layer_of(card))


def blocks(pixels: Grey, model_id: str, size: int = 0) -> dict[str, Block]:
    """Block by block, from the input on: one pass forward and one back; size as in `network`."""
    return _blocks(pixels, model_id, size, loaders.MODELS_DIR)


def steps(pixels: Grey, model_id: str, size: int = 0) -> list[Step]:
    """The walk through the network for one image; size as in `network`."""
    return _steps(pixels, model_id, size, loaders.MODELS_DIR)


def last_layer(pixels: Grey, model_id: str, size: int = 0) -> LastLayer:
    """What the last layer adds up for one image; size as in `network`."""
    return _last_layer(pixels, model_id, size, loaders.MODELS_DIR)


@st.cache_data(scope="session", max_entries=12, show_spinner=False, hash_funcs=loaders.EVERY_PIXEL)
def _looks(pixels: Grey, model_id: str, models_dir: Path) -> tuple[Look, ...]:
    from core.explain.passes import judge_and_read

    reader = _reader(model_id, models_dir)
    verdict, readings = judge_and_read(loaders.classifier(), reader, pixels)
    return tuple(Look(verdict, reading, together(readings)) for reading in readings)


@st.cache_resource(max_entries=8, show_spinner=False)
def _reader(model_id: str, models_dir: Path) -> Any:
    from core.explain.reading import open_reader

    return open_reader(loaders.classifier().heads[model_id])


@st.cache_resource(max_entries=8, show_spinner="Loading the whole network (once) ...")
def _network(model_id: str, size: int, models_dir: Path) -> Any:
    from core.explain.network import load_network

    trunk_id = artifacts.read_card(model_id, models_dir).trunk
    return load_network(model_id, models_dir, _base(trunk_id, size, models_dir), size)


@st.cache_resource(max_entries=2, show_spinner=False)
def _base(trunk_id: str, size: int, models_dir: Path) -> Any:
    from core.explain.network import load_base

    return load_base(trunk_id, models_dir, size)


@st.cache_data(
    scope="session",
    max_entries=2,
    show_spinner="Reading every block ...",
    hash_funcs=loaders.EVERY_PIXEL,
)
def _blocks(pixels: Grey, model_id: str, size: int, models_dir: Path) -> dict[str, Block]:
    from core.explain.sheets import sheet

    return {
        layer: Block(
            sheet(reading),
            {(name, side): reading.cam(name, against=side) for name in CAMS for side in SIDES},
        )
        for layer, reading in _network(model_id, size, models_dir).read(pixels).items()
    }


@st.cache_data(
    scope="session",
    max_entries=2,
    show_spinner="Walking through the network ...",
    hash_funcs=loaders.EVERY_PIXEL,
)
def _steps(pixels: Grey, model_id: str, size: int, models_dir: Path) -> list[Step]:
    from core.explain.steps import walk

    return walk(_network(model_id, size, models_dir), pixels)


@st.cache_data(scope="session", max_entries=4, show_spinner=False, hash_funcs=loaders.EVERY_PIXEL)
def _last_layer(pixels: Grey, model_id: str, size: int, models_dir: Path) -> LastLayer:
    from core.explain.arithmetic import last_layer

    models = loaders.classifier()
    maps = models.trunk_of(model_id).all_maps([pixels], size)
    head = models.heads[model_id]
    return last_layer(head, [maps[layer] for layer in head.layers])


@st.cache_data(max_entries=8, show_spinner=False)
def _block_names(backbone: str, layer: str) -> tuple[str, ...]:
    from core.explain.network import block_names

    return block_names(zoo.get_backbone(backbone), layer)
