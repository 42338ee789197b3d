"""What is drawn of the search for a better head: trials, importances, controlled comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.charts.base import (
    LEGEND,
    LINE_COLOUR,
    NEGATIVE_COLOUR,
    POSITIVE_COLOUR,
    SYMBOLS,
    calm,
    difference_figure,
)
from core.charts.data import PALETTE
from core.tuning import COMPLETE, MARGIN, WHOLE, best_so_far, choices, title_of

if TYPE_CHECKING:
    import pandas as pd

VALUE = "validation AUC"


def pairs_figure(pairs: pd.DataFrame) -> go.Figure:
    """Differences of controlled comparisons; the band holds what makes no difference that matters.

    Args:
        pairs: Rows of pairs.csv.
    """
    table = pairs.rename(columns={"difference": "value"}).assign(
        group=pairs["test"].replace(WHOLE),
        name=pairs["first"] + " - " + pairs["second"] + ",<br>" + pairs["condition"],
    )
    figure = difference_figure(table, "AUC of the first minus the second")
    figure.update_xaxes(tickformat="+.3~f", nticks=6)
    figure.add_vrect(-MARGIN, MARGIN, fillcolor=LINE_COLOUR, opacity=0.18, line_width=0)
    figure.update_layout(legend=LEGEND)
    return figure


def rates_figure(rates: pd.DataFrame) -> go.Figure:
    """AUC against learning rate, a line an optimiser, dotted after flatten.

    Args:
        rates: Rows of rates.csv.
    """
    figure = go.Figure()
    groups = rates.groupby(["pooling", "optimizer"], sort=False)
    for number, ((pooling, optimizer), part) in enumerate(groups):
        name = optimizer if pooling == "average" else f"{optimizer}, flatten"
        figure.add_trace(
            go.Scatter(
                x=part["learning_rate"],
                y=part["value"],
                name=name,
                mode="lines+markers",
                line={"color": PALETTE[number], "dash": "solid" if pooling == "average" else "dot"},
                marker={"size": 8, "symbol": SYMBOLS[number % len(SYMBOLS)]},
                hovertemplate="%{x:g}: %{y:.3f}<extra>" + name + "</extra>",
            )
        )
    figure.update_xaxes(type="log", title="learning rate", exponentformat="power", dtick=1)
    figure.update_yaxes(title=VALUE)
    calm(figure, height=420)
    figure.update_layout(legend=LEGEND)
    return figure


def choice_figure(trials: pd.DataFrame, parameter: str) -> go.Figure:
    """Every completed trial's AUC by its choice, with median and quartiles.

    Args:
        trials: Rows of trials.csv.
        parameter: One of its parameters.
    """
    done = trials[trials["state"] == COMPLETE].sort_values(parameter)
    names = choices(done, parameter)
    figure = go.Figure(
        go.Box(
            x=done["value"],
            y=names,
            orientation="h",
            boxpoints="all",
            jitter=0.5,
            pointpos=0,
            marker={"color": NEGATIVE_COLOUR, "size": 6, "opacity": 0.7},
            line={"width": 1},
            text=[f"trial {number}" for number in done["trial"]],
            hovertemplate="%{text}: %{x:.3f}<extra></extra>",
            showlegend=False,
        )
    )
    order = list(dict.fromkeys(names))
    figure.update_xaxes(title=VALUE)
    figure.update_yaxes(
        type="category", automargin=True, categoryorder="array", categoryarray=order[::-1]
    )
    return calm(figure, height=120 + 55 * len(order))


def importance_figure(importances: pd.DataFrame) -> go.Figure:
    """Share of variance that each parameter explains, largest on top.

    Args:
        importances: Rows of importances.csv.
    """
    figure = go.Figure(
        go.Bar(
            x=importances["fanova"],
            y=importances["parameter"].map(title_of),
            orientation="h",
            marker={"color": NEGATIVE_COLOUR},
            error_x={"array": importances["fanova_deviation"], "color": LINE_COLOUR},
            hovertemplate="%{y}: %{x:.0%}<extra></extra>",
        )
    )
    figure.update_xaxes(title="share of the variance explained", tickformat=".0%")
    figure.update_yaxes(autorange="reversed", automargin=True)
    return calm(figure, height=110 + 26 * len(importances))


def history_figure(trials: pd.DataFrame) -> go.Figure:
    """Each trial's AUC in the order they were run, and the best so far.

    Args:
        trials: Rows of trials.csv.
    """
    figure = go.Figure()
    for state, part in trials.groupby("state"):
        full = state == COMPLETE
        figure.add_trace(
            go.Scatter(
                x=part["trial"],
                y=part["value"],
                mode="markers",
                name=f"{state}" if full else f"{state} (AUC when stopped)",
                marker={
                    "size": 9 if full else 7,
                    "color": NEGATIVE_COLOUR if full else LINE_COLOUR,
                    "symbol": "circle" if full else "x",
                },
                hovertemplate="trial %{x}: %{y:.3f}<extra></extra>",
            )
        )
    figure.add_trace(
        go.Scatter(
            x=trials["trial"],
            y=best_so_far(trials),
            mode="lines",
            name="best so far",
            line={"color": POSITIVE_COLOUR, "shape": "hv"},
            hoverinfo="skip",
        )
    )
    figure.add_vrect(-0.5, 1.5, fillcolor=LINE_COLOUR, opacity=0.18, line_width=0)
    figure.update_xaxes(title="trial (shaded: the paper's heads)")
    figure.update_yaxes(title=VALUE)
    calm(figure, height=400)
    figure.update_layout(legend=LEGEND)
    return figure
