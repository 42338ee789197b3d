"""One feature map: large over the image, the test images that excite it, an input that would."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import streamlit as st

from core.artifacts import ArtifactError, Card
from core.explain import maximise, overlay
from core.explain.cam import unit
from core.explain.running import Running
from core.explain.sheets import Sheet
from core.overview import label_names
from core.schema import MODALITY_TITLES, Modality
from pages.parts import (
    explain_download,
    explain_image,
    explain_running,
    explain_words,
    loaders_data,
    loaders_explain,
    loaders_kernel,
    text,
)
from pages.parts.explain_image import Picture

TILE = 130  # pixels


def show(picture: Picture, card: Card, maps: Sheet, number: int, against: bool) -> None:
    """The three views of a map, side by side."""
    st.markdown(f"#### Map {number} of {maps.layer}")
    left, right = st.columns([2, 3], gap="large")
    with left:
        _large(picture, maps, number, against)
    with right:
        st.markdown("**Test images that excite it most**")
        _exciting(card, maps, number, picture.size)
        st.markdown("**An input that would excite it**")
        _maximised(card, maps.layer, number, picture.size)


def _large(picture: Picture, maps: Sheet, number: int, against: bool) -> None:
    """The map over the image, and its numbers."""
    values = maps.map(number)
    image = overlay.overlay(overlay.canvas(picture.pixels), unit(values), 0.7, against=against)
    name = f"map-{maps.layer}-{number}"
    st.image(image, width="stretch", alt=f"Map {number} of {maps.layer} over {picture.name}")
    if not values.any():
        st.caption("Nothing in this image wakes this kernel: the map is zero everywhere.")
    lines = [
        f"brightest cell {text.short(maps.tops[number])}, mean {text.short(maps.bright[number])}",
        f"gradient x activation {maps.worth[number]:+.4f} (log-odds)",
    ]
    if len(maps.removal):
        lines.append(
            f"without it the probability of this look changes by {-maps.removal[number]:+.4f}"
        )
    st.markdown("\n".join(f"- {line}" for line in lines))
    explain_download.png_button(picture, image, name)


def _exciting(card: Card, maps: Sheet, number: int, size: int) -> None:
    """The strongest test images of the shipped table, with a way to open each."""
    try:
        found = loaders_kernel.most_excited(card, maps.layer, number)
    except ArtifactError as error:
        st.info(str(error))
        return
    if not found:
        kind = MODALITY_TITLES[Modality(card.modality)]
        st.caption(f"No {kind} of the test set wakes this kernel.")
        return
    images = loaders_data.catalogue().images
    labels = label_names(images.loc[[one.row for one in found], "label"])
    grid = st.container(horizontal=True)
    for one in found:
        image_id = images.loc[one.row, "image_id"]
        with grid.container(width=TILE, gap="xxsmall"):
            tile = loaders_kernel.framed(card, maps.layer, len(maps.levels), size, one)
            if tile is not None:
                st.image(tile, width=TILE, alt=f"{image_id}, framed where the map is brightest")
            st.caption(
                f"{text.short(one.level)}; {images.loc[one.row, 'source']}, {labels[one.row]}"
            )
            st.button(
                "Explain it" if tile is not None else f"Fetch {image_id}",
                key=f"explain_excited_{one.row}",
                on_click=explain_image.take,
                args=(image_id,),
                type="tertiary",
            )
    st.caption(" ".join(explain_words.EXCITING))


def _maximised(card: Card, layer: str, number: int, size: int) -> None:
    """Activation maximisation: kept for all visitors once somebody let it run."""
    key = f"explain_excite_{card.trunk}_{layer}_{number}"

    def start() -> Iterator[Running]:
        return maximise.excite(loaders_explain.network(card.id, size), layer, number)

    def draw(latest: Running) -> None:
        picture = np.asarray(latest.values, np.uint8)
        st.image(picture, width=2 * TILE, alt=f"Input made to excite map {number} of {layer}")

    known = loaders_kernel.shelf().get(key)
    if known is not None:
        draw(known)
    else:
        found = explain_running.run(key, "Climb to an input", explain_words.CLIMB_COST, start, draw)
        if found is not None and found.finished:
            loaders_kernel.put_on_shelf(key, found)
    st.caption(" ".join(explain_words.MAXIMISED))
