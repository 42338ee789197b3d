"""Models by threshold: histograms of their predictions, one metric with bands.

How the figures of the compare page are called:

    models = [Ready(name, slot, ranking, boot), ...]  # ready.py: once a test set, to be kept
    confusion_figure(models, thresholds)          # matrices.py
    histogram_figure(models, thresholds, marks)   # here
    lines = [model.metric("recall") for model in models]       # once a metric, to be kept
    metric_figure("recall", lines, models, thresholds, marks)  # here
    roc_figure, precision_recall_figure(models, thresholds, marks)  # tradeoff.py
    benefit_figure(models, thresholds, marks, prevalence)  # worth.py
    people_figure(models, groups)                 # people.py: core.decision.people of each
    reliability_figure(models, before, after)     # calibrated.py: no threshold
    learning_figure(history)                      # learning.py: no threshold

`thresholds` holds one value a model, `marks` further thresholds (marks.Mark). For each x_figure
there is x_words: its result in one sentence of plain words, also its text alternative.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, nan

import numpy as np
import plotly.graph_objects as go

from core.charts.base import LEGEND, Parts, drawn
from core.charts.marks import (
    Mark,
    curve_traces,
    mark_traces,
    point_traces,
    threshold_lines,
    upright,
)
from core.charts.panels import GROUND, axis, axis_key, legend_height, panel_title, panels, unit_axes
from core.charts.ready import Line, Ready
from core.charts.words import NONE_CHOSEN, at_threshold, many, number, of
from core.curves import counts_at
from core.intervals import band
from core.schema import threshold_text

METRIC_TITLES = {
    "accuracy": "accuracy",
    "recall": "recall",
    "specificity": "specificity",
    "precision": "precision",
    "f1": "F1",
    "balanced_accuracy": "balanced accuracy",
    "mcc": "MCC",
}


def histogram_figure(
    models: Sequence[Ready], thresholds: Sequence[float], marks: Sequence[Mark] = ()
) -> go.Figure:
    """Predictions by class with the threshold, one panel a model, one under the other.

    Args:
        models: M.
        thresholds: (M,) in 0..1, dashed.
        marks: Other thresholds, at the top of each panel.

    Returns:
        For each model two bar traces (share of each class), then its marks.
    """
    traces: list[Parts] = []
    height = 30 + 116 * len(models)  # of the panels
    layout: Parts = {"shapes": [], "annotations": [], "legend": {**LEGEND, "y": 1 + 26 / height}}
    places = panels(len(models), 1, gap_y=0.13)
    for at, (model, threshold) in enumerate(zip(models, thresholds, strict=True)):
        shown = {"xaxis": axis("x", at), "yaxis": axis("y", at), "showlegend": at == 0}
        traces += [
            {**bars, "name": str(bars["name"]).split(" (")[0], **shown} for bars in model.bars
        ]
        for place, mark in enumerate(marks):
            traces += _tops(model, at, mark, place)
        layout["shapes"].append(upright(threshold, at))
        layout["annotations"].append(
            panel_title(model, at, note=f"threshold {threshold_text(threshold)}")
        )
        layout[axis_key("x", at)] = {
            "domain": places[at][0],
            "anchor": axis("y", at),
            "range": [-0.01, 1.01],
            "automargin": True,
            "showgrid": False,
            "showticklabels": at == len(models) - 1,
        }
        layout[axis_key("y", at)] = {
            "domain": places[at][1],
            "anchor": axis("x", at),
            "tickformat": ".0%",
            "nticks": 3,
            "automargin": True,
            "gridcolor": GROUND,
            "title": {"text": "share of<br>the class", "font": {"size": 12}},
        }
        if at == len(models) - 1:
            layout[axis_key("x", at)]["title"] = {"text": "probability of COVID-19"}
    return drawn(traces, 80 + height, **layout)


def histogram_words(models: Sequence[Ready], thresholds: Sequence[float]) -> str:
    """How many images lie on the wrong side of each threshold."""
    if not models:
        return NONE_CHOSEN
    parts: list[str] = []
    for model, threshold in zip(models, thresholds, strict=True):
        counts = model.counts(threshold)
        wrong = of(counts.fn + counts.fp, len(model.ranking.labels))
        parts.append(
            f"for {model.name} {wrong}, {counts.fn} and {counts.fp}"
            if parts
            else f"{wrong} of the images lie on the wrong side for {model.name}, {counts.fn} "
            f"missed and {many(counts.fp, 'false alarm')}"
        )
    return f"{at_threshold(thresholds)}, {'; '.join(parts)}."


def metric_figure(
    metric: str,
    lines: Sequence[Line],
    models: Sequence[Ready],
    thresholds: Sequence[float],
    marks: Sequence[Mark] = (),
) -> go.Figure:
    """One metric by threshold with its bands, and the thresholds as dashed lines.

    Args:
        metric: One of core.metrics.RATIOS.
        lines: (M,) Ready.metric of each model.
        models: M.
        thresholds: (M,) in 0..1.
        marks: Other thresholds.

    Returns:
        Per model the band (where there is one) and the curve; one operating point a model, one
        trace a mark.
    """
    traces: list[Parts] = []
    for model, line in zip(models, lines, strict=True):
        traces += _band(model, line)
    traces += curve_traces(models, lines, [model.name for model in models], "vh")
    traces += point_traces(
        models, thresholds, marks, lambda model, at: (at, _value(model, at, metric))
    )
    lowest = -1 if metric == "mcc" and any((line.y < 0).any() for line in lines) else 0
    layout = unit_axes("threshold", METRIC_TITLES[metric], lowest)
    return drawn(
        traces, 300 + legend_height(traces), **layout, **threshold_lines(models, thresholds)
    )


def metric_words(metric: str, models: Sequence[Ready], thresholds: Sequence[float]) -> str:
    """The metric of each model at its threshold, with its interval where there is one."""
    if not models:
        return NONE_CHOSEN
    parts: list[str] = []
    for model, threshold in zip(models, thresholds, strict=True):
        value, low = _value(model, threshold, metric), nan
        if model.boot is not None and not isnan(value):
            low, high = band(model.ranking, model.boot, [threshold], metric)[0]
        span = "" if isnan(low) else f" (95 % interval {low:.2f} to {high:.2f})"
        parts.append(f"{model.name} {number(value)}{span}")
    return f"{at_threshold(thresholds)}, {METRIC_TITLES[metric]} is: {'; '.join(parts)}."


def _tops(model: Ready, at: int, mark: Mark, place: int) -> list[Parts]:
    """A mark at the height of the highest bar of the at-th panel; in the legend once."""
    top = max(float(bars["y"].max()) for bars in model.bars)
    own = Mark(mark.name, [mark.thresholds[at]])
    trace, key = mark_traces([model], own, place, lambda _, cut: (cut, top))
    shown = {"xaxis": axis("x", at), "yaxis": axis("y", at)}
    return [{**trace, **shown}, key] if at == 0 else [{**trace, **shown}]


def _value(model: Ready, threshold: float, metric: str) -> float:
    return float(counts_at(model.ranking, threshold).ratios[metric])


def _band(model: Ready, line: Line) -> list[Parts]:
    """The area between low and high, NaN ends left out; none without a boot."""
    known = ~(np.isnan(line.low) | np.isnan(line.high))
    if not known.any():
        return []
    x = line.x[known]
    edge = {"type": "scatter", "x": x, "mode": "lines", "hoverinfo": "skip", "showlegend": False}
    edge |= {"line": {"width": 0, "shape": "vh"}, "legendgroup": model.name, "name": model.name}
    colour = f"rgba({', '.join(str(part) for part in bytes.fromhex(model.colour[1:]))}, 0.15)"
    return [
        {**edge, "y": line.low[known]},
        {**edge, "y": line.high[known], "fill": "tonexty", "fillcolor": colour},
    ]
