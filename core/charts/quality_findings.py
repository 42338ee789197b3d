"""What the checks of explanations found: figures and sentences, from a model's table alone.

The app and docs/explanations.md show the same findings.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from core.charts import quality as charts
from core.charts.findings import Finding
from core.explain.checks import (
    AHEAD_CENTRE,
    AHEAD_RANDOM,
    ALL,
    AREA,
    CENTRE,
    CLASSES,
    DELETION,
    DENSE,
    FOUND,
    GIVEN,
    INSERTION,
    LOG_ODDS,
    METHODS,
    RANDOM,
    RANKS,
    STRUCTURE,
    TITLES,
    about,
)

if TYPE_CHECKING:
    import pandas as pd

MEASURES = {RANKS: "rank correlation", STRUCTURE: "structural similarity"}
SHARES = {
    DELETION: "share covered, the most marked first",
    INSERTION: "share shown sharply, the most marked first",
}
ALIKE = 0.5  # a likeness whose interval lies above it is called mostly the same map
BETTER = {DELETION: "lower", INSERTION: "higher"}
OUTLINES = {
    GIVEN: "On the test images whose lungs are outlined upstream (by another network, not a "
    "person)",
    FOUND: "On other test images, with the lungs that the app finds itself (only outlines that it "
    "trusts)",
}


def likeness(table: pd.DataFrame, check: str) -> Finding | None:
    """Randomised weights: how alike the maps stay; None where it was not measured.

    Args:
        table: As of core.explain.checks.read_checks.
        check: RANKS or STRUCTURE.
    """
    rows = table[table["check"] == check]
    if rows.empty:
        return None
    head = rows[rows["position"] == _head_step(rows)].sort_values("value", ascending=False)
    last = rows[rows["position"] == rows["position"].max()].sort_values("value", ascending=False)
    stuck = head[head["low"] > ALIKE]
    if len(stuck):
        words = (
            f"**With the whole head random, the maps of {_valued(stuck)} stay mostly as they "
            "were**: they draw what the trunk sees, not what the head learned. "
        )
    else:
        words = "With the whole head random, the maps of no method stay mostly as they were. "
    if len(stuck) < len(head):
        words += f"Not so, or not for certain: {_valued(head.drop(stuck.index))}. "
    most = last.iloc[0]
    words += (
        f"With every weight of the network random, the most alike are those of "
        f"{TITLES[most['method']]} ({_span(most)})."
    )
    note = (
        f"{MEASURES[check].capitalize()} with the map of the intact model: 1 is the same map, and "
        f"certainly above {ALIKE} counts as mostly as it was. {_counts(rows)} 95 % intervals over "
        "patients; one draw of random weights."
    )
    figure = charts.likeness_figure(rows, MEASURES[check])
    details = _details(head, "head random") + _details(last, "all weights random")
    return Finding(figure, _likeness_alt(rows), words, note, details)


def _head_step(rows: pd.DataFrame) -> float:
    """Position at which the whole head is random, and the trunk is not yet."""
    return float(rows.loc[rows["group"].str.startswith((LOG_ODDS, DENSE)), "position"].max())


def _counts(rows: pd.DataFrame) -> str:
    """How many images each method was tried on, and which methods were not."""
    counts = rows.groupby("method")["images"].max()
    tried = f"{counts.max():.0f} test images"
    few = counts[counts < counts.max()]
    if len(few):
        tried += (
            f"; {few.min():.0f} for methods that need many passes, and only with the whole head "
            "and with everything random"
        )
    absent = [TITLES[name] for name in METHODS if name not in counts.index]
    return f"{tried}." + (f" Not measured for this model: {', '.join(absent)}." if absent else "")


def _valued(rows: pd.DataFrame) -> str:
    return ", ".join(f"{TITLES[row.method]} ({row.value:.2f})" for row in rows.itertuples())


def _likeness_alt(rows: pd.DataFrame) -> str:
    parts = []
    for method, part in rows[rows["position"] > 0].groupby("method", sort=False):
        ends = part.sort_values("position").iloc[[0, -1]]
        spoken = " and ".join(f"{r.value:.2f} after {r.group}" for r in ends.itertuples())
        parts.append(f"{TITLES[str(method)]}: {spoken}")
    return "; ".join(parts)


def curves(table: pd.DataFrame, check: str) -> list[Finding]:
    """Deletion or insertion: mean curves, then areas against the baselines."""
    rows = table[table["check"] == check]
    if rows.empty:
        return []
    areas = _all(table, about(check, AREA)).sort_values("value", ascending=check == DELETION)
    drawn = charts.curves_figure(rows, SHARES[check])
    lines = charts.areas_figure(areas, f"area under it ({BETTER[check]} is better)")
    alt = "; ".join(f"{TITLES[r.method]}: {_span(r)}" for r in areas.itertuples())
    first = areas.iloc[0]
    note = (
        f"Mean over {first['images']:.0f} test images of {first['patients']:.0f} patients, half of "
        "each class where there are enough. The lines are the baselines; differences are paired, "
        "image by image, which an overlap of intervals does not show."
    )
    curve_alt = f"Mean {check} curves: " + "; ".join(
        f"{TITLES[str(method)]} {part['value'].iloc[len(part) // 2]:.2f} half way"
        for method, part in rows.groupby("method", sort=False)
    )
    return [
        Finding(drawn, curve_alt),
        Finding(lines, f"Areas: {alt}", _verdicts(table, check), note, _gains(table, check)),
    ]


def _verdicts(table: pd.DataFrame, check: str) -> str:
    """Who is ahead of each baseline for certain, who is not, who is behind."""
    sentences = []
    for what, baseline in ((AHEAD_RANDOM, "a random map"), (AHEAD_CENTRE, "the middle")):
        rows = _all(table, about(check, what))
        rows = rows[~rows["method"].isin((RANDOM, CENTRE))]
        ahead = rows[rows["low"] > 0]
        behind = rows[rows["high"] < 0]
        level = rows.drop([*ahead.index, *behind.index])
        kinds = (("better than", ahead), ("**worse than**", behind), ("not told apart from", level))
        sentences += [
            f"{kind} {baseline}: {_names(part.itertuples())}" for kind, part in kinds if len(part)
        ]
    return f"{check.capitalize()}, by area. {_sentence(sentences)}"


def _gains(table: pd.DataFrame, check: str) -> tuple[str, ...]:
    """Paired differences, a line each."""
    return tuple(
        f"{TITLES[row.method]}, {what}: {row.value:+.3f} ({row.low:+.3f} to {row.high:+.3f})"
        for what in (AHEAD_RANDOM, AHEAD_CENTRE)
        for row in _all(table, about(check, what)).itertuples()
    )


def lungs(table: pd.DataFrame, check: str) -> Finding | None:
    """Energy in the lungs by class; None where it was not measured."""
    rows = table[(table["check"] == check) & table["group"].isin(CLASSES)]
    if rows.empty:
        return None
    classes = "; ".join(_extremes(str(group), part) for group, part in rows.groupby("group"))
    own = rows[rows["method"] != CENTRE]
    gains = table[(table["check"] == about(check, AHEAD_CENTRE)) & table["group"].isin(CLASSES)]
    kinds = (
        ("**more outside the lungs than if evenly spread**", own[own["high"] < 1]),
        ("more than the middle of the picture", gains[gains["low"] > 0]),
        ("less than the middle of the picture", gains[gains["high"] < 0]),
    )
    verdict = [f"{kind}: {_who(part, gains)}" for kind, part in kinds if len(part)]
    words = f"{OUTLINES[check]}. {classes}. {_sentence(verdict)}"
    counts = rows.drop_duplicates("group")
    note = "; ".join(
        f"{r.group}: {r.images:.0f} images of {r.patients:.0f} patients"
        for r in counts.itertuples()
    )
    alt = "; ".join(f"{TITLES[r.method]}, {r.group}: {_span(r)}" for r in rows.itertuples())
    details = tuple(
        f"{TITLES[r.method]}, {r.group}: {_span(r)}" for r in rows.itertuples()
    )  # every value with its interval
    return Finding(charts.lungs_figure(rows), alt, words, note + _missing(rows), details)


def _extremes(group: str, rows: pd.DataFrame) -> str:
    """The methods with the least and the most in the lungs, and the centre map."""
    own = rows[rows["method"] != CENTRE].sort_values("value")
    least, most = own.iloc[0], own.iloc[-1]
    return (
        f"{group}: from {least['value']:.2f} ({TITLES[least['method']]}) to "
        f"**{most['value']:.2f}** ({TITLES[most['method']]}); the middle of the picture "
        f"{_only(rows, CENTRE)['value']:.2f}"
    )


def _who(rows: pd.DataFrame, everything: pd.DataFrame) -> str:
    """Methods with their classes, or that it is all of them."""
    if len(rows) == len(everything):
        return "every method, for both classes"
    parts = [
        f"{', '.join(part['method'].map(TITLES))} ({group})"
        for group, part in rows.groupby("group")
    ]
    return "; ".join(parts).replace("; ", " and ")


def _missing(rows: pd.DataFrame) -> str:
    """Says when a method has fewer images than another, since its map was empty there."""
    few = rows.groupby("group")["images"].agg(["min", "max"])
    if (few["min"] == few["max"]).all():
        return "."
    return ". Images on which a method marks nothing at all are left out of its row."


def _all(table: pd.DataFrame, check: str) -> pd.DataFrame:
    return table[(table["check"] == check) & (table["group"] == ALL)]


def _only(rows: pd.DataFrame, method: str) -> Any:
    return rows[rows["method"] == method].iloc[0]


def _span(row: Any) -> str:
    """Value and interval; a single patient gives none."""
    return f"{row.value:.2f}, " + (
        "one patient" if math.isnan(row.low) else f"{row.low:.2f} to {row.high:.2f}"
    )


def _names(rows: Any) -> str:
    return ", ".join(TITLES[row.method] for row in rows)


def _sentence(parts: list[str]) -> str:
    """Parts with a full stop, the first letter large, also where it is printed bold."""
    text = "; ".join(parts)
    first = len(text) - len(text.lstrip("*"))
    return f"{text[:first]}{text[first : first + 1].upper()}{text[first + 1 :]}." if text else ""


def _details(rows: pd.DataFrame, where: str) -> tuple[str, ...]:
    return tuple(f"{TITLES[r.method]}, {where}: {_span(r)}" for r in rows.itertuples())
