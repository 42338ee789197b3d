"""Figures of several models: what they draw and say, by numbers done by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from figures import GOOD, LABELS, checked, ready

from core.charts.compare import histogram_figure, histogram_words, metric_figure, metric_words
from core.charts.marks import Mark
from core.charts.matrices import confusion_figure, confusion_words
from core.charts.panels import panels
from core.charts.ready import MODEL_COLOURS, Ready, straight
from core.charts.tradeoff import (
    precision_recall_figure,
    precision_recall_words,
    roc_figure,
    roc_words,
)
from core.curves import rank
from core.intervals import patient_draws, prepare

TIED = [0.5] * 6
FIGURES = (
    (confusion_figure, confusion_words),
    (histogram_figure, histogram_words),
    (roc_figure, roc_words),
    (precision_recall_figure, precision_recall_words),
)


@pytest.fixture
def two() -> list[Ready]:
    rankings = [rank(LABELS, GOOD), rank(LABELS, TIED)]
    draws = patient_draws(list("aabbcc"), 50)
    boots = [prepare(ranking, draws) for ranking in rankings]
    return ready(["Good", "Tied"], rankings, boots)


def test_confusion_has_four_points_a_model(two) -> None:
    known = [replace(two[0], id="good-id"), two[1]]
    figure = checked(confusion_figure(known, [0.35, 0.5], chosen=(1, "FP")))
    good, tied = figure.data
    # At 0.35 the images at 0.4 (not ill), 0.6 and 0.9 (ill) are called positive.
    assert {row[0] for row in good.customdata} == {"good-id"}
    assert [tuple(row[1:4]) for row in good.customdata] == [
        ("TP", 2, "67%"),
        ("FN", 1, "33%"),
        ("FP", 1, "33%"),
        ("TN", 2, "67%"),
    ]
    assert (list(good.x), list(good.y)) == ([0, 1, 0, 1], [0, 0, 1, 1])
    assert [row[2] for row in tied.customdata] == [3, 0, 3, 0]
    assert good.text[0] == "found<br><b>2</b><br>67%"
    framed = [shape for shape in figure.layout.shapes if shape.line.width]
    assert [(s.xref, s.x0 < 0 < s.x1, s.y0 < 1 < s.y1) for s in framed] == [("x2", True, True)]


def test_confusion_words(two) -> None:
    assert confusion_words(two, [0.35, 0.5]) == (
        "At their own thresholds, Good finds 67% (2 of 3) of the COVID-19 images and clears 67% "
        "(2 of 3) of the others; Tied 100% (3 of 3) and 0% (0 of 3)."
    )


def test_histogram_bars_hold_every_image_and_the_threshold(two) -> None:
    marks = [Mark("best", [0.35, np.nan])]
    figure = checked(histogram_figure(two, [0.35, 0.5], marks))
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert [int(sum(trace.customdata)) for trace in bars] == [3, 3, 3, 3]
    assert [shape.x0 for shape in figure.layout.shapes] == [0.35, 0.5]
    axes = (figure.layout.yaxis, figure.layout.yaxis2)
    assert {one.title.text for one in axes} == {"share of<br>the class"}
    assert [list(t.x) for t in figure.data if t.name == "best"] == [[0.35], [None], []]
    assert histogram_words(two, [0.35, 0.35]) == (
        "At threshold 0.35, 33% (2 of 6) of the images lie on the wrong side for Good, 1 missed "
        "and 1 false alarm; for Tied 50% (3 of 6), 0 and 3."
    )


def test_roc_draws_curve_and_operating_point(two) -> None:
    figure = checked(roc_figure(two, [0.35, 0.6], [Mark("all", [0.0, 0.0])]))
    diagonal, good, tied, point, other, everything, _ = figure.data
    assert np.allclose(diagonal.x, diagonal.y)
    # From the highest: ill, ill, not, ill, not, not.
    assert np.allclose(good.x, [0, 0, 1 / 3, 1 / 3, 1])
    assert np.allclose(good.y, [0, 2 / 3, 2 / 3, 1, 1])
    assert (list(tied.x), list(tied.y)) == ([0, 1], [0, 1])
    assert np.allclose([point.x[0], point.y[0]], [1 / 3, 2 / 3])
    assert (other.x[0], other.y[0]) == (0, 0)
    assert list(everything.x) == [1, 1]
    assert roc_words(two, [0.35, 0.35]) == (
        "AUC (0.5 is guessing): Good 0.89; Tied 0.50. At threshold 0.35, Good finds 67% of the "
        "COVID-19 images and calls 33% of the others positive; Tied 100% and 100%."
    )


def test_precision_recall_is_the_average_precision_in_steps(two) -> None:
    figure = checked(precision_recall_figure(two, [0.35, 1.0]))
    guessing, good, _, point, none = figure.data
    assert list(guessing.y) == [0.5, 0.5]
    # "vh": up at the old recall, then along to the new one.
    area = float((np.diff(good.x) * np.asarray(good.y)[1:]).sum())
    assert area == pytest.approx(2 / 3 * 1 + 1 / 3 * 3 / 4)
    assert area == pytest.approx(two[0].average_precision)
    assert np.allclose([point.x[0], point.y[0]], [2 / 3, 2 / 3])
    assert (none.x[0], none.y[0]) == (0, 1)
    assert precision_recall_words(two[:1], [1.0]) == (
        "Average precision (guessing gets 0.50): Good 0.92. At threshold 1, positive calls that "
        "are right: Good none (of 0)."
    )


def test_metric_follows_the_threshold_in_steps(two) -> None:
    lines = [model.metric("recall") for model in two]
    figure = checked(metric_figure("recall", lines, two, [0.35, 0.35]))
    curves = [t for t in figure.data if t.mode == "lines" and t.line.width]
    assert np.allclose(curves[0].x, [0, *GOOD, 1])
    assert np.allclose(curves[0].y, [1, 1, 1, 1, 2 / 3, 2 / 3, 1 / 3, 0])
    bands = [t for t in figure.data if t.fill == "tonexty"]
    assert len(bands) == 2
    assert figure.layout.annotations[0].text == "threshold 0.35"
    words = metric_words("recall", two, [0.35, 0.35])
    assert words.startswith("At threshold 0.35, recall is: Good 0.67 (95 % interval ")
    assert "Tied 1.00 (95 % interval 1.00 to 1.00)" in words


def test_band_holds_what_the_bootstrap_says(two) -> None:
    model = two[0]
    line = model.metric("specificity")
    at = int(np.flatnonzero(np.isclose(line.x, 0.4))[0])
    cut = 0.4
    called = model.ranking.probabilities >= cut
    well = model.ranking.labels == 0
    draws = patient_draws(list("aabbcc"), 50)
    values = [(w * (~called & well)).sum() / (w * well).sum() for w in draws.T if (w * well).sum()]
    low, high = np.percentile(values, [2.5, 97.5])
    assert (line.low[at], line.high[at]) == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1], []])
@pytest.mark.parametrize("cut", [0.0, 0.5, 1.0])
def test_one_class_or_none(labels, cut) -> None:
    models = ready(["Only"], [rank(labels, [0.0, 0.5, 1.0][: len(labels)])])
    for build, say in FIGURES:
        checked(build(models, [cut]))
        assert "nan" not in say(models, [cut])
    lines = [models[0].metric("precision")]
    checked(metric_figure("precision", lines, models, [cut]))
    assert "nan" not in metric_words("precision", models, [cut])


def test_what_one_class_cannot_show_is_left_out_of_the_sentence() -> None:
    area = "AUC (0.5 is guessing): A not measurable; B not measurable."
    for labels, said in (
        ([0, 0, 0], "A calls 67% of the others positive; B 67%"),
        ([1, 1, 1], "A finds 67% of the COVID-19 images; B 67%"),
    ):
        models = ready(["A", "B"], [rank(labels, [0.1, 0.5, 0.9])] * 2)
        assert roc_words(models, [0.5, 0.5]) == f"{area} At threshold 0.5, {said}."
    assert roc_words(ready(["A"], [rank([], [])]), [0.5]) == (
        "AUC (0.5 is guessing): A not measurable."
    )


def test_no_model_at_all() -> None:
    for build, say in FIGURES:
        assert not [t for t in checked(build([], [])).data if t.mode != "lines"]
        assert say([], []) == "No model is chosen."


def test_thresholds_of_another_number_are_refused(two) -> None:
    with pytest.raises(ValueError):
        confusion_figure(two, [0.5])


def test_a_fifth_model_has_no_colour(two) -> None:
    with pytest.raises(ValueError, match="a slot from 0 to 3, received 4"):
        Ready("Fifth", 4, two[0].ranking)


def test_straight_points_are_left_out_without_loss() -> None:
    x = np.array([0, 0, 0, 0.5, 1, 1.0])
    y = np.array([0, 0.2, 0.4, 0.7, 1, 1.0])
    assert straight(x, y).tolist() == [True, False, True, False, True, False]
    # In steps a slope is no straight line.
    assert straight(x, y, steps=True).tolist() == [True, False, True, True, True, False]
    standing_at_a_turn = np.array([0, 1, 1, 1.0]), np.array([0, 0, 0, 1.0])
    assert straight(*standing_at_a_turn).tolist() == [True, True, False, True]
    assert straight(np.empty(0), np.empty(0)).shape == (0,)
    down_and_up = np.array([0.9, 0.5, 0.8])
    assert straight(np.zeros(3), down_and_up, steps=True).all()


def test_thinned_roc_has_the_same_area() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400)
    model = ready(["Many"], [rank(labels, np.round(rng.random(400) * 0.6 + labels * 0.3, 2))])[0]
    assert np.trapezoid(model.roc.y, model.roc.x) == pytest.approx(model.auc, abs=1e-6)


def test_panels_fill_rows_from_the_top() -> None:
    places = panels(3, 2, gap_x=0.2, gap_y=0.2)
    assert np.allclose([p[0] for p in places], [[0, 0.4], [0.6, 1], [0, 0.4]])
    assert np.allclose([p[1] for p in places], [[0.6, 1], [0.6, 1], [0, 0.4]])


def luminance(colour: str) -> float:
    parts = np.array(list(bytes.fromhex(colour[1:]))) / 255
    linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("colour", MODEL_COLOURS)
@pytest.mark.parametrize("ground", ["#ffffff", "#0e1a1b"])
def test_model_colours_stand_out_from_light_and_dark(colour, ground) -> None:
    light, dark = sorted([luminance(colour), luminance(ground)], reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3  # WCAG 1.4.11
