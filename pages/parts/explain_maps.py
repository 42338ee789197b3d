"""Feature maps of a block: ranked three ways, a page at a time; one is opened below."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.artifacts import Card
from core.ensemble import members_of
from core.explain import overlay, ranking
from core.explain.ranking import BRIGHT, REMOVAL, WORTH
from core.explain.running import Running
from core.explain.sheets import Sheet, sheet
from core.opinions import layer_of
from pages.parts import (
    explain_kernel,
    explain_layer,
    explain_running,
    explain_words,
    loaders_explain,
    text,
)
from pages.parts.explain_image import Picture
from pages.parts.loaders_explain import Look
from pages.parts.switch import switch

TITLES = {BRIGHT: "Brightest", WORTH: "Gradient x activation", REMOVAL: "Removal"}
FORMATS = {BRIGHT: text.short, WORTH: "{:+.3f}".format, REMOVAL: "{:+.4f}".format}
KERNEL, OF = "explain_kernel", "explain_kernel_of"
PAGE, TILE = 24, 96  # maps, pixels

Values = NDArray[np.float64]  # (C,), NaN where not tried


def show(picture: Picture, card: Card, look: Look, against: bool) -> None:
    """Block, ranking, the grid, and the opened map."""
    block = explain_layer.choose(card)
    free = block == layer_of(card) and ranking.ignores_brightness(members_of(card.config), block)
    first = REMOVAL if free else WORTH
    by = switch(
        "Rank the maps by", TITLES, "explain_ranking", default=first, follows=True, wrap=True
    )
    if by == WORTH and free:
        st.info(explain_words.SCALE_FREE.format(layer=block), icon=":material/balance:")
        by = REMOVAL
    shows, hides = explain_words.RANKINGS[by]
    st.caption(f"{shows} {hides}")
    maps = _sheet(picture, card, look, block)
    values = _values(picture, card, maps, by)
    if values is None:
        return
    order = ranking.order(values, against=against and by != BRIGHT)
    left, right = st.columns(2)
    with left:
        ranks = _ranks(order)
    with right:
        number = _kernel(block, maps.count, int(order[0]))
    _grid(maps, ranks, values, by, number)
    st.divider()
    explain_kernel.show(picture, card, maps, number, against)


def _sheet(picture: Picture, card: Card, look: Look, block: str) -> Sheet:
    """The maps of a block: the head's own out of the pass that answered."""
    if block == layer_of(card):
        return sheet(look.reading)
    return loaders_explain.blocks(picture.pixels, card.id, picture.size)[block].sheet


def _values(picture: Picture, card: Card, maps: Sheet, by: str) -> Values | None:
    """What to rank by; None where that has to be computed and was not started."""
    if by == BRIGHT:
        return maps.bright
    if by == WORTH:
        return maps.worth
    if len(maps.removal):
        return maps.removal
    found = _removal(picture, card, maps.layer)
    return None if found is None else np.asarray(found.values, np.float64)


def _removal(picture: Picture, card: Card, block: str) -> Running | None:
    """Removal in a lower block, with progress."""

    def start() -> Iterator[Running]:
        network = loaders_explain.network(card.id, picture.size)
        return ranking.removal_below(network, picture.pixels, block)

    return explain_running.run(
        explain_running.key_of("removal", card.id, picture.pixels, picture.size, block),
        "Remove maps in turn",
        explain_words.TRIED.format(count=ranking.TRIED),
        start,
        lambda latest: None,
    )


def _kernel(block: str, count: int, first: int) -> int:
    """The map to open: from the address, a click in the grid, or the first of the ranking."""
    asked = st.query_params.get(KERNEL) if KERNEL not in st.session_state else None
    if st.session_state.get(OF, block) != block:
        st.session_state.pop(KERNEL, None)
    st.session_state[OF] = block
    if asked is not None and not (asked.isdecimal() and int(asked) < count):
        st.warning(
            f"There is no map {text.plain(asked)} in {block}: they are numbered 0 to {count - 1}."
        )
        asked = None
    if asked is None:
        st.session_state.setdefault(KERNEL, first)
    number = st.number_input(
        f"Map to open, 0 to {count - 1}", 0, count - 1, key=KERNEL, bind="query-params"
    )
    return int(number)


def _ranks(order: NDArray[np.intp]) -> NDArray[np.intp]:
    """The part of a ranking to show."""
    starts = range(0, len(order), PAGE)
    pages = {f"{start + 1} to {min(start + PAGE, len(order))}": start for start in starts}
    start = pages[st.selectbox("Ranks", list(pages), key="explain_ranks", bind="query-params")]
    return order[start : start + PAGE]


def _grid(maps: Sheet, ranks: NDArray[np.intp], values: Values, by: str, chosen: int) -> None:
    """Part of the ranking; a click opens a map."""
    grid = st.container(horizontal=True)
    for number in ranks:
        with grid.container(width=TILE, gap="xxsmall"):
            picture = overlay.tile(maps.map(int(number)), TILE)
            worth = FORMATS[by](values[number])
            st.image(picture, width=TILE, alt=f"Map {number} of {maps.layer}: {worth}")
            st.button(
                f"{number}: {worth}",
                key=f"explain_map_{number}",
                on_click=_open,
                args=(int(number),),
                type="primary" if number == chosen else "tertiary",
                width="stretch",
            )


def _open(number: int) -> None:
    st.session_state[KERNEL] = number
