"""The Compare page as a user reads it, on the shipped tables: no TensorFlow, no network."""

from __future__ import annotations

from pathlib import Path

import pytest
from compare_visits import VIEWS, choose, group, measured, page
from tables import drawn_rows, write_model
from visits import modules_after, words

from core import evaluation, validated
from core.schema import threshold_text
from pages.parts import loaders

pytestmark = pytest.mark.usefixtures("no_folder")


def test_first_look() -> None:
    at = page()
    text = words(at)
    comparison = measured()
    assert at.title[0].value == "Compare"
    assert "not for diagnosis" in text
    assert f"**{comparison.images} images** of {comparison.patients} patients" in text
    assert "none of them was learned from" in text
    assert "Chosen on patients outside the test set" in text
    assert "Exploratory" not in text
    assert "dog photographs" in text
    found = evaluation.answer(comparison.entrants, [e.operating_point for e in comparison.entrants])
    table = at.dataframe[0].value
    for entrant, answer in zip(comparison.entrants, found, strict=True):
        estimate = answer.measures["recall"]
        assert table.loc["Recall", entrant.name] == (
            f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"
        )
        assert table.loc["Threshold", entrant.name] == threshold_text(entrant.operating_point)
    formulas = "\n".join(e.value for e in at.get("latex"))
    assert all(f"({number})" in formulas for number in (1, 2, 3, 4))


def test_a_source_that_names_no_patients_is_said_to() -> None:
    at = page(set="unseen-sarscov2-ct")
    said = "**604 images**; this source names no patients, so intervals are too narrow"
    assert said in words(at)
    assert "604 patients" not in words(at)


def test_a_link_s_words_stay_words() -> None:
    at = page(set="[**Session over. Log in**](https://evil.example)")
    said = at.warning[0].value
    assert r"\[\*\*Session over. Log in\*\*\](https:" in said
    assert "https://" not in said


def test_moving_the_slider_is_marked_as_exploratory() -> None:
    at = page()
    at.slider("compare_cut").set_value(0.6).run()
    assert not at.exception
    assert "Exploratory" in words(at)
    assert group(at, "rule").value == "hand"
    assert set(at.dataframe[0].value.loc["Threshold"]) == {"0.6"}
    choose(at, "rule", "youden")
    assert "Exploratory" not in words(at)
    entrant = measured().entrants[0]
    cut = validated.threshold(entrant, "youden")
    assert at.dataframe[0].value.loc["Threshold", entrant.name] == threshold_text(cut)


@pytest.mark.parametrize("name", ["0.5", "0.3"])
def test_the_papers_thresholds_are_one_click(name: str) -> None:
    at = choose(page(), "rule", name)
    assert set(at.dataframe[0].value.loc["Threshold"]) == {name}
    assert at.slider("compare_cut").value == float(name)
    assert "Fixed beforehand" in words(at)


def test_small_data_model_on_the_big_test_set_is_one_click() -> None:
    at = page(set="CT: covid-ct")
    assert "**118 images**" in words(at)
    at.button("compare_small_on_big").click().run()
    assert not at.exception
    assert at.selectbox("compare_set").value == "xray"
    assert at.multiselect("compare_models_xray").value == [
        "small-vgg16-imagenet",
        "all-vgg16-imagenet",
    ]
    assert group(at, "rule").value == "0.5"
    (found,) = evaluation.answer(measured("xray", "small-vgg16-imagenet").entrants, [0.5])
    shown = at.dataframe[0].value.loc["Recall", "VGG16 (small)"]
    assert shown.startswith(f"{found.measures['recall'].value:.2f} ")


def test_each_model_alone() -> None:
    at = page()
    at.toggle("compare_alone").set_value(True).run()
    at.slider("compare_cut_all-xception-imagenet").set_value(0.9).run()
    assert not at.exception
    table = at.dataframe[0].value.loc["Threshold"]
    assert table["Xception"] == "0.9"
    assert table["VGG16"] == threshold_text(round(measured().entrants[0].operating_point, 3))
    assert "Exploratory" in words(at)


def test_a_threshold_stays_where_models_come_and_go() -> None:
    at = page()
    at.slider("compare_cut").set_value(0.6).run()
    at.toggle("compare_alone").set_value(True).run()
    at.slider("compare_cut_all-vgg16-imagenet").set_value(0.123).run()
    at.multiselect("compare_models_xray").set_value(["all-vgg16-imagenet"]).run()
    assert not at.exception
    assert at.slider("compare_cut_all-vgg16-imagenet").label == "Threshold"
    assert at.dataframe[0].value.loc["Threshold", "VGG16"] == "0.123"
    at.multiselect("compare_models_xray").set_value(["all-xception-imagenet"]).run()
    assert at.dataframe[0].value.loc["Threshold", "Xception"] == "0.6"
    at.slider("compare_cut_all-xception-imagenet").set_value(0.2).run()
    both = ["all-xception-imagenet", "all-vgg16-imagenet"]
    at.multiselect("compare_models_xray").set_value(both).run()
    assert at.dataframe[0].value.loc["Threshold"].tolist() == ["0.2", "0.123"]
    at.toggle("compare_alone").set_value(False).run()
    assert at.slider("compare_cut").label == "Threshold of all models"
    at.multiselect("compare_models_xray").set_value(["all-vgg16-imagenet"]).run()
    assert at.dataframe[0].value.loc["Threshold", "VGG16"] == "0.2"
    assert "Exploratory" in words(at)


def test_a_source_never_trained_on_says_who_answers() -> None:
    at = page(set="X-ray: figure1, never trained on")
    text = words(at)
    assert "**30 images**" in text
    assert "trained **without figure1** answers for VGG16, Xception" in text
    assert "left out: Home-made CNN" in text


def test_one_class_only_is_said() -> None:
    at = page(set="X-ray: nih alone")
    assert "of one class only" in words(at)
    assert at.dataframe[0].value.loc["Recall"].eq("–").all()
    for view in VIEWS:
        choose(at, "view", view)


def test_no_model_chosen_is_said() -> None:
    at = page()
    at.multiselect("compare_models_xray").set_value([]).run()
    assert not at.exception
    assert "Choose a model" in at.info[-1].value


def test_a_table_that_cannot_be_believed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(tmp_path, "m", [*drawn_rows(0, 4), ("x", "one", "p", "test", 1.0, 1.7)])
    monkeypatch.setattr(loaders, "MODELS_DIR", tmp_path)
    text = page().error[0].value
    assert "m/predictions.csv" in text
    assert "row 6" in text


def test_no_tables_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "MODELS_DIR", tmp_path)
    assert "python -m training compare" in page().error[0].value


def test_smoke_runs_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(tmp_path, "m", drawn_rows(0, 40), trained=False)
    monkeypatch.setattr(loaders, "MODELS_DIR", tmp_path)
    assert "smoke run" in page().warning[0].value


def test_page_needs_no_tensorflow() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests'); import compare_visits as t; "
        "at = t.page(); [t.choose(at, 'view', view) for view in t.VIEWS]"
    )
    assert not {"tensorflow"} & modules_after(code)
