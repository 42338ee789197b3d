"""Score-CAM, occlusion, pixel gradients, rankings: by hand, and against tf-keras-vis."""

import numpy as np
import pytest

from core import phantoms
from core.explain import covering, maximise, pixels, ranking, vis
from core.explain.network import load_network
from core.explain.passes import read_image, scorer
from core.explain.reading import Reading, open_reader
from core.images import read_image as read_bytes
from core.metrics import sigmoid

XRAY = read_bytes(phantoms.drawings()[phantoms.XRAY_TITLE]).pixels


@pytest.fixture(scope="module")
def network():
    return load_network("vgg16-xray")


@pytest.fixture(scope="module")
def reader(classifier):
    return open_reader(classifier.heads["vgg16-xray"])


def last(generator):
    *_, result = generator
    assert result.finished
    return result.values


def test_score_cam_by_hand():
    # The score is the mean of channel 0; map 0 lights the left half, map 1 nothing.
    tensor = np.ones((1, 4, 4, 3), np.float32)
    maps = np.zeros((2, 2, 2), np.float32)
    maps[:, 0, 0] = 2
    seen = []

    def score(images):
        seen.append(len(images))
        return images[..., 0].mean(axis=(1, 2))

    found = last(covering.score_cam(score, tensor, maps, count=2))
    lit = covering.enlarge(maps[..., 0] / 2, (4, 4)).mean()
    weight = np.exp(lit) / (np.exp(lit) + np.exp(0))
    assert np.allclose(found, [[2 * weight, 0], [2 * weight, 0]], atol=1e-6)
    assert sum(seen) == 3  # the empty image and two covered ones
    away = last(covering.score_cam(score, tensor, maps, count=2, against=True))
    assert np.allclose(away[0, 0], 2 * (1 - weight), atol=1e-6)


def test_score_cam_of_zero_maps_is_zero():
    tensor = np.ones((1, 4, 4, 3), np.float32)
    found = last(covering.score_cam(lambda x: np.zeros(len(x)), tensor, np.zeros((2, 2, 3))))
    assert np.array_equal(found, np.zeros((2, 2)))
    with pytest.raises(ValueError, match="at least one map"):
        next(covering.score_cam(lambda x: np.zeros(len(x)), tensor, np.zeros((2, 2, 3)), count=0))


def test_score_cam_weights_fit_the_whole_network(classifier, reader, network):
    """The maps' weights against a plain float32 pass of the whole network."""
    reading = read_image(classifier, reader, XRAY)
    tensor = network.prepare(XRAY)
    found = last(
        covering.score_cam(scorer(classifier, reader), tensor, reading.maps, count=3, batch=2)
    )
    order = np.argsort(-reading.maps.std(axis=(0, 1)), kind="stable")[:3]
    masks = [covering.scaled(covering.enlarge(reading.maps[..., k], (224, 224))) for k in order]
    covered = np.concatenate([tensor * mask[..., np.newaxis] for mask in masks])
    z = np.asarray(network.model(covered))[:, 0]
    weights = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    expected = np.maximum(reading.maps[..., order] @ weights, 0)
    assert np.allclose(found, expected, rtol=0.02, atol=0.02 * expected.max())


def test_occlusion_by_hand():
    tensor = np.zeros((1, 4, 4, 3), np.float32)
    tensor[0, 0, 0] = 16  # mean 1
    # positions 2, patch 1: quarters. Score: channel 0, summed over the first quarter.
    score = lambda images: images[:, :2, :2, 0].sum(axis=(1, 2))  # noqa: E731
    found = last(covering.occlusion(score, tensor, positions=2, patch=1))
    assert np.array_equal(found, [[16 - 4, 0], [0, 0]])


def test_occlusion_stops_between_rows_and_covers_everything():
    steps = list(
        covering.occlusion(lambda x: np.zeros(len(x)), np.zeros((1, 28, 28, 3)), positions=14)
    )
    assert [step.done for step in steps] == [14 * row for row in range(15)]
    covered = np.zeros(28, int)
    for first, end in covering.patch_spans(28, 14, 2):
        covered[first:end] += 1
    assert covered.min() >= 1
    with pytest.raises(ValueError, match="positions"):
        next(covering.occlusion(lambda x: np.zeros(len(x)), np.zeros((1, 8, 8, 3)), positions=9))


def test_occlusion_of_a_constant_image_changes_nothing(classifier, reader, network):
    tensor = network.prepare(np.full((60, 60), 90, np.uint8))
    found = last(covering.occlusion(scorer(classifier, reader), tensor, positions=2))
    assert np.abs(found).max() < 1e-3


