"""Thresholds of one visit: one a model, shared by the table of files and the opened file."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from core.artifacts import Card
from core.schema import PAPER_THRESHOLDS

PAPER = {f"The paper's {value:g}": value for value in PAPER_THRESHOLDS}
OPERATING_POINTS = "Operating points"
# What to decide all files at; None: each model's own operating point.
RULES: dict[str, float | None] = {OPERATING_POINTS: None} | {f"{v:g}": v for v in PAPER_THRESHOLDS}


def key(card: Card) -> str:
    """Key of a model's threshold, also of its slider."""
    return f"predict_threshold_{card.id}"


def of(card: Card) -> float:
    """The threshold of a model: as last moved, else its operating point."""
    return float(st.session_state.get(key(card), card.threshold))


def keep(cards: Collection[Card]) -> None:
    """Hold the thresholds while sliders are not drawn, and give each slider its first value."""
    for card in cards:
        st.session_state[key(card)] = of(card)


def rule(cards: Collection[Card]) -> str | None:
    """The rule that all models follow now; None once a slider was moved elsewhere."""
    for name, value in RULES.items():
        if all(of(card) == (card.threshold if value is None else value) for card in cards):
            return name
    return None


def follow(cards: Collection[Card], name: str | None) -> None:
    """Set every model's threshold by a rule; None changes nothing."""
    if name is None:
        return
    for card in cards:
        value = RULES[name]
        st.session_state[key(card)] = card.threshold if value is None else value
