"""A model that is shown slices cut to their lungs, as a user meets it on the pages."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from viewed import BOTH_ID, CT, CUT, CUT_ID, PLAIN_ID, XRAY
from visits import CT_ID, IN_SCOPE, answer_with, drawn, opinion, png, predict_page, words

from core import artifacts, examples, slices, zoo
from core.explain import covering, overlay
from core.opinions import Opinion
from core.phantoms import CT_TITLE
from core.schema import Modality
from core.views import LUNGS, PLAIN
from pages.parts import explain_download, explain_image, lab_live, loaders

ROOT = Path(__file__).resolve().parent.parent
DONE = "Cut to the lungs: air in the lungs set to grey level 60, the tissue around them to 210"
NOT_FOUND = "Cut to the lungs: no lungs were found, so the model is shown the whole image."
Shape = tuple[int, ...]


# --- Predict, on a made-up model -----------------------------------------------------------------


@pytest.fixture
def cut_model(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The made-up CT model asks for the view, and everything is taken for a CT slice."""
    card = artifacts.read_card(CT_ID, models)
    artifacts.write_card(replace(card, config={"views": [LUNGS]}), models)
    answer_with(monkeypatch, replace(IN_SCOPE, modality=Modality.CT))


def walk(at: AppTest, looks: int = 1) -> list[tuple[str, str]]:
    """Title and detail of every step from file to tensor."""
    inside = next(one for one in at.expander if one.label.startswith("From file to tensor"))
    found = [one.value.strip("*") for one in inside.markdown]
    headed = [one for one in found if one.startswith("Look ")]
    assert len(headed) == (looks if looks > 1 else 0)
    titles = [one.split(". ", 1)[1] for one in found if one not in headed]
    return list(zip(titles, [one.value for one in inside.caption], strict=True))


def test_predict_says_that_the_slice_was_cut(cut_model: None) -> None:
    at = drawn(CT_TITLE)
    assert not at.exception
    assert sum(one.value.startswith(DONE) for one in at.caption) == 1
    steps = walk(at)
    titles = [title for title, _ in steps]
    place = titles.index("Cut to the lungs")
    assert "grey level 60" in steps[place][1]
    assert titles[place + 1] == "Resize to 224 x 224"
    height, width = CUT.shape
    assert f"from {width} x {height};" in steps[place + 1][1]


def test_predict_says_where_no_lungs_are_found(cut_model: None) -> None:
    at = predict_page()
    at.file_uploader[0].set_value([("even.png", png(), "")]).run()
    assert not at.exception
    assert NOT_FOUND in [one.value for one in at.caption]
    steps = dict(walk(at))
    assert "no lungs were found" in steps["Cut to the lungs"]
    assert "from 48 x 64;" in steps["Resize to 224 x 224"]


