"""Compare page: the threshold of each model, by a rule or by hand, and what an error costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.evaluation import Comparison, Entrant
from core.schema import PAPER_THRESHOLDS
from core.validated import WANTED_RECALL, threshold
from pages.parts import compare_choice
from pages.parts.switch import KEPT

RULE, CUT, ALONE = "compare_rule", "compare_cut", "compare_alone"
COST, PREVALENCE = "compare_cost", "compare_prevalence"
OWN, HAND = "own", "hand"
PAPER = {f"{value:g}": value for value in PAPER_THRESHOLDS}
RECALL = f"{100 * WANTED_RECALL:g} % recall"
RULES = {
    OWN: "Operating points",
    **{name: f"The paper's {name}" for name in PAPER},
    "youden": "Youden",
    "recall": RECALL,
    "cost": "Least cost",
    HAND: "By hand",
}
HELP = (
    "Operating points: each model's own, set for 90 % recall. Youden: the largest recall + "
    f"specificity. {RECALL}: the largest threshold that finds that share. Least "
    "cost: the cheapest at the cost and prevalence on the right. All four are chosen on "
    "**validation** patients."
)
COSTS = (0.5, 1, 2, 5, 10, 20, 50, 100)
PREVALENCES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.001)
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
        columns: (M,) a column a model, to draw in.
    """

    rule: str
    values: list[float]
    best: list[float]
    cost: float
    prevalence: float
    columns: list[DeltaGenerator]


def controls(comparison: Comparison) -> Cuts:
    """Rules, sliders, cost and prevalence."""
    entrants = comparison.entrants
    _read_address(entrants)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rule = st.segmented_control(
            "Threshold",
            list(RULES),
            required=True,
            format_func=RULES.__getitem__,
            key=RULE,
            help=HELP,
            wrap=True,
            **KEPT,
        )
        if compare_choice.has_paper_models() and st.button(
            "Small-data model on the big test set",
            key="compare_small_on_big",
            help="The paper's Figure 3, third panel",
            on_click=open_panel,
            args=(compare_choice.SMALL, "0.5"),
        ):
            st.rerun(scope="app")  # models and test set are chosen outside this fragment
    sliders, *stakes = st.columns([4, 2, 1.5], gap="large")
    cost, prevalence = _stakes(*stakes)
    status, toggle = st.columns([4, 1], vertical_alignment="center")
    badge, words = _status(rule)
    if rule not in (*PAPER, HAND) and len(entrants) > 1:
        words += " The slider moves all to one threshold."
    status.markdown(f":{'orange' if rule == HAND else 'green'}-badge[{badge}] {words}")
    alone = len(entrants) > 1 and toggle.toggle(
        "Each model alone", key=ALONE, on_change=_spread, args=(entrants,), **KEPT
    )
    _say_undefined(entrants, rule)
    columns = st.columns(len(entrants))
    values = [_by_rule(one, rule, cost, prevalence) for one in entrants]
    if alone:
        moved = [
            _slider(column, f"Threshold of {one.name}", key_of(one.id), value, rule)
            for column, one, value in zip(columns, entrants, values, strict=True)
        ]
    else:
        moved = [_slider(sliders, "Threshold of all models", CUT, values[0], rule)] * len(values)
    values = moved if rule == HAND else values  # sliders round to their step
    best = [threshold(one, "cost", cost, prevalence) for one in entrants]
    return Cuts(rule, values, best, cost, prevalence, columns)


def key_of(model_id: str) -> str:
    """Key of a model's own slider."""
    return f"{CUT}_{model_id}"


def follow(rule: str) -> None:
    """Callback: take a rule."""
    st.session_state[RULE] = rule


def open_panel(first: str, rule: str) -> None:
    """Callback: a panel of the paper's Figure 3: its model first, at its threshold."""
    compare_choice.open_paper(first)
    follow(rule)


def _read_address(entrants: Sequence[Entrant]) -> None:
    """First values; a link with a threshold and no rule means that threshold."""
    for one in entrants:
        # Known before their widgets, so that the address follows them once they are drawn.
        st.session_state.setdefault(key_of(one.id), round(one.operating_point, 3))
    if RULE in st.session_state:
        return
    given = CUT in st.query_params and RULE not in st.query_params
    if given and not _is_near(st.query_params[CUT], entrants[0].operating_point):
        st.session_state[RULE] = HAND
    else:
        st.session_state[RULE] = OWN


def _is_near(text: str, value: float) -> bool:
    try:
        return abs(float(text) - value) < NEAR
    except ValueError:
        return True  # not a number: as if nothing had been given


def _stakes(left: DeltaGenerator, right: DeltaGenerator) -> tuple[float, float]:
    cost = left.select_slider(
        "A missed case costs",
        COSTS,
        value=10,
        format_func=lambda value: f"{value:g} false alarms" if value != 1 else "1 false alarm",
        key=COST,
        **KEPT,
    )
    prevalence = right.select_slider(
        "Prevalence",
        PREVALENCES,
        value=0.05,
        format_func=lambda value: f"{100 * value:g} %",
        key=PREVALENCE,
        help="How many of the people tested have COVID-19 where the model would be used.",
        **KEPT,
    )
    return float(cost), float(prevalence)


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
        on_change=follow,
        args=(HAND,),
        **KEPT,
    )


def _spread(entrants: Sequence[Entrant]) -> None:
    """Callback: where one slider stood, all begin; where several stood, the first goes on."""
    if st.session_state[RULE] != HAND:
        return
    if st.session_state[ALONE]:
        for one in entrants:
            st.session_state[key_of(one.id)] = st.session_state[CUT]
    else:
        st.session_state[CUT] = st.session_state[key_of(entrants[0].id)]


def status_text(rule: str) -> str:
    """How far numbers at a rule's thresholds may be believed."""
    badge, words = _status(rule)
    return f"{badge}: {words}"


def _status(rule: str) -> tuple[str, str]:
    """The same as a badge and a sentence."""
    if rule == HAND:
        return (
            "Exploratory",
            "moved by hand with the test images in view. A threshold found that way looks better "
            "than it is; to report a number, choose by a rule.",
        )
    if rule in PAPER:
        return (
            "Fixed beforehand",
            f"the paper's threshold {rule}, not chosen on these images; reported on test patients.",
        )
    return "Chosen on validation patients", "reported on test patients."


def _say_undefined(entrants: Sequence[Entrant], rule: str) -> None:
    if rule in (OWN, HAND) or rule in PAPER:
        return
    stuck = [one.name for one in entrants if math.isnan(threshold(one, rule))]
    if stuck:
        st.warning(
            f"No threshold can be chosen for {', '.join(stuck)}: the validation patients are of "
            "one class. The operating point is shown instead."
        )
