"""Confusion matrices side by side, in the paper's layout: truth in rows, calls in columns.

Cells are drawn as shapes, which fill their panel at any width; one scatter trace a model lies on
them, since Streamlit reports clicks on points but not on heat maps. A selected point's
`curve_number` is the model; its customdata is (id of the model, cell, images, share of the row,
meaning).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, nan

import plotly.graph_objects as go

from core.charts.base import MARK_COLOUR, Parts, drawn
from core.charts.panels import axis, axis_key, panel_title, panels
from core.charts.ready import Ready
from core.charts.words import NONE_CHOSEN, at_threshold, of
from core.metrics import Confusion

# Cell -> column, row, what it means; in the order of the points.
CELLS = {
    "TP": (0, 0, "found"),
    "FN": (1, 0, "missed"),
    "FP": (0, 1, "false alarm"),
    "TN": (1, 1, "cleared"),
}
EMPTY, FULL = (238, 243, 247), (127, 178, 217)  # colours of a share of 0 and 1
GAP = 0.02
TITLE_WIDTH = 18  # letters: two panels stand side by side in less than half of a page
LABELS = 44  # pixels that the labels of the rows take


def confusion_figure(
    models: Sequence[Ready],
    thresholds: Sequence[float],
    chosen: tuple[int, str] | None = None,
    across: int = 2,
) -> go.Figure:
    """Confusion matrices: counts and row percentages written in, colour by share of the row.

    Args:
        models: M.
        thresholds: (M,) in 0..1.
        chosen: Number of a model and one of CELLS, to frame.
        across: Panels in a row.

    Returns:
        One trace a model with four points, in the order of CELLS.
    """
    places = panels(len(models), across, gap_x=0.03, gap_y=0.22)
    traces: list[Parts] = []
    layout: Parts = {"shapes": [], "annotations": [], "showlegend": False, "hovermode": "closest"}
    layout["margin"] = {"l": 8, "r": 8, "t": 84, "b": 8}
    for at, (model, threshold) in enumerate(zip(models, thresholds, strict=True)):
        cells = cell_shares(model.counts(threshold))
        traces.append(_points(model, cells, at))
        framed = chosen[1] if chosen is not None and chosen[0] == at else ""
        layout["shapes"] += _squares(cells, at, framed)
        beside = LABELS if at % across == 0 else 0  # begins over the labels, which leaves room
        layout["annotations"].append(
            panel_title(model, at, width=TITLE_WIDTH, yshift=36, xshift=-beside)
        )
        layout |= _axes(places[at], at, first=at % across == 0)
    rows = -(-len(models) // across)
    return drawn(traces, 90 + 220 * max(rows, 1), **layout)


def confusion_words(models: Sequence[Ready], thresholds: Sequence[float]) -> str:
    """What each model finds and clears at its threshold."""
    if not models:
        return NONE_CHOSEN
    parts: list[str] = []
    for model, threshold in zip(models, thresholds, strict=True):
        counts = model.counts(threshold)
        found, cleared = of(counts.tp, counts.tp + counts.fn), of(counts.tn, counts.tn + counts.fp)
        parts.append(
            f"{model.name} {found} and {cleared}"
            if parts
            else f"{model.name} finds {found} of the COVID-19 images and clears {cleared} of the "
            "others"
        )
    return f"{at_threshold(thresholds)}, {'; '.join(parts)}."


def cell_shares(counts: Confusion) -> dict[str, tuple[int, float]]:
    """Images and share of the row of each of CELLS; NaN where the row is empty."""
    images = {"TP": counts.tp, "FN": counts.fn, "FP": counts.fp, "TN": counts.tn}
    totals = [counts.tp + counts.fn, counts.fp + counts.tn]
    return {
        cell: (number, number / totals[CELLS[cell][1]] if totals[CELLS[cell][1]] else nan)
        for cell, number in images.items()
    }


def _points(model: Ready, cells: dict[str, tuple[int, float]], at: int) -> Parts:
    """Four points to click, with the words of the cells."""
    shares = ["–" if isnan(share) else f"{share:.0%}" for _, share in cells.values()]
    numbers = [number for number, _ in cells.values()]
    rows = zip(cells, numbers, shares, strict=True)
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": model.name,
        "x": [CELLS[cell][0] for cell in cells],
        "y": [CELLS[cell][1] for cell in cells],
        "xaxis": axis("x", at),
        "yaxis": axis("y", at),
        "customdata": [[model.id, *row, CELLS[row[0]][2]] for row in rows],
        "text": [
            f"{CELLS[cell][2]}<br><b>{number}</b><br>{share}"
            for cell, number, share in zip(cells, numbers, shares, strict=True)
        ],
        "textfont": {"color": "#1a1a1a", "size": 12},
        "marker": {"symbol": "square", "size": 70, "color": "rgba(0, 0, 0, 0)"},
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}, "textfont": {"color": "#1a1a1a"}},
        "hovertemplate": "%{customdata[4]}: %{customdata[2]} images, %{customdata[3]} of the row"
        f"<extra>{model.name}</extra>",
    }


def _squares(cells: dict[str, tuple[int, float]], at: int, framed: str) -> list[Parts]:
    """The coloured cells below the points."""
    shapes = []
    for cell, (_, share) in cells.items():
        column, row, _ = CELLS[cell]
        part = 0.0 if isnan(share) else share
        colour = [round(a + (b - a) * part) for a, b in zip(EMPTY, FULL, strict=True)]
        frame = {"color": MARK_COLOUR, "width": 4} if cell == framed else {"width": 0}
        shapes.append(
            {
                "type": "rect",
                "layer": "below",
                "x0": column - 0.5 + GAP,
                "x1": column + 0.5 - GAP,
                "y0": row - 0.5 + GAP,
                "y1": row + 0.5 - GAP,
                "xref": axis("x", at),
                "yref": axis("y", at),
                "fillcolor": f"rgb({', '.join(map(str, colour))})",
                "line": frame,
            }
        )
    return shapes


def _axes(place: tuple[list[float], list[float]], at: int, first: bool) -> Parts:
    """Calls on top, truth on the left of each row of panels."""
    bare = {"showgrid": False, "zeroline": False, "tickvals": [0, 1], "ticks": ""}
    return {
        axis_key("x", at): {
            **bare,
            "domain": place[0],
            "anchor": axis("y", at),
            "range": [-0.5, 1.5],
            "side": "top",
            "ticktext": ["called<br>positive", "called<br>negative"],
            "tickangle": 0,
        },
        axis_key("y", at): {
            **bare,
            "domain": place[1],
            "anchor": axis("x", at),
            "range": [1.5, -0.5],
            "ticktext": ["is<br>COVID-19", "is not"],
            "showticklabels": first,
            "automargin": True,
        },
    }
