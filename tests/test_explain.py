"""Class activation: by hand, against tf-keras-vis on the whole network, and on bad input."""

import numpy as np
import pytest

from core import phantoms
from core.explain import cam, vis
from core.explain.network import find_layer, load_network
from core.explain.passes import read_image
from core.explain.reading import open_reader, removal_effect
from core.images import read_image as read_bytes
from core.metrics import sigmoid

IDS = ("vgg16-xray", "vgg16-ct", "vgg16-xray-small")
TEXTURES = ("vgg16-xray-texture", "vgg16-ct-texture")
XRAY = read_bytes(phantoms.drawings()[phantoms.XRAY_TITLE]).pixels
LEVELS = np.array([[[1, 2], [0, 1]], [[3, 0], [0, 4]]], np.float32)  # 2 x 2, two maps
SLOPES = np.array([[[1, -1], [1, 0]], [[2, 0], [0, -3]]], np.float32)


@pytest.fixture(scope="module")
def network():
    return load_network("vgg16-xray")


@pytest.fixture(scope="module")
def reading(classifier):
    return read_image(classifier, open_reader(classifier.heads["vgg16-xray"]), XRAY)


def correlation(a, b):
    return np.corrcoef(np.ravel(a), np.ravel(b))[0, 1]


def test_grad_cam_by_hand():
    # mean gradients 1 and -1: 1*1 - 2 = -1 -> 0; 0 - 1 -> 0; 3; -4 -> 0
    assert np.array_equal(cam.grad_cam(LEVELS, SLOPES), [[0, 0], [3, 0]])


def test_hires_and_layer_cam_by_hand():
    # gradient x activation: 1 - 2 = -1; 0; 6; -12
    assert np.array_equal(cam.hires_cam(LEVELS, SLOPES), [[0, 0], [6, 0]])
    # rising gradients alone: 1; 0; 6; 0
    assert np.array_equal(cam.layer_cam(LEVELS, SLOPES), [[1, 0], [6, 0]])


def test_grad_cam_plus_plus_by_hand():
    levels = np.array([[[1], [3]]], np.float32)
    slopes = np.array([[[1], [2]]], np.float32)
    # sum 4; shares 1/(2+4)=1/6 and 4/(8+32)=1/10, normalised 0.625 and 0.375
    weight = 0.625 * 1 + 0.375 * 2
    assert np.allclose(cam.grad_cam_plus_plus(levels, slopes), [[weight, 3 * weight]])


@pytest.mark.parametrize("method", cam.CAMS)
def test_zero_maps_and_zero_gradients_give_no_nan(method):
    zeros = np.zeros((3, 3, 2), np.float32)
    for levels, slopes in ((zeros, zeros), (zeros, zeros + 1), (zeros + 1, zeros)):
        found = cam.unit(cam.CAMS[method](levels, slopes))
        assert found.shape == (3, 3)
        assert np.array_equal(found, zeros[..., 0])


def test_unit_is_free_of_nan():
    assert cam.unit(np.array([[np.nan, 2.0], [-1.0, np.inf]])).max() == 1


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="one shape"):
        cam.grad_cam(LEVELS, SLOPES[:1])


@pytest.mark.parametrize("model_id", [*IDS, *TEXTURES])
@pytest.mark.parametrize("against", [False, True])
def test_equals_tf_keras_vis_on_the_whole_network(classifier, model_id, against):
    library = vis.load()
    whole = load_network(model_id)
    reading = read_image(classifier, open_reader(classifier.heads[model_id]), XRAY)
    kinds = {
        "gradcam": library.gradcam.Gradcam,
        "gradcam++": library.gradcam_plus_plus.GradcamPlusPlus,
    }
    for method, kind in kinds.items():
        grid = kind(whole.model)(
            lambda log_odds: (-1 if against else 1) * log_odds[:, 0],
            whole.prepare(XRAY),
            penultimate_layer=whole.blocks[-1],
            seek_penultimate_conv_layer=False,
            expand_cam=False,
        )[0]
        theirs = np.asarray(grid)
        ours = reading.cam(method, against=against)
        assert ours.any() == theirs.any()
        assert not ours.any() or correlation(ours, theirs) >= 0.999


def test_same_pass_gives_the_probability(classifier, reading):
    maps = classifier.trunk.maps([XRAY])
    expected = classifier.heads["vgg16-xray"].probabilities(maps)[0]
    assert reading.probability == pytest.approx(expected, abs=1e-5)
    assert reading.maps.shape == reading.gradient.shape == maps.shape[1:]


@pytest.mark.parametrize("model_id", IDS)
def test_removed_maps_equal_setting_them_to_zero(classifier, model_id):
    head = classifier.heads[model_id]
    reading = read_image(classifier, open_reader(head), XRAY)
    strongest = np.argsort(-np.abs(removal_effect(reading)))[:8]
    for channel in (*strongest, 0, 511):
        maps = reading.maps.copy()
        maps[..., channel] = 0
        expected = head.probabilities(maps[np.newaxis])[0]
        assert sigmoid(reading.removed[channel]) == pytest.approx(expected, abs=1e-5)


def test_gradient_by_finite_difference(classifier, reading):
    reader = open_reader(classifier.heads["vgg16-xray"])
    place = np.unravel_index(np.argmax(np.abs(reading.gradient)), reading.gradient.shape)
    moved = reading.maps.copy()
    moved[place] += 0.5
    change = reader.read(moved[np.newaxis]).log_odds - reading.log_odds
    assert change == pytest.approx(0.5 * reading.gradient[place], rel=0.05)


def test_every_block_out_of_one_pass(network, reading):
    found = network.read(XRAY)
    assert list(found) == [
        "block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3",
    ]  # fmt: skip
    assert [one.maps.shape[0] for one in found.values()] == [224, 112, 56, 28, 14]
    last = found["block5_conv3"]
    assert last.log_odds == pytest.approx(reading.log_odds, abs=1e-3)
    assert correlation(last.cam("gradcam"), reading.cam("gradcam")) >= 0.999
    assert all(np.isfinite(one.cam("hirescam")).all() for one in found.values())


def test_names_that_do_not_exist(network, reading):
    with pytest.raises(ValueError, match="block5_conv3.*block9"):
        find_layer(network.model, "block9")
    with pytest.raises(ValueError, match="expected a method out of"):
        reading.cam("gradcamm")


def test_a_constant_image_has_an_answer_and_no_nan(classifier):
    reader = open_reader(classifier.heads["vgg16-xray"])
    for level in (0, 128, 255):
        reading = read_image(classifier, reader, np.full((50, 50), level, np.uint8))
        assert 0 <= reading.probability <= 1
        for method in cam.CAMS:
            assert np.isfinite(cam.unit(reading.cam(method))).all()


def test_one_image_at_a_time(classifier):
    with pytest.raises(ValueError, match="one image"):
        open_reader(classifier.heads["vgg16-xray"]).read(np.zeros((2, 14, 14, 512), np.float32))
