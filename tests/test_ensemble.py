"""Heads of members: pooling by hand, the mean of log-odds, one trunk pass for all layers."""

from __future__ import annotations

import numpy as np
import pytest

from core import zoo
from core.artifacts import HEAD, Card, save_weights, sha256_of, write_card
from core.classifier import Classifier
from core.ensemble import (
    HAZE,
    LABEL,
    Member,
    as_config,
    build_ensemble,
    judgements_of,
    members_of,
    part,
    with_members,
)
from core.guard import load_guard
from core.head import MEAN_STD, SECOND_ORDER, TINY_VARIANCE, build_tail, pooling_layer
from core.opinions import layers_of, load_head, lower_layers
from core.trunks import load_trunk

LOW = Member("block3_conv3", MEAN_STD, (1, 2, 1))
HIGH = Member("block4_conv3", SECOND_ORDER, (1, 2, 2))


def _small() -> object:
    model = build_ensemble([LOW, HIGH])
    part(model, LOW).get_layer("log_odds").set_weights([np.array([[1.0], [2.0]]), np.array([0.5])])
    kernel = np.array([[0.0], [1.0], [1.0], [0.5]])
    part(model, HIGH).get_layer("log_odds").set_weights([kernel, np.zeros(1)])
    return model


def test_second_order_by_hand() -> None:
    # maps (3, 4) and (4, 3) over two places: cosine 24/25; a third map is dead
    maps = np.array([[[[3.0, 4.0, 0.0], [4.0, 3.0, 0.0]]]], np.float32)
    found = np.asarray(pooling_layer(SECOND_ORDER)(maps)).reshape(3, 3)
    np.testing.assert_allclose(found, [[1, 0.96, 0], [0.96, 1, 0], [0, 0, 0]], atol=1e-6)


def test_second_order_does_not_see_contrast() -> None:
    maps = np.random.default_rng(0).random((2, 4, 5, 6)).astype(np.float32)
    pool = pooling_layer(SECOND_ORDER)
    np.testing.assert_allclose(pool(maps), pool(7 * maps), atol=1e-5)


def test_second_order_has_a_finite_gradient_at_dead_maps() -> None:
    import tensorflow as tf

    maps = tf.zeros((1, 2, 2, 3))
    with tf.GradientTape() as tape:
        tape.watch(maps)
        answer = pooling_layer(SECOND_ORDER)(maps)
    assert np.isfinite(np.asarray(tape.gradient(answer, maps))).all()


def test_second_order_multiplies_bfloat16_maps_as_they_are() -> None:
    import tensorflow as tf

    maps = tf.cast(np.random.default_rng(0).random((2, 9, 8, 6)), tf.bfloat16)
    pool = pooling_layer(SECOND_ORDER)
    found = pool(maps)
    assert found.dtype == tf.float32
    # products are rounded to 8 binary digits, and so are the squared lengths
    np.testing.assert_allclose(found, pool(tf.cast(maps, tf.float32)), atol=2**-7)


def test_the_mean_of_log_odds_answers() -> None:
    low, high = np.array([[[[2.0], [4.0]]]]), np.array([[[[3.0, 4.0], [4.0, 3.0]]]])
    together = _small()([low, high])
    first = 3 + 2 * np.sqrt(1 + TINY_VARIANCE) + 0.5
    second = 0.96 + 0.96 + 0.5
    mean = 1 / (1 + np.exp(-(first + second) / 2))
    np.testing.assert_allclose(together, [[mean]], atol=1e-6)


def test_what_members_say_alone_by_hand() -> None:
    low, high = np.array([[[[2.0], [4.0]]]]), np.array([[[[3.0, 4.0], [4.0, 3.0]]]])
    model = _small()
    probability, each, mean = with_members(model, [LOW, HIGH])(low, high)
    first = 3 + 2 * np.sqrt(1 + TINY_VARIANCE) + 0.5
    np.testing.assert_allclose(each, [[first, 0.96 + 0.96 + 0.5]], atol=1e-5)
    np.testing.assert_allclose(mean, [[(first + 0.96 + 0.96 + 0.5) / 2]], atol=1e-5)
    np.testing.assert_allclose(probability, model([low, high]), atol=1e-6)


def _judging_twice(haze: float) -> object:
    """On the maps below: label 5.5 and 2.42, haze -2 and what is asked for."""
    model = build_ensemble([LOW, HIGH], 2)
    kernel = np.array([[1.0, -1.0], [2.0, 0.0]])
    part(model, LOW).get_layer("log_odds").set_weights([kernel, np.array([0.5, 1.0])])
    kernel = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0], [0.5, 0.0]])
    part(model, HIGH).get_layer("log_odds").set_weights([kernel, np.array([0.0, haze - 1])])
    return model


