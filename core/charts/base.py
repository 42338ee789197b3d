"""The look that all figures share: colours and layout.

Colours are told apart with colour-blind eyes and on light and dark ground.
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

POSITIVE_COLOUR = "#e08214"
NEGATIVE_COLOUR = "#3f8fc9"
LINE_COLOUR = "#8a8a8a"
MARK_COLOUR = "#c51b7d"


def calm(figure: go.Figure, height: int) -> go.Figure:
    """The look that all figures share."""
    figure.update_layout(
        barmode="overlay",
        height=height,
        margin={"l": 8, "r": 8, "t": 36, "b": 8},
        legend={"orientation": "h", "y": -0.3, "x": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        dragmode=False,
    )
    return figure


def whiskers(middle: Any, low: Any, high: Any, colour: str) -> dict[str, Any]:
    """An interval around a mark, for a trace's error_x; all of one length, in the axis' units."""
    return {
        "type": "data",
        "symmetric": False,
        "array": high - middle,
        "arrayminus": middle - low,
        "color": colour,
    }
