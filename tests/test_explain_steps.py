"""The walk and the last sum: by hand and against the models."""

import numpy as np
import pytest

from core import phantoms
from core.charts import explain as charts
from core.ensemble import Member
from core.explain import ranking
from core.explain.arithmetic import LastLayer, Part, Term, last_layer, pair_of
from core.explain.network import load_network
from core.explain.passes import read_image
from core.explain.reading import open_reader
from core.explain.steps import DENSE, INPUT, POOLING, SIGMOID, walk
from core.images import read_image as read_bytes

XRAY = read_bytes(phantoms.drawings()[phantoms.XRAY_TITLE]).pixels
TEXTURE = "vgg16-ct-texture"


# --- the last layer ------------------------------------------------------------------------------


def test_terms_by_hand():
    values, weights = np.array([2.0, 1, 3, 1, 0]), np.array([1.0, 0.5, -1, -0.25, 9])
    last = LastLayer((Part("dense_2", "", 5, values, weights, 0.5),))
    assert last.log_odds == 2 + 0.5 - 3 - 0.25 + 0.5
    found = last.terms(1)
    assert [(term.name, term.product) for term in found] == [
        ("unit 0", 2.0), ("1 others, up", 0.5), ("1 others, down", -0.25), ("unit 2", -3.0),
        ("bias", 0.5),
    ]  # fmt: skip
    assert sum(term.product for term in found) == last.log_odds
    assert [term.name for term in last.terms(9)] == ["unit 0", "unit 1", "unit 3", "unit 2", "bias"]


def test_names_of_inputs():
    none = np.zeros(0)
    assert [pair_of(number, 3) for number in range(6)] == [
        (0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2),
    ]  # fmt: skip
    pairs = Part("block4_conv3", "second-order", 3, none, none, 0)
    assert (pairs.name(0), pairs.name(4)) == ("map 0 with itself", "maps 1 and 2")
    spread = Part("block4_conv3", "mean+std", 2, np.zeros(4), np.zeros(4), 0)
    assert [spread.name(number) for number in (1, 2)] == ["map 1, mean", "map 0, spread"]
    mean = Part("block4_conv3", "average", 2, np.zeros(2), np.zeros(2), 0)
    assert mean.name(1) == "map 1"


@pytest.mark.parametrize("model_id", ["vgg16-xray", "vgg16-ct", TEXTURE, "vgg16-xray-texture"])
def test_the_sum_is_the_log_odds(classifier, model_id):
    head = classifier.heads[model_id]
    found = classifier.trunk_of(model_id).all_maps([XRAY])
    last = last_layer(head, [found[layer] for layer in head.layers])
    reading = read_image(classifier, open_reader(head), XRAY)
    assert last.log_odds == pytest.approx(reading.log_odds, abs=1e-3)
    assert sum(term.product for term in last.terms(10)) == pytest.approx(last.log_odds, abs=1e-6)


def test_one_image_at_a_time(classifier):
    with pytest.raises(ValueError, match="one image"):
        last_layer(classifier.heads["vgg16-ct"], [np.zeros((2, 14, 14, 512), np.float32)])


# --- the walk ------------------------------------------------------------------------------------


def test_walk_through_the_papers_head(base, classifier):
    steps = walk(load_network("vgg16-xray", base=base), XRAY)
    assert [step.key for step in steps] == [
        INPUT, "block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3",
        POOLING, DENSE, SIGMOID,
    ]  # fmt: skip
    assert [step.last.shape for step in steps] == [
        (224, 224, 3), (224, 224, 64), (112, 112, 128), (56, 56, 256), (28, 28, 512),
        (14, 14, 512), (512,), (512,), (1,),
    ]  # fmt: skip
    assert steps[1].outputs[0].weights == 3 * 3 * 3 * 64 + 64
    assert [one.name for one in steps[2].outputs] == ["block1_pool", "block2_conv1", "block2_conv2"]
    reading = read_image(classifier, open_reader(classifier.heads["vgg16-xray"]), XRAY)
    assert steps[-1].last.values[0] == pytest.approx(reading.probability, abs=1e-3)
    assert steps[5].last.high == pytest.approx(reading.maps.max(), rel=1e-3)
    assert steps[5].last.active == pytest.approx((reading.maps != 0).mean(), abs=1e-3)
    assert steps[5].last.numbers[0] == ranking.order(ranking.brightness(reading))[0]


@pytest.mark.parametrize("model_id", [TEXTURE, "vgg16-xray-texture"])
def test_walk_through_members_ends_in_their_mean(base, classifier, model_id):
    head = classifier.heads[model_id]
    steps = walk(load_network(model_id, base=base), XRAY)
    assert [step.key for step in steps][-3:] == [head.layer, POOLING, SIGMOID]
    names = [f"{layer}, pooling" for layer in head.layers]
    assert [one.name for one in steps[-2].outputs] == names
    reading = read_image(classifier, open_reader(head), XRAY)
    means = np.mean([one.values for one in steps[-1].outputs[: len(names)]], axis=0)
    assert means.min() == pytest.approx(reading.log_odds, abs=1e-2)


def test_networks_can_share_a_trunk(base):
    both = [load_network(name, base=base) for name in ("vgg16-xray", "vgg16-ct")]
    alone = load_network("vgg16-ct")
    own = alone.read(XRAY)["block5_conv3"].log_odds
    assert both[1].read(XRAY)["block5_conv3"].log_odds == pytest.approx(own, abs=1e-4)
    assert both[0].read(XRAY)["block5_conv3"].log_odds != pytest.approx(own, abs=1e-2)


# --- second-order members: doubling a map changes nothing ----------------------------------------


def test_which_members_ignore_brightness():
    second = Member("block4_conv3", "second-order", (28, 28, 512))
    mean = Member("block4_conv3", "average", (28, 28, 512))
    assert ranking.ignores_brightness([second], "block4_conv3")
    assert not ranking.ignores_brightness([second, mean], "block4_conv3")
    assert not ranking.ignores_brightness([second], "block3_conv3")
    assert not ranking.ignores_brightness([], "block5_conv3")


# --- charts --------------------------------------------------------------------------------------


def test_bars_show_single_inputs_alone():
    terms = [
        Term("unit 3", "dense_2", 2.0, 1.5, 3.0),
        Term("10 others, up", "", np.nan, np.nan, 7.0),
        Term("unit 4", "dense_2", 1.0, -2.0, -2.0),
        Term("bias", "", np.nan, np.nan, 0.1),
    ]
    bars = charts.terms_figure(terms).data[0]
    assert list(bars.x) == [3.0, -2.0]
    assert list(bars.y) == ["unit 3, dense_2", "unit 4, dense_2"]
    assert charts.terms_figure(terms[1:2]).data[0].x.size == 0


def test_curve_marks_the_image():
    figure = charts.sigmoid_figure(-8.0, 0.3)
    assert figure.data[1].x[0] == -8.0
    assert figure.data[1].y[0] == pytest.approx(1 / (1 + np.exp(8)))
    assert min(figure.data[0].x) == -9.0  # wide enough for it
    assert charts.units_figure(np.array([1, 2], np.float32), "unit").data[0].y.tolist() == [1, 2]
