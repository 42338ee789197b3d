"""core.winograd against TensorFlow's own convolution, and what it does to probabilities."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core import trunks, winograd, zoo
from core.classifier import Classifier, load_classifier
from core.images import read_image
from core.phantoms import drawings
from core.trunks import WAYS, WINOGRAD, load_trunk
from core.winograd import TILES, Tile

SMALL = replace(zoo.BACKBONES["vgg16"], size=64)
LAYERS = ("block5_conv3", "block3_conv3")
SIZES = (64, 160)  # of which the first block does only the smaller in pieces


@pytest.mark.parametrize("tile", TILES.values(), ids=lambda tile: f"{tile.side}x{tile.side}")
def test_one_piece_by_hand(tile: Tile) -> None:
    """A piece of ones under a 3 x 3 kernel of ones: each result sums nine ones."""
    kernel = winograd.transform_kernel(np.ones((3, 3, 1, 1), np.float32), tile)
    places = (tile.side + 2, tile.side + 2)
    piece = tile.data @ np.ones(places) @ tile.data.T
    result = tile.output @ (kernel.reshape(places) * piece) @ tile.output.T
    assert np.allclose(result, 9, atol=1e-5)


def test_kernel_of_the_small_tile_by_hand() -> None:
    kernel = winograd.transform_kernel(np.ones((3, 3, 1, 1), np.float32), TILES[2])
    assert kernel.reshape(4, 4)[0].tolist() == [1.0, 1.5, 0.5, 1.0]


@pytest.mark.parametrize("tile", TILES.values(), ids=lambda tile: f"{tile.side}x{tile.side}")
@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 7, 7), (3, 6, 9), (1, 1, 2)])
def test_same_as_tensorflow(shape: tuple[int, int, int], tile: Tile) -> None:
    import tensorflow as tf

    rng = np.random.default_rng(0)
    batch = rng.normal(size=(*shape, 5)).astype(np.float32)
    kernel = rng.normal(size=(3, 3, 5, 4)).astype(np.float32)
    bias = rng.normal(size=4).astype(np.float32)
    expected = tf.nn.relu(tf.nn.conv2d(batch, kernel, 1, "SAME") + bias)
    turned = winograd.transform_kernel(kernel, tile)
    found = winograd.convolve(tf.constant(batch), turned, bias, tile)
    assert np.allclose(found, expected, atol=1e-4)


def test_tiles_fit_the_maps() -> None:
    assert [winograd.tile_for(side).side for side in (112, 56, 28, 14, 7)] == [4, 4, 4, 2, 2]
    assert winograd.tile_for(28, 40).side == 4
    assert winograd.tile_for(14, 20).side == 2  # 20 alone would take 4


@pytest.mark.parametrize("size", SIZES)
def test_a_whole_trunk_agrees_at_every_layer_and_size_asked_for(size: int) -> None:
    import keras

    keras.utils.set_random_seed(1)
    model = zoo.build_trunk(SMALL, layers=LAYERS[1:], any_size=True)
    run = winograd.rebuild(model, LAYERS, SIZES)
    batch = np.random.default_rng(0).normal(0, 60, (2, size, size, 3)).astype(np.float32)
    for found, expected in zip(run(batch), model(batch, training=False), strict=True):
        assert np.allclose(found, expected, atol=1e-4 * float(np.max(expected)))


def test_other_layers_are_left_to_tensorflow() -> None:
    row = replace(zoo.BACKBONES["mobilenetv2"], size=32, cam_shape=(1, 1, 1280))
    model = zoo.build_trunk(row)
    assert not winograd.supports(model)
    with pytest.raises(ValueError, match="3 x 3 convolutions"):
        winograd.rebuild(model, [row.cam_layer], [row.size])


def test_no_probability_moves(classifier: Classifier) -> None:
    """The shipped trunk both ways; the session's classifier runs plain float32."""
    fast = load_classifier(precision=WINOGRAD)
    for data in drawings().values():
        pixels = read_image(data).pixels
        expected, found = (one.all_opinions(pixels)[1] for one in (classifier, fast))
        assert set(found) == set(expected)
        for name, opinion in found.items():
            assert opinion.probability == pytest.approx(expected[name].probability, abs=1e-4)


@pytest.mark.parametrize(
    ("seconds", "taken", "tried"),
    [
        ({"float32": 5.0, "bfloat16": 1.0, "winograd": 0.5}, "bfloat16", ["float32", "bfloat16"]),
        (  # 1.5 times as fast as float32: less than Winograd may be
            {"float32": 4.5, "bfloat16": 3.0, "winograd": 2.8},
            "winograd",
            ["float32", "bfloat16", "winograd"],
        ),
        (
            {"float32": 5.0, "bfloat16": 6.0, "winograd": 4.5},
            "float32",
            ["float32", "bfloat16", "winograd"],
        ),
    ],
)
def test_first_clearly_faster_way_is_taken(
    monkeypatch: pytest.MonkeyPatch, seconds: dict[str, float], taken: str, tried: list[str]
) -> None:
    built = []

    def build(card, backbone, model, way: str, layers, sizes) -> SimpleNamespace:
        built.append(way)
        return SimpleNamespace(precision=way, larger={})

    monkeypatch.setattr(trunks, "_trunk", build)
    monkeypatch.setattr(trunks, "_promising", lambda model: {"bfloat16": 1.6, "winograd": 1.25})
    monkeypatch.setattr(trunks, "_seconds", lambda trunk: seconds[trunk.precision])
    assert load_trunk("vgg16-imagenet").precision == taken
    assert built == tried


@pytest.mark.parametrize(
    ("gpu", "flags", "chain", "expected"),
    [
        (True, set(), True, {"bfloat16": 1.25}),
        (False, {"amx_bf16", "avx512_bf16"}, True, {"bfloat16": 1.6, "winograd": 1.25}),
        (False, {"avx512_bf16"}, True, {"bfloat16": 1.6, "winograd": 1.25}),
        (False, {"avx512_bf16"}, False, {"bfloat16": 1.25}),
        (False, {"avx2"}, True, {"winograd": 1.25}),
        (False, {"avx2"}, False, {}),
    ],
)
def test_ways_that_are_tried_by_machine(
    monkeypatch: pytest.MonkeyPatch,
    gpu: bool,
    flags: set[str],
    chain: bool,
    expected: dict[str, float],
) -> None:
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["gpu"] * gpu)
    monkeypatch.setattr(trunks, "_processor_has", lambda *wanted: bool(flags & set(wanted)))
    monkeypatch.setattr(winograd, "supports", lambda model: chain)
    found = trunks._promising(None)
    assert found == expected
    assert list(found) == list(expected)  # in this order


def test_gain_is_that_of_the_shortest_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {"float32": iter([9.0, 4.0, 5.0]), "bfloat16": iter([2.5, 2.0, 9.0])}
    monkeypatch.setattr(trunks, "_seconds", lambda trunk: next(seconds[trunk.precision]))
    plain, other = (SimpleNamespace(precision=name) for name in seconds)
    assert trunks._gain(plain, other) == 2.0


def test_auto_takes_one_of_the_ways() -> None:
    trunk = load_trunk("vgg16-imagenet")
    assert trunk.precision in WAYS
    with pytest.raises(ValueError, match="expected a precision"):
        load_trunk("vgg16-imagenet", precision="float8")
