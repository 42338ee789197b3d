"""Compare page: the rules that set thresholds, how far to believe them, and what an error costs."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.schema import PAPER_THRESHOLDS
from core.validated import WANTED_RECALL
from pages.parts import compare_choice
from pages.parts.switch import KEPT

RULE = "compare_rule"
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
    "patients **outside the test set**."
)
COSTS = (0.5, 1, 2, 5, 10, 20, 50, 100)
PREVALENCES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.001)


def choose_rule() -> str:
    """The rule, and the paper's third panel as a button."""
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
    return rule or OWN  # Streamlit empties it where the browser goes back to an address without it


def follow(rule: str) -> None:
    """Callback: take a rule."""
    st.session_state[RULE] = rule


def open_panel(first: str, rule: str) -> None:
    """Callback: a panel of the paper's Figure 3: its model first, at its threshold."""
    compare_choice.open_paper(first)
    follow(rule)


def stakes(left: DeltaGenerator, right: DeltaGenerator) -> tuple[float, float]:
    """Cost of a missed case, in false alarms, and prevalence, 0..1."""
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


def status_text(rule: str) -> str:
    """How far numbers at a rule's thresholds may be believed."""
    badge, words = status(rule)
    return f"{badge}: {words}"


def status(rule: str) -> tuple[str, str]:
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
    return "Chosen on patients outside the test set", "reported on test patients."
