"""A look at the image at another size than the backbone's own, by the trunk that answers."""

from __future__ import annotations

import numpy as np
import pytest
from explain_visits import group, page
from visits import words

from core import zoo
from core.artifacts import read_card
from core.classifier import DEFAULT_MODELS, Classifier, maps_in_view
from core.explain.network import Network, load_network
from core.explain.passes import judge_and_read, scorer
from core.explain.reading import open_reader
from core.images import read_image
from core.metrics import sigmoid
from core.opinions import larger_sizes, together
from core.phantoms import CT_TITLE, XRAY_TITLE, drawings
from core.schema import Modality
from core.views import LARGER, LARGER_EQUALISED, LUNGS, PLAIN, VIEWS

MODEL = DEFAULT_MODELS[Modality.XRAY]
XRAY, CT = (read_image(drawings()[title]).pixels for title in (XRAY_TITLE, CT_TITLE))
EVENED = VIEWS[LARGER_EQUALISED].alter(XRAY)
CLOSE = 1e-4  # of a probability


@pytest.fixture(scope="module")
def networks() -> list[Network]:
    """The default X-ray model as one Keras graph, at each of its sizes."""
    return [load_network(MODEL, size=size) for size in (0, LARGER)]


@pytest.fixture(scope="module")
def expected(networks: list[Network]) -> list[float]:
    """Log-odds of both looks, by Keras' own convolutions."""
    shown = zip(networks, (XRAY, EVENED), strict=True)
    return [float(network.run(network.prepare(image))[0]) for network, image in shown]


def test_equalised_levels_by_hand() -> None:
    """The darkest becomes black; above it half of the other pixels lie below the middle level."""
    pixels = np.repeat(np.array([10, 20, 200], np.uint8), [50, 25, 25]).reshape(10, 10)
    evened = VIEWS[LARGER_EQUALISED].alter(pixels)
    assert evened[:, 0].tolist() == [0] * 5 + [128] * 2 + [128] + [255] * 2


def test_a_backbone_at_another_size() -> None:
    larger = zoo.at_size(zoo.get_backbone("vgg16"), 320)
    assert (larger.size, larger.cam_shape) == (320, (20, 20, 512))
    assert zoo.at_size(larger, 0) is larger


def test_the_default_asks_for_both_sizes() -> None:
    card = read_card(MODEL)
    assert card.config["views"] == [PLAIN, LARGER_EQUALISED]
    assert larger_sizes([card], card.trunk) == (LARGER,)
    assert larger_sizes([read_card("vgg16-xray")], card.trunk) == ()


def test_the_mean_log_odds_of_both_looks_answer(
    classifier: Classifier, expected: list[float]
) -> None:
    answer = float(sigmoid(np.mean(expected)))
    opinion = classifier.all_opinions(XRAY)[1][MODEL]
    assert opinion.probability == pytest.approx(answer, abs=CLOSE)
    found = [look.log_odds for look in opinion.looks]
    assert found == pytest.approx(expected, abs=2e-3)
    assert abs(found[0] - found[1]) > 0.05  # two looks, not one twice
    batch = classifier.score([XRAY, CT, XRAY])
    assert [batch[0].probability, batch[2].probability] == pytest.approx([answer] * 2, abs=CLOSE)
    readings = judge_and_read(classifier, open_reader(classifier.heads[MODEL]), XRAY)[1]
    assert [one.log_odds for one in readings] == pytest.approx(expected, abs=2e-3)
    assert together(readings) == pytest.approx(answer, abs=CLOSE)
    assert readings[1].maps.shape == (40, 40, 512)


def test_the_mirror_image_is_looked_at_as_large(classifier: Classifier) -> None:
    mirrored = classifier.mirrored(XRAY, MODEL)
    assert mirrored == classifier.all_opinions(np.fliplr(XRAY))[1][MODEL]


def test_pixels_are_changed_at_the_size_of_the_look(
    classifier: Classifier, networks: list[Network], expected: list[float]
) -> None:
    score = scorer(classifier, open_reader(classifier.heads[MODEL]))
    both = zip(networks, (XRAY, EVENED), strict=True)
    found = [float(score(network.prepare(image))[0]) for network, image in both]
    assert found == pytest.approx(expected, abs=2e-3)


def test_a_size_that_was_not_loaded_is_named(classifier: Classifier) -> None:
    with pytest.raises(ValueError, match=r"out of \[224, 320\], received 256"):
        classifier.trunk.all_maps([XRAY], 256)


def test_maps_in_a_view(classifier: Classifier) -> None:
    layer = classifier.trunk.backbone.cam_layer
    found = maps_in_view(classifier.trunk, LARGER_EQUALISED, [XRAY])[layer]
    direct = classifier.trunk.all_maps([EVENED], LARGER)[layer]
    assert found.shape == (1, 20, 20, 512)
    np.testing.assert_array_equal(found, direct)


def test_explain_opens_the_larger_look() -> None:
    """Maps, walk and pixels are those of 320 x 320: an eighth of it is 40."""
    address = {"model": MODEL, "image": "drawing-xray"}
    at = page(explain_look_xray=LARGER_EQUALISED, **address)
    assert sum("40 x 40 cells" in one.value for one in at.caption) >= 1
    assert not any("28 x 28 cells" in one.value for one in at.caption)
    group(at, "View").set_value("steps").run()
    assert not at.exception
    assert "320" in words(at)


def test_a_look_at_xrays_says_nothing_of_ct_slices() -> None:
    at = page(model=MODEL, image="drawing-xray", explain_look_xray=PLAIN)
    at.selectbox("explain_model").set_value("vgg16-ct-texture").run()
    assert not at.exception
    assert group(at, "Look at").value == LUNGS
