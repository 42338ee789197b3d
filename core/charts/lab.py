"""What the shortcut lab draws: intervals, train x test, shifts, the answers about one image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.base import (
    LEGEND,
    LINE_COLOUR,
    MARK_COLOUR,
    NEGATIVE_COLOUR,
    POSITIVE_COLOUR,
    SYMBOLS,
    calm,
    intervals,
    written_cells,
)
from core.overview import COVID, OTHER
from core.schema import threshold_text

GROUP_COLOURS = (NEGATIVE_COLOUR, POSITIVE_COLOUR, "#7b5fa8")
GUESS = "your guess"
NEUTRAL = 0.5  # the middle of the colours of a matrix


def interval_figure(
    table: pd.DataFrame,
    title: str,
    *,
    chance: float | None = None,
    guess: tuple[str, float] | None = None,
    span: tuple[float, float] = (0.4, 1.0),
) -> go.Figure:
    """Values with 95 % intervals, a line a name, a colour and symbol a group.

    Args:
        table: name, group, value, low, high; names in the order to show, first on top.
        title: Of the axis.
        chance: Where a dotted line for guessing goes.
        guess: Name of a line and the value that the user expected there.
        span: Of the axis.
    """
    figure = go.Figure()
    groups = list(dict.fromkeys(table["group"]))
    for number, group in enumerate(groups):
        part = table[table["group"] == group]
        colour = GROUP_COLOURS[number % len(GROUP_COLOURS)]
        figure.add_trace(
            intervals(
                part["name"],
                (part["value"], part["low"], part["high"]),
                str(group),
                colour,
                symbol=SYMBOLS[number % len(SYMBOLS)],
                showlegend=len(groups) > 1,
                hovertemplate="%{y}: %{x:.2f}<extra>" + str(group) + "</extra>",
            )
        )
    if guess is not None:
        figure.add_trace(
            go.Scatter(
                x=[guess[1]],
                y=[guess[0]],
                mode="markers",
                name=GUESS,
                marker={"symbol": "star", "size": 15, "color": MARK_COLOUR},
                hovertemplate=GUESS + ": %{x:.2f}<extra></extra>",
            )
        )
    if chance is not None:
        figure.add_vline(x=chance, line={"dash": "dot", "color": LINE_COLOUR})
        title += " (dotted: guessing)"
    figure.update_xaxes(title=title, range=[span[0] - 0.02, span[1] + 0.02])
    names = list(dict.fromkeys(table["name"]))
    figure.update_yaxes(automargin=True, categoryorder="array", categoryarray=names[::-1])
    calm(figure, height=130 + 48 * len(names))
    figure.update_layout(legend=LEGEND, scattermode="group")
    return figure


def matrix_figure(table: pd.DataFrame, titles: tuple[str, str]) -> go.Figure:
    """Rows x columns as a heat map with the numbers written in.

    Args:
        table: row, column, value (0..1, NaN where undefined: drawn neutral), text in the cell, and
            words for hovering.
        titles: Of the vertical and the horizontal axis.
    """
    rows = list(dict.fromkeys(table["row"]))
    columns = list(dict.fromkeys(table["column"]))

    def wide(values: str) -> pd.DataFrame:
        return table.pivot(index="row", columns="column", values=values).loc[rows, columns]

    figure = go.Figure(
        written_cells(
            wide("value").fillna(NEUTRAL).to_numpy(float),
            wide("text").astype(object).fillna("").to_numpy(),
            [name.replace("-", "-<br>", 1) for name in columns],
            rows,
            [(0, "#f6d9b8"), (NEUTRAL, "#ececec"), (1, "#7fb2d9")],
            customdata=wide("words").astype(object).fillna("").to_numpy(),
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    figure.update_yaxes(title=titles[0], autorange="reversed", showgrid=False, automargin=True)
    figure.update_xaxes(title=titles[1], side="top", showgrid=False)
    calm(figure, height=150 + 56 * len(rows))
    figure.update_layout(margin={"l": 8, "r": 8, "t": 90, "b": 8})
    return figure


def shift_figure(marks: pd.DataFrame) -> go.Figure:
    """How far each mark moves the probability, by label, with the middle 80 % of the images.

    Args:
        marks: title, label, mean_shift, p10, p90; first on top.
    """
    figure = go.Figure()
    labels = ((OTHER, NEGATIVE_COLOUR), (COVID, POSITIVE_COLOUR))
    for (label, colour), symbol in zip(labels, SYMBOLS, strict=False):
        part = marks[marks["label"] == label]
        figure.add_trace(
            intervals(
                part["title"],
                (part["mean_shift"], part["p10"], part["p90"]),
                label,
                colour,
                symbol=symbol,
                hovertemplate="%{y}: %{x:+.2f} on average<extra>" + label + "</extra>",
            )
        )
    names = list(dict.fromkeys(marks["title"]))
    figure.add_vline(x=0, line={"dash": "dot", "color": LINE_COLOUR})
    figure.update_xaxes(title="change of the probability", tickformat="+.1f")
    figure.update_yaxes(automargin=True, categoryorder="array", categoryarray=names[::-1])
    calm(figure, height=140 + 40 * len(names))
    figure.update_layout(legend=LEGEND, scattermode="group")
    return figure


def answers_figure(answers: Mapping[str, float], before: float, cut: float) -> go.Figure:
    """One image's probability before and after each change.

    Args:
        answers: What was done -> probability 0..1, in the order to show.
        before: Probability of the untouched image.
        cut: Threshold, drawn as a dashed line.
    """
    names: Sequence[str] = list(answers)
    values = np.array(list(answers.values()), float)
    figure = go.Figure(
        go.Bar(
            x=values - before,
            base=before,
            y=names,
            orientation="h",
            marker={"color": np.where(values >= before, POSITIVE_COLOUR, NEGATIVE_COLOUR)},
            text=[f"{value:.2f}" for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    figure.add_vline(x=before, line={"color": LINE_COLOUR, "width": 2})
    figure.add_vline(
        x=cut,
        line={"dash": "dash", "color": LINE_COLOUR},
        annotation_text=f"threshold {threshold_text(cut)}",
        annotation_position="top right",
    )
    figure.update_xaxes(title="probability of COVID-19", range=[-0.05, 1.08])
    figure.update_yaxes(autorange="reversed", automargin=True)
    return calm(figure, height=130 + 34 * len(names))
