"""What linear members are made of: the same answers as scikit-learn on all features, or by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from core.ensemble import Member
from core.head import MEAN_STD, SECOND_ORDER
from training import linear
from training.descriptors import packed, unpacked_kernel
from training.haze import STEEP, judgement
from training.linear import Basis, Scaler

PAIRS = Member("block3_conv3", SECOND_ORDER, (1, 2, 3))


def test_packing_keeps_the_weighted_sum() -> None:
    rng = np.random.default_rng(0)
    half = rng.random((4, 3, 3))
    symmetric = (half + half.transpose(0, 2, 1)).reshape(4, 9).astype(np.float32)
    kept = packed(PAIRS, symmetric)
    kernel = rng.normal(size=6)
    assert kept.shape == (4, 6)
    np.testing.assert_allclose(
        symmetric @ unpacked_kernel(PAIRS, kernel), kept @ kernel, rtol=5e-3, atol=5e-3
    )


def test_other_poolings_are_kept_whole() -> None:
    one = Member("block3_conv3", MEAN_STD, (1, 2, 3))
    assert packed(one, np.ones((2, 6), np.float32)).shape == (2, 6)
    np.testing.assert_array_equal(unpacked_kernel(one, np.arange(6.0)), np.arange(6.0))


def test_the_fit_among_images_equals_scikit_learn_on_all_features() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(30, 80)).astype(np.float16)
    labels = (features[:, 0] + rng.normal(size=30) > 0).astype(float)
    scaler = Scaler.of(features)
    scaled = scaler.scale(features)
    basis = Basis.of(scaled)
    model = linear.fit(basis.coordinates, labels, np.ones(30), 3.0)
    kernel, bias = linear.plain(model.coef_.T, model.intercept_, basis, scaled, scaler)
    known = LogisticRegression(C=3.0, class_weight="balanced", tol=1e-8, max_iter=1000)
    known.fit(scaled, labels)
    expected = known.decision_function(scaled)
    np.testing.assert_allclose(model.decision_function(basis.coordinates), expected, atol=1e-3)
    np.testing.assert_allclose((features.astype(float) @ kernel + bias)[:, 0], expected, atol=1e-3)


def test_steadying_by_hand() -> None:
    # strength 3 along the first axis alone, mean square 1: 1 / sqrt(1 + 3)
    found = linear.steadying(np.array([[1.0, 0.0], [-1.0, 0.0]]), 3.0)
    np.testing.assert_allclose(found, [[0.5, 0.0], [0.0, 1.0]], atol=1e-12)
    np.testing.assert_allclose(linear.steadying(np.ones((2, 2)), 0.0), np.eye(2), atol=1e-12)
    oblique = np.random.default_rng(0).normal(size=(7, 3))
    found = linear.steadying(oblique, 2.0)
    expected = np.linalg.inv(np.eye(3) + 2 * oblique.T @ oblique / 7)
    np.testing.assert_allclose(found @ found.T, expected, atol=1e-12)


def test_the_bound_shifts_the_second_judgement() -> None:
    x = np.arange(10.0)[:, None]
    low, high = (judgement(x, 2 * x[:, 0] + 1, np.ones(10), bound) for bound in (0.0, 1.0))
    deviation = x.std()
    assert low[0][0] == pytest.approx(STEEP / deviation, rel=1e-3)
    assert low[1] - high[1] == pytest.approx(STEEP)