def test_the_picture_is_what_enters_the_network(
    cut_model: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = fitted(monkeypatch)
    drawn(CT_TITLE)
    assert set(shapes) == {CUT.shape}


def test_a_plain_model_has_no_such_step(models: Path) -> None:
    at = drawn()
    assert "Resize to 224 x 224" in dict(walk(at))
    assert "ut to the lungs" not in words(at)


def test_only_the_shown_model_is_asked_about_the_mirror_image(
    cut_model: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    classifier = loaders.classifier()
    mirrored = classifier.mirrored

    def spy(image: np.ndarray, name: str) -> object:
        asked.append(name)
        return mirrored(image, name)

    monkeypatch.setattr(classifier, "mirrored", spy, raising=False)
    monkeypatch.setattr(loaders, "_classifier", lambda models_dir: classifier)
    at = drawn(CT_TITLE)
    assert "The image and its mirror image get **0.20 to 0.35**" in words(at)
    assert asked == [CT_ID]


def test_predict_shows_both_looks_and_asks_no_mirror_image(
    cut_model: None, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = artifacts.read_card(CT_ID, models)
    artifacts.write_card(replace(card, config={"views": [LUNGS, PLAIN]}), models)
    looks = opinion(0.3, 0.3).looks + opinion(0.1, 0.1).looks
    classifier = loaders.classifier()
    verdict = classifier.verdict
    monkeypatch.setattr(
        classifier, "all_opinions", lambda *_: (verdict, {CT_ID: Opinion(0.18, looks)})
    )
    monkeypatch.setattr(classifier, "mirrored", lambda *_: pytest.fail("one pass too many"))
    monkeypatch.setattr(loaders, "_classifier", lambda models_dir: classifier)
    at = drawn(CT_TITLE)
    assert not at.exception
    assert at.metric[0].value == "0.180"
    said = [one.value for one in at.caption if one.value.startswith("The model looks twice")]
    assert "the lungs alone **0.30** and at the whole image **0.10**" in said[0]
    titles = [title for title, _ in walk(at, looks=2)]
    assert titles.count("Resize to 224 x 224") == 2
    assert titles.count("Cut to the lungs") == 1
    assert sum(one.value.startswith(DONE) for one in at.caption) == 1


# --- Explain and the lab, on the shipped model with a view ---------------------------------------


@pytest.fixture
def shipped(viewed, viewed_models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ANN001
    monkeypatch.setattr(loaders, "_classifier", lambda models_dir: viewed)
    monkeypatch.setattr(loaders, "MODELS_DIR", viewed_models)
    monkeypatch.setattr(examples, "data_root", lambda: None)
    yield


def fitted(monkeypatch: pytest.MonkeyPatch) -> list[Shape]:
    """Shapes of all images that are resized to enter a network, from now on."""
    shapes: list[Shape] = []
    fit = zoo.fit

    def spy(pixels: np.ndarray, size: int) -> np.ndarray:
        shapes.append(pixels.shape)
        return fit(pixels, size)

    monkeypatch.setattr(zoo, "fit", spy)
    return shapes


def canvases(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """All images that maps are laid over, from now on."""
    bases: list[np.ndarray] = []
    canvas = overlay.canvas

    def spy(image: np.ndarray, *more: int) -> np.ndarray:
        bases.append(image)
        return canvas(image, *more)

    monkeypatch.setattr(overlay, "canvas", spy)
    return bases


def explain(model: str = CUT_ID, **address: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "explain.py"), default_timeout=300)
    for name, value in {"model": model, "image": "drawing-ct", **address}.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def group(at: AppTest, label: str):  # noqa: ANN201
    return next(one for one in at.get("button_group") if one.label == label)


def test_explain_draws_on_what_the_model_is_shown(
    shipped: None,
    viewed,  # noqa: ANN001
    monkeypatch: pytest.MonkeyPatch,
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
    shipped: None,
    viewed,  # noqa: ANN001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = viewed.all_opinions(CT)[1][BOTH_ID]
    at = explain(BOTH_ID)
    for view, name, image, own in zip(
        (LUNGS, PLAIN),
        ("the lungs alone", "the whole image"),
        (CUT, CT),
        expected.looks,
        strict=True,
    ):
        bases = canvases(monkeypatch)
        group(at, "Look at").set_value(view).run()
        assert not at.exception
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
    shipped: None,
    viewed,  # noqa: ANN001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bases = canvases(monkeypatch)
    at = explain(PLAIN_ID)
    assert "ut to the lungs" not in words(at)
    expected = viewed.all_opinions(CT)[1][PLAIN_ID].probability
    assert float(at.metric[0].value) == pytest.approx(expected, abs=2e-3)
    assert all(np.array_equal(one, CT) for one in bases)


@pytest.mark.parametrize("view", ["maps", "pixels", "steps"])
def test_every_view_of_explain_is_about_the_cut_image(
    shipped: None, monkeypatch: pytest.MonkeyPatch, view: str
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
    assert all(np.array_equal(one, CUT) for one in bases)


def test_the_last_sum_of_explain_gives_the_probability_shown(shipped: None) -> None:
    at = explain()
    group(at, "View").set_value("steps").run()
    group(at, "Open a step").set_value("sigmoid").run()
    assert not at.exception
    shown = at.metric[0].value
    sums = [one.value for one in at.markdown if "The sigmoid makes that" in one.value]
    assert len(sums) == 1
    assert float(sums[0].split("= **")[1][:5]) == pytest.approx(float(shown), abs=2e-3)


def test_several_images_are_cut_as_well(shipped: None, monkeypatch: pytest.MonkeyPatch) -> None:
    bases = canvases(monkeypatch)
    at = explain(explain_row="One method, several images")
    assert "This image: Drawn CT slice" in words(at)
    assert len(bases) == 2  # the page's own, and the tile's
    assert all(np.array_equal(one, CUT) for one in bases)


def test_the_zip_holds_the_cut_image_and_says_so(
    shipped: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[explain_image.Picture] = []
    monkeypatch.setattr(
        explain_download, "zip_button", lambda picture, card, look: given.append(picture)
    )
    explain()
    data = explain_download.packed(given[0], loaders.heads()[CUT_ID], 0.25)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        about = json.loads(archive.read("maps.json"))
        image = np.asarray(Image.open(io.BytesIO(archive.read("image.png"))))
    assert about["view"] == LUNGS
    assert np.array_equal(image, CUT)


def lab(**chosen: object) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "lab.py"), default_timeout=300)
    at.session_state["lab_experiment"] = "lungs"
    at.session_state["lab_live"] = True
    for name, value in chosen.items():
        at.session_state[name] = value
    at.run()
    assert not at.exception
    return at


@pytest.mark.parametrize("model", [CUT_ID, PLAIN_ID, BOTH_ID])
def test_the_lab_answers_as_predict_does(shipped: None, viewed, model: str) -> None:  # noqa: ANN001
    at = lab(lab_image=CT_TITLE, lab_model=model)
    expected = viewed.all_opinions(CT)[1][model].probability
    assert float(at.metric[0].value) == pytest.approx(expected, abs=2e-3)
    assert any(one.value.startswith(DONE) for one in at.caption) == (model != PLAIN_ID)
    both = [one.value for one in at.caption if one.value.startswith("The model also looks at")]
    assert len(both) == (model == BOTH_ID)


def test_the_lab_lays_maps_over_what_the_model_is_shown(
    shipped: None,
    viewed,  # noqa: ANN001
    monkeypatch: pytest.MonkeyPatch,
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


def test_the_guard_of_the_lab_takes_the_image_as_it_is(shipped: None) -> None:
    assert "This looks like a chest X-ray" in words(lab(lab_model=CUT_ID))
    assert XRAY.shape == CT.shape
