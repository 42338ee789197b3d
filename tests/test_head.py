"""Heads on lower layers: pooling by hand, and the same maps as Keras gives."""

from __future__ import annotations

import numpy as np
import pytest

from core import zoo
from core.artifacts import MODELS_DIR, Card
from core.head import LINEAR, MEAN_STD, TINY_VARIANCE, build_head, build_tail
from core.opinions import layer_of, lower_layers
from core.trunks import load_trunk

LAYER = "block4_conv3"


def _card(name: str, **config: object) -> Card:
    return Card(name, "head", name, "vgg16", trunk="vgg16-imagenet", config=dict(config))


def test_members_on_mean_and_deviation_by_hand() -> None:
    tail = build_tail((1, 2, 1), MEAN_STD, units=(2,), activation=LINEAR)
    # mean 3, deviation 1: members answer 3 + 1 and 2 x 3 - 1, log-odds their mean
    tail.get_layer("dense_1").set_weights([np.array([[1.0, 2.0], [1.0, -1.0]]), np.zeros(2)])
    tail.get_layer("probability").set_weights([np.full((2, 1), 0.5), np.zeros(1)])
    head = build_head(zoo.get_backbone("vgg16"), tail, LAYER)
    found = head(np.array([[[[2.0], [4.0]]]], np.float32)).numpy()
    deviation = np.sqrt(1 + TINY_VARIANCE)
    log_odds = ((3 + deviation) + (6 - deviation)) / 2
    assert found[0, 0] == pytest.approx(1 / (1 + np.exp(-log_odds)), abs=1e-6)


def test_even_maps_have_a_finite_gradient() -> None:
    import tensorflow as tf

    tail = build_tail((2, 2, 3), MEAN_STD, units=(2,), activation=LINEAR)
    maps = tf.zeros((1, 2, 2, 3))
    with tf.GradientTape() as tape:
        tape.watch(maps)
        answer = tail(maps)
    assert np.isfinite(np.asarray(tape.gradient(answer, maps))).all()


def test_layers_that_heads_read() -> None:
    cards = [_card("a"), _card("b", layer=LAYER), _card("c", layer="block5_conv3")]
    assert layer_of(cards[0]) == "block5_conv3"
    assert lower_layers(cards, "vgg16-imagenet") == (LAYER,)
    assert lower_layers(cards, "another") == ()


def test_the_cam_layer_of_another_trunk_is_read() -> None:
    layer = zoo.get_backbone("vgg16").cam_layer
    deeper = Card("d", "head", "d", "vgg19", trunk="vgg19-imagenet", config={"layer": layer})
    assert zoo.get_backbone("vgg19").cam_layer != layer
    assert lower_layers([_card("a"), deeper], "vgg19-imagenet") == (layer,)


def test_lower_maps_equal_those_of_the_bare_network() -> None:
    import keras

    trunk = load_trunk("vgg16-imagenet", precision=zoo.FLOAT32, layers=(LAYER,))
    plain = load_trunk("vgg16-imagenet", precision=zoo.FLOAT32)
    image = [np.random.default_rng(0).integers(0, 255, (224, 224)).astype(np.uint8)]
    found = trunk.all_maps(image)
    assert list(found) == ["block5_conv3", LAYER]
    np.testing.assert_allclose(found["block5_conv3"], plain.maps(image), rtol=1e-4, atol=1e-2)
    upper = zoo.build_trunk(trunk.backbone)
    upper.load_weights(MODELS_DIR / "vgg16-imagenet" / "trunk.weights.h5")
    x = keras.Input((28, 28, 512))
    y = x
    for name in ("block4_pool", "block5_conv1", "block5_conv2", "block5_conv3"):
        y = upper.get_layer(name)(y)
    again = keras.Model(x, y)(found[LAYER])
    np.testing.assert_allclose(again, found["block5_conv3"], rtol=1e-4, atol=1e-2)


def test_unknown_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="No such layer"):
        load_trunk("vgg16-imagenet", precision=zoo.FLOAT32, layers=("block9",))
