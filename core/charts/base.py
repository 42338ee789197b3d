"""The look that all figures share: colours, dashes, symbols and layout.

Colours are told apart with colour-blind eyes and on light and dark ground.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

if TYPE_CHECKING:
    import pandas as pd

POSITIVE_COLOUR = "#e08214"
NEGATIVE_COLOUR = "#3f8fc9"
LINE_COLOUR = "#8a8a8a"
MARK_COLOUR = "#c51b7d"

GROUP_COLOURS = (NEGATIVE_COLOUR, POSITIVE_COLOUR, "#7b5fa8", "#4d9a6a", "#8a8a8a")
# Beside the colours, so that no line or dot is told apart by its colour alone.
DASHES = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "star")
# Above the plot; it pushes the plot down where it wraps.
LEGEND = {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "traceorder": "normal"}
CALM = {
    "barmode": "overlay",
    "margin": {"l": 8, "r": 8, "t": 36, "b": 8},
    "legend": {"orientation": "h", "y": -0.3, "x": 0},
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "dragmode": False,
}

Colours = list[tuple[float, str]]
Parts = dict[str, Any]  # of a figure, in Plotly's own words


def calm(figure: go.Figure, height: int) -> go.Figure:
    """The look that all figures share."""
    figure.update_layout(height=height, **CALM)
    return figure


def drawn(traces: Sequence[Parts], height: int, **layout: Any) -> go.Figure:
    """A calm figure from plain dictionaries, for what is drawn anew at every move of a slider.

    Plotly's own objects and checks take fifteen times as long; tests put each figure through them.

    Args:
        traces: Each with its "type".
        height: Pixels.
        layout: Plotly's layout, over the calm one.
    """
    return go.Figure(
        {"data": list(traces), "layout": {**CALM, "height": height, **layout}}, _validate=False
    )


def written_cells(
    shares: Any, text: Any, x: Sequence[str], y: Sequence[str], colours: Colours, **options: Any
) -> go.Heatmap:
    """Cells coloured by a share from 0 to 1, with words written in that stay readable in the dark.

    Args:
        shares: (rows, columns), 0..1.
        text: Words of each cell.
        x: Names of the columns.
        y: Names of the rows.
        colours: Plotly colour scale, light ones alone.
        options: Further arguments of go.Heatmap.
    """
    return go.Heatmap(
        z=shares,
        x=x,
        y=y,
        text=text,
        texttemplate="%{text}",
        colorscale=colours,
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=4,
        ygap=4,
        textfont={"color": "#1a1a1a"},
        **options,
    )


def intervals(
    y: Any,
    span: tuple[Any, Any, Any],
    name: str,
    colour: str,
    size: int = 13,
    symbol: str = SYMBOLS[0],
    **options: Any,
) -> go.Scatter:
    """Marks with a horizontal interval around each.

    Args:
        y: Names of the rows.
        span: Middle, low and high of each, in the axis' units.
        name: Of the trace.
        colour: Of marks and intervals.
        size: Of the marks, in pixels.
        symbol: Of the marks, where several traces share a plot.
        options: Further arguments of go.Scatter.
    """
    middle, low, high = span
    return go.Scatter(
        x=middle,
        y=y,
        mode="markers",
        name=name,
        orientation="h",  # side by side within a row where a figure groups its traces
        marker={"size": size, "color": colour, "symbol": symbol},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": high - middle,
            "arrayminus": middle - low,
            "color": colour,
        },
        **options,
    )


def difference_figure(table: pd.DataFrame, title: str) -> go.Figure:
    """Differences with intervals around a dotted zero, a row a name, a colour and symbol a group.

    Args:
        table: name, group, value, low, high; first on top.
        title: Of the axis.
    """
    figure = go.Figure()
    for number, group in enumerate(dict.fromkeys(table["group"])):
        part = table[table["group"] == group]
        span = (part["value"], part["low"], part["high"])
        colour = GROUP_COLOURS[number % len(GROUP_COLOURS)]
        symbol = SYMBOLS[number % len(SYMBOLS)]
        figure.add_trace(intervals(part["name"], span, str(group), colour, 11, symbol))
    names = list(dict.fromkeys(table["name"]))
    figure.add_vline(x=0, line={"dash": "dot", "color": LINE_COLOUR})
    figure.update_xaxes(title=title, tickformat="+.2f")
    figure.update_yaxes(automargin=True, categoryorder="array", categoryarray=names[::-1])
    calm(figure, height=160 + 30 * len(table))
    figure.update_layout(scattermode="group")
    return figure
