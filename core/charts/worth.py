"""What the calls are worth: net benefit by threshold (decision curves)."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, nan

import numpy as np
import plotly.graph_objects as go

from core.charts.base import drawn
from core.charts.marks import Mark, curve_traces, point_traces, reference, threshold_lines
from core.charts.panels import legend_height, unit_axes
from core.charts.ready import ODDS_LIMIT, POINTS, Ready
from core.charts.words import NONE_CHOSEN, UNKNOWN, at_threshold, percent
from core.decision import net_benefit, net_benefit_of_all

EVERYONE, NO_ONE = "everyone called positive", "no one called positive"


def benefit_figure(
    models: Sequence[Ready],
    thresholds: Sequence[float],
    marks: Sequence[Mark] = (),
    prevalence: float | None = None,
) -> go.Figure:
    """Net benefit by threshold, beside calling everyone positive and calling no one.

    Args:
        models: M, of the same test images.
        thresholds: (M,) in 0..1; above ODDS_LIMIT no point is drawn.
        marks: Other thresholds.
        prevalence: Share of ill people, 0..1; None for that of the test set.

    Returns:
        Calling everyone, calling no one, one curve a model, one operating point a model, marks.
    """
    lines = [model.benefit(prevalence) for model in models]
    share = _share(models, prevalence)
    at = np.linspace(0, ODDS_LIMIT, POINTS)
    traces = [
        reference(at, net_benefit_of_all(share, at), EVERYONE, "dash", in_legend=True),
        reference(at[[0, -1]], np.zeros(2), NO_ONE, in_legend=True),
        *curve_traces(models, lines, [model.name for model in models], "linear"),
        *point_traces(models, thresholds, marks, lambda model, cut: _place(model, cut, prevalence)),
    ]
    top = max([0.01, *(float(np.nanmax(line.y, initial=0)) for line in lines), share or 0])
    layout = unit_axes("threshold", "net benefit") | threshold_lines(models, thresholds)
    layout["yaxis"]["range"] = [-0.25 * top, 1.1 * top]
    return drawn(traces, 320 + legend_height(traces), **layout)


def benefit_words(
    models: Sequence[Ready], thresholds: Sequence[float], prevalence: float | None = None
) -> str:
    """Net benefit of each model at its threshold, beside that of calling everyone positive."""
    if not models:
        return NONE_CHOSEN
    share = _share(models, prevalence)
    parts = []
    for model, threshold in zip(models, thresholds, strict=True):
        own = _place(model, threshold, prevalence)[1]
        parts.append(f"{model.name} {_per_thousand(own)} ({_everyone(share, threshold)})")
    return (
        f"{at_threshold(thresholds)}, with {percent(share)} ill, net benefit in found cases per "
        f"1,000 people (in brackets: when everyone is called positive) is: {'; '.join(parts)}; "
        "calling no one positive is worth 0."
    )


def _everyone(share: float, threshold: float) -> str:
    known = threshold <= ODDS_LIMIT
    return _per_thousand(float(net_benefit_of_all(share, threshold)) if known else nan)


def _per_thousand(benefit: float) -> str:
    return UNKNOWN if isnan(benefit) else f"{round(1000 * benefit)}"


def _share(models: Sequence[Ready], prevalence: float | None) -> float:
    if prevalence is not None:
        return prevalence
    return models[0].share if models else nan


def _place(model: Ready, threshold: float, prevalence: float | None) -> tuple[float, float]:
    if threshold > ODDS_LIMIT or not len(model.ranking.labels):
        return nan, nan
    return threshold, float(net_benefit(model.ranking, threshold, prevalence))