def test_smooth_grad_equals_gradients_of_noisy_copies(network):
    tensor = network.prepare(XRAY)
    steps = list(pixels.smooth_grad(network, tensor, samples=6, seed=3))
    assert [step.done for step in steps] == [4, 6]
    random = np.random.default_rng(3)
    spread = pixels.NOISE * np.ptp(tensor)
    noisy = [random.normal(0, spread, (n, 224, 224, 3)) for n in (4, 2)]
    copies = (tensor + np.concatenate(noisy)).astype(np.float32)
    expected = network.gradient(copies).mean(axis=0).sum(axis=-1)
    assert np.corrcoef(expected.ravel(), steps[-1].values.ravel())[0, 1] > 0.999


def test_saliency_without_noise_equals_tf_keras_vis(network):
    tensor = network.prepare(XRAY)
    saliency = vis.load().saliency.Saliency(vis.wrap(network.model), clone=False)
    theirs = saliency(
        lambda z: z[:, 0], tensor, keepdims=True, normalize_map=False, gradient_modifier=None
    )
    assert np.allclose(network.gradient(tensor), np.asarray(theirs), atol=1e-5)


def test_integrated_gradients_add_up(network):
    tensor = network.prepare(XRAY)
    found = last(pixels.integrated_gradients(network, tensor))
    both = np.concatenate([tensor, pixels.black_tensor(network)])
    image, black = np.asarray(network.model(both))[:, 0]
    assert found.sum() == pytest.approx(image - black, rel=0.15)


def test_integrated_gradients_by_hand(monkeypatch):
    class Squares:
        """log-odds = half the sum of squares, so that the gradient is the image itself."""

        def gradient(self, tensor):
            return tensor

    monkeypatch.setattr(pixels, "black_tensor", lambda network: np.ones((1, 2, 2, 3)))
    found = last(pixels.integrated_gradients(Squares(), np.full((1, 2, 2, 3), 3.0), steps=8))
    assert np.allclose(found, 3 * (9 - 1) / 2)  # three channels, each (3^2 - 1^2) / 2


def test_integrated_gradients_of_black_are_zero(network):
    found = last(pixels.integrated_gradients(network, pixels.black_tensor(network), steps=2))
    assert not found.any()


def made_up_reading(removed):
    maps = np.array([[[4, 1, 0], [0, 1, 0]]], np.float32)  # 1 x 2, three maps
    gradient = np.array([[[-1, 2, 5], [1, 1, 5]]], np.float32)
    return Reading(0.5, 0.0, "x", maps, gradient, np.array(removed, np.float32))


def test_rankings_by_hand():
    reading = made_up_reading([1.0, -1.0, 0.0])
    assert ranking.brightness(reading).tolist() == [2, 1, 0]
    assert ranking.worth(reading).tolist() == [-4, 3, 0]
    falls = ranking.scores(reading, ranking.REMOVAL)
    assert falls == pytest.approx([0.5 - sigmoid(1), 0.5 - sigmoid(-1), 0], abs=1e-6)
    assert ranking.order(ranking.worth(reading)).tolist() == [1, 2, 0]
    assert ranking.order(ranking.worth(reading), against=True).tolist() == [0, 2, 1]
    with pytest.raises(ValueError, match="expected a ranking"):
        ranking.scores(made_up_reading([]), ranking.REMOVAL)


def test_removal_below_equals_removal_at_the_head(classifier, reader, network):
    above = read_image(classifier, reader, XRAY)
    steps = list(ranking.removal_below(network, XRAY, "block5_conv3", count=9))
    assert [(step.done, step.total) for step in steps] == [(8, 9), (9, 9)]
    falls = steps[-1].values
    tried = ~np.isnan(falls)
    assert tried.sum() == 9
    expected = ranking.scores(above, ranking.REMOVAL)
    assert falls[tried] == pytest.approx(expected[tried], abs=1e-4)
    assert set(ranking.order(falls)) == set(np.flatnonzero(tried))


def test_removal_in_a_lower_block_and_unknown_block(network):
    falls = last(ranking.removal_below(network, XRAY, "block4_conv3", count=2))
    assert np.count_nonzero(~np.isnan(falls)) == 2
    assert 0 < np.nanmax(np.abs(falls)) < 1
    with pytest.raises(ValueError, match="block9"):
        network.onwards("block9", network.prepare(XRAY))


def test_climbing_excites_the_map(network):
    steps = list(maximise.excite(network, "block2_conv2", 5, steps=15))
    assert steps[-1].values.shape == (maximise.SIDE, maximise.SIDE, 3)
    assert steps[-1].values.dtype == np.uint8
    small = maximise._small_trunk(network, "block2_conv2")
    module = __import__("keras").applications.vgg16

    def level(picture):
        maps = small(module.preprocess_input(picture[np.newaxis].astype(np.float32)))
        return float(np.asarray(maps)[..., 5].mean())

    assert level(steps[-1].values) > 3 * level(np.full_like(steps[-1].values, 128))
    again = list(maximise.excite(network, "block2_conv2", 5, steps=15))
    assert np.array_equal(again[-1].values, steps[-1].values)
    with pytest.raises(ValueError, match="expected a map from 0 to 127"):
        next(maximise.excite(network, "block2_conv2", 128))
