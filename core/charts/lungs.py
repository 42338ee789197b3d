"""What is drawn about the lung network: agreement with given masks, trust, gain across sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.charts.base import (
    LINE_COLOUR,
    NEGATIVE_COLOUR,
    POSITIVE_COLOUR,
    calm,
    difference_figure,
)

if TYPE_CHECKING:
    import pandas as pd


def dice_figure(scores: pd.DataFrame) -> go.Figure:
    """Dice of every image, a row a split; grey: what one fixed shape gets.

    Args:
        scores: split, dice, fixed_shape.
    """
    figure = go.Figure()
    kinds = (("fixed_shape", "one fixed shape", LINE_COLOUR), ("dice", "network", NEGATIVE_COLOUR))
    for column, name, colour in kinds:
        figure.add_trace(
            go.Box(
                x=scores[column],
                y=scores["split"],
                name=name,
                orientation="h",
                boxpoints="all",
                jitter=0.5,
                pointpos=0,
                marker={"color": colour, "size": 5, "opacity": 0.6},
                line={"width": 1},
            )
        )
    figure.update_xaxes(title="Dice (1: the same mask)", range=[0.3, 1.01])
    figure.update_yaxes(automargin=True)
    calm(figure, height=400)
    figure.update_layout(boxmode="group")
    return figure


def trust_figure(trust: pd.DataFrame) -> go.Figure:
    """Share of masks that are trusted, a bar a group; blue should be long, orange short.

    Args:
        trust: kind, source, images, share (0..1), wanted (bool).
    """
    figure = go.Figure()
    for wanted, name, colour in (
        (True, "should be trusted", NEGATIVE_COLOUR),
        (False, "should not", POSITIVE_COLOUR),
    ):
        part = trust[trust["wanted"] == wanted]
        figure.add_trace(
            go.Bar(
                x=part["share"],
                y=part["kind"] + ", " + part["source"] + " (" + part["images"].astype(str) + ")",
                orientation="h",
                name=name,
                marker={"color": colour},
                text=[f"{share:.0%}" for share in part["share"]],
                textposition="outside",
                cliponaxis=False,
            )
        )
    figure.update_xaxes(title="masks that are trusted", tickformat=".0%", range=[0, 1.1])
    figure.update_yaxes(automargin=True, autorange="reversed")
    return calm(figure, height=150 + 30 * len(trust))


def gain_figure(across: pd.DataFrame) -> go.Figure:
    """AUC gained over the whole image, with 95 % intervals, a row a test, a colour a version.

    Args:
        across: version, test, gain, gain_low, gain_high; the whole image left out.
    """
    names = {"test": "name", "version": "group", "gain": "value"}
    table = across.drop(columns=["value", "low", "high"], errors="ignore").rename(
        columns=names | {"gain_low": "low", "gain_high": "high"}
    )
    return difference_figure(table, "AUC gained over the whole image")
