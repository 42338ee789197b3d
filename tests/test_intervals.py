"""The look-up bootstrap against drawing the images anew and measuring with scikit-learn."""

import math

import numpy as np
import pytest
from tables import AREAS, REFERENCES

from core import curves, intervals
from core.metrics import bootstrap_interval

PATIENTS = 25


@pytest.fixture
def table():
    rng = np.random.default_rng(3)
    y = rng.integers(0, 2, 60).astype(float)
    p = np.clip(rng.normal(0.3 + 0.3 * y, 0.2), 0, 1).round(1)
    return y, p, [f"p{n}" for n in rng.integers(0, PATIENTS, 60)]


def prepared(y, p, patients, replicates=200):
    ranking = curves.rank(y, p)
    draws = intervals.patient_draws(patients, replicates, seed=0)
    return ranking, intervals.prepare(ranking, draws)


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("threshold", [0.3, 0.5])
def test_ratio_intervals_equal_drawing_anew(table, name, threshold):
    y, p, patients = table
    ranking, boot = prepared(y, p, patients)
    place = curves.below(ranking, threshold)
    ours = intervals.percentiles(intervals.ratios_at([boot], [place])[name])[0]
    theirs = bootstrap_interval(
        lambda y, p: REFERENCES[name](y, p >= threshold), y, p, patients, replicates=200
    )
    assert tuple(ours) == pytest.approx(theirs)
    band = intervals.band(ranking, boot, [0.1, threshold], name)
    assert tuple(band[1]) == pytest.approx(theirs)


@pytest.mark.parametrize("name", AREAS)
def test_area_intervals_equal_drawing_anew(table, name):
    y, p, patients = table
    _, boot = prepared(y, p, patients)
    theirs = bootstrap_interval(AREAS[name], y, p, patients, replicates=200)
    assert tuple(intervals.percentiles(boot.areas[name])) == pytest.approx(theirs)


def test_interval_of_a_mean():
    assert intervals.mean_interval(np.array([0.2, 0.4]), ["a", "a"]) == pytest.approx((0.3, 0.3))
    hits, patients = np.array([True, False, True, True]), list("abcd")
    low, high = intervals.mean_interval(hits, patients)
    assert (low, high) == pytest.approx(
        bootstrap_interval(lambda y, p: p.mean(), hits, hits, patients)
    )
    assert low < 0.75 <= high


def test_patients_stay_together():
    draws = intervals.patient_draws(["a", "b", "a", "c"], 50)
    assert (draws[0] == draws[2]).all()
    assert (draws[[0, 1, 3]].sum(axis=0) == 3).all()


def test_single_class_leaves_areas_undefined():
    _, boot = prepared([0, 0, 0], [0.1, 0.2, 0.2], list("abc"))
    assert np.isnan(intervals.percentiles(boot.areas["auc"])).all()
    assert not np.isnan(intervals.percentiles(boot.areas["brier"])).any()


def test_percentiles_leave_out_the_undefined():
    values = np.array([[1.0, 2.0, 3.0, math.nan], [1.0, math.nan, math.nan, math.nan]])
    low, high = intervals.percentiles(values).T
    assert (low[0], high[0]) == pytest.approx(tuple(np.percentile([1, 2, 3], [2.5, 97.5])))
    assert np.isnan(low[1])
    assert np.isnan(high[1])


def test_other_number_of_images_is_refused():
    with pytest.raises(ValueError, match="expected 2 rows of weights"):
        intervals.prepare(curves.rank([0, 1], [0.1, 0.2]), intervals.patient_draws(["a"]))
