"""Calibration, net benefit, 1,000 people and training curves, by numbers done by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figures import GOOD, LABELS, checked, ready

from core.artifacts import HISTORY, MODELS_DIR
from core.calibration import reliability
from core.charts.calibrated import reliability_figure, reliability_words
from core.charts.learning import learning_figure, learning_words
from core.charts.marks import Mark
from core.charts.people import GROUPS, NO_ONE, people_figure, people_words
from core.charts.ready import Ready
from core.charts.worth import benefit_figure, benefit_words
from core.curves import rank
from core.decision import net_benefit, people


@pytest.fixture
def good() -> list[Ready]:
    return ready(["Good"], [rank(LABELS, GOOD)])


def test_reliability_draws_bins_before_and_after(good) -> None:
    before = reliability([0, 0, 1], [0.12, 0.18, 0.95])
    after = reliability([0, 0, 1], [0.02, 0.04, 0.99])
    figure = checked(reliability_figure(good, [before], [after]))
    diagonal, bars, numbers, first, second = figure.data
    assert np.allclose(diagonal.x, diagonal.y)
    assert np.allclose(first.x, [0.15, 0.95])
    assert np.allclose(second.x, [0.03, 0.99])
    assert np.allclose(second.y, [0, 1])
    # Wilson: 0 of 2 lies within 0 and z2 / (2 + z2).
    assert second.error_y.array[0] == pytest.approx(1.959964**2 / (2 + 1.959964**2))
    assert second.error_y.arrayminus[0] == pytest.approx(0)
    assert list(numbers.text) == ["2", "1"]
    assert bars.y[0] == pytest.approx(2 * bars.y[1])
    assert list(second.customdata) == [2, 1]


def test_reliability_words(good) -> None:
    assert reliability_words(good, [2.0], [(0.2, 0.1)], [0.05]).endswith(
        "one temperature fitted on validation patients: Good 0.20 and 0.10 (temperature 2.00, "
        "answers made less sure; luck alone leaves 0.05)."
    )
    assert reliability_words(good, [float("nan")], [(0.2, 0.2)], [0.05]).endswith(
        "Good 0.20, no temperature could be fitted."
    )


def test_reliability_without_images(good) -> None:
    none = reliability([], [])
    figure = checked(reliability_figure(good, [none], [none]))
    assert [len(trace.x) for trace in figure.data] == [2, 0, 0, 0, 0]
    nan = float("nan")
    assert "Good not measurable, no temperature" in reliability_words(
        good, [nan], [(nan, nan)], [nan]
    )


def test_benefit_by_hand(good) -> None:
    figure = checked(benefit_figure(good, [0.2], [Mark("best", [0.5])]))
    everyone, no_one, line, point, best, _ = figure.data
    # At 0.2 three found cases, two false alarms at a quarter each, of six.
    assert point.y[0] == pytest.approx((3 - 2 / 4) / 6)
    # At 0.5 two found cases, no false alarm.
    assert best.y[0] == pytest.approx(2 / 6)
    assert everyone.y[0] == pytest.approx(0.5)
    assert not any(no_one.y)
    assert line.y[0] == pytest.approx(0.5)
    assert benefit_words(good, [0.2]) == (
        "At threshold 0.2, with 50% ill, net benefit in found cases per 1,000 people (in brackets: "
        "when everyone is called positive) is: Good 417 (375); calling no one positive is worth 0."
    )


def test_benefit_at_another_prevalence(good) -> None:
    # Recall 1, specificity 1/3: 100 found cases, 600 false alarms at a quarter each.
    assert net_benefit(good[0].ranking, 0.2, 0.1) == pytest.approx(0.1 - 0.6 / 4)
    assert net_benefit(good[0].ranking, 0.2, 0.5) == pytest.approx(
        net_benefit(good[0].ranking, 0.2)
    )
    figure = checked(benefit_figure(good, [0.2], prevalence=0.1))
    assert figure.data[3].y[0] == pytest.approx(-0.05)
    assert "with 10% ill" in (words := benefit_words(good, [0.2], 0.1))
    assert "Good -50 (-125)" in words


@pytest.mark.parametrize("labels", [[0, 0], [1, 1], []])
@pytest.mark.parametrize("cut", [0.0, 1.0])
def test_benefit_of_one_class_or_none(labels, cut) -> None:
    models = ready(["Only"], [rank(labels, [0.2, 0.8][: len(labels)])])
    checked(benefit_figure(models, [cut]))
    checked(benefit_figure(models, [cut], prevalence=0.05))
    words = benefit_words(models, [cut])
    assert "nan" not in words
    assert ("Only not measurable" in words) == (cut == 1 or not labels)


def test_people_are_drawn_one_by_one(good) -> None:
    groups = people(0.9, 0.8, 0.05)
    assert groups == [45, 5, 190, 760]
    figure = checked(people_figure(good, [groups]))
    squares = figure.data[0].z
    assert squares.shape == (25, 40)
    assert [int((squares == group).sum()) for group in range(4)] == groups
    assert squares[24, 0] == 0  # the first column is full before the second begins
    assert squares[24, 1] == 1
    assert [trace.name for trace in figure.data[1:]] == [name for name, _ in GROUPS]
    assert people_words(good, [groups]) == (
        "Of 1,000 people, 50 of them ill: Good finds 45 and misses 5, with 190 false alarms, and "
        "19% (45 of 235) of those called positive are ill."
    )


def test_people_of_another_number(good) -> None:
    squares = people_figure(good, [[1, 0, 0, 29]]).data[0].z
    assert squares.shape == (25, 2)
    assert (squares == NO_ONE).sum() == 20
    assert "none (of 0) of those called positive" in people_words(good, [[0, 1, 0, 9]])


def test_learning_curves_of_every_run() -> None:
    rows = [
        ("average", seed, epoch, 0.5 + 0.1 * epoch, 1 - 0.3 * epoch, 0.6, 0.7 + 0.2 * epoch)
        for seed in (0, 1)
        for epoch in (0, 1, 2)
    ]
    columns = ["pooling", "seed", "epoch", "auc", "loss", "test_auc", "test_loss"]
    history = pd.DataFrame(rows, columns=columns).assign(val_auc=0.5, val_loss=0.7)
    figure = checked(learning_figure(history))
    assert len(figure.data) == 2 * 2 * 3
    training = figure.data[0]
    assert (training.name, list(training.x)) == ("training", [1, 2, 3])
    assert np.allclose(training.y, [1, 0.7, 0.4])
    assert [trace.name for trace in figure.data if trace.showlegend] == [
        "training",
        "test",
        "validation",
    ]
    assert learning_words(history, "the CNN") == (
        "After 3 epochs the CNN reaches AUC 0.70 on its training images and 0.60 on the test "
        "images; its training loss ends at 0.40, its test loss at 1.10, least after epoch 1 (0.70)."
    )
    assert learning_words(history.iloc[:0], "the CNN") == "the CNN left no record of its training."


@pytest.mark.parametrize("model_id", ["small-cnn-random160", "all-cnn-random160"])
def test_learning_curves_of_the_home_made_network(model_id) -> None:
    history = pd.read_csv(MODELS_DIR / model_id / HISTORY)
    figure = checked(learning_figure(history))
    assert len(figure.data) == 6
    assert all(len(trace.x) == len(history) for trace in figure.data)
