"""Which block of the network to look at; names from the address that do not exist are named."""

from __future__ import annotations

import streamlit as st

from core.artifacts import Card
from core.ensemble import layers_read, members_of
from core.opinions import layer_of
from pages.parts import explain_words, loaders_explain, text
from pages.parts.switch import follow, switch

BLOCK = "explain_block"


def choose(card: Card) -> str:
    """The block: the head's own unless another is chosen, which loads the whole network."""
    names, own = loaders_explain.block_names(card), layer_of(card)
    if unknown := follow(BLOCK, names, own):
        st.warning(
            f"This model reads nothing at {text.plain(unknown)}; the blocks it reads end at "
            f"{', '.join(names)}. Shown is {own}.",
            icon=":material/layers_clear:",
        )
    block = switch(
        "Block, from the input on",
        dict(zip(names, names, strict=True)),
        BLOCK,
        default=own,
        follows=True,
        wrap=True,
    )
    members = members_of(card.config)
    if members and block == own:
        *others, last = layers_read(members)
        layers = f"{', '.join(others)} and {last}" if others else last
        st.caption(explain_words.MEMBERS.format(layers=layers, top=own))
    return block
