"""How a network learned: training and test curves side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.charts.base import DASHES, LEGEND, Parts, drawn
from core.charts.panels import GROUND, axis, axis_key, panels, title_place
from core.charts.ready import MODEL_COLOURS
from core.charts.words import number

if TYPE_CHECKING:
    import pandas as pd

MEASURES = {"loss": "loss", "auc": "AUC"}
PARTS = {"": "training", "test_": "test", "val_": "validation"}  # prefix of a column -> name


def learning_figure(history: pd.DataFrame) -> go.Figure:
    """Loss and AUC by epoch, on the images it learned from and on images it did not.

    Args:
        history: models/<id>/history.csv: epoch (from 0), and each measure of MEASURES with each
            prefix of PARTS; the columns pooling and seed tell runs apart.

    Returns:
        For each measure and run one line a part.
    """
    traces: list[Parts] = []
    layout: Parts = {"annotations": [], "legend": {**LEGEND, "y": 1.14}}
    places = panels(len(MEASURES), len(MEASURES), gap_x=0.1)
    runs = [run for _, run in history.groupby(["pooling", "seed"], sort=False)]
    for at, (measure, title) in enumerate(MEASURES.items()):
        for turn, run in enumerate(runs):
            place = {"xaxis": axis("x", at), "yaxis": axis("y", at)}
            shown: Parts = {**place, "showlegend": at == 0 and turn == 0}
            traces += [{**line, **shown} for line in _lines(run, measure)]
        both = {"gridcolor": GROUND, "zeroline": False, "automargin": True}
        layout[axis_key("x", at)] = {**both, "domain": places[at][0], "anchor": axis("y", at)}
        layout[axis_key("x", at)]["title"] = {"text": "epoch"}
        layout[axis_key("y", at)] = {**both, "domain": places[at][1], "anchor": axis("x", at)}
        layout["annotations"].append({**title_place(at), "text": title})
    return drawn(traces, 340, **layout)


def learning_words(history: pd.DataFrame, name: str) -> str:
    """How far training and test have come apart; of several runs, their mean.

    Args:
        history: As in learning_figure.
        name: Of the model.
    """
    if history.empty:
        return f"{name} left no record of its training."
    by_epoch = history.groupby("epoch")[["auc", "test_auc", "loss", "test_loss"]].mean()
    last, best = by_epoch.iloc[-1], by_epoch["test_loss"].idxmin()
    return (
        f"After {by_epoch.index[-1] + 1} epochs {name} reaches AUC {number(last['auc'])} on its "
        f"training images and {number(last['test_auc'])} on the test images; its training loss "
        f"ends at {number(last['loss'])}, its test loss at {number(last['test_loss'])}, least "
        f"after epoch {best + 1} ({number(by_epoch.loc[best, 'test_loss'])})."
    )


def _lines(run: pd.DataFrame, measure: str) -> list[Parts]:
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": run["epoch"].to_numpy() + 1,
            "y": run[prefix + measure].to_numpy(float),
            "name": name,
            "legendgroup": name,
            "line": {"color": MODEL_COLOURS[turn], "dash": DASHES[turn], "width": 2.5},
            "hovertemplate": f"epoch %{{x}}: %{{y:.2f}}<extra>{name}</extra>",
        }
        for turn, (prefix, name) in enumerate(PARTS.items())
    ]
