"""Files to take away from the explain page: a figure as PNG, all maps of an image as a ZIP."""

from __future__ import annotations

import streamlit as st

from core.artifacts import Card
from core.explain import overlay
from core.explain.bundle import About, bundle
from core.explain.overlay import Colour
from pages.parts import explain_image, loaders_explain, text
from pages.parts.explain_image import Picture
from pages.parts.loaders_explain import Look


def png_button(picture: Picture, image: Colour, name: str) -> None:
    """A figure as a file, made when it is clicked."""
    st.download_button(
        "PNG",
        lambda: overlay.png(image),
        f"{name}-{_stem(picture)}.png",
        "image/png",
        key=f"explain_png_{name}",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
    )


def zip_button(picture: Picture, card: Card, look: Look) -> None:
    """All maps of the image with their list, made when it is clicked: the whole network once."""
    st.download_button(
        "All maps (ZIP)",
        lambda: packed(picture, card, look),
        f"maps-{card.id}-{_stem(picture)}.zip",
        "application/zip",
        key="explain_zip",
        icon=":material/folder_zip:",
        on_click="ignore",
        help="Every feature map and class activation map of every block as PNG, with a JSON that "
        "says what each is. Takes some seconds.",
    )


def packed(picture: Picture, card: Card, look: Look) -> bytes:
    """The ZIP: the image in the chosen view, every map of every block, and their list."""
    view = explain_image.view(card)
    about = About(
        card.id,
        picture.name,
        look.probability,
        card.threshold,
        look.reading.probability,
        text.DISCLAIMER.replace("**", ""),
        view,
    )
    readings = loaders_explain.network(card.id, picture.size).read(picture.pixels)
    return bundle(picture.pixels, about, readings)


def _stem(picture: Picture) -> str:
    return picture.name.replace("/", "-").replace(" ", "-")
