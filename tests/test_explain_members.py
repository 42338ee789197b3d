"""Explaining heads of members: the same as automatic differentiation of the whole ensemble.

With one judgement, and with two, of which the labels', the haze, or neither clearly answers.
"""

import copy
from dataclasses import replace

import numpy as np
import pytest
from judged import CLOSE, CT, HAZY, LABELLED, MEMBERS, NAMES, SINGLE, TARGETS

from core.ensemble import HAZE, LABEL, build_ensemble
from core.explain import maximise, pixels, ranking, vis
from core.explain.arithmetic import last_layer
from core.explain.checks import LOG_ODDS
from core.explain.network import join
from core.explain.passes import read_image, scorer
from core.explain.reading import open_reader
from core.explain.steps import SIGMOID, walk
from core.metrics import sigmoid
from core.zoo import get_backbone
from training.explanations import randomised
from training.explanations.base import Case, Settings, Subject

BLOCKS = [f"block{n}_conv{2 if n < 3 else 3}" for n in range(1, 6)]


@pytest.fixture(scope="module", params=list(TARGETS))
def head(judged, request):
    return judged.heads[request.param]


@pytest.fixture(scope="module")
def reading(judged, head):
    return read_image(judged, open_reader(head), CT)


@pytest.fixture(scope="module")
def maps(judged):
    found = judged.trunk.all_maps([CT])
    return [np.asarray(found[member.layer]) for member in MEMBERS]


def joined(base, head):
    return join(base, head, get_backbone("vgg16"))


def test_same_pass_gives_the_probability(head, reading, maps):
    targets = TARGETS[head.card.id]
    assert reading.layer == head.layers[-1] == "block5_conv3"
    assert reading.judgements == pytest.approx(targets, abs=1e-3)
    assert reading.log_odds == min(reading.judgements)
    assert reading.probability == pytest.approx(head.probabilities(*maps)[0], abs=1e-5)
    opinion = head.opinions([maps])[0]
    (look,) = opinion.looks
    assert look.judgements == pytest.approx(sigmoid(targets), abs=1e-3)
    assert opinion.probability == look.probability == min(look.judgements)


def test_gradient_equals_automatic_differentiation(head, reading, maps):
    import tensorflow as tf

    model = build_ensemble(MEMBERS, len(TARGETS[head.card.id]))
    model.set_weights(head.model.get_weights())
    *low, top = (tf.constant(one) for one in maps)
    with tf.GradientTape() as tape:
        tape.watch(top)
        probability = model([*low, top])
        log_odds = tf.math.log(probability / (1 - probability))
    expected = np.asarray(tape.gradient(log_odds, top))[0]
    np.testing.assert_allclose(reading.gradient, expected, atol=1e-3 * np.abs(expected).max())


def test_removed_maps_equal_setting_them_to_zero(head, reading, maps):
    order = np.argsort(-np.abs(reading.removed - reading.log_odds))
    answering = set()
    for channel in (*order[:12], 0, 511):
        without = maps[-1].copy()
        without[..., channel] = 0
        expected = head.probabilities(*maps[:-1], without)[0]
        assert sigmoid(reading.removed[channel]) == pytest.approx(expected, abs=1e-5)
        answering.add(last_layer(head, [*maps[:-1], without]).judgement)
    # a map gone, another judgement may answer
    assert len(answering) == (2 if head.card.id == CLOSE else 1)


def test_whole_network_gives_the_same_answer(judged, base, head, reading):
    network = joined(base, head)
    found = network.read(CT)
    assert list(found) == BLOCKS
    assert found["block5_conv3"].log_odds == pytest.approx(reading.log_odds, abs=2e-3)
    own = found["block5_conv3"].gradient
    assert np.corrcoef(own.ravel(), reading.gradient.ravel())[0, 1] > 0.999
    assert np.abs(found["block3_conv3"].gradient).max() > 0
    tensor = network.prepare(CT)
    assert scorer(judged, open_reader(head))(tensor)[0] == pytest.approx(reading.log_odds, abs=2e-3)


def test_removal_below_leaves_lower_members_as_they_are(judged, base, maps):
    head = judged.heads[LABELLED]
    network = joined(base, head)
    whole = network.onwards("block4_conv3", network.prepare(CT))(np.repeat(maps[1], 2, axis=0))
    assert whole == pytest.approx([0.3, 0.3], abs=2e-3)
    *_, found = ranking.removal_below(network, CT, "block4_conv3", count=2)
    channel = np.flatnonzero(~np.isnan(found.values))[0]
    without = maps[1].copy()
    without[..., channel] = 0
    upper = network.model.layers
    names = [layer.name for layer in upper]
    top = without
    for layer in upper[names.index("block4_conv3") + 1 : names.index("block5_conv3") + 1]:
        top = layer(top) if layer.name.startswith("block") else top
    expected = head.probabilities(maps[0], without, np.asarray(top))[0]
    fall = sigmoid(min(TARGETS[LABELLED])) - expected
    assert found.values[channel] == pytest.approx(fall, abs=1e-3)


