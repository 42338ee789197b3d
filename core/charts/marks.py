"""What stands in figures of several models: curves, operating points, marks, threshold lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan

from numpy.typing import ArrayLike

from core.charts.base import DASHES, LINE_COLOUR, SYMBOLS, Parts
from core.charts.panels import axis
from core.charts.ready import Line, Ready
from core.schema import threshold_text

MARK_SYMBOLS = ("star", "x", "cross", "hourglass")


@dataclass(frozen=True)
class Mark:
    """Other thresholds to point at on every curve, such as the best by cost.

    Attributes:
        name: As shown in the legend.
        thresholds: (M,) one a model, 0..1; NaN marks none.
    """

    name: str
    thresholds: Sequence[float]


Place = Callable[[Ready, float], tuple[float, float]]  # where on its curve a threshold lies


def point_traces(
    models: Sequence[Ready], thresholds: Sequence[float], marks: Sequence[Mark], place: Place
) -> list[Parts]:
    """Operating points, one trace a model, then for each mark its points and its legend entry.

    Args:
        models: M.
        thresholds: (M,) in 0..1.
        marks: Other thresholds.
        place: Model and threshold -> x and y; NaN where undefined.
    """
    traces = [
        _points([model], [at], place, model.name, SYMBOLS[model.slot], 15)
        for model, at in zip(models, thresholds, strict=True)
    ]
    for number, mark in enumerate(marks):
        traces += mark_traces(models, mark, number, place)
    return traces


def _points(
    models: Sequence[Ready],
    thresholds: Sequence[float],
    place: Place,
    name: str,
    symbol: str,
    size: int,
) -> Parts:
    pairs = list(zip(models, thresholds, strict=True))
    at = [place(model, threshold) for model, threshold in pairs]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x for x, _ in at],
        "y": [y for _, y in at],
        "name": name,
        "showlegend": False,
        "customdata": [[model.name, threshold_text(threshold)] for model, threshold in pairs],
        "marker": {
            "symbol": symbol,
            "size": size,
            "color": [model.colour for model in models],
            "line": {"color": "white", "width": 2},
        },
        "hovertemplate": "%{customdata[0]} at %{customdata[1]}<br>%{x:.2f}, %{y:.2f}"
        f"<extra>{name}</extra>",
    }


def mark_traces(
    models: Sequence[Ready], mark: Mark, number: int, place: Place
) -> tuple[Parts, Parts]:
    """One mark on every model's curve, and its entry in the legend, which has no model's colour."""
    pairs = zip(models, mark.thresholds, strict=True)
    known = [(model, at) for model, at in pairs if not isnan(at)]
    symbol = MARK_SYMBOLS[number % len(MARK_SYMBOLS)]
    trace = _points([m for m, _ in known], [at for _, at in known], place, mark.name, symbol, 12)
    key = {
        "type": "scatter",
        "mode": "markers",
        "x": [None],
        "y": [None],
        "name": mark.name,
        "marker": {"symbol": symbol, "size": 11, "color": LINE_COLOUR},
    }
    return trace, key


def curve_traces(
    models: Sequence[Ready], lines: Sequence[Line], names: Sequence[str], shape: str
) -> list[Parts]:
    """One curve a model, in its colour and dash.

    Args:
        models: M.
        lines: (M,) their curves.
        names: (M,) for the legend.
        shape: How Plotly joins points: "linear", or "vh" for steps.
    """
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": line.x,
            "y": line.y,
            "name": name,
            "legendgroup": model.name,
            "line": {
                "color": model.colour,
                "dash": DASHES[model.slot],
                "width": 2.5,
                "shape": shape,
            },
            "hovertemplate": f"%{{x:.2f}}, %{{y:.2f}}<extra>{model.name}</extra>",
        }
        for model, line, name in zip(models, lines, names, strict=True)
    ]


def threshold_lines(models: Sequence[Ready], thresholds: Sequence[float]) -> Parts:
    """Upright lines at the thresholds: one grey line where all agree, else one a model.

    Returns:
        "shapes" and "annotations" of a layout.
    """
    if len(set(thresholds)) == 1:
        at = thresholds[0]
        return {
            "shapes": [upright(at)],
            "annotations": [upright_note(at, f"threshold {threshold_text(at)}")],
        }
    pairs = zip(models, thresholds, strict=True)
    lines = [upright(at, colour=model.colour, dash=DASHES[model.slot]) for model, at in pairs]
    return {"shapes": lines, "annotations": []}


def upright(at: float, number: int = 0, colour: str = LINE_COLOUR, dash: str = "dash") -> Parts:
    """An upright line over the height of the number-th panel."""
    return {
        "type": "line",
        "line": {"color": colour, "dash": dash, "width": 2},
        "x0": at,
        "x1": at,
        "y0": 0,
        "y1": 1,
        "xref": axis("x", number),
        "yref": f"{axis('y', number)} domain",
    }


def upright_note(at: float, text: str, number: int = 0) -> Parts:
    """Words at the top of an upright line, on the side where there is room."""
    right = at <= 0.5
    return {
        "x": at,
        "y": 1,
        "xref": axis("x", number),
        "yref": f"{axis('y', number)} domain",
        "text": text,
        "showarrow": False,
        "xanchor": "left" if right else "right",
        "yanchor": "top",
        "xshift": 4 if right else -4,
    }


def reference(
    x: ArrayLike, y: ArrayLike, name: str, dash: str = "dot", in_legend: bool = False
) -> Parts:
    """A thin grey line that is no model's: what guessing gets, or what would be perfect."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "name": name,
        "line": {"color": LINE_COLOUR, "dash": dash, "width": 1.2},
        "hoverinfo": "skip",
        "showlegend": in_legend,
    }
