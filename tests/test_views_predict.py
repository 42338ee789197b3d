"""A model that is shown slices cut to their lungs, as a user meets it on Predict."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from viewed import CUT, DONE, NOT_FOUND, fitted
from visits import CT_ID, IN_SCOPE, answer_with, drawn, opinion, png, predict_page, words

from core import artifacts
from core.opinions import Opinion
from core.phantoms import CT_TITLE
from core.schema import Modality
from core.views import LUNGS, PLAIN
from pages.parts import loaders


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

    monkeypatch.setattr(classifier, "mirrored", spy)
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
    assert "a crop around the lungs **0.30** and at the whole image **0.10**" in said[0]
    titles = [title for title, _ in walk(at, looks=2)]
    assert titles.count("Resize to 224 x 224") == 2
    assert titles.count("Cut to the lungs") == 1
    assert sum(one.value.startswith(DONE) for one in at.caption) == 1
