"""A model that is shown slices cut to their lungs, as a user meets it in the shortcut lab."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from viewed import BOTH_ID, CT, CUT, CUT_ID, DONE, NOT_FOUND, PLAIN_ID, XRAY, canvases, fitted
from visits import opened, words

from core import slices
from core.phantoms import CT_TITLE
from pages.parts import lab_live, loaders


def lab(**chosen: object) -> AppTest:
    return opened("lab", lab_experiment="lungs", lab_live=True, **chosen)


@pytest.mark.parametrize("model", [CUT_ID, PLAIN_ID, BOTH_ID])
def test_the_lab_answers_as_predict_does(viewed_pages: None, viewed, model: str) -> None:
    at = lab(lab_image=CT_TITLE, lab_model=model)
    expected = viewed.all_opinions(CT)[1][model].probability
    assert float(at.metric[0].value) == pytest.approx(expected, abs=2e-3)
    assert any(one.value.startswith(DONE) for one in at.caption) == (model != PLAIN_ID)
    both = [one.value for one in at.caption if one.value.startswith("The model also looks at")]
    assert len(both) == (model == BOTH_ID)


def test_the_lab_lays_maps_over_what_the_model_is_shown(
    viewed_pages: None, viewed, monkeypatch: pytest.MonkeyPatch
) -> None:
    bases = canvases(monkeypatch)
    at = lab(lab_image=CT_TITLE, lab_model=CUT_ID, lab_tool="box")
    whole = bases[-2], bases[-1]
    assert np.array_equal(whole[0], CUT)
    assert np.array_equal(whole[1], slices.cut_to_lungs(boxed(0.25, 0.25, 0.75, 0.75)))
    at.slider("lab_across_box").set_value((0.0, 1.0)).run()
    at.slider("lab_down_box").set_value((0.0, 1.0)).run()
    assert not at.exception
    assert np.array_equal(bases[-2], CUT)
    assert bases[-1].shape == CT.shape  # nothing left to find lungs on
    assert not bases[-1].any()
    said = [one.value for one in at.caption if one.value.startswith("**Before.** " + DONE)]
    assert len(said) == 1
    assert said[0].endswith("**After.** " + NOT_FOUND)
    black = viewed.all_opinions(np.zeros_like(CT))[1][CUT_ID].probability
    assert float(at.metric[0].value) == pytest.approx(black, abs=2e-3)


def boxed(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    box = lab_live.Box(left, top, right, bottom)
    return lab_live.alter.black_out(CT, box.inside(CT.shape))


def test_the_guard_of_the_lab_takes_the_image_as_it_is(
    viewed_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = fitted(monkeypatch)
    assert "This looks like a chest X-ray" in words(lab(lab_model=CUT_ID))
    assert shapes == [XRAY.shape, slices.cut_to_lungs(XRAY).shape]  # the guard's pass, the head's


def test_every_pixel_of_a_large_image_counts() -> None:
    large = np.zeros((1500, 1500), np.uint8)
    touched = large.copy()
    touched[700, 700] = 1
    assert loaders.whole(large) == loaders.whole(large.copy())
    assert loaders.whole(large) != loaders.whole(touched)
    assert loaders.whole(large[:10]) != loaders.whole(large[:, :10])
