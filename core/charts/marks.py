"""What figures of several models share: panels and their axes, threshold lines, extra marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from textwrap import wrap

from core.charts.base import LEGEND, LINE_COLOUR, Parts
from core.charts.ready import DASHES, SYMBOLS, Line, Ready

TITLE_WIDTH = 20  # letters, two panels side by side on a phone
MARK_SYMBOLS = ("star", "x", "cross", "hourglass")
GROUND = "rgba(127, 127, 127, 0.25)"  # of grid lines, on light and dark


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
        "customdata": [[model.name, f"{threshold:.3g}"] for model, threshold in pairs],
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


def guessing(x: Sequence[float], y: Sequence[float]) -> Parts:
    """A thin dotted line that is no model's: what guessing gets, or what would be perfect."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "name": "guessing",
        "line": {"color": LINE_COLOUR, "dash": "dot", "width": 1},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def legend_height(traces: Sequence[Parts]) -> int:
    """Pixels for the legend where each entry takes a row, as on a phone."""
    return 19 * sum(trace.get("showlegend", True) for trace in traces)


def unit_axes(x: str, y: str, lowest: float = 0) -> Parts:
    """Layout of a plot of two measures from 0 to 1.

    Args:
        x: Title of the horizontal axis.
        y: Title of the vertical one.
        lowest: Where the vertical one begins.
    """
    both = {"gridcolor": GROUND, "zeroline": False, "automargin": True}
    return {
        "legend": LEGEND,
        "xaxis": {**both, "title": {"text": x}, "range": [-0.02, 1.02]},
        "yaxis": {**both, "title": {"text": y}, "range": [lowest - 0.02, 1.04]},
    }


def threshold_lines(models: Sequence[Ready], thresholds: Sequence[float]) -> Parts:
    """Upright lines at the thresholds: one grey line where all agree, else one a model.

    Returns:
        "shapes" and "annotations" of a layout.
    """
    if len(set(thresholds)) == 1:
        at = thresholds[0]
        return {
            "shapes": [upright(at)],
            "annotations": [upright_note(at, f"threshold {at:.3g}")],
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


def panel_title(model: Ready, number: int, note: str = "", **place: float | str) -> Parts:
    """A model's name over the number-th panel, behind a square in its colour.

    Args:
        model: Whose.
        number: Of the panel.
        note: What to add in words.
        place: Over Plotly's settings of the annotation.
    """
    lines = [model.name] if note else wrap(model.name, TITLE_WIDTH)
    words = "<br>".join(f"<b>{line}</b>" for line in lines) + (f", {note}" if note else "")
    return {
        "text": f'<span style="color:{model.colour}">■</span> {words}',
        "align": "left",
        **title_place(number),
        **place,
    }


def title_place(number: int) -> Parts:
    """Where words over the number-th panel stand: at its top left."""
    return {
        "x": 0,
        "y": 1,
        "xref": f"{axis('x', number)} domain",
        "yref": f"{axis('y', number)} domain",
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
    }


def panels(
    count: int, across: int, gap_x: float = 0.04, gap_y: float = 0.12
) -> list[tuple[list[float], list[float]]]:
    """Domains (x, y) of panels in rows from the top left.

    Args:
        count: Of panels.
        across: How many in a row.
        gap_x: Between columns, as a share of the figure's width.
        gap_y: Between rows, as a share of its height.
    """
    columns = max(1, min(count, across))
    rows = max(1, -(-count // columns))
    width, height = (1 - gap_x * (columns - 1)) / columns, (1 - gap_y * (rows - 1)) / rows
    found = []
    for number in range(count):
        row, column = divmod(number, columns)
        left, top = column * (width + gap_x), 1 - row * (height + gap_y)
        found.append(([left, left + width], [max(0.0, top - height), top]))
    return found


def axis(letter: str, number: int) -> str:
    """Plotly's name of the number-th axis (from 0): x, x2, x3."""
    return letter if number == 0 else f"{letter}{number + 1}"


def axis_key(letter: str, number: int) -> str:
    """Plotly's name of that axis in a layout: xaxis, xaxis2, xaxis3."""
    return f"{letter}axis" if number == 0 else f"{letter}axis{number + 1}"
