"""The walk, the last sum, receptive fields, 8-bit maps, the ZIP: by hand and against the models."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from core import phantoms, zoo
from core.artifacts import ArtifactError
from core.charts import explain as charts
from core.ensemble import Member
from core.explain import exciting, fields, pixels, ranking
from core.explain.arithmetic import LastLayer, Part, Term, last_layer, pair_of
from core.explain.bundle import About, bundle
from core.explain.network import load_base, load_network
from core.explain.passes import read_image
from core.explain.reading import Reading, open_reader
from core.explain.sheets import sheet
from core.explain.steps import DENSE, INPUT, POOLING, SIGMOID, walk
from core.images import read_image as read_bytes
from core.library import read_library
from core.schema import Split
from training.exciting import strongest

XRAY = read_bytes(phantoms.drawings()[phantoms.XRAY_TITLE]).pixels
TEXTURE = "vgg16-ct-texture"


@pytest.fixture(scope="module")
def base():
    return load_base("vgg16-imagenet")


# --- the last layer ----------------------------------------------------------------------------


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


# --- the walk ----------------------------------------------------------------------------------


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


# --- second-order members: doubling a map changes nothing ---------------------------------------


def test_which_members_ignore_brightness():
    second = Member("block4_conv3", "second-order", (28, 28, 512))
    mean = Member("block4_conv3", "average", (28, 28, 512))
    assert ranking.ignores_brightness([second], "block4_conv3")
    assert not ranking.ignores_brightness([second, mean], "block4_conv3")
    assert not ranking.ignores_brightness([second], "block3_conv3")
    assert not ranking.ignores_brightness([], "block5_conv3")


# --- receptive fields and exciting images -------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "side"),
    [("block1_conv2", 5), ("block2_conv2", 14), ("block3_conv3", 40), ("block5_conv3", 196)],
)
def test_receptive_fields_of_vgg16(base, layer, side):
    assert fields.field_side(base, layer) == side


def test_receptive_field_by_gradient(base):
    """Which pixels one cell hangs on: those in the box and no others."""
    import keras
    import tensorflow as tf

    model = keras.Model(base.input, base.get_layer("block2_conv2").output)
    image = tf.Variable(np.random.default_rng(0).normal(0, 50, (1, 224, 224, 3)).astype("f4"))
    with tf.GradientTape() as tape:
        cell = tf.reduce_sum(model(image)[0, 30, 40])
    seen = np.abs(np.asarray(tape.gradient(cell, image))[0]).sum(-1) > 0
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    box = fields.field_box(30 * 112 + 40, 112, 14, 224)
    assert (rows[0], columns[0], rows[-1] + 1, columns[-1] + 1) == box


def test_branches_have_no_single_field():
    import keras

    inputs = keras.Input((8, 8, 1))
    way = keras.layers.Conv2D(1, 3, padding="same", name="way")(inputs)
    joined = keras.layers.Add(name="joined")([inputs, way])
    with pytest.raises(ValueError, match="chain of layers"):
        fields.field_side(keras.Model(inputs, joined), "joined")


def test_boxes_are_cut_at_the_edges():
    assert fields.field_box(0, 4, 6, 16) == (0, 0, 5, 5)  # centre 2, from -1 to 5
    assert fields.field_box(15, 4, 6, 16) == (11, 11, 16, 16)
    with pytest.raises(ValueError, match="expected a cell from 0 to 15"):
        fields.field_box(16, 4, 6, 16)


def test_frame_is_drawn_around_the_field():
    picture = fields.framed(np.full((50, 80), 100, np.uint8), (100, 100, 140, 140), 224)
    assert picture.shape == (fields.TILE, fields.TILE, 3)
    first = round(fields.MARGIN * fields.TILE / (40 + 2 * fields.MARGIN))
    assert tuple(picture[first, first]) == fields.FRAME
    assert (picture[: first - 2] == 100).all()
    whole = fields.framed(np.full((50, 80), 100, np.uint8), (0, 0, 224, 224), 224)
    assert tuple(whole[0, 0]) == fields.FRAME


def test_strongest_takes_one_image_a_patient():
    levels = np.array([3, 9, 8, 0, 5], np.float32)
    patients = np.array(["a", "b", "b", "c", "d"], object)
    assert strongest(levels, patients).tolist() == [1, 4, 0]  # not the second of b, nor zero
    assert strongest(levels, patients, count=2).tolist() == [1, 4]


def test_shipped_table_of_exciting_images():
    table = exciting.read_table("vgg16-imagenet")
    images = read_library().images
    assert set(table.index.get_level_values("modality")) == {"xray", "ct"}
    for modality in ("xray", "ct"):
        found = exciting.most_excited(table, modality, "block5_conv3", 3)
        assert [one.level for one in found] == sorted((one.level for one in found), reverse=True)
        assert all(0 <= one.cell < 14 * 14 for one in found)
        rows = images.loc[[one.row for one in found]]
        assert set(rows["modality"]) == {modality}
        assert set(rows["split"]) == {Split.TEST}
        assert rows["patient_id"].is_unique
    assert exciting.most_excited(table, "xray", "block9", 3) == []


def test_table_agrees_with_a_pass(classifier, real_data):
    """The level in the table is the brightest cell of the map that the trunk makes."""
    images = read_library().images
    one = exciting.most_excited(exciting.read_table("vgg16-imagenet"), "xray", "block5_conv3", 3)[0]
    path = real_data / images.loc[one.row, "path"]
    maps = np.asarray(classifier.trunk.maps([read_bytes(path.read_bytes()).pixels]))[0, ..., 3]
    assert maps.max() == pytest.approx(one.level, rel=1e-3)
    assert maps.argmax() == one.cell


def test_missing_table_names_the_command(tmp_path):
    with pytest.raises(ArtifactError, match="python -m training catalogue"):
        exciting.read_table("vgg16-imagenet", tmp_path)


# --- 8-bit maps, pictures, ZIP ------------------------------------------------------------------


def small_reading(maps, gradient=None, removed=()):
    own = np.array(maps, np.float32)
    slope = np.zeros_like(own) if gradient is None else np.array(gradient, np.float32)
    return Reading(0.5, 0.0, "block", own, slope, np.array(removed, np.float32))


def test_sheet_by_hand():
    found = sheet(small_reading([[[4, 0], [1, 0]]], removed=[-1, 0]))
    assert found.count == 2
    assert found.tops.tolist() == [4, 0]
    assert found.levels[..., 0].tolist() == [[255, 64]]
    assert found.map(0)[0].tolist() == pytest.approx([4, 64 * 4 / 255])
    assert not found.map(1).any()
    assert found.removal[1] == 0
    assert len(sheet(small_reading([[[1]]])).removal) == 0
    with pytest.raises(ValueError, match="expected a map from 0 to 1"):
        found.map(2)


def test_strongest_side_of_a_signed_map():
    values = np.array([[2.0, -4], [1, 0]], np.float32)
    assert np.allclose(pixels.strongest(values), [[1, 0], [0.5, 0]], atol=0.01)
    assert np.allclose(pixels.strongest(values, against=True), [[0, 1], [0, 0]])
    assert not pixels.strongest(np.zeros((3, 3), np.float32)).any()
    spike = np.ones((100, 100), np.float32)
    spike[0, 0] = 1e6
    assert pixels.strongest(spike).min() == 1  # one pixel does not darken all others


def test_zip_says_what_each_file_is():
    reading = small_reading([[[4, 0], [1, 0]]], gradient=[[[1, 1], [-2, 1]]])
    about = About("model", "image.png", 0.25, 0.5)
    data = bundle(np.full((3, 2), 7, np.uint8), about, {"block": reading})
    assert data == bundle(np.full((3, 2), 7, np.uint8), about, {"block": reading})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        listed = json.loads(archive.read("maps.json"))
        by_name = {entry["file"]: entry for entry in listed["files"]}
        assert set(archive.namelist()) == set(by_name) | {"maps.json", "image.png"}
        hires = by_name["class-activation/block/hirescam-for.png"]
        assert (hires["maximum"], hires["shape"], hires["method"]) == (4, [1, 2], "HiResCAM")
        picture = np.asarray(Image.open(io.BytesIO(archive.read(hires["file"]))))
        assert picture.tolist() == [[255, 0]]
        against = by_name["class-activation/block/hirescam-against.png"]
        assert (against["maximum"], against["speaks"]) == (2, "against COVID-19")
        empty = by_name["feature-maps/block/001.png"]
        assert (empty["maximum"], empty["map"], empty["layer"]) == (0, 1, "block")
        assert listed["units"][empty["kind"]].startswith("activation")
        assert listed["probability"] == 0.25


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


def test_backbone_sizes_are_whole_multiples_of_their_maps():
    """Where field_box puts cells assumes it."""
    backbone = zoo.get_backbone("vgg16")
    assert backbone.size % backbone.cam_shape[0] == 0
