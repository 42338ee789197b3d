"""What the data page draws: source x label, what else differs, the map, who neighbours whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.base import (
    LEGEND,
    LINE_COLOUR,
    MARK_COLOUR,
    NEGATIVE_COLOUR,
    POSITIVE_COLOUR,
    calm,
    intervals,
)
from core.overview import COVID, OTHER, UNKNOWN, label_names

LABEL_COLOURS = {COVID: POSITIVE_COLOUR, OTHER: NEGATIVE_COLOUR, UNKNOWN: "#b9b9b9"}
# Okabe and Ito's colours, which colour-blind eyes tell apart, and two greys.
PALETTE = ("#56b4e9", "#d55e00", "#009e73", "#cc79a7", "#e6b800", "#0072b2", "#8a8a8a", "#bdbdbd")


def mosaic_figure(counts: pd.DataFrame) -> go.Figure:
    """Source x label: a column a source, its width the square root of its images.

    The root keeps small sources readable; the counts are written in.

    Args:
        counts: Sources (rows) x labels (columns of core.overview.LABELS), numbers of images.
    """
    totals = counts.sum(axis=1).to_numpy(float)
    widths = np.sqrt(totals)
    lefts = np.concatenate([[0], np.cumsum(widths)[:-1]])
    figure = go.Figure()
    for label in counts.columns:
        values = counts[label].to_numpy(float)
        if not values.sum():
            continue
        shares = values / totals
        texts = [
            f"{value:.0f}" if share > 0.05 else ""
            for value, share in zip(values, shares, strict=True)
        ]
        figure.add_trace(
            go.Bar(
                x=lefts,
                y=shares,
                width=widths,
                offset=0,
                name=label,
                customdata=np.stack([counts.index, values], axis=1),
                text=texts,
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                marker={"color": LABEL_COLOURS[label], "line": {"color": "white", "width": 2}},
                hovertemplate="%{customdata[0]}: %{customdata[1]} "
                f"{label}" + " (%{y:.0%})<extra></extra>",
            )
        )
    figure.update_xaxes(
        tickvals=lefts + widths / 2,
        ticktext=[
            f"{name} ({total:.0f})" for name, total in zip(counts.index, totals, strict=True)
        ],
        tickangle=-30,
        automargin=True,
        showgrid=False,
    )
    figure.update_yaxes(title="share of the source", tickformat=".0%", range=[0, 1])
    calm(figure, height=380)
    figure.update_layout(barmode="stack", legend=LEGEND)
    return figure


def share_figure(table: pd.DataFrame) -> go.Figure:
    """Sources as bars, each divided by the values of one column.

    Args:
        table: Sources (rows) x values (columns), numbers of images.
    """
    totals = table.sum(axis=1)
    figure = go.Figure()
    for number, value in enumerate(table.columns):
        colour = LABEL_COLOURS.get(value, PALETTE[number % len(PALETTE)])
        figure.add_trace(
            go.Bar(
                y=table.index,
                x=table[value] / totals,
                customdata=table[value],
                orientation="h",
                name=_short(str(value)),
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate="%{y}: %{customdata} images (%{x:.0%})<extra>" + f"{value}</extra>",
            )
        )
    figure.update_xaxes(tickformat=".0%", range=[0, 1], title="share of the images")
    figure.update_yaxes(autorange="reversed", automargin=True)
    calm(figure, height=150 + 42 * len(table))
    figure.update_layout(barmode="stack", legend=LEGEND)
    return figure


def spread_figure(images: pd.DataFrame, column: str, title: str) -> go.Figure:
    """Box plots of a number by source, one colour a label.

    Args:
        images: source, label, and the column; rows without a value are left out.
        column: Which.
        title: Of the axis.
    """
    known = images[images[column].notna()].assign(name=lambda rows: label_names(rows["label"]))
    figure = go.Figure()
    for label, colour in LABEL_COLOURS.items():
        part = known[known["name"] == label]
        if part.empty:
            continue
        figure.add_trace(
            go.Box(
                x=part[column],
                y=part["source"],
                name=label,
                orientation="h",
                marker={"color": colour, "size": 3},
                line={"width": 1.5},
                boxpoints="outliers",
            )
        )
    figure.update_xaxes(title=title)
    figure.update_yaxes(autorange="reversed", automargin=True)
    calm(figure, height=150 + 70 * max(known["source"].nunique(), 1))
    figure.update_layout(boxmode="group", legend=LEGEND)
    return figure


def map_figure(
    images: pd.DataFrame, values: pd.Series, order: Sequence[str], chosen: int | None = None
) -> go.Figure:
    """Every image as a point; near means that the trunk sees them alike.

    Args:
        images: x, y, image_id; the index is the row number, carried as customdata.
        values: What to colour by, indexed like images: numbers in 0..1, or names; its own name is
            its title.
        order: The names in the order of the colours; empty for numbers.
        chosen: Row number to ring.
    """
    figure = go.Figure()
    title = str(values.name)
    words = "source: " + images["source"]
    if title != "source":
        words += f"<br>{title}: " + values.map(str if order else "{:.2f}".format)
    if order:
        for number, name in enumerate(order):
            part = images[values == name]
            colour = LABEL_COLOURS.get(name, PALETTE[number % len(PALETTE)])
            named = f"{name} ({len(part)})"
            figure.add_trace(_points(part, words, named, color=colour))
    else:
        scale = [[0, NEGATIVE_COLOUR], [0.5, "#d9d9d9"], [1, POSITIVE_COLOUR]]
        bar = {"title": {"text": title}, "thickness": 10, "len": 0.6, "tickformat": ".1f"}
        ends = {"colorscale": scale, "cmin": 0, "cmax": 1, "colorbar": bar}
        figure.add_trace(_points(images, words, title, color=values, **ends))
        figure.update_traces(showlegend=False)
    if chosen is not None and chosen in images.index:
        own = images.loc[chosen]
        figure.add_trace(
            go.Scatter(
                x=[own["x"]],
                y=[own["y"]],
                mode="markers",
                marker={
                    "size": 18,
                    "color": "rgba(0,0,0,0)",
                    "line": {"color": MARK_COLOUR, "width": 3},
                },
                name="chosen",
                showlegend=False,
                hoverinfo="skip",
            )
        )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    calm(figure, height=560)
    figure.update_layout(
        legend={"orientation": "h", "y": -0.02, "x": 0, "itemsizing": "constant"},
        margin={"l": 0, "r": 0, "t": 8, "b": 8},
        clickmode="event+select",
    )
    return figure


def clusters_figure(clusters: pd.DataFrame, titles: Mapping[str, str]) -> go.Figure:
    """How many of the nearest images share something, beside what chance would give.

    Args:
        clusters: share, low, high, chance (0..1) and a column name.
        titles: Legend of "share" and "chance".
    """
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=clusters["chance"],
            y=clusters["name"],
            mode="markers",
            name=titles["chance"],
            marker={"symbol": "line-ns", "size": 18, "line": {"width": 3, "color": LINE_COLOUR}},
            hovertemplate="%{y}: %{x:.0%} by chance<extra></extra>",
        )
    )
    figure.add_trace(
        intervals(
            clusters["name"],
            (clusters["share"], clusters["low"], clusters["high"]),
            titles["share"],
            MARK_COLOUR,
            hovertemplate="%{y}: %{x:.0%}<extra></extra>",
        )
    )
    figure.update_xaxes(tickformat=".0%", range=[0.3, 1], title="share of the nearest images")
    figure.update_yaxes(autorange="reversed", automargin=True)
    calm(figure, height=120 + 52 * len(clusters))
    figure.update_layout(legend=LEGEND)
    return figure


def _points(part: pd.DataFrame, words: pd.Series, name: str, **marker: Any) -> go.Scatter:
    """Images as points; words, indexed like part, stand below the id where one is pointed at."""
    return go.Scatter(
        x=part["x"],
        y=part["y"],
        mode="markers",
        name=name,
        customdata=np.stack([part.index, part["image_id"], words[part.index]], axis=1),
        marker={"size": 6, "opacity": 0.75, "line": {"width": 0}, **marker},
        hovertemplate="%{customdata[1]}<br>%{customdata[2]}<extra></extra>",
    )


def _short(text: str, most: int = 28) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
