"""Figures of the generated pages below docs/."""

from __future__ import annotations

from pathlib import Path

import plotly.graph_objects as go

DOCS = Path(__file__).resolve().parents[1] / "docs"
WIDTH, SCALE = 900, 1.5


def picture(figure: go.Figure, folder: Path, name: str, alt: str) -> str:
    """Write a figure on white ground into a folder of docs/; the Markdown that shows it."""
    figure.update_layout(paper_bgcolor="white", plot_bgcolor="white", template="plotly_white")
    figure.write_image(folder / f"{name}.png", width=WIDTH, scale=SCALE)
    return f"![{alt}]({folder.name}/{name}.png)\n"
