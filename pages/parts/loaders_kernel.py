"""Cached loaders of one map's part of the explain page: what excites it, seen and climbed to."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from core import examples, holdings, zoo
from core.artifacts import Card
from core.explain import exciting
from core.explain.fields import Box, field_box
from core.explain.fields import framed as framed_picture
from core.explain.overlay import Colour
from core.explain.running import Running
from core.images import read_image
from pages.parts import loaders_data

SHELF = 400  # pictures of what excites a map, 50 kB each


def most_excited(card: Card, layer: str, number: int) -> list[exciting.Excited]:
    """The test images of the model's modality that excite a map most.

    Raises:
        ArtifactError: No table for this trunk.
    """
    table = _exciting(card.trunk, loaders_data.DATA_DIR)
    return exciting.most_excited(table, card.modality, layer, number)


def field_side(card: Card, layer: str) -> int:
    """Side of the receptive field of a layer's cells, in pixels of the network's input."""
    return _field_side(card.backbone, layer)


def framed(card: Card, layer: str, grid: int, size: int, found: exciting.Excited) -> Colour | None:
    """A test image around what excites a map of a layer; None where it is not on this machine.

    Args:
        card: Of the model.
        layer: Of its trunk.
        grid: Cells along each side of the map.
        size: At which the network took the image whose map that is; 0 for the backbone's own, at
            which all test images were looked at.
        found: The test image.
    """
    backbone = zoo.get_backbone(card.backbone)
    cells = grid * backbone.size // (size or backbone.size)
    box = field_box(found.cell, cells, field_side(card, layer), backbone.size)
    root = examples.data_root()
    return _framed(loaders_data.DATA_DIR, found.row, root, box, backbone.size)


@st.cache_resource(max_entries=1, show_spinner=False)
def shelf() -> dict[str, Running]:
    """Inputs that excite a map, once climbed to, for all visitors: no image goes into them."""
    return {}


def put_on_shelf(key: str, found: Running) -> None:
    """Keep a finished climb; the oldest goes when there are too many."""
    kept = shelf()
    kept[key] = found
    for old in list(kept)[:-SHELF]:
        kept.pop(old, None)


@st.cache_data(max_entries=2, show_spinner=False)
def _exciting(trunk_id: str, folder: Path) -> pd.DataFrame:
    return exciting.read_table(trunk_id, folder)


@st.cache_data(max_entries=256, show_spinner=False)
def _framed(folder: Path, row: int, root: Path | None, box: Box, size: int) -> Colour | None:
    path = holdings.local_file(loaders_data.catalogue(), row, root)
    try:
        return framed_picture(read_image(path.read_bytes()).pixels, box, size) if path else None
    except (OSError, ValueError):
        return None


@st.cache_data(max_entries=32, show_spinner=False)
def _field_side(backbone: str, layer: str) -> int:
    from core.explain.fields import field_side

    return field_side(zoo.build_trunk(zoo.get_backbone(backbone)), layer)
