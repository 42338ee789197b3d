"""Pictures beside each other on a desk, one above another on a phone, many page by page."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def cells(count: int, across: int) -> Iterator[DeltaGenerator]:
    """Places for pictures, a row after another.

    Args:
        count: How many.
        across: In a row where there is room.
    """
    for start in range(0, count, across):
        yield from st.columns(across)[: count - start]


def page(key: str, label: str, listed: Hashable, count: int, size: int, **options: Any) -> slice:
    """Which of many pictures to show, with a number to leaf by where one page does not hold all.

    Args:
        key: Of the number.
        label: What it counts.
        listed: What is listed; another list begins on its first page.
        count: Of all pictures.
        size: Of a page.
        options: Further arguments of st.number_input.
    """
    pages = -(-count // size)
    known = f"{key}_listed"
    number = st.session_state.get(key, 1) if st.session_state.get(known) == listed else 1
    st.session_state[known] = listed
    if pages < 2:
        return slice(0, size)
    st.session_state[key] = min(number, pages)
    number = st.number_input(f"{label} 1 to {pages}", 1, pages, key=key, **options)
    return slice((number - 1) * size, number * size)
