"""The images of a cell on the Compare page: which, in what order, and what opens them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from compare_visits import DEFAULT, choose, measured, page
from tables import drawn_rows, write_model
from visits import XRAY_ID, words

from core import cells
from core.classifier import DEFAULT_MODELS
from core.schema import Modality
from pages.parts import compare_images, loaders, loaders_data

pytestmark = pytest.mark.usefixtures("no_folder")


def test_images_of_a_cell_worst_first() -> None:
    at = choose(page(), "view", "images")
    entrant = measured().entrants[0]
    missed = cells.in_cell(entrant, entrant.operating_point, "FN")
    text = words(at)
    assert f"{len(missed)} COVID-19 images that are missed, the most wrong first" in text
    worst = missed.iloc[0]
    assert f"**{worst['probability']:.3f}**" in text
    assert f"opens each image with {DEFAULT_MODELS[Modality.XRAY]} instead" in text
    link = urlsplit(at.get("link_button")[0].proto.url)
    assert link.path == "explain"
    assert parse_qs(link.query) == {
        "model": [DEFAULT_MODELS[Modality.XRAY]],
        "image": [worst["image_id"]],
    }
    choose(at, "cell", "TN")
    cleared = cells.in_cell(entrant, entrant.operating_point, "TN")
    assert f"{len(cleared)} other images that are cleared" in words(at)
    at.number_input("compare_page").set_value(2).run()
    assert f"**{cleared.iloc[12]['probability']:.3f}**" in words(at)


def test_another_list_opens_on_its_first_page() -> None:
    at = choose(choose(page(), "view", "images"), "cell", "TN")
    at.number_input("compare_page").set_value(3).run()
    choose(at, "cell", "TP")
    assert at.number_input("compare_page").value == 1
    found = cells.in_cell(measured().entrants[0], measured().entrants[0].operating_point, "TP")
    assert f"**{found.iloc[0]['probability']:.3f}**" in words(at)
    at.number_input("compare_page").set_value(2).run()
    choose(at, "of", DEFAULT[1])
    assert at.number_input("compare_page").value == 1


@pytest.mark.parametrize(
    ("cell", "one", "none"),
    [
        ("FN", "1 COVID-19 image that is missed", "0 COVID-19 images that are missed"),
        ("FP", "1 false alarm, the most", "0 false alarms, the most"),
        ("TN", "1 other image that is cleared", "0 other images that are cleared"),
    ],
)
def test_a_cell_of_one_image_is_told_in_the_singular(cell: str, one: str, none: str) -> None:
    assert compare_images.cell_words(cell, 1).startswith(one)
    assert compare_images.cell_words(cell, 0).startswith(none)


def test_the_choice_of_a_model_outlives_another_name_for_it() -> None:
    at = choose(page(models_xray=list(DEFAULT[:2]), view="images"), "of", DEFAULT[1])
    models = [*DEFAULT[:2], "small-vgg16-imagenet"]
    at.multiselect("compare_models_xray").set_value(models).run()
    assert not at.exception
    assert "Xception (all) at" in words(at)


@pytest.mark.parametrize("model", [XRAY_ID, DEFAULT[0]])
def test_where_a_recipe_stands_in_explain_is_said_to_know_the_source(model: str) -> None:
    text = words(page(set="unseen-nih", models_xray=[model], view="images", cell="FP"))
    assert "which learned from nih, so that its probability differs" in text
    assert "with this model" not in text
    assert ("trained without nih. Explain opens" in text) == (model == XRAY_ID)


def test_a_model_that_never_saw_the_source_explains_itself() -> None:
    small = "vgg16-xray-small"
    text = words(page(set="unseen-nih", models_xray=[small], view="images", cell="FP"))
    assert "Explain opens each image with this model" in text


def test_images_that_change_sides() -> None:
    at = choose(choose(page(rule="The paper's 0.5"), "view", "images"), "which", "changing")
    at.slider("compare_other").set_value(0.3).run()
    entrant = measured().entrants[0]
    found = cells.changing_sides(entrant, 0.5, 0.3)
    assert f"{len(found)} images are called positive at 0.3 and negative at 0.5" in words(at)
    assert f"finds {int(found['label'].sum())} more with COVID-19" in words(at)


def test_images_without_a_catalogue_are_listed_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaders_data, "DATA_DIR", tmp_path)
    at = page(view="images")
    assert "python -m training catalogue --root DIR" in at.error[0].value
    assert "patient " in words(at)
    assert any(one.key == "compare_report" for one in at.get("download_button"))


def test_images_without_a_model_to_explain_them_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(tmp_path, "m", drawn_rows(0, 40))
    monkeypatch.setattr(loaders, "MODELS_DIR", tmp_path)
    text = page(view="images").error[0].value
    assert f"received '{DEFAULT_MODELS[Modality.XRAY]}'" in text
