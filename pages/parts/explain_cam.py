"""Class activation: methods in a row for one image, at any block, or one method over several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import streamlit as st

from core.artifacts import Card
from core.explain import covering, overlay
from core.explain.cam import CAM_TITLES, CAMS, Map, unit
from core.explain.overlay import Colour
from core.explain.running import Running
from core.images import Grey
from core.opinions import layer_of
from pages.parts import (
    explain_download,
    explain_layer,
    explain_running,
    explain_several,
    explain_words,
    loaders_explain,
)
from pages.parts.explain_image import Picture
from pages.parts.loaders_explain import Look
from pages.parts.rows import cells
from pages.parts.switch import STAYING, switch

STYLES = {"overlay": "Overlay", "contour": "Contour", "beside": "Side by side"}
ROWS = {"methods": "This image, several methods", "images": "One method, several images"}
SCORE = "scorecam"

Draw = Callable[[Grey, Map], Colour]  # an image and a map, not yet normalised


def show(picture: Picture, card: Card, look: Look, against: bool) -> None:
    """Controls, one picture a method, and what to make of them."""
    row = switch("Compare", ROWS, "explain_row", label_visibility="collapsed", wrap=True)
    style, opacity = _style()
    draw = partial(drawn, style=style, opacity=opacity, against=against)
    wide = style == "beside"
    if row == "images":
        methods = [explain_several.show(picture, card, against, draw, 2 if wide else 3)]
    else:
        methods = _in_a_row(picture, card, look, against, draw, wide)
    if not methods:
        return
    with st.container(border=True):
        for method in methods:
            shows, hides = explain_words.METHODS[method]
            st.markdown(f"**{CAM_TITLES[method]}.** {shows} {hides}")
        st.markdown(explain_words.AGAINST if against else explain_words.SEE_NOT_WHY)


def drawn(base: Grey, values: Map, style: str, opacity: float, against: bool) -> Colour:
    """A map (not yet normalised) over an image in the chosen style."""
    share = unit(values)
    if style == "contour":
        return overlay.contour(base, share, against=against)
    if style == "beside":
        return overlay.side_by_side(base, share, against=against)
    return overlay.overlay(base, share, opacity, against=against)


def where(values: Map) -> str:
    """In words, where a map has its maximum, as on the picture."""
    if not values.any():
        return "no place speaks for this answer"
    height, width = values.shape
    row, column = divmod(int(values.argmax()), width)
    down = ("top", "middle", "bottom")[min(3 * row // height, 2)]
    across = ("left", "centre", "right")[min(3 * column // width, 2)]
    return f"strongest at the {down} {across} of the picture"


def _style() -> tuple[str, float]:
    """How to lay the map over the image."""
    left, right = st.columns([3, 2])
    style = switch("Picture", STYLES, "explain_style", place=left)
    opacity = right.slider(
        "Opacity of the colour", 0.0, 1.0, 0.6, 0.05, key="explain_opacity", **STAYING
    )
    return style, opacity


def _in_a_row(
    picture: Picture, card: Card, look: Look, against: bool, draw: Draw, wide: bool
) -> list[str]:
    """Several methods on this image; returns those chosen."""
    methods: list[str] = st.pills(
        "Methods",
        [*CAMS, SCORE],
        selection_mode="multi",
        default=["gradcam", "hirescam"],
        format_func=CAM_TITLES.__getitem__,
        key="explain_methods",
        bind="query-params",
        wrap=True,
    )
    block = explain_layer.choose(card)
    if not methods:
        st.info("Choose a method above.")
        return []
    base = overlay.canvas(picture.pixels)
    across = 1 if wide else 2 if len(methods) in (1, 2, 4) else 3
    for method, cell in zip(methods, cells(len(methods), across), strict=True):
        with cell:
            if method == SCORE:
                values = _score_cam(picture, card, look, against, block, partial(draw, base))
            else:
                values = _at(picture, card, look, block, method, against)
                _draw(picture, draw(base, values), values, method)
            if values is not None:
                name = f"{method}-{block}-{'against' if against else 'for'}"
                explain_download.png_button(picture, draw(base, values), name)
    return methods


def _at(picture: Picture, card: Card, look: Look, block: str, method: str, against: bool) -> Map:
    """A map at a block: the head's own out of the pass that answered."""
    if block == layer_of(card):
        return look.reading.cam(method, against=against)
    return loaders_explain.blocks(picture.pixels, card.id, picture.size)[block].cams[
        method, against
    ]


def _draw(picture: Picture, image: Colour, values: Map, method: str) -> None:
    """One method's picture, and its largest value."""
    title = CAM_TITLES[method]
    st.image(image, width="stretch", alt=f"{title} of {picture.name}: {where(values)}")
    st.markdown(f"**{title}**")
    height, width = values.shape
    most = f"Largest value {values.max():.2g}; {height} x {width} cells"
    st.caption(most if values.any() else explain_words.NOTHING)


def _score_cam(
    picture: Picture,
    card: Card,
    look: Look,
    against: bool,
    block: str,
    draw: Callable[[Map], Colour],
) -> Map | None:
    """Score-CAM with progress; None before it is started."""

    def start() -> Iterator[Running]:
        own = block == layer_of(card)
        below = loaders_explain.maps
        maps = look.reading.maps if own else below(picture.pixels, card.id, block, picture.size)
        tensor = loaders_explain.tensor(picture.pixels, card, picture.size)
        return covering.score_cam(loaders_explain.scorer(card.id), tensor, maps, against=against)

    found = explain_running.run(
        explain_running.key_of(SCORE, card.id, picture.pixels, picture.size, block, against),
        "Compute Score-CAM",
        explain_words.SCORE_COST,
        start,
        lambda latest: _draw(picture, draw(latest.values), latest.values, SCORE),
    )
    return None if found is None else np.asarray(found.values, np.float32)
