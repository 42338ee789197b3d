"""A threshold in a picture of 1,000 people, for those who do not read curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts.base import MARK_COLOUR, POSITIVE_COLOUR, Parts, drawn
from core.charts.panels import axis, axis_key, panel_title, panels, title_place
from core.charts.ready import Ready
from core.charts.words import NONE_CHOSEN, many, of

# In the order of core.decision.people; they differ in lightness too.
GROUPS = (
    ("ill, found", POSITIVE_COLOUR),
    ("ill, missed", MARK_COLOUR),
    ("well, false alarm", "#f2d479"),
    ("well, cleared", "#8fb0c6"),
)
NO_ONE = -1
HIGH = 25  # people in a column of the picture


def people_figure(
    models: Sequence[Ready], groups: Sequence[Sequence[int]], across: int = 2
) -> go.Figure:
    """People as squares, filled column by column: found, missed, false alarms, cleared.

    Args:
        models: M.
        groups: (M,) core.decision.people of each: four numbers.
        across: Panels in a row.

    Returns:
        One heat map a model, NO_ONE where a column is not full, then a legend entry a group.
    """
    traces: list[Parts] = []
    rows = max(1, -(-len(models) // across))
    height = 210 * rows
    layout: Parts = {
        "annotations": [],
        "legend": {"orientation": "h", "y": -12 / height, "yanchor": "top", "x": 0},
        "margin": {"l": 8, "r": 8, "t": 64, "b": 8},
    }
    places = panels(len(models), across, gap_x=0.06, gap_y=0.28)
    for at, (model, numbers) in enumerate(zip(models, groups, strict=True)):
        traces.append(_squares(numbers, at))
        layout["annotations"] += [panel_title(model, at, yshift=30), _counts(numbers, at)]
        bare = {"visible": False, "fixedrange": True}
        layout[axis_key("x", at)] = {**bare, "domain": places[at][0], "anchor": axis("y", at)}
        layout[axis_key("y", at)] = {**bare, "domain": places[at][1], "anchor": axis("x", at)}
        layout[axis_key("y", at)]["autorange"] = "reversed"
    traces += [_entry(name, colour) for name, colour in GROUPS]
    return drawn(traces, 130 + height, **layout)


def people_words(models: Sequence[Ready], groups: Sequence[Sequence[int]]) -> str:
    """What happens to the ill and the well, and how many of those called positive are ill."""
    if not models:
        return NONE_CHOSEN
    parts: list[str] = []
    for model, (found, missed, wrong, _) in zip(models, groups, strict=True):
        ill, alarms = of(found, found + wrong), many(wrong, "false alarm")
        parts.append(
            f"{model.name} {found} and {missed}, {alarms}, {ill}"
            if parts
            else f"{model.name} finds {found} and misses {missed}, with {alarms}, and {ill} of "
            "those called positive are ill"
        )
    sick, total = sum(groups[0][:2]), sum(groups[0])
    return f"Of {total:,} people, {sick} of them ill: {'; '.join(parts)}."


def _squares(numbers: Sequence[int], at: int) -> Parts:
    filled = np.repeat(np.arange(len(GROUPS), dtype=np.int8), numbers)
    lacking = np.full(-len(filled) % HIGH, NO_ONE, np.int8)
    columns = np.append(filled, lacking).reshape(-1, HIGH)
    colours = ["rgba(0, 0, 0, 0)", *(colour for _, colour in GROUPS)]  # from NO_ONE on
    scale = [
        [(place + side) / len(colours), colour]
        for place, colour in enumerate(colours)
        for side in (0, 1)
    ]
    return {
        "type": "heatmap",
        "z": columns.T.copy(),
        "xaxis": axis("x", at),
        "yaxis": axis("y", at),
        "zmin": NO_ONE - 0.5,
        "zmax": len(GROUPS) - 0.5,
        "colorscale": scale,
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hoverinfo": "skip",
    }


def _counts(numbers: Sequence[int], at: int) -> Parts:
    found, missed, alarms, cleared = numbers
    ill, well = f"{found} found, {missed} missed", many(alarms, "false alarm")
    return {
        "text": f"{ill}<br>{well}, {cleared} cleared",
        "align": "left",
        "font": {"size": 11},
        **title_place(at),
    }


def _entry(name: str, colour: str) -> Parts:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [None],
        "y": [None],
        "name": name,
        "marker": {"symbol": "square", "size": 11, "color": colour},
    }
