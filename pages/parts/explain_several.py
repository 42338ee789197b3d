"""One method over several images: the extremes of the test set, files of this visit, drawings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from core import examples
from core.artifacts import Card
from core.examples import ExampleError
from core.explain import overlay
from core.explain.cam import CAM_TITLES, CAMS, Map
from core.explain.overlay import Colour
from core.images import Grey, ImageError
from core.schema import decide
from pages.parts import explain_image, explain_words, loaders_explain, shown, state, text
from pages.parts.explain_image import Picture
from pages.parts.rows import cells
from pages.parts.switch import switch

FILES = 3  # of the visit


def show(
    picture: Picture, card: Card, against: bool, draw: Callable[[Grey, Map], Colour], across: int
) -> str:
    """The method to choose, and its map on each image, at the head's own layer.

    Args:
        picture: The first image, of which only id and name count.
        card: Of the model.
        against: What speaks against COVID-19.
        draw: Lays a map over an image.
        across: Pictures a row.
    """
    titles = {name: CAM_TITLES[name] for name in CAMS}
    method = switch("Method", titles, "explain_method", wrap=True)
    images = _ids(picture, card)
    places = cells(len(images), across)
    for (image_id, title), cell in zip(images.items(), places, strict=True):
        with cell:
            try:
                one = explain_image.load(image_id)
            except (ExampleError, ImageError) as error:
                st.caption(f"**{text.plain(title)}**: {text.told(error)}")
                continue
            _tile(title, one, card, method, against, draw)
    return method


def _ids(picture: Picture, card: Card) -> dict[str, str]:
    """Image id -> title; the test set only where its images need not be fetched."""
    titles = state.titles()
    found = {picture.id: f"This image: {picture.name}"}
    if examples.data_root() is not None:
        found |= _new({name: title for title, name in explain_image.picks(card).items()}, found)
    files = {explain_image.FILE + item.id: titles[item.id] for item in state.items()[-FILES:]}
    found |= _new(files, found)
    drawings = explain_image.DRAWINGS.items()
    found |= _new({name: title for name, (title, kind) in drawings if kind == card.modality}, found)
    return state.distinct(found)


def _new(titles: dict[str, str], found: dict[str, str]) -> dict[str, str]:
    """Those not found before, so that each image comes once, under its first title."""
    return {key: title for key, title in titles.items() if key not in found}


def _tile(
    title: str,
    picture: Picture,
    card: Card,
    method: str,
    against: bool,
    draw: Callable[[Grey, Map], Colour],
) -> None:
    """One image, still as it is: the answer about it, and the map on what the model is shown."""
    view = explain_image.view(card)
    look = loaders_explain.look(picture.pixels, card, view)
    picture = replace(picture, pixels=shown.in_view(picture.pixels, view).pixels)
    if not look.verdict.in_scope and picture.id not in explain_image.DRAWINGS:
        st.caption(f"**{text.plain(title)}**: {text.OUT_OF_SCOPE}.")
        return
    values = look.reading.cam(method, against=against)
    image = draw(overlay.canvas(picture.pixels), values)
    st.image(image, width="stretch", alt=f"{CAM_TITLES[method]} of {picture.name}")
    probability = look.probability
    st.markdown(f"**{text.plain(title)}**")
    st.caption(
        f"Probability {probability:.3f}, {decide(probability, card.threshold)}"
        + ("" if values.any() else f". {explain_words.NOTHING}")
    )
    st.button(
        "Open", key=f"explain_open_{picture.id}", on_click=explain_image.take, args=(picture.id,)
    )