def test_the_last_sum_is_of_the_judgement_that_answers(head, reading, maps):
    last = last_layer(head, maps)
    targets = dict(zip(NAMES, TARGETS[head.card.id], strict=False))
    assert last.judgement == min(targets, key=targets.get)
    assert last.log_odds == pytest.approx(reading.log_odds, abs=1e-3)
    assert sum(term.product for term in last.terms(10)) == pytest.approx(last.log_odds, abs=1e-6)
    others = {name: value for name, value in targets.items() if name != last.judgement}
    assert dict(last.others) == pytest.approx(others, abs=1e-3)
    assert [part.channels for part in last.parts] == [256, 512, 512]


def test_pairs_of_maps_count_once(judged, maps):
    """Half a triangle with doubled weights adds up to the whole square of the pooling."""
    last = last_layer(judged.heads[SINGLE], maps)
    assert last.count == 2 * 256 + 2 * (512 * 513 // 2)


def test_gradient_x_activation_is_zero_for_second_order(judged, maps):
    reader = open_reader(judged.heads[SINGLE])
    reading = reader.read(*maps)
    assert np.abs(ranking.worth(reading)).max() < 1e-5
    assert np.abs(reading.maps * reading.gradient).sum(axis=(0, 1)).max() > 1e-3
    *low, top = (one.copy() for one in maps)
    top[..., int(ranking.order(ranking.brightness(reading))[0])] *= 2
    assert reader.read(*low, top).log_odds == pytest.approx(reading.log_odds, abs=1e-3)


@pytest.mark.parametrize("name", [SINGLE, HAZY, LABELLED])
def test_the_walk_ends_in_the_answer(judged, base, name):
    last = walk(joined(base, judged.heads[name]), CT)[-1]
    targets = TARGETS[name]
    assert last.key == SIGMOID
    sums = last.outputs[: len(MEMBERS)]
    assert [one.shape for one in sums] == [(len(targets),)] * len(MEMBERS)
    assert np.mean([one.values for one in sums], axis=0) == pytest.approx(targets, abs=2e-3)
    if name == SINGLE:
        assert len(last.outputs) == len(MEMBERS)
    else:
        assert (last.last.name, last.last.kind, last.last.shape) == ("answer", "Minimum", (1,))
        assert last.last.values[0] == pytest.approx(min(targets), abs=2e-3)


# --- what others do to the network: tf-keras-vis, copies, random weights -------------------------


@pytest.mark.parametrize("name", [HAZY, LABELLED])
def test_smoothgrad_without_noise_is_the_gradient_of_the_answer(judged, base, name):
    network = joined(base, judged.heads[name])
    tensor = network.prepare(CT)
    *_, found = pixels.smooth_grad(network, tensor, samples=1, noise=0)
    expected = network.gradient(tensor)[0].sum(axis=-1)
    np.testing.assert_allclose(found.values, expected, atol=1e-3 * np.abs(expected).max())
    assert np.abs(expected).max() > 0


def test_integrated_gradients_start(judged, base):
    network = joined(base, judged.heads[HAZY])
    found = next(pixels.integrated_gradients(network, network.prepare(CT), steps=4))
    assert np.isfinite(found.values).all()


def test_maximisation_starts(judged, base):
    network = joined(base, judged.heads[HAZY])
    found = next(maximise.excite(network, "block3_conv3", 7))
    assert found.values.shape == (maximise.SIDE, maximise.SIDE, 3)


def test_a_copy_answers_alike(judged, base):
    """tf-keras-vis clones a model before it modifies it."""
    import keras

    network = joined(base, judged.heads[HAZY])
    tensor = network.prepare(CT)
    copied = keras.models.clone_model(vis.wrap(network.model))
    copied.set_weights(network.model.get_weights())
    np.testing.assert_allclose(copied([tensor]), network.model(tensor), atol=1e-5)


def test_cascading_randomisation_of_both_judgements(judged, base):
    head = judged.heads[HAZY]
    network = joined(base, head)
    steps = randomised.cascade_steps(network)
    assert steps[0].name == LOG_ODDS
    assert [layer.units for layer in steps[0].layers] == [2] * len(MEMBERS)
    assert [step.name for step in steps[1:]] == [
        layer.name for layer in base.layers[::-1] if layer.weights
    ]
    reader = open_reader(head)
    subject = Subject(
        head.card, network, lambda image: read_image(judged, reader, image), scorer(judged, reader)
    )
    cascade = randomised.open_cascade(subject, 0)
    cascade = replace(cascade, steps=cascade.steps[:1])
    before = copy.deepcopy(network.model.get_weights())
    intact = cascade.subject.read(CT)
    assert intact.log_odds == pytest.approx(min(TARGETS[HAZY]), abs=2e-3)
    case, other = (Case(name, name, 1.0, image) for name, image in (("a", CT), ("b", CT.T.copy())))
    rows = randomised.quick(cascade, case, other, Settings())
    assert {row["position"] for row in rows} == {-1, 0, 1}
    for old, new in zip(before, network.model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_names_are_those_of_the_card(judged):
    assert judged.heads[HAZY].card.config["judgements"] == [LABEL, HAZE]