@pytest.mark.parametrize(("haze", "mean", "answer"), [(5.0, 1.5, 1.5), (15.0, 6.5, 3.96)])
def test_the_smaller_of_two_judgements_answers(haze: float, mean: float, answer: float) -> None:
    low, high = np.array([[[[2.0], [4.0]]]]), np.array([[[[3.0, 4.0], [4.0, 3.0]]]])
    model = _judging_twice(haze)
    probability, each, judgements = with_members(model, [LOW, HIGH])(low, high)
    np.testing.assert_allclose(model([low, high]), [[1 / (1 + np.exp(-answer))]], atol=1e-5)
    np.testing.assert_allclose(probability, model([low, high]), atol=1e-6)
    # the smaller of the means, 3.96 of the labels: not the mean of what each says alone
    np.testing.assert_allclose(judgements, [[3.96, mean]], atol=1e-4)
    own = [-2, haze] if mean < 3.96 else [5.5, 2.42]
    np.testing.assert_allclose(each, [own], atol=1e-4)
    assert np.mean(own) == pytest.approx(answer, abs=1e-4)


def test_judgements_of_several_images_are_not_mixed() -> None:
    maps = np.array([[[[2.0], [4.0]]], [[[0.0], [0.0]]]])
    high = np.array([[[[3.0, 4.0], [4.0, 3.0]]]] * 2)
    judgements = with_members(_judging_twice(5.0), [LOW, HIGH])(maps, high)[2]
    spread = np.sqrt(TINY_VARIANCE)
    label = (0.5 + 2 * spread + 2.42) / 2
    np.testing.assert_allclose(judgements, [[3.96, 1.5], [label, (1 + 5) / 2]], atol=1e-4)


def test_what_is_judged_is_on_the_card() -> None:
    assert judgements_of({}) == (LABEL,)
    assert judgements_of({"judgements": ["label", "haze"]}) == (LABEL, HAZE)


def test_members_survive_the_card() -> None:
    assert members_of({"members": as_config([LOW, HIGH])}) == (LOW, HIGH)
    assert members_of({}) == ()


@pytest.mark.parametrize("members", [[], [LOW, LOW]])
def test_same_members_are_refused(members: list[Member]) -> None:
    with pytest.raises(ValueError, match="expected different members"):
        build_ensemble(members)


def test_unknown_pooling_is_refused() -> None:
    with pytest.raises(ValueError, match="expected pooling"):
        build_tail((2, 2, 1), "median")


def test_a_stored_ensemble_answers_from_one_pass(tmp_path) -> None:
    members = [
        Member("block3_conv3", SECOND_ORDER, (56, 56, 256)),
        Member("block4_conv3", MEAN_STD, (28, 28, 512)),
    ]
    model = build_ensemble(members)
    path = tmp_path / "both" / "head.weights.h5"
    save_weights(model, path, "float32")
    config = {"members": as_config(members)}
    card = Card("both", HEAD, "Both", "vgg16", trunk="vgg16-imagenet", modality="xray")
    card = Card(**{**vars(card), "config": config, "files": {path.name: sha256_of(path)}})
    write_card(card, tmp_path)
    head = load_head("both", tmp_path)
    assert layers_of(card) == head.layers == ("block3_conv3", "block4_conv3")
    trunk = load_trunk(
        "vgg16-imagenet", precision=zoo.FLOAT32, layers=lower_layers([card], card.trunk)
    )
    classifier = Classifier({card.trunk: trunk}, load_guard(), {"both": head})
    image = np.random.default_rng(0).integers(0, 255, (300, 280)).astype(np.uint8)
    scored = classifier.score([image, image], lambda verdict: "both")[1]
    maps = trunk.all_maps([image])
    together = model([maps[layer] for layer in head.layers])
    assert scored.probability == pytest.approx(float(together[0, 0]), abs=1e-4)
    opinion = classifier.all_opinions(image)[1]["both"]
    assert opinion.probability == pytest.approx(scored.probability, abs=1e-4)
    log_odds = [float(part(model, member)(maps[member.layer])[0, 0]) for member in members]
    assert opinion.members == pytest.approx(1 / (1 + np.exp(-np.array(log_odds))), abs=1e-4)
    assert opinion.looks[0].judgements == (opinion.probability,)
    # asymmetric noise: its mirror image is answered as the turned image is, and otherwise
    mirrored = classifier.mirrored(image, "both")
    assert mirrored == classifier.all_opinions(np.fliplr(image))[1]["both"]
    assert mirrored.members != opinion.members
