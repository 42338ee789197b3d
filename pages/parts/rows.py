"""Pictures beside each other on a desk, one above another on a phone."""

from __future__ import annotations

from collections.abc import Iterator

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
