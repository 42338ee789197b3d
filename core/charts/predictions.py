"""What Home and Predict draw: prediction histogram, confusion matrix, AUC of groups.

Frames have the columns of core.schema.PREDICTION_COLUMNS, labels 0 and 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from core.areas import Area
from core.charts.base import (
    LINE_COLOUR,
    MARK_COLOUR,
    NEGATIVE_COLOUR,
    POSITIVE_COLOUR,
    Parts,
    calm,
    written_cells,
)
from core.metrics import Confusion
from core.schema import threshold_text

BINS = 25
CLASSES = (("not COVID-19", NEGATIVE_COLOUR), ("COVID-19", POSITIVE_COLOUR))
CHANCE = 0.5


def prediction_histogram(
    frame: pd.DataFrame,
    probability: float | None,
    threshold: float,
    marks: Sequence[float] = (),
) -> go.Figure:
    """Probabilities of images with known labels, with the threshold and one image marked.

    Args:
        frame: One row an image; columns label (0 or 1) and probability (0..1).
        probability: Of the image to mark, 0..1; None marks none.
        threshold: 0..1, drawn as a dashed line.
        marks: Other thresholds, 0..1, drawn as thin dotted lines.

    Returns:
        Two overlaid bar traces (share of each class), then the marker where there is one.
    """
    counts = class_counts(frame["label"], frame["probability"])
    bars = class_bars(counts)
    figure = go.Figure([go.Bar(**options) for options in bars])
    top = max(float(np.max(options["y"])) for options in bars)
    figure.add_vline(
        x=threshold,
        line={"dash": "dash", "color": LINE_COLOUR, "width": 2},
        annotation_text=f"threshold {threshold_text(threshold)}",
        annotation_position="top left" if threshold > 0.5 else "top right",
        annotation_xshift=-4 if threshold > 0.5 else 4,
    )
    for mark in marks:
        figure.add_vline(
            x=mark,
            line={"dash": "dot", "color": LINE_COLOUR, "width": 1},
            annotation_text=f"{mark:g}",
            annotation_position="top",
            annotation_yshift=14,
        )
    if probability is not None:
        figure.add_trace(
            go.Scatter(
                x=[probability],
                y=[top * 0.5],
                mode="markers+text",
                name="this image",
                text=["this image"],
                textposition="middle left" if probability > 0.5 else "middle right",
                marker={"symbol": "diamond", "size": 16, "color": MARK_COLOUR},
                showlegend=False,
                hovertemplate="this image: %{x:.3f}<extra></extra>",
            )
        )
    figure.update_xaxes(title="probability of COVID-19", range=[-0.01, 1.01])
    figure.update_yaxes(title="share of the class", tickformat=".0%")
    return calm(figure, height=320)


def class_counts(labels: ArrayLike, probabilities: ArrayLike) -> NDArray[np.int_]:
    """Images of each class in BINS bins of 0..1: not COVID-19, COVID-19; (2, BINS)."""
    y, p = np.asarray(labels), np.asarray(probabilities)
    return np.stack([np.histogram(p[y == k], bins=BINS, range=(0, 1))[0] for k in (0, 1)])


def class_bars(counts: NDArray[np.int_], **options: Any) -> list[Parts]:
    """Overlaid bars of both classes, as arguments of go.Bar.

    Args:
        counts: Of class_counts.
        options: Further arguments of both.
    """
    edges = np.linspace(0, 1, BINS + 1)
    return [
        {
            "x": (edges[:-1] + edges[1:]) / 2,
            "y": own / max(own.sum(), 1),
            "width": 1 / BINS,
            "customdata": own,
            "name": f"{name} ({own.sum()})",
            "marker": {"color": colour, "line": {"width": 0}},
            "opacity": 0.65,
            "hovertemplate": "%{customdata} images (%{y:.1%}) near %{x:.2f}"
            f"<extra>{name}</extra>",
            **options,
        }
        for own, (name, colour) in zip(counts, CLASSES, strict=True)
    ]


def confusion_figure(counts: Confusion) -> go.Figure:
    """The confusion matrix: counts written in, colour by share of the row (the truth)."""
    table = np.array([[counts.tp, counts.fn], [counts.fp, counts.tn]], float)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    words = [["found", "missed"], ["false alarm", "cleared"]]
    text = [[f"<b>{table[i, j]:.0f}</b><br>{words[i][j]}" for j in (0, 1)] for i in (0, 1)]
    figure = go.Figure(
        written_cells(
            shares,
            text,
            ["called positive", "called negative"],
            ["is COVID-19", "is not"],
            [(0, "#eef3f7"), (1, "#7fb2d9")],
            hovertemplate="%{y}, %{x}: %{z:.1%} of the row<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(side="top", showgrid=False)
    return calm(figure, height=260)


def auc_figure(areas: Sequence[Area]) -> go.Figure:
    """AUC of groups as dots with intervals beside the line of guessing; unknown ones are left out.

    Args:
        areas: In the order to show, first on top.
    """
    known = [area for area in areas if not np.isnan(area.auc)]
    values = np.array([area.auc for area in known])
    figure = go.Figure(
        go.Scatter(
            x=values,
            y=[area.title for area in known],
            mode="markers",
            error_x={
                "array": np.nan_to_num([area.high for area in known] - values),
                "arrayminus": np.nan_to_num(values - [area.low for area in known]),
                "color": NEGATIVE_COLOUR,
                "thickness": 2,
                "width": 6,
            },
            marker={"size": 14, "color": NEGATIVE_COLOUR},
            customdata=[area.words for area in known],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    for area in known:
        figure.add_annotation(
            x=area.auc, y=area.title, text=f"<b>{area.auc:.2f}</b>", yshift=18, showarrow=False
        )
    figure.add_vline(
        x=CHANCE,
        line={"dash": "dot", "color": LINE_COLOUR},
        annotation_text="guessing",
        annotation_position="bottom right",
    )
    lowest = min([0.4, *values, *(area.low for area in known if not np.isnan(area.low))])
    figure.update_xaxes(title="AUC", range=[lowest - 0.05, 1.03])
    # Half a row of room above the first dot and below the last, for the numbers.
    figure.update_yaxes(range=[len(known) - 0.4, -0.7], automargin=True)
    return calm(figure, height=120 + 52 * len(known))
