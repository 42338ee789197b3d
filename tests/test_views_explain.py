"""A model that is shown slices cut to their lungs, as a user meets it on Explain."""

from __future__ import annotations

import io
import json
import zipfile
from functools import partial

import numpy as np
import pytest
from explain_visits import group, page
from PIL import Image
from streamlit.testing.v1 import AppTest
from viewed import BOTH_ID, CT, CUT, CUT_ID, DONE, PLAIN_ID, canvases, fitted
from visits import words

from core.artifacts import Card
from core.explain import covering
from core.views import LUNGS, PLAIN
from pages.parts import explain_download, explain_image
from pages.parts.loaders_explain import Look


def explain(model: str = CUT_ID, **address: str) -> AppTest:
    return page(**({"model": model, "image": "drawing-ct"} | address))


def test_explain_draws_on_what_the_model_is_shown(
    viewed_pages: None, viewed, monkeypatch: pytest.MonkeyPatch
) -> None:
    bases, shapes = canvases(monkeypatch), fitted(monkeypatch)
    at = explain()
    captions = [one.value for one in at.caption if one.value.startswith(DONE)]
    assert len(captions) == 1
    assert "The maps lie on this picture" in captions[0]
    expected = viewed.all_opinions(CT)[1][CUT_ID].probability
    assert float(at.metric[0].value) == pytest.approx(expected, abs=2e-3)
    assert bases
    assert all(np.array_equal(one, CUT) for one in bases)
    assert shapes[:2] == [CT.shape, CUT.shape]  # the guard's pass, then the head's


def test_explain_offers_each_look(
    viewed_pages: None, viewed, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = viewed.all_opinions(CT)[1][BOTH_ID]
    at = explain(BOTH_ID)
    for view, name, image, own in zip(
        (LUNGS, PLAIN),
        ("a crop around the lungs", "the whole image"),
        (CUT, CT),
        expected.looks,
        strict=True,
    ):
        bases = canvases(monkeypatch)
        group(at, "Look at").set_value(view).run()
        assert not at.exception
        assert bases
        assert all(np.array_equal(one, image) for one in bases)
        assert float(at.metric[0].value) == pytest.approx(expected.probability, abs=2e-3)
        said = [one.value for one in at.caption if one.value.startswith(f"This look, {name}: **")]
        assert len(said) == 1
        assert float(said[0].split("**")[1]) == pytest.approx(own.probability, abs=2e-3)
    group(at, "View").set_value("steps").run()
    group(at, "Open a step").set_value("sigmoid").run()
    sums = [one.value for one in at.markdown if "The sigmoid makes that" in one.value]
    assert float(sums[0].split("= **")[1][:5]) == pytest.approx(
        expected.looks[1].probability, abs=2e-3
    )


def test_explain_says_nothing_of_a_view_where_there_is_none(
    viewed_pages: None, viewed, monkeypatch: pytest.MonkeyPatch
) -> None:
    bases = canvases(monkeypatch)
    at = explain(PLAIN_ID)
    assert "ut to the lungs" not in words(at)
    expected = viewed.all_opinions(CT)[1][PLAIN_ID].probability
    assert float(at.metric[0].value) == pytest.approx(expected, abs=2e-3)
    assert bases
    assert all(np.array_equal(one, CT) for one in bases)


@pytest.mark.parametrize("view", ["maps", "pixels", "steps"])
def test_every_view_of_explain_is_about_the_cut_image(
    viewed_pages: None, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    at = explain()
    bases, shapes = canvases(monkeypatch), fitted(monkeypatch)
    group(at, "View").set_value(view).run()
    assert not at.exception
    if view == "maps":
        group(at, "Block, from the input on").set_value("block3_conv3").run()
    if view == "pixels":  # the first position of the patch is enough
        monkeypatch.setattr(covering, "occlusion", partial(covering.occlusion, positions=1))
        next(one for one in at.button if one.label == "Slide the patch").click().run()
    assert not at.exception
    assert CUT.shape in shapes
    assert CT.shape not in shapes
    assert bases
    assert all(np.array_equal(one, CUT) for one in bases)


def test_the_last_sum_of_explain_gives_the_probability_shown(viewed_pages: None) -> None:
    at = explain()
    group(at, "View").set_value("steps").run()
    group(at, "Open a step").set_value("sigmoid").run()
    assert not at.exception
    shown = at.metric[0].value
    sums = [one.value for one in at.markdown if "The sigmoid makes that" in one.value]
    assert len(sums) == 1
    assert float(sums[0].split("= **")[1][:5]) == pytest.approx(float(shown), abs=2e-3)


def test_several_images_are_cut_as_well(
    viewed_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    bases = canvases(monkeypatch)
    at = explain(explain_row="One method, several images")
    assert "This image: Drawn CT slice" in words(at)
    assert len(bases) == 2  # the page's own, and the tile's
    assert all(np.array_equal(one, CUT) for one in bases)


def test_the_zip_holds_the_cut_image_and_says_so(
    viewed_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[explain_image.Picture, Card, Look]] = []
    monkeypatch.setattr(explain_download, "zip_button", lambda *shown: given.append(shown))
    explain()
    data = explain_download.packed(*given[0])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        about = json.loads(archive.read("maps.json"))
        image = np.asarray(Image.open(io.BytesIO(archive.read("image.png"))))
    assert about["view"] == LUNGS
    assert np.array_equal(image, CUT)
