"""Compare page: the threshold of each model, by a rule or by hand, and what an error costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.evaluation import Comparison, Entrant
from core.validated import threshold
from pages.parts import compare_rules
from pages.parts.compare_rules import HAND, OWN, PAPER, RULE, RULES
from pages.parts.switch import KEPT, begin

CUT, ALONE = "compare_cut", "compare_alone"
NEAR = 5e-4  # half a step of the sliders


@dataclass(frozen=True)
class Cuts:
    """Thresholds now.

    Attributes:
        rule: One of RULES.
        values: (M,) one a model.
        best: (M,) of least cost on validation patients; NaN where none can be chosen.
        cost: Of a missed case, in false alarms.
        prevalence: 0..1.
    """

    rule: str
    values: list[float]
    best: list[float]
    cost: float
    prevalence: float


def controls(comparison: Comparison) -> Cuts:
    """Rules, sliders, cost and prevalence."""
    entrants = comparison.entrants
    _read_address(entrants)
    rule = compare_rules.choose_rule()
    sliders, *stakes = st.columns([4, 2, 1.5], gap="large")
    cost, prevalence = compare_rules.stakes(*stakes)
    line, toggle = st.columns([4, 1], vertical_alignment="center")
    badge, words = compare_rules.status(rule)
    if rule not in (*PAPER, HAND) and len(entrants) > 1:
        words += " The slider moves all to one threshold."
    line.markdown(f":{'orange' if rule == HAND else 'green'}-badge[{badge}] {words}")
    alone = len(entrants) > 1 and toggle.toggle(
        "Each model alone", key=ALONE, on_change=_join, args=(entrants[0],), **KEPT
    )
    _say_undefined(entrants, rule)
    values = [_by_rule(one, rule, cost, prevalence) for one in entrants]
    if alone:
        moved = [
            _slider(column, f"Threshold of {one.name}", key_of(one.id), value, rule)
            for column, one, value in zip(sliders.columns(2) * 2, entrants, values, strict=False)
        ]
    else:
        moved = [_one_slider(sliders, entrants, values[0], rule)] * len(values)
    values = moved if rule == HAND else values  # sliders round to their step
    best = [threshold(one, "cost", cost, prevalence) for one in entrants]
    return Cuts(rule, values, best, cost, prevalence)


def key_of(model_id: str) -> str:
    """Key of a model's own slider."""
    return f"{CUT}_{model_id}"


def _read_address(entrants: Sequence[Entrant]) -> None:
    """First values; a link with a threshold and no rule means that threshold."""
    given = None if RULE in st.session_state else _given()
    for one in entrants:
        # Known before their widgets, so that the address follows them once they are drawn.
        first = round(one.operating_point, 3) if given is None else given
        st.session_state.setdefault(key_of(one.id), first)
    if st.session_state.get(RULE) in RULES:
        return
    moved = given is not None and abs(given - entrants[0].operating_point) >= NEAR
    begin(RULE, RULES, HAND if moved and RULE not in st.query_params else OWN)


def _given() -> float | None:
    """The threshold of all models that a link names; None where it names none or no threshold."""
    try:
        given = float(st.query_params[CUT])
    except (KeyError, ValueError):
        return None
    return given if 0 <= given <= 1 else None


def _by_rule(entrant: Entrant, rule: str, cost: float, prevalence: float) -> float:
    """A rule's threshold for a model; its operating point where the rule cannot choose one."""
    if rule in PAPER:
        return PAPER[rule]
    if rule == HAND:
        return float(st.session_state[key_of(entrant.id)])
    chosen = threshold(entrant, rule, cost, prevalence)
    return entrant.operating_point if math.isnan(chosen) else chosen


def _slider(place: DeltaGenerator, words: str, key: str, value: float, rule: str) -> float:
    """A threshold; moving it by hand leaves the rule."""
    if rule != HAND or key not in st.session_state:
        st.session_state[key] = round(value, 3)
    return place.slider(
        words,
        0.0,
        1.0,
        step=0.001,
        format="%.3f",
        key=key,
        on_change=compare_rules.follow,
        args=(HAND,),
        **KEPT,
    )


def _one_slider(
    place: DeltaGenerator, entrants: Sequence[Entrant], value: float, rule: str
) -> float:
    """One threshold for all; the sliders that are not drawn follow, to go on from there."""
    own = [key_of(one.id) for one in entrants]
    shown, title = (CUT, "Threshold of all models") if len(own) > 1 else (own[0], "Threshold")
    moved = _slider(place, title, shown, value, rule)
    st.session_state.update(dict.fromkeys({CUT, *own} - {shown}, moved))
    return moved


def _join(first: Entrant) -> None:
    """Callback: where several sliders stood, the first goes on."""
    st.session_state[CUT] = st.session_state[key_of(first.id)]


def _say_undefined(entrants: Sequence[Entrant], rule: str) -> None:
    if rule in (OWN, HAND) or rule in PAPER:
        return
    stuck = [one.name for one in entrants if math.isnan(threshold(one, rule))]
    if stuck:
        st.warning(
            f"No threshold can be chosen for {', '.join(stuck)}: the validation patients are of "
            "one class. The operating point is shown instead."
        )
