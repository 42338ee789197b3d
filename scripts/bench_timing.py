"""What the parts of `python -m scripts.bench` share: calls timed side by side, tables, goals."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

ROUNDS = 15


def side_by_side(calls: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Median seconds of each call, taken in turns so that a slow minute hits all alike."""
    for call in calls.values():
        call()
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - start)
    return {name: float(np.median(times)) for name, times in taken.items()}


def table(seconds: dict[str, float], reference: str) -> Iterator[str]:
    """A line a call: milliseconds, and how many times the reference call they are."""
    for name, value in seconds.items():
        yield f"  {name:38} {value * 1000:8.1f} ms   x {value / seconds[reference]:.2f}"


def goal(words: str, found: float, *, least: float = 0, most: float = float("inf")) -> str:
    """A goal and whether this run meets it."""
    wanted = f"at least {least:g}" if least else f"at most {most:g}"
    return f"  {found:.2f} {words}; goal: {wanted}, {'met' if least <= found <= most else 'missed'}"
