"""Figures checked by what they draw."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core import charts
from core.areas import Area
from core.charts import base, lab, learning_curve, predictions, quality, tuning
from core.explain.checks import COVID as CLASS_COVID
from core.explain.checks import OTHER as CLASS_OTHER
from core.metrics import Confusion
from core.overview import COVID, OTHER

FRAME = pd.DataFrame({"label": [0.0, 0.0, 1.0, 1.0], "probability": [0.01, 0.3, 0.99, 1.0]})


def test_histogram_holds_every_image_once() -> None:
    figure = charts.prediction_histogram(FRAME, 0.7, 0.4)
    negative, positive, marker = figure.data
    assert (negative.customdata.sum(), positive.customdata.sum()) == (2, 2)
    assert negative.y.sum() == pytest.approx(1)
    assert positive.customdata[-1] == 2  # 1.0 belongs to the last bin
    assert list(marker.x) == [0.7]


def test_histogram_draws_the_threshold() -> None:
    figure = charts.prediction_histogram(FRAME, None, 0.4)
    assert len(figure.data) == 2
    assert figure.layout.shapes[0].x0 == 0.4
    assert figure.layout.annotations[0].text == "threshold 0.4"


def test_histogram_of_one_class_only() -> None:
    figure = charts.prediction_histogram(FRAME[FRAME["label"] == 1], 0.5, 0.5)
    assert list(figure.data[0].y) == [0.0] * predictions.BINS


def test_confusion_shows_counts_and_row_shares() -> None:
    heatmap = charts.confusion_figure(Confusion(tp=3, fp=2, fn=1, tn=8)).data[0]
    assert heatmap.z.tolist() == [[0.75, 0.25], [0.2, 0.8]]
    assert heatmap.text[0][0] == "<b>3</b><br>found"
    assert heatmap.text[1][0] == "<b>2</b><br>false alarm"


def test_auc_leaves_out_unknown_groups() -> None:
    nan = float("nan")
    areas = [
        Area("pooled", 90, 0.9, 0.85, 0.95, 0.8),
        Area("one class", 9, nan, nan, nan, 0.5),
        Area("inside", 4, 0.6, nan, nan, 0.75),
    ]
    dots = charts.auc_figure(areas).data[0]
    assert dict(zip(dots.y, dots.x, strict=True)) == {"pooled (90)": 0.9, "inside (4)": 0.6}
    assert np.allclose(dots.error_x.array, [0.05, 0])
    assert np.allclose(dots.error_x.arrayminus, [0.05, 0])


ROWS = pd.DataFrame(
    [("a", "one"), ("a", "two"), ("b", "one"), ("b", "two")], columns=["name", "group"]
).assign(value=0.7, low=0.6, high=0.8)
MARKS = ROWS.rename(columns={"name": "title"}).assign(
    label=[OTHER, COVID] * 2, mean_shift=0.1, p10=0.0, p90=0.2
)
ENERGY = ROWS.assign(method="gradcam", group=[CLASS_COVID, CLASS_OTHER] * 2)
CURVE = ROWS.rename(columns={"group": "test", "value": "auc"}).assign(patients=[25, 25, 50, 50])
RATES = ROWS.rename(columns={"group": "optimizer"}).assign(
    pooling="average", learning_rate=[0.1, 0.1, 0.2, 0.2]
)


@pytest.mark.parametrize(
    "figure",
    [
        base.difference_figure(ROWS, "apart"),
        lab.interval_figure(ROWS, "AUC"),
        lab.shift_figure(MARKS),
        quality.lungs_figure(ENERGY),
        learning_curve.curve_figure(CURVE),
        tuning.rates_figure(RATES),
    ],
)
def test_colour_alone_tells_no_groups_apart(figure: go.Figure) -> None:
    assert len({trace.marker.symbol for trace in figure.data}) == len(figure.data) == 2


def test_lines_of_the_learning_curve_differ_in_their_dash() -> None:
    lines = learning_curve.curve_figure(CURVE).data
    assert [line.line.dash for line in lines] == ["solid", "dash"]
