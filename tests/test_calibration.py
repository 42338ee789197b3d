"""Calibration by hand and against scikit-learn."""

import math

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss as reference_loss

from core import calibration
from core.metrics import auc


def overconfident(size=2000, factor=3.0):
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1, size)
    y = (rng.random(size) < 1 / (1 + np.exp(-logits))).astype(int)
    return y, 1 / (1 + np.exp(-factor * logits))


def test_temper_by_hand():
    assert calibration.temper([0.5, 0.9], 1) == pytest.approx([0.5, 0.9])
    assert calibration.temper([0.9], 2) == pytest.approx([0.75])  # odds 9 become 3
    assert np.isfinite(calibration.temper([0, 1], 1)).all()
    with pytest.raises(ValueError, match="above 0"):
        calibration.temper([0.5], 0)


def test_temperature_is_found_and_mends():
    y, p = overconfident()
    found = calibration.fit_temperature(y, p)
    assert found == pytest.approx(3, rel=0.1)
    mended = calibration.temper(p, found)
    assert calibration.calibration_error(y, mended) < calibration.calibration_error(y, p) / 2
    assert auc(y, mended) == pytest.approx(auc(y, p))


def test_temperature_equals_logistic_regression_without_intercept():
    y, p = overconfident()
    logits = np.log(p / (1 - p)).reshape(-1, 1)
    slope = LogisticRegression(C=math.inf, fit_intercept=False, tol=1e-9).fit(logits, y).coef_[0, 0]
    assert calibration.fit_temperature(y, p) == pytest.approx(1 / slope, rel=1e-3)


def test_one_class_has_no_temperature():
    assert math.isnan(calibration.fit_temperature([1, 1], [0.2, 0.9]))


def test_log_loss_agrees_with_scikit_learn():
    y, p = overconfident(200)
    assert calibration.log_loss(y, p) == pytest.approx(reference_loss(y, p))


def test_reliability_agrees_with_scikit_learn():
    y, p = overconfident()
    table = calibration.reliability(y, p)
    share, mean = calibration_curve(y, p, n_bins=10)
    assert table["share"].to_numpy() == pytest.approx(share)
    assert table["probability"].to_numpy() == pytest.approx(mean)
    assert table["images"].sum() == 2000
    assert (table["low"] <= table["share"]).all()


def test_calibration_error_by_hand():
    # bins 0.2 (one of two ill: off by 0.3) and 1.0 (both ill: right)
    found = calibration.calibration_error([0, 1, 1, 1], [0.2, 0.2, 1.0, 1.0])
    assert found == pytest.approx(0.15)
    assert math.isnan(calibration.calibration_error([], []))


def test_perfect_answers_leave_an_error_of_luck():
    # one image, 0.5: whatever its label, half a unit off; sure answers are always right
    assert calibration.perfect_errors([0.5]) == pytest.approx(0.5)
    assert calibration.perfect_errors([0.0, 1.0, 1.0]) == pytest.approx(0)
    # one bin of N images: the mean distance of a binomial share from 0.3, sqrt(2 p q / (pi N))
    found = calibration.perfect_errors(np.full(400, 0.3)).mean()
    assert found == pytest.approx(math.sqrt(2 * 0.3 * 0.7 / (math.pi * 400)), rel=0.08)
    assert len(calibration.perfect_errors([])) == 0


def test_perfect_errors_are_those_of_drawn_labels():
    p = np.random.default_rng(3).random(50)
    labels = np.random.default_rng(calibration.SEED).random((calibration.DRAWS, 50)) < p
    expected = [calibration.calibration_error(y.astype(float), p) for y in labels[:20]]
    assert calibration.perfect_errors(p)[:20] == pytest.approx(np.array(expected))
