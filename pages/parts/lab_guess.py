"""First predict, then look: the user's guess, kept for the visit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

KEY = "lab_guesses"


def guess_of(experiment: str) -> Any:
    """What the user predicted; None before."""
    return st.session_state.get(KEY, {}).get(experiment)


def ask_number(experiment: str, question: str, low: float, high: float, start: float) -> Any:
    """A slider and a button; the guess, or None while there is none."""
    if guess_of(experiment) is None:
        _ask(
            experiment,
            lambda key: st.slider(question, low, high, start, 0.01, key=key),
        )
    return guess_of(experiment)


def ask_choice(
    experiment: str, question: str, options: Sequence[str], titles: Callable[[str], str]
) -> Any:
    """A choice and a button; the guess, or None while there is none."""
    if guess_of(experiment) is None:
        _ask(
            experiment,
            lambda key: st.radio(question, options, format_func=titles, key=key),
        )
    return guess_of(experiment)


def _ask(experiment: str, widget: Callable[[str], Any]) -> None:
    key = f"lab_ask_{experiment}"
    with st.container(border=True):
        st.markdown("**First: what do you expect?**")
        widget(key)
        st.button(
            "Show what happened",
            type="primary",
            key=f"lab_show_{experiment}",
            on_click=_keep,
            args=(experiment, key),
        )


def _keep(experiment: str, key: str) -> None:
    st.session_state[KEY] = {**st.session_state.get(KEY, {}), experiment: st.session_state[key]}


def forget(experiment: str) -> None:
    """Ask again."""
    kept = st.session_state.get(KEY, {})
    st.session_state[KEY] = {name: value for name, value in kept.items() if name != experiment}


def verdict(guess: float, measured: float, low: float, high: float) -> str:
    """The guess beside what was measured; judged by the numbers as they are printed."""
    guess, measured, low, high = (round(value, 2) for value in (guess, measured, low, high))
    if low <= guess <= high:
        close = "within the interval"
    else:
        close = "too low" if guess < measured else "too high"
    return (
        f"You said **{guess:.2f}**; measured: **{measured:.2f}** (95 % interval {low:.2f} to "
        f"{high:.2f}). Your guess was {close}."
    )
