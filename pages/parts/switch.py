"""A row of choices of which exactly one is taken, kept in the address."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

# Arguments of a widget whose value stays while it is not drawn, on this page or another; KEPT puts
# the value into the address as well.
STAYING: dict[str, Any] = {"persist_state": "session"}
KEPT: dict[str, Any] = {"bind": "query-params", **STAYING}


def switch(
    label: str,
    titles: Mapping[str, str],
    key: str,
    *,
    default: str | None = None,
    follows: bool = False,
    place: DeltaGenerator | None = None,
    **options: Any,
) -> str:
    """A segmented control that cannot be emptied.

    Args:
        label: What is chosen.
        titles: Value -> words on its button, in order.
        key: Of the widget and of the address.
        default: The value taken at first; the first of titles where it is not named.
        follows: Whether a later default takes the place of an earlier one that nobody chose.
        place: Column or container to draw in.
        options: Further arguments of st.segmented_control.
    """
    first = default or next(iter(titles))
    if follows:
        follow(key, titles, first)
        options |= {"on_change": _choose, "args": (key,)}
    begin(key, titles, first)
    chosen = (place or st).segmented_control(
        label,
        list(titles),
        required=True,
        format_func=titles.__getitem__,
        key=key,
        **KEPT,
        **options,
    )
    return chosen or first


def begin(key: str, known: Collection[str], first: str) -> None:
    """Give a widget its first value: what a link names, in the app's own short words, else first.

    The address also takes the words on the buttons; Streamlit reads those itself. Not as default=:
    callbacks may set the key, and a widget with both logs a warning.
    """
    if st.session_state.get(key) not in known:
        asked = st.query_params.get(key)
        st.session_state[key] = asked if asked in known else first


def follow(key: str, known: Collection[str], first: str) -> str:
    """Give a widget its default anew, unless it holds something known that was chosen or linked to.

    Returns:
        What was asked for and is not known here; empty where there is no such thing.
    """
    asked = st.session_state.get(key) or st.query_params.get(key) or ""
    earlier = st.session_state.setdefault(_default(key), first)
    if asked in known and asked != earlier:
        return ""
    st.session_state[key] = st.session_state[_default(key)] = first
    return "" if asked == earlier else asked


def _default(key: str) -> str:
    """Where the default is kept that a widget holds until somebody chooses."""
    return f"{key}_default"


def _choose(key: str) -> None:
    """Callback: what the widget holds from now on was chosen."""
    st.session_state[_default(key)] = None
