"""Panels side by side and their axes, legends and titles, as parts of Plotly's layout."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from core.charts.base import LEGEND, Parts
from core.charts.ready import Ready

TITLE_WIDTH = 22  # letters, two panels side by side on a phone
GROUND = "rgba(127, 127, 127, 0.25)"  # of grid lines, on light and dark


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


def panel_title(
    model: Ready, number: int, note: str = "", width: int = TITLE_WIDTH, **place: float | str
) -> Parts:
    """A model's name over the number-th panel, behind a square in its colour.

    Args:
        model: Whose.
        number: Of the panel.
        note: What to add in words; the name is then not wrapped.
        width: Of a line, in letters.
        place: Over Plotly's settings of the annotation.
    """
    lines = [model.name] if note else wrap(model.name, width)
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


def legend_height(traces: Sequence[Parts]) -> int:
    """Pixels for the legend where each entry takes a row, as on a phone."""
    return 19 * sum(trace.get("showlegend", True) for trace in traces)
