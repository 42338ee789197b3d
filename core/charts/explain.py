"""What the explain page draws as charts: the last layer's sum, units of a layer, the sigmoid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.charts.base import LINE_COLOUR, MARK_COLOUR, NEGATIVE_COLOUR, POSITIVE_COLOUR, calm
from core.explain.arithmetic import Term
from core.metrics import sigmoid
from core.schema import threshold_text

REACH = 6.0  # log-odds, to either side; wider where the answer lies outside


def terms_figure(terms: Sequence[Term]) -> go.Figure:
    """The single inputs that push the last layer's sum most, as bars.

    Args:
        terms: Rows of the sum, in the order to show; rows that stand for many are left out.
    """
    single = [term for term in terms if np.isfinite(term.value)]
    products = np.array([term.product for term in single], float)
    figure = go.Figure(
        go.Bar(
            orientation="h",
            y=[label(term) for term in single],
            x=products,
            marker={"color": np.where(products > 0, POSITIVE_COLOUR, NEGATIVE_COLOUR)},
            text=[f"{value:+.3f}" for value in products],
            textposition="outside",
            cliponaxis=False,
            customdata=[(term.value, term.weight) for term in single],
            hovertemplate="%{y}: %{customdata[0]:.3f} x %{customdata[1]:+.4f} = %{text}"
            "<extra></extra>",
        )
    )
    reach = 1.5 * float(np.abs(products).max(initial=0)) or 1.0  # room for the numbers
    figure.add_vline(x=0, line={"color": LINE_COLOUR, "width": 1})
    figure.update_xaxes(title="adds to the log-odds", range=[-reach, reach])
    figure.update_yaxes(autorange="reversed", automargin=True)
    return calm(figure, height=110 + 24 * len(single))


def label(term: Term) -> str:
    """A row's name, with the layer where there are several."""
    return f"{term.name}, {term.layer}" if term.layer else term.name


def units_figure(values: NDArray[np.float32], title: str) -> go.Figure:
    """What each unit of a layer hands on, as one bar a unit.

    Args:
        values: (F,).
        title: Of the horizontal axis.
    """
    figure = go.Figure(
        go.Bar(
            x=np.arange(len(values)),
            y=values,
            marker={"color": NEGATIVE_COLOUR, "line": {"width": 0}},
            hovertemplate="number %{x}: %{y:.3f}<extra></extra>",
        )
    )
    figure.update_layout(bargap=0)
    figure.update_xaxes(title=title)
    figure.update_yaxes(title="value")
    return calm(figure, height=220)


def sigmoid_figure(log_odds: float, threshold: float) -> go.Figure:
    """The curve from log-odds to probability, with this image and the threshold.

    Args:
        log_odds: Of the image.
        threshold: Operating point, 0..1.
    """
    reach = max(REACH, abs(log_odds) + 1)
    x = np.linspace(-reach, reach, 121)
    probability = float(sigmoid(log_odds))
    figure = go.Figure(
        go.Scatter(x=x, y=sigmoid(x), mode="lines", line={"color": NEGATIVE_COLOUR, "width": 3})
    )
    figure.add_trace(
        go.Scatter(
            x=[log_odds],
            y=[probability],
            mode="markers",
            marker={"symbol": "diamond", "size": 16, "color": MARK_COLOUR},
            hovertemplate="this image: %{x:+.2f} → %{y:.3f}<extra></extra>",
        )
    )
    figure.add_annotation(
        text=f"<b>this image: {log_odds:+.2f} → {probability:.3f}</b>",
        x=-reach,  # where the curve never is
        y=1,
        xanchor="left",
        showarrow=False,
        font={"color": MARK_COLOUR},
    )
    figure.add_hline(
        y=threshold,
        line={"dash": "dash", "color": LINE_COLOUR},
        annotation_text=f"threshold {threshold_text(threshold)}",
        annotation_position="top left",
    )
    figure.update_xaxes(title="log-odds")
    figure.update_yaxes(title="probability of COVID-19", range=[-0.05, 1.05])
    figure.update_layout(showlegend=False)
    return calm(figure, height=280)
