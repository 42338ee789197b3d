"""How good explanations are: likeness under random weights, curves and their areas, lungs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.charts.base import (
    LINE_COLOUR,
    NEGATIVE_COLOUR,
    POSITIVE_COLOUR,
    SYMBOLS,
    calm,
    intervals,
)
from core.explain.checks import ANOTHER, CENTRE, COVID, INTACT, OTHER, RANDOM, TITLES

if TYPE_CHECKING:
    import pandas as pd

# Told apart with colour-blind eyes (Okabe and Ito 2008), without its black and yellow.
METHOD_COLOURS = {
    "gradcam": "#0072b2",
    "gradcam++": "#56b4e9",
    "layercam": "#009e73",
    "hirescam": "#cc79a7",
    "scorecam": "#d55e00",
    "smoothgrad": "#e69f00",
    "integrated": "#8c6bb1",
    RANDOM: LINE_COLOUR,
    CENTRE: LINE_COLOUR,
}
BASELINE_DASHES = {RANDOM: "dot", CENTRE: "dash"}
CLASS_COLOURS = {COVID: POSITIVE_COLOUR, OTHER: NEGATIVE_COLOUR}


def likeness_figure(rows: pd.DataFrame, axis: str) -> go.Figure:
    """Likeness to the intact network's map against how far down the weights are random.

    Args:
        rows: method, group (the layer that became random last), position, value, low, high; a
            position of -1 is another image, drawn at the right end.
        axis: Title of the vertical axis.
    """
    figure = go.Figure()
    for number, (method, part) in enumerate(rows.groupby("method", sort=False)):
        line = part[part["position"] >= 0].sort_values("position")
        name, colour = TITLES[str(method)], METHOD_COLOURS[str(method)]
        marker = {"color": colour, "size": 7, "symbol": SYMBOLS[number % len(SYMBOLS)]}
        strange = part[part["position"] == -1]
        for own, mode in ((line, "lines+markers"), (strange, "markers")):
            figure.add_trace(
                go.Scatter(
                    x=own["group"],
                    y=own["value"],
                    customdata=own[["low", "high"]],
                    hovertemplate="%{y:.2f} (%{customdata[0]:.2f} to %{customdata[1]:.2f})",
                    mode=mode,
                    name=name,
                    showlegend=own is line,
                    line={"color": colour, "width": 1.5},
                    marker=marker,
                )
            )
    steps = rows[rows["position"] >= 0].sort_values("position")["group"]
    figure.add_hline(y=0, line={"dash": "dot", "color": LINE_COLOUR})
    figure.update_xaxes(
        title="random from the top down to",
        categoryorder="array",
        categoryarray=[*dict.fromkeys([INTACT, *steps]), ANOTHER],
        tickangle=-50,
        automargin=True,
    )
    figure.update_yaxes(title=axis, range=[-0.55, 1.05])
    calm(figure, height=480)
    figure.update_layout(legend={"y": 1.02, "yanchor": "bottom"}, margin={"t": 8})
    return figure


def curves_figure(rows: pd.DataFrame, axis: str) -> go.Figure:
    """Mean answer against the share of the image that has changed, a line a method.

    Args:
        rows: method, position (0..1), value.
        axis: Title of the horizontal axis.
    """
    figure = go.Figure()
    for method, part in rows.groupby("method", sort=False):
        dash = BASELINE_DASHES.get(str(method), "solid")
        figure.add_trace(
            go.Scatter(
                x=part["position"],
                y=part["value"],
                mode="lines",
                name=TITLES[str(method)],
                line={"color": METHOD_COLOURS[str(method)], "dash": dash, "width": 2},
                hovertemplate="%{y:.2f} at %{x:.0%}",
            )
        )
    figure.update_xaxes(title=axis, tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title="probability of its own answer", range=[0, 1.02])
    calm(figure, height=430)
    figure.update_layout(legend={"y": 1.02, "yanchor": "bottom"}, margin={"t": 8})
    return figure


def areas_figure(rows: pd.DataFrame, axis: str) -> go.Figure:
    """Area under the curve of each method with its interval, baselines as lines through all rows.

    Args:
        rows: method, value, low, high, in the order wanted from the top.
        axis: Title of the horizontal axis.
    """
    figure = go.Figure()
    own = rows[~rows["method"].isin(BASELINE_DASHES)]
    kinds = ((own, "method", NEGATIVE_COLOUR), (rows.drop(own.index), "baseline", LINE_COLOUR))
    for part, name, colour in kinds:
        span = (part["value"], part["low"], part["high"])
        figure.add_trace(intervals(part["method"].map(TITLES), span, name, colour, size=10))
    for row in rows.drop(own.index).itertuples():
        dash = BASELINE_DASHES[row.method]
        figure.add_vline(x=row.value, line={"dash": dash, "color": LINE_COLOUR})
    figure.update_xaxes(title=axis, range=[0, 1])
    titles = rows["method"].map(TITLES).to_list()
    figure.update_yaxes(automargin=True, categoryorder="array", categoryarray=titles[::-1])
    calm(figure, height=110 + 34 * len(rows))
    figure.update_layout(showlegend=False, margin={"t": 8})
    return figure


def lungs_figure(rows: pd.DataFrame) -> go.Figure:
    """Energy in the lungs over their share of the picture, a row a method, a mark a class.

    Args:
        rows: method, group (a class), value, low, high.
    """
    figure = go.Figure()
    for (name, colour), symbol in zip(CLASS_COLOURS.items(), SYMBOLS, strict=False):
        part = rows[rows["group"] == name]
        span = (part["value"], part["low"], part["high"])
        methods = part["method"].map(TITLES)
        figure.add_trace(intervals(methods, span, name, colour, 10, symbol))
    titles = rows["method"].map(TITLES).drop_duplicates().to_list()
    figure.add_vline(x=1, line={"dash": "dot", "color": LINE_COLOUR})
    figure.update_xaxes(title="energy in the lungs / their share")
    figure.update_yaxes(automargin=True, categoryorder="array", categoryarray=titles[::-1])
    calm(figure, height=130 + 44 * len(titles))
    figure.update_layout(
        scattermode="group", legend={"y": 1.02, "yanchor": "bottom"}, margin={"t": 8}
    )
    return figure
