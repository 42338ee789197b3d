"""Long methods on the page: start, progress, stop, and go on later where they stood.

What a method has found so far is kept with the visit. Stop, another widget, or leaving the page
ends the script between two steps; the method itself then waits and can be continued.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.explain.running import Running
from core.images import Grey

RUNS = "explain_runs"
KEPT = 12  # of one visit; each is a map or two


@dataclass
class Run:
    """A method under way, stopped or finished."""

    going: bool = True
    steps: Iterator[Running] | None = None
    latest: Running | None = None


def run(
    key: str,
    words: str,
    cost: str,
    start: Callable[[], Iterator[Running]],
    show: Callable[[Running], None],
) -> Running | None:
    """Controls and progress of a long method, and its result so far.

    Args:
        key: Names the method with everything that it depends on (key_of).
        words: What is being done, on the button and the progress bar.
        cost: How much work it is, in words.
        start: Begins the method; may load what it needs.
        show: Draws a result, rough or final: at every step, so always the same elements, none of
            them a widget.

    Returns:
        What has been found; None before the start.
    """
    own = _current(key)
    if own is None:
        st.button(words, key=f"start_{key}", on_click=_begin, args=(key,), icon=":material/start:")
        st.caption(cost)
        return None
    controls, picture = st.empty(), st.empty()
    if own.going:
        for latest in _advance(own, key, words, start, controls):
            with picture.container():
                show(latest)
        controls.empty()
    if own.latest is None:
        return None
    with picture.container():
        show(own.latest)
    if not own.latest.finished:
        with controls.container(horizontal=True, vertical_alignment="center"):
            st.button("Continue", key=f"continue_{key}", on_click=_go, args=(own, True))
            steps = f"{own.latest.done} of {own.latest.total}"
            st.markdown(f"Stopped after {steps}: the picture rests on these.")
    return own.latest


def key_of(name: str, model_id: str, pixels: Grey, *more: object) -> str:
    """A key for a method on one image: the same grey levels give the same key."""
    image = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()[:12]
    return "_".join(("explain", name, model_id, image, *(str(word) for word in more)))


def _current(key: str) -> Run | None:
    """The run of this key; one that was stopped before its first step counts as none."""
    own: Run | None = st.session_state.setdefault(RUNS, {}).get(key)
    return own if own and (own.going or own.latest) else None


def _advance(
    own: Run,
    key: str,
    words: str,
    start: Callable[[], Iterator[Running]],
    controls: DeltaGenerator,
) -> Iterator[Running]:
    """Take the steps that are left; the script may end at any of them."""
    with controls.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Stop", key=f"stop_{key}", on_click=_go, args=(own, False), icon=":material/stop:"
        )
        bar = st.progress(_share(own.latest), words)
    if own.steps is None:
        own.steps = start()
    for latest in own.steps:
        own.latest = latest
        bar.progress(_share(latest), f"{words}: {latest.done} of {latest.total}")
        yield latest
    own.going, own.steps = False, None


def _share(latest: Running | None) -> float:
    return latest.done / latest.total if latest else 0.0


def _begin(key: str) -> None:
    runs = st.session_state.setdefault(RUNS, {})
    runs.pop(key, None)
    runs[key] = Run()
    for old in list(runs)[:-KEPT]:
        del runs[old]


def _go(own: Run, going: bool) -> None:
    own.going = going
