"""How numbers read in the sentences beside the figures."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from core.schema import threshold_text

UNKNOWN = "not measurable"
NONE_CHOSEN = "No model is chosen."


def percent(value: float) -> str:
    """A share in words."""
    return UNKNOWN if isnan(value) else f"{value:.0%}"


def of(hits: float, total: float) -> str:
    """A share with its counts in words."""
    return f"{hits / total:.0%} ({hits:.0f} of {total:.0f})" if total else "none (of 0)"


def many(count: int, word: str) -> str:
    """A count with its word, in the plural where it must be."""
    return f"{count} {agreed(count, word, f'{word}s')}"


def agreed(count: int, one: str, more: str) -> str:
    """The form of a word that goes with a count."""
    return one if count == 1 else more


def do(count: int, verb: str) -> str:
    """A verb as it goes with a count: 1 turns, 2 turn."""
    return agreed(count, f"{verb}s", verb)


def number(value: float) -> str:
    """A measure in words, two digits."""
    return UNKNOWN if isnan(value) else f"{value:.2f}"


def at_threshold(thresholds: Sequence[float]) -> str:
    """How a sentence begins."""
    if len(set(thresholds)) == 1:
        return f"At threshold {threshold_text(thresholds[0])}"
    return "At their own thresholds"
