"""Does 0.8 mean eight in ten? Reliability of several models before and after one temperature."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.charts.base import LEGEND, LINE_COLOUR, Parts, drawn
from core.charts.marks import reference
from core.charts.panels import GROUND, axis, axis_key, panel_title, panels
from core.charts.ready import Ready
from core.charts.words import NONE_CHOSEN, number

if TYPE_CHECKING:
    import pandas as pd

# Below the axis of shares, in its units: where the bars of counts stand, and the highest of them.
FOOT, HIGHEST = -0.32, 0.16


def reliability_figure(
    models: Sequence[Ready],
    before: Sequence[pd.DataFrame],
    after: Sequence[pd.DataFrame],
    across: int = 2,
) -> go.Figure:
    """Share of COVID-19 by mean probability, one panel a model; the dotted diagonal is perfect.

    Grey and hollow before the temperature, coloured after it, each with Wilson's 95 % intervals.
    Bars below count the images of each bin after it.

    Args:
        models: M.
        before: (M,) core.calibration.reliability.
        after: (M,) the same of the tempered probabilities.
        across: Panels in a row.

    Returns:
        For each model: the diagonal, bars and their numbers, before, after.
    """
    traces: list[Parts] = []
    rows = max(1, -(-len(models) // across))
    height = 290 * rows
    layout: Parts = {"annotations": [], "legend": {**LEGEND, "y": 1 + 42 / height}}
    places = panels(len(models), across, gap_x=0.08, gap_y=0.17)
    for at, (model, first, second) in enumerate(zip(models, before, after, strict=True)):
        dots = [
            _dots(first, "before", LINE_COLOUR, GROUND, "circle-open"),
            _dots(second, "after temperature scaling", model.colour, model.colour, "circle"),
        ]
        for trace in (reference([0, 1], [0, 1], "perfect"), *_bars(second), *dots):
            shown = trace.get("showlegend", True) and at == 0
            place = {"xaxis": axis("x", at), "yaxis": axis("y", at), "showlegend": shown}
            traces.append({**trace, **place})
        layout["annotations"].append(panel_title(model, at))
        layout |= _axes(places[at], at, len(models), across)
    return drawn(traces, 90 + height, **layout)


def reliability_words(
    models: Sequence[Ready],
    temperatures: Sequence[float],
    errors: Sequence[tuple[float, float]],
    perfect: Sequence[float],
) -> str:
    """What one temperature does to each model's expected calibration error, and what luck leaves.

    Args:
        models: M.
        temperatures: (M,) fitted on validation patients; NaN where none could be.
        errors: (M,) expected calibration error before and after.
        perfect: (M,) what it would be on average if the tempered answers were perfect.
    """
    if not models:
        return NONE_CHOSEN
    parts = []
    for model, temperature, (first, second), luck in zip(
        models, temperatures, errors, perfect, strict=True
    ):
        if isnan(temperature):
            parts.append(f"{model.name} {number(first)}, no temperature could be fitted")
            continue
        sure = "less" if temperature > 1 else "more"
        parts.append(
            f"{model.name} {number(first)} and {number(second)} (temperature "
            f"{temperature:.2f}, answers made {sure} sure; luck alone leaves {number(luck)})"
        )
    return (
        "Mean distance of probability and share (expected calibration error) before and after one "
        f"temperature fitted on validation patients: {'; '.join(parts)}."
    )


def _dots(table: pd.DataFrame, name: str, colour: str, faint: str, symbol: str) -> Parts:
    share = table["share"].to_numpy(float)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": table["probability"].to_numpy(float),
        "y": share,
        "customdata": table["images"].to_numpy(),
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": table["high"].to_numpy(float) - share,
            "arrayminus": share - table["low"].to_numpy(float),
            "color": faint,
            "thickness": 1.5,
            "width": 3,
        },
        "line": {"color": colour, "dash": "dot", "width": 1},
        "marker": {"symbol": symbol, "size": 8, "color": colour},
        "hovertemplate": "%{customdata} images near %{x:.2f}: %{y:.0%} COVID-19"
        f"<extra>{name}</extra>",
    }


def _bars(table: pd.DataFrame) -> tuple[Parts, Parts]:
    """How many images are in each bin, and the numbers on top: Plotly shrinks a bar's own text."""
    images, x = table["images"].to_numpy(float), table["probability"].to_numpy(float)
    heights = images / max(images.max(initial=0), 1) * HIGHEST
    bars = {
        "type": "bar",
        "x": x,
        "y": heights,
        "base": FOOT,
        "width": 0.05,
        "marker": {"color": GROUND, "line": {"width": 0}},
        "showlegend": False,
        "hoverinfo": "skip",
    }
    numbers = {
        "type": "scatter",
        "mode": "text",
        "x": x,
        "y": heights + FOOT,
        "text": [f"{count:.0f}" for count in images],
        "textposition": "top center",
        "textfont": {"size": 9},
        "showlegend": False,
        "hoverinfo": "skip",
    }
    return bars, numbers


def _axes(place: tuple[list[float], list[float]], at: int, count: int, across: int) -> Parts:
    both = {"gridcolor": GROUND, "zeroline": False, "tickvals": [0, 0.5, 1]}
    last, first = at >= count - across, at % across == 0
    return {
        axis_key("x", at): {
            **both,
            "domain": place[0],
            "anchor": axis("y", at),
            "range": [-0.03, 1.03],
            "title": {"text": "mean probability" if last else ""},
        },
        axis_key("y", at): {
            **both,
            "domain": place[1],
            "anchor": axis("x", at),
            "range": [FOOT - 0.02, 1.05],
            "tickformat": ".0%",
            "title": {"text": "share of COVID-19" if first else ""},
        },
    }
