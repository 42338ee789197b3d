"""What more patients bring: AUC against how many were learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.charts.base import DASHES, GROUP_COLOURS, LEGEND, SYMBOLS, Parts, drawn
from core.charts.panels import GROUND, legend_height

if TYPE_CHECKING:
    import pandas as pd


def curve_figure(table: pd.DataFrame) -> go.Figure:
    """A line a test with 95 % intervals, on an axis where each step doubles the patients.

    Args:
        table: Of core.learning_curve.read_curve.
    """
    groups = table.groupby("test", sort=False)
    traces = [_line(str(test), own, place) for place, (test, own) in enumerate(groups)]
    axis: Parts = {"gridcolor": GROUND, "zeroline": False, "automargin": True}
    ticks = [2**power * 25 for power in range(6)]
    return drawn(
        traces,
        360 + legend_height(traces),
        xaxis={
            **axis,
            "type": "log",
            "tickvals": ticks,
            "title": {"text": "patients learned from"},
        },
        yaxis={**axis, "title": {"text": "AUC"}, "tickformat": ".2f"},
        legend=LEGEND,
    )


def _line(test: str, own: pd.DataFrame, place: int) -> Parts:
    colour = GROUP_COLOURS[place % len(GROUP_COLOURS)]
    auc = own["auc"].to_numpy()
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": test,
        "x": own["patients"].to_numpy(),
        "y": auc,
        "line": {"color": colour, "width": 2, "dash": DASHES[place % len(DASHES)]},
        "marker": {"size": 8, "color": colour, "symbol": SYMBOLS[place % len(SYMBOLS)]},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": own["high"].to_numpy() - auc,
            "arrayminus": auc - own["low"].to_numpy(),
            "color": colour,
            "thickness": 1,
            "width": 3,
        },
        "hovertemplate": f"%{{x:.0f}} patients: AUC %{{y:.2f}}<extra>{test}</extra>",
    }
