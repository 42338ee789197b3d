"""The lab's live part: maps compared by numbers done by hand, and the real models in one pass."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from visits import opened

from core import alter, phantoms
from core.explain import change, overlay
from core.images import read_image
from core.views import LARGER
from pages.parts import lab_live, lab_map, loaders, loaders_lungs

XRAY = read_image(phantoms.drawings()[phantoms.XRAY_TITLE]).pixels
ONE = np.array([[2, 0], [0, 2]], np.float32)
OTHER = np.array([[1, 0], [3, 0]], np.float32)
EMPTY = np.zeros((2, 2), np.float32)
GREY = np.full((4, 4), 100, np.uint8)


def left_black() -> np.ndarray:
    black = GREY.copy()
    black[:, :2] = 0
    return black


def test_maps_share_one_scale() -> None:
    first, second = change.on_one_scale(ONE, OTHER)
    assert first[0, 0] == pytest.approx(2 / 3)
    assert second.max() == 1
    assert not np.any(change.on_one_scale(EMPTY, EMPTY))


def test_overlap_by_hand() -> None:
    assert change.overlap(ONE, OTHER) == pytest.approx(1 / 7)  # smaller: 1; larger: 2 + 3 + 2
    assert change.overlap(ONE, ONE) == change.overlap(EMPTY, EMPTY) == 1
    assert change.overlap(ONE, EMPTY) == 0
    with pytest.raises(ValueError, match="one shape"):
        change.overlap(ONE, np.zeros((3, 3), np.float32))


def test_changed_part_by_hand() -> None:
    cells = change.changed_cells(GREY, left_black(), (2, 2))
    assert cells.tolist() == [[1, 0], [1, 0]]
    assert change.share_inside(ONE, cells) == 0.5
    assert change.share_inside(OTHER, cells) == 1
    assert change.share_inside(EMPTY, cells) == 0
    with pytest.raises(ValueError, match="one shape"):
        change.changed_cells(GREY, GREY[:2], (2, 2))


def test_the_canvas_is_bounded() -> None:
    assert lab_live._canvas_size(400, 800) == (320, 160)
    assert lab_live._canvas_size(800, 400) == (160, 320)
    assert lab_live._canvas_size(1_250_000, 32) == (1, 320)
    assert lab_live._canvas_size(32, 1_250_000) == (320, 1)


def test_a_narrow_crop_is_drawn_no_taller_than_the_canvas(monkeypatch: pytest.MonkeyPatch) -> None:
    widths: list[int] = []
    monkeypatch.setattr(st, "image", lambda pixels, width, alt: widths.append(width))
    for shape in ((400, 400), (400, 5)):
        lab_live._draw(np.zeros(shape, np.uint8), "")
    assert widths == [320, 4]


def test_differences_in_words() -> None:
    words = lab_map.in_words(GREY, left_black(), ONE, OTHER)
    assert "**as strong as before**" in words
    assert "share **14%**" in words
    assert "The changed part, 50% of the picture, held 50% of the map before" in words
    assert "holds 100% now" in words
    assert "**50% stronger" in lab_map.in_words(GREY, GREY, ONE, 1.5 * ONE)
    assert "**25% weaker" in lab_map.in_words(GREY, GREY, ONE, 0.75 * ONE)
    assert "changed part" not in lab_map.in_words(GREY, GREY + 1, ONE, OTHER)  # all of it
    assert "cannot be compared" in lab_map.in_words(GREY, GREY[:2], ONE, OTHER)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (EMPTY, EMPTY, "Both maps are empty"),
        (EMPTY, ONE, "The map was empty; now it is strongest at the top left"),
        (ONE, EMPTY, "The map is empty now"),
    ],
)
def test_empty_maps_are_said(before: np.ndarray, after: np.ndarray, words: str) -> None:
    assert lab_map.in_words(GREY, left_black(), before, after).startswith(words)


def test_pictures_side_by_side() -> None:
    picture = overlay.pair(np.zeros((8, 4, 3), np.uint8), np.full((2, 2, 3), 9, np.uint8), gap=1)
    assert picture.shape == (8, 4 + 1 + 4, 4)
    assert (picture[0, 0].tolist(), picture[2, -1].tolist()) == ([0, 0, 0, 255], [9, 9, 9, 255])
    opaque = picture[..., 3] > 0
    assert opaque[:, :4].all()
    assert not opaque[:, 4].any()
    assert opaque[:, 5:].any(axis=1).tolist() == [False] * 2 + [True] * 4 + [False] * 2


@pytest.mark.parametrize("shape", [(1, 500), (500, 1), (3, 4)])
def test_a_crop_of_any_shape_makes_no_larger_picture(shape: tuple[int, int]) -> None:
    first, second = np.zeros((90, 60, 3), np.uint8), np.full((*shape, 3), 9, np.uint8)
    assert overlay.pair(first, second).shape == (90, 60 + 16 + 60, 4)


def test_large_images_that_differ_in_one_pixel_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = np.zeros((1000, 1000), np.uint8)
    second = first.copy()
    second[0, 0] = 200  # none of the pixels that Streamlit samples
    network = SimpleNamespace(find=lambda pixels: int(pixels.max()))
    monkeypatch.setattr(loaders_lungs, "network", lambda: network)

    def app(images: list) -> None:
        import streamlit as st

        from pages.parts import loaders_lungs

        for image in images:
            st.markdown(str(loaders_lungs.find(image)))

    at = AppTest.from_function(app, args=([first, second],)).run()
    assert not at.exception
    assert [one.value for one in at.markdown] == ["0", "200"]


def tool(at: AppTest, label: str, value: str) -> None:
    next(g for g in at.get("button_group") if g.label == label).set_value(value).run()
    assert not at.exception


def test_a_change_costs_a_pass_a_look_and_moves_number_and_map(
    classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = []

    def spy(run, size):
        def counting(batch):
            passes.append(size)
            assert len(batch) == 1
            return run(batch)

        return counting

    own = classifier.trunk
    larger = {size: spy(run, size) for size, run in own.larger.items()}
    trunk = replace(own, run=spy(own.run, own.backbone.size), larger=larger)
    counted = replace(classifier, trunks={**classifier.trunks, trunk.card.id: trunk})
    monkeypatch.setattr(loaders, "_classifier", lambda models_dir: counted)
    at = opened("lab", lab_experiment="lungs", lab_live=True)
    assert passes == [224, LARGER]  # nothing painted yet
    tool(at, "Tool", "Black box")
    assert passes == [224, LARGER] * 2
    at.slider("lab_down_box").set_value((0.0, 0.5)).run()
    assert passes == [224, LARGER] * 3
    tool(at, "Activation map", "What speaks against")
    assert passes == [224, LARGER] * 3
    at.selectbox("lab_model").set_value("vgg16-xray-texture").run()
    assert not at.exception
    box = alter.Box(0.25, 0.0, 0.75, 0.5)
    changed = alter.black_out(XRAY, box.inside(XRAY.shape))
    expected = classifier.all_opinions(changed)[1]["vgg16-xray-texture"].probability
    assert float(at.metric[0].value) == pytest.approx(expected, abs=2e-3)
    words = "\n".join(element.value for element in at.markdown)
    share = (changed != XRAY).mean()  # what was black before is no change
    assert f"The changed part, {share:.0%} of the picture" in words
    assert any("Grad-CAM of block4_conv3, the uppermost" in c.value for c in at.caption)
    assert at.image[-1].captions[0].startswith("Before (left): strongest at")
