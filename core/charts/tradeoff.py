"""What finding more costs: ROC and precision-recall curves of several models."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, nan

import plotly.graph_objects as go

from core.charts.base import drawn
from core.charts.marks import Mark, curve_traces, point_traces, reference
from core.charts.panels import legend_height, unit_axes
from core.charts.ready import Ready
from core.charts.words import NONE_CHOSEN, at_threshold, number, of, percent


def roc_figure(
    models: Sequence[Ready], thresholds: Sequence[float], marks: Sequence[Mark] = ()
) -> go.Figure:
    """ROC curves with the operating points; the dotted diagonal is guessing.

    Args:
        models: M.
        thresholds: (M,) in 0..1.
        marks: Other thresholds.

    Returns:
        The diagonal, one curve a model, one operating point a model, one trace a mark.
    """
    names = [f"{model.name} (AUC {number(model.auc)})" for model in models]
    lines = [model.roc for model in models]
    traces = [reference([0, 1], [0, 1], "guessing"), *curve_traces(models, lines, names, "linear")]
    traces += point_traces(models, thresholds, marks, _on_roc)
    return drawn(
        traces, 320 + legend_height(traces), **unit_axes("false alarms among the others", "recall")
    )


def roc_words(models: Sequence[Ready], thresholds: Sequence[float]) -> str:
    """The AUCs, and what each operating point finds at which price."""
    if not models:
        return NONE_CHOSEN
    areas = "; ".join(f"{model.name} {number(model.auc)}" for model in models)
    parts: list[str] = []
    for model, threshold in zip(models, thresholds, strict=True):
        said = _rates_words(*_on_roc(model, threshold), full=not parts)
        parts += [f"{model.name} {said}"] if said else []
    words = f"AUC (0.5 is guessing): {areas}."
    return f"{words} {at_threshold(thresholds)}, {'; '.join(parts)}." if parts else words


def _rates_words(alarms: float, found: float, full: bool) -> str:
    """What is found and what is called positive in error; what cannot be measured is left out.

    Args:
        alarms: Share of the others called positive.
        found: Share of the COVID-19 images called positive.
        full: Whether to say what the shares are of.
    """
    halves = (
        (found, "finds {} of the COVID-19 images"),
        (alarms, "calls {} of the others positive"),
    )
    return " and ".join(
        sentence.format(percent(share)) if full else percent(share)
        for share, sentence in halves
        if not isnan(share)
    )


def precision_recall_figure(
    models: Sequence[Ready], thresholds: Sequence[float], marks: Sequence[Mark] = ()
) -> go.Figure:
    """Precision by recall with the operating points; dotted: calling at random.

    Args:
        models: M, of the same test images.
        thresholds: (M,) in 0..1.
        marks: Other thresholds.

    Returns:
        The level of guessing, one curve a model, one operating point a model, one trace a mark.
    """
    names = [f"{model.name} (AP {number(model.average_precision)})" for model in models]
    lines = [model.precision_recall for model in models]
    share = models[0].share if models else nan
    traces = [
        reference([0, 1], [share, share], "guessing"),
        *curve_traces(models, lines, names, "vh"),
    ]
    traces += point_traces(models, thresholds, marks, _on_precision_recall)
    return drawn(traces, 320 + legend_height(traces), **unit_axes("recall", "precision"))


def precision_recall_words(models: Sequence[Ready], thresholds: Sequence[float]) -> str:
    """The average precisions, and how often a positive call is right."""
    if not models:
        return NONE_CHOSEN
    areas = "; ".join(f"{model.name} {number(model.average_precision)}" for model in models)
    parts: list[str] = []
    for model, threshold in zip(models, thresholds, strict=True):
        counts = model.counts(threshold)
        right = of(counts.tp, counts.tp + counts.fp)
        parts.append(f"{model.name} {right}")
    return (
        f"Average precision (guessing gets {number(models[0].share)}): {areas}. "
        f"{at_threshold(thresholds)}, positive calls that are right: {'; '.join(parts)}."
    )


def _on_roc(model: Ready, threshold: float) -> tuple[float, float]:
    counts = model.counts(threshold)
    return 1 - counts.specificity, counts.recall


def _on_precision_recall(model: Ready, threshold: float) -> tuple[float, float]:
    """At recall 0 the precision is 1 by convention, as where the curve begins."""
    counts = model.counts(threshold)
    return counts.recall, counts.precision if counts.tp + counts.fp else 1.0
