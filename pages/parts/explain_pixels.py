"""Single pixels and patches: SmoothGrad, integrated gradients, occlusion, each with progress."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from core.artifacts import Card
from core.explain import covering, overlay, pixels
from core.explain.overlay import Colour
from core.explain.running import Running
from pages.parts import explain_download, explain_running, explain_words, loaders_explain
from pages.parts.explain_image import Picture
from pages.parts.loaders_explain import Look
from pages.parts.switch import switch

SMOOTH, INTEGRATED, OCCLUSION = "smoothgrad", "integrated", "occlusion"
TITLES = {
    OCCLUSION: "Occlusion",
    SMOOTH: "SmoothGrad",
    INTEGRATED: "Integrated gradients",
}


def show(picture: Picture, card: Card, look: Look, against: bool) -> None:
    """Choose a method, let it run, look."""
    method = switch("Method", TITLES, "explain_pixel_method", wrap=True)
    shows, hides = explain_words.METHODS[method]
    st.markdown(f"{shows} {hides}")
    found = explain_running.run(
        explain_running.key_of(method, card.id, picture.pixels, picture.size),
        f"Compute {TITLES[method]}" if method != OCCLUSION else "Slide the patch",
        explain_words.PIXEL_COSTS[method],
        lambda: _start(picture, card, method),
        lambda latest: _draw(picture, method, latest, against),
    )
    if found is None:
        return
    image = _picture(picture, method, found, against)
    if not pixels.strongest(found.values, against=against).any():
        st.caption(explain_words.NOTHING)
    explain_download.png_button(picture, image, f"{method}-{'against' if against else 'for'}")
    st.caption(_numbers(picture, card, look, method, found))


def _start(picture: Picture, card: Card, method: str) -> Iterator[Running]:
    tensor = loaders_explain.tensor(picture.pixels, card, picture.size)
    if method == OCCLUSION:
        return covering.occlusion(loaders_explain.scorer(card.id), tensor)
    network = loaders_explain.network(card.id, picture.size)
    if method == SMOOTH:
        return pixels.smooth_grad(network, tensor)
    return pixels.integrated_gradients(network, tensor)


def _picture(picture: Picture, method: str, found: Running, against: bool) -> Colour:
    """The side asked for, over the image; single pixels beside it, where they can be seen."""
    share = pixels.strongest(found.values, against=against)
    base = overlay.canvas(picture.pixels)
    if method == OCCLUSION:
        return overlay.overlay(base, share, 0.6, against=against)
    return overlay.side_by_side(base, share, against=against)


def _draw(picture: Picture, method: str, found: Running, against: bool) -> None:
    image = _picture(picture, method, found, against)
    width = 420 if method == OCCLUSION else 760
    st.image(image, width=width, alt=f"{TITLES[method]} of {picture.name}")


def _numbers(picture: Picture, card: Card, look: Look, method: str, found: Running) -> str:
    """What the map's numbers are, and whether they add up."""
    values = found.values
    if method == OCCLUSION:
        return (
            f"Covering one place moves the log-odds by {-values.max():+.2f} to "
            f"{-values.min():+.2f}; they are {look.reading.log_odds:+.2f} uncovered."
        )
    if method == SMOOTH:
        return f"Largest change of the log-odds with one grey level: {abs(values).max():.2g}."
    black = loaders_explain.black_log_odds(card, picture.size)
    return (
        f"All pixels together add {values.sum():+.2f}; the log-odds are "
        f"{look.reading.log_odds:+.2f}, and {black:+.2f} for a black image, which is "
        f"{look.reading.log_odds - black:+.2f} apart. The closer the two, the finer the steps."
    )
