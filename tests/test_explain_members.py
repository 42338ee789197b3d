"""Explaining heads of members: the same as automatic differentiation of the whole ensemble."""

import numpy as np
import pytest

from core import phantoms
from core.explain.network import load_network
from core.explain.reading import open_reader, read_image, scorer, sigmoid
from core.images import read_image as read_bytes

ID = "vgg16-ct-texture"
CT = read_bytes(phantoms.drawings()[phantoms.CT_TITLE]).pixels


@pytest.fixture(scope="module")
def head(classifier):
    return classifier.heads[ID]


@pytest.fixture(scope="module")
def reading(classifier, head):
    return read_image(classifier, open_reader(head), CT)


@pytest.fixture(scope="module")
def maps(classifier, head):
    found = classifier.trunk.all_maps([CT])
    return [np.asarray(found[layer]) for layer in head.layers]


def test_same_pass_gives_the_probability(head, reading, maps):
    assert reading.layer == head.layers[-1] == "block4_conv3"
    assert reading.probability == pytest.approx(head.probabilities(*maps)[0], abs=1e-4)


def test_gradient_equals_automatic_differentiation(head, reading, maps):
    import tensorflow as tf

    low, top = (tf.constant(one) for one in maps)
    with tf.GradientTape() as tape:
        tape.watch(top)
        probability = head.model([low, top])
        log_odds = tf.math.log(probability / (1 - probability))
    expected = np.asarray(tape.gradient(log_odds, top))[0]
    assert np.corrcoef(expected.ravel(), reading.gradient.ravel())[0, 1] > 0.999
    np.testing.assert_allclose(reading.gradient, expected, atol=1e-2 * np.abs(expected).max())


def test_removed_maps_equal_setting_them_to_zero(head, reading, maps):
    for channel in (*np.argsort(-np.abs(reading.removed - reading.log_odds))[:5], 0, 511):
        without = maps[1].copy()
        without[..., channel] = 0
        expected = head.probabilities(maps[0], without)[0]
        assert sigmoid(reading.removed[channel]) == pytest.approx(expected, abs=1e-4)


def test_whole_network_gives_the_same_answer(classifier, head, reading):
    network = load_network(ID)
    found = network.read(CT)
    assert list(found)[-2:] == ["block3_conv3", "block4_conv3"]
    assert found["block4_conv3"].log_odds == pytest.approx(reading.log_odds, abs=2e-2)
    own = found["block4_conv3"].gradient
    assert np.corrcoef(own.ravel(), reading.gradient.ravel())[0, 1] > 0.99
    assert np.abs(found["block3_conv3"].gradient).max() > 0
    score = scorer(classifier, open_reader(head))
    assert score(network.prepare(CT))[0] == pytest.approx(reading.log_odds, abs=2e-2)
