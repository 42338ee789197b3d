"""Parallel coordinates of the trials of a search.

Drawn of plain lines: the tick labels of go.Parcoords cannot be read on dark ground.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.charts.base import LINE_COLOUR, calm
from core.tuning import BY_DECADE, COMPLETE, title_of

if TYPE_CHECKING:
    import pandas as pd

# Red, green, blue of the worst trial, the middle one and the best.
STOPS = np.array([[150, 165, 180], [63, 143, 201], [224, 130, 20]])
FAN = 0.12  # a choice's lines fan out by


def parallel_figure(trials: pd.DataFrame, names: Sequence[str]) -> go.Figure:
    """Parallel coordinates of the completed trials: a line a trial, orange the best.

    Args:
        trials: Rows of trials.csv.
        names: Parameters to show, from left to right; the AUC follows.
    """
    done = trials[trials["state"] == COMPLETE].sort_values("value", ignore_index=True)
    axes = [_axis(done, name) for name in names] + [_numbers("AUC", done["value"], ".2f")]
    colours = _colours(len(done))
    figure = go.Figure()
    for row, colour in enumerate(colours):
        figure.add_trace(
            go.Scatter(
                x=list(range(len(axes))),
                y=[axis.heights[row] for axis in axes],
                mode="lines",
                line={"color": colour, "width": 3 if row == len(done) - 1 else 1.5},
                name=f"trial {done['trial'][row]}",
                hovertemplate=f"AUC {done['value'][row]:.3f}<extra>%{{fullData.name}}</extra>",
                showlegend=False,
            )
        )
    for place, axis in enumerate(axes):
        figure.add_vline(x=place, line={"color": LINE_COLOUR, "width": 1})
        figure.add_trace(
            go.Scatter(
                x=[place] * len(axis.marks),
                y=list(axis.marks),
                text=[f" {word}" for word in axis.marks.values()],
                mode="text",
                textposition="middle right",
                hoverinfo="skip",
                showlegend=False,
            )
        )
    titles = [axis.title for axis in axes]
    figure.update_xaxes(
        tickvals=list(range(len(axes))),
        ticktext=[title.replace(" ", "<br>") for title in titles],
        side="top",
        showgrid=False,
        range=[-0.1, len(axes) - 0.4],
    )
    figure.update_yaxes(visible=False, range=[-0.08, 1.08])
    calm(figure, height=440)
    figure.update_layout(margin={"l": 28, "r": 8, "t": 60, "b": 8})
    return figure


@dataclass(frozen=True)
class Axis:
    """One of the parallel axes: height 0..1 of each trial, and words at some heights."""

    title: str
    heights: NDArray[np.float64]
    marks: dict[float, str]


def _colours(count: int) -> list[str]:
    """From grey over the blue to the orange of all figures."""
    at = np.linspace(0, len(STOPS) - 1, count)
    channels = [np.interp(at, range(len(STOPS)), channel) for channel in STOPS.T]
    return [f"rgb({r:.0f},{g:.0f},{b:.0f})" for r, g, b in zip(*channels, strict=True)]


def _axis(done: pd.DataFrame, name: str) -> Axis:
    """Numbers over decades by their logarithm, choices evenly spaced.

    Within a choice the lines fan out by their AUC, or they would hide each other.
    """
    if name in BY_DECADE:
        return _numbers(title_of(name), np.log10(done[name].astype(float)), "", decades=True)
    order = sorted(done[name].unique())
    last = max(len(order) - 1, 1)
    words = [f"{value:g}" if isinstance(value, float) else str(value) for value in order]
    places = done[name].map({value: place / last for place, value in enumerate(order)})
    heights = places.to_numpy(float) + np.linspace(-FAN, FAN, len(done)) / (last + 1)
    return Axis(title_of(name), heights, {place / last: word for place, word in enumerate(words)})


def _numbers(title: str, values: pd.Series, form: str, decades: bool = False) -> Axis:
    """An axis from the least to the largest value; decades: of logarithms, a mark each."""
    low, high = float(values.min()), float(values.max())
    span = (high - low) or 1.0
    heights = ((values - low) / span).to_numpy(float)
    at = np.arange(np.ceil(low), np.floor(high) + 1) if decades else np.linspace(low, high, 4)
    words = [f"1e{mark:.0f}" if decades else f"{mark:{form}}" for mark in at]
    return Axis(title, heights, dict(zip((at - low) / span, words, strict=True)))
