"""Everything that follows from one sort, by hand and against scikit-learn."""

import math
import warnings

import numpy as np
import pytest
from sklearn import metrics as reference

from core import curves, metrics
from core.metrics import RATIOS, confusion, ratios

LABELS = [1, 1, 0, 0, 1]
SCORES = [0.9, 0.4, 0.4, 0.1, 0.5]


def sample(seed: int, size: int = 80) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 2, size), rng.random(size).round(1)  # many ties


def test_counts_by_hand():
    counts = curves.counts_at(curves.rank(LABELS, SCORES), [0, 0.4, 0.45, 1])
    assert counts.tp.tolist() == [3, 3, 2, 0]
    assert counts.fp.tolist() == [2, 1, 0, 0]
    assert counts.fn.tolist() == [0, 0, 1, 3]
    assert counts.tn.tolist() == [0, 1, 2, 2]


def test_thresholds_0_and_1_call_all_and_only_certain_ones():
    ranking = curves.rank([1, 0, 1, 0], [1.0, 1.0, 0.0, 0.3])
    all_called, certain = curves.counts_at(ranking, 0), curves.counts_at(ranking, 1)
    assert (all_called.tp, all_called.fp, all_called.fn, all_called.tn) == (2, 2, 0, 0)
    assert (certain.tp, certain.fp, certain.fn, certain.tn) == (1, 1, 1, 1)


@pytest.mark.parametrize("seed", range(4))
def test_look_up_equals_counting(seed):
    y, p = sample(seed)
    ranking = curves.rank(y, p)
    for threshold in (0, 0.1, 0.35, 0.5, 0.9, 1):
        counts, counted = curves.counts_at(ranking, threshold), confusion(y, p, threshold)
        looked_up = (counts.tp, counts.fp, counts.fn, counts.tn)
        assert looked_up == (counted.tp, counted.fp, counted.fn, counted.tn)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.5, 0.95])
def test_ratios_agree_with_scikit_learn(seed, threshold):
    y, p = sample(seed)
    called = p >= threshold
    ours = curves.counts_at(curves.rank(y, p), threshold).ratios
    theirs = {
        "accuracy": reference.accuracy_score(y, called),
        "recall": reference.recall_score(y, called),
        "specificity": reference.recall_score(y, called, pos_label=0),
        "precision": reference.precision_score(y, called),
        "f1": reference.f1_score(y, called),
        "balanced_accuracy": reference.balanced_accuracy_score(y, called),
        "mcc": reference.matthews_corrcoef(y, called),
    }
    assert tuple(ours) == tuple(theirs) == RATIOS
    assert {k: float(v) for k, v in ours.items()} == pytest.approx(theirs)


@pytest.mark.parametrize("seed", range(4))
def test_areas_and_brier_agree_with_scikit_learn(seed):
    y, p = sample(seed)
    expected = reference.average_precision_score(y, p)
    assert metrics.average_precision(y, p) == pytest.approx(expected)
    assert metrics.brier(y, p) == pytest.approx(reference.brier_score_loss(y, p))


@pytest.mark.parametrize("seed", range(4))
def test_curves_agree_with_scikit_learn(seed):
    y, p = sample(seed)
    ranking = curves.rank(y, p)
    fpr, tpr, _ = reference.roc_curve(y, p, drop_intermediate=False)
    assert np.allclose(curves.roc(ranking), (fpr, tpr))
    precision, recall, _ = reference.precision_recall_curve(y, p)
    assert np.allclose(curves.precision_recall(ranking), (recall[::-1], precision[::-1]))


def test_empty_cells_leave_their_ratios_undefined():
    none_called = ratios(0, 0, 3, 5)
    assert math.isnan(none_called["precision"])
    assert math.isnan(none_called["mcc"])
    assert (none_called["recall"], none_called["f1"]) == (0, 0)
    nothing = ratios(0, 0, 0, 0)
    assert all(math.isnan(value) for value in nothing.values())


@pytest.mark.parametrize("label", [0, 1])
def test_single_class_test_set(label):
    y, p = [label] * 3, [0.2, 0.6, 0.6]
    ranking = curves.rank(y, p)
    found = curves.counts_at(ranking, 0.5).ratios
    assert math.isnan(found["recall" if label == 0 else "specificity"])
    assert math.isnan(found["balanced_accuracy"])
    assert math.isnan(metrics.auc(y, p))
    assert math.isnan(metrics.average_precision(y, p)) == (label == 0)
    assert np.isnan(curves.roc(ranking)[0 if label else 1]).all()


def test_nan_label_is_refused_never_negative():
    for measure in (curves.rank, metrics.average_precision, metrics.brier):
        with pytest.raises(ValueError, match="NaN rows must be left out"):
            measure([0, math.nan], [0.1, 0.2])


def test_empty_table_is_undefined_not_a_crash():
    ranking = curves.rank([], [])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert math.isnan(curves.counts_at(ranking, 0.5).ratios["accuracy"])
        assert math.isnan(metrics.brier([], []))
