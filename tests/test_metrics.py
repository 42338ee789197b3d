import math

import numpy as np
import pytest
from sklearn import metrics as reference

from core.metrics import (
    auc,
    bootstrap_interval,
    confusion,
    logit,
    sigmoid,
    threshold_at_recall,
    wilson,
)

LABELS = [1, 1, 0, 0, 1]
SCORES = [0.9, 0.4, 0.4, 0.1, 0.5]


def test_confusion_by_hand():
    counts = confusion(LABELS, SCORES, 0.5)
    assert (counts.tp, counts.fp, counts.fn, counts.tn) == (2, 0, 1, 2)
    assert counts.accuracy == 4 / 5
    assert counts.recall == 2 / 3
    assert counts.specificity == 1
    assert counts.precision == 1


def test_a_probability_at_the_threshold_is_positive():
    assert confusion([1], [0.3], 0.3).tp == 1
    assert confusion(LABELS, SCORES, 0).tn == 0
    assert confusion(LABELS, SCORES, 1).tp == 0


def test_undefined_ratios_are_nan():
    counts = confusion([0, 0], [0.1, 0.2], 0.5)
    assert math.isnan(counts.recall)
    assert math.isnan(counts.precision)
    assert math.isnan(auc([0, 0], [0.1, 0.2]))


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 80)
    p = rng.random(80).round(1)  # many ties
    counts = confusion(y, p, 0.5)
    called = p >= 0.5
    assert auc(y, p) == pytest.approx(reference.roc_auc_score(y, p))
    assert counts.accuracy == pytest.approx(reference.accuracy_score(y, called))
    assert counts.recall == pytest.approx(reference.recall_score(y, called))
    assert counts.precision == pytest.approx(reference.precision_score(y, called))
    assert counts.specificity == pytest.approx(reference.recall_score(y, called, pos_label=0))


def test_wilson_published_example():
    # Newcombe 1998, table I: 81 of 263
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("recall", "expected"), [(0.3, 0.9), (0.5, 0.5), (1.0, 0.4)])
def test_threshold_at_recall(recall, expected):
    assert threshold_at_recall(LABELS, SCORES, recall) == expected
    assert confusion(LABELS, SCORES, expected).recall >= recall


def test_bootstrap_keeps_patients_together():
    y, p = [1, 0, 1, 0], [0.9, 0.8, 0.2, 0.1]  # three of four pairs are in order
    assert bootstrap_interval(auc, y, p, ["a"] * 4) == (0.75, 0.75)
    assert bootstrap_interval(auc, y, p, ["a", "a", "b", "b"]) == (0.75, 1.0)
    assert bootstrap_interval(auc, y, p, list("abcd"))[0] == 0


@pytest.mark.parametrize(
    ("labels", "scores", "words"),
    [
        ([0, math.nan], [0.1, 0.2], "labels 0 and 1"),
        ([0, 1], [0.1, 1.2], "in 0..1"),
        ([0, 1], [0.1], "one length"),
    ],
)
def test_wrong_input_is_refused(labels, scores, words):
    with pytest.raises(ValueError, match=words):
        confusion(labels, scores, 0.5)


def test_log_odds_and_back() -> None:
    assert logit([0.5, 0.75, 0.0, 1.0]).tolist() == pytest.approx([0.0, np.log(3), -np.inf, np.inf])
    far = np.array([-800.0, -2.0, 0.0, 800.0])
    np.testing.assert_allclose(sigmoid(far), [0.0, 0.1192029, 0.5, 1.0], atol=1e-7)
    np.testing.assert_allclose(logit(sigmoid([-3.0, 2.0])), [-3.0, 2.0])
