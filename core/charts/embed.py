"""Figures inside a page of HTML that works without a network: Plotly's own script, written in once.

`library()` is about 4.8 MB. Figures travel as JSON and are drawn when the page opens.
"""

from __future__ import annotations

from html import escape

import plotly.io
from plotly.graph_objects import Figure
from plotly.offline import get_plotlyjs

TEMPLATE = "plotly_white"  # grid and text for white paper
FONT = {"family": "system-ui, sans-serif", "color": "#16302e"}
DRAW = """
for (const place of document.querySelectorAll("[data-figure]")) {
  const { data, layout } = JSON.parse(document.getElementById(place.dataset.figure).textContent);
  Plotly.newPlot(place, data, layout, { responsive: true, displayModeBar: false });
}
"""


def placed(figure: Figure, words: str, name: str) -> str:
    """Where a figure is drawn, and its data.

    Args:
        figure: Left as it is.
        words: Its text alternative.
        name: Id of the data in the page: letters, digits and "-".
    """
    shown = Figure(figure)
    shown.update_layout(template=TEMPLATE, font=FONT)
    data = str(plotly.io.to_json(shown, validate=False)).replace("<", "\\u003c")
    height = shown.layout.height or 400
    return (
        f'<div data-figure="{escape(name)}" role="img" aria-label="{escape(words)}" '
        f'style="height: {height}px"></div>\n'
        f'<script type="application/json" id="{escape(name)}">{data}</script>'
    )


def library() -> str:
    """The script that draws, to stand once in the head."""
    return f"<script>{get_plotlyjs()}</script>"


def drawing() -> str:
    """The script that draws every placed figure, to stand after the last."""
    return f"<script>{DRAW}</script>"
