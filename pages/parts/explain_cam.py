"""Class activation: methods in a row for one image, blocks, and one method over several images."""

from __future__ import annotations

import streamlit as st

from core.artifacts import Card
from core.ensemble import layers_read, members_of
from core.explain import overlay
from core.explain.cam import CAM_TITLES, CAMS, Map, unit
from core.explain.overlay import Colour
from core.images import Grey
from pages.parts import explain_words, loaders_explain
from pages.parts.explain_image import Picture
from pages.parts.loaders_explain import Look

STYLES = {"overlay": "Overlay", "contour": "Contour", "beside": "Side by side"}
TILE = 250  # pixels; one above another on a phone


def show(picture: Picture, card: Card, look: Look, against: bool) -> None:
    """Controls, one picture a method, and what to make of them."""
    methods = st.pills(
        "Methods",
        list(CAMS),
        selection_mode="multi",
        default=["gradcam", "hirescam"],
        format_func=CAM_TITLES.__getitem__,
        key="explain_methods",
        bind="query-params",
    )
    block, found = _at_block(picture.pixels, card, look, against)
    style, opacity = _style()
    if not methods:
        st.info("Choose a method above.")
        return
    base = overlay.canvas(picture.pixels)
    grid = st.container(horizontal=True)
    for method in methods:
        with grid.container(width=TILE if style != "beside" else 2 * TILE):
            _figure(picture, base, method, found[method], block, (style, opacity, against))
    with st.container(border=True):
        for method in methods:
            shows, hides = explain_words.METHODS[method]
            st.markdown(f"**{CAM_TITLES[method]}.** {shows} {hides}")
        st.markdown(explain_words.AGAINST if against else explain_words.SEE_NOT_WHY)


def _at_block(pixels: Grey, card: Card, look: Look, against: bool) -> tuple[str, dict[str, Map]]:
    """The block to look at, and the maps of all methods there."""
    own = look.reading.layer
    st.session_state.setdefault("explain_deep", False)
    if not st.toggle(
        "Look at lower blocks too",
        key="explain_deep",
        help="Runs the whole network forward and back once: about four times the work.",
    ):
        members = members_of(card.config)
        if members:
            layers = " and ".join(layers_read(members))
            st.caption(explain_words.MEMBERS.format(layers=layers, top=own))
        return own, {name: look.reading.cam(name, against=against) for name in CAMS}
    blocks = loaders_explain.block_cams(pixels, card.id, against)
    block = st.segmented_control(
        "Block, from the input on", list(blocks), default=own, required=True, key="explain_block"
    )
    block = block or own
    height, width = next(iter(blocks[block].values())).shape
    st.caption(f"Maps of {block}: {height} x {width} cells.")
    return block, blocks[block]


def _style() -> tuple[str, float]:
    """How to lay the map over the image."""
    left, right = st.columns([2, 3])
    style = left.segmented_control(
        "Picture",
        list(STYLES),
        default="overlay",
        required=True,
        format_func=STYLES.__getitem__,
        key="explain_style",
        bind="query-params",
    )
    opacity = right.slider("Opacity of the colour", 0.0, 1.0, 0.6, 0.05, key="explain_opacity")
    return style or "overlay", opacity


def draw(base: Grey, values: Map, style: str, opacity: float, against: bool) -> Colour:
    """A map (not yet normalised) over an image in the chosen style."""
    share = unit(values)
    if style == "contour":
        return overlay.contour(base, share, against=against)
    if style == "beside":
        return overlay.side_by_side(base, share, against=against)
    return overlay.overlay(base, share, opacity, against=against)


def _figure(
    picture: Picture,
    base: Grey,
    method: str,
    values: Map,
    block: str,
    how: tuple[str, float, bool],
) -> None:
    """One method's picture, its largest value, and a download."""
    style, opacity, against = how
    drawn = draw(base, values, style, opacity, against)
    title = CAM_TITLES[method]
    st.image(drawn, width="stretch", alt=f"{title} of {picture.name}: {where(values)}")
    st.markdown(f"**{title}**")
    st.caption(f"Largest value {values.max():.2g}" if values.any() else explain_words.NOTHING)
    st.download_button(
        "PNG",
        lambda: overlay.png(drawn),
        f"{method}-{block}-{picture.name.replace('/', '-')}.png",
        "image/png",
        key=f"explain_png_{method}",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
    )


def where(values: Map) -> str:
    """In words, where a map has its maximum, as on the picture."""
    if not values.any():
        return "no place speaks for this answer"
    height, width = values.shape
    row, column = divmod(int(values.argmax()), width)
    down = ("top", "middle", "bottom")[min(3 * row // height, 2)]
    across = ("left", "centre", "right")[min(3 * column // width, 2)]
    return f"strongest at the {down} {across} of the picture"
