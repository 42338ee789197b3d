"""The Compare page as a user reads it, on the shipped tables: no TensorFlow, no network."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from tables import drawn_rows, write_model
from visits import words

from core import cells, cohorts, contest, evaluation, examples, validated
from core.classifier import DEFAULT_MODELS
from core.evaluation import Comparison
from core.schema import Modality
from pages.parts import loaders, loaders_data

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = (
    "all-vgg16-imagenet",
    "all-xception-imagenet",
    "all-mobilenetv2-imagenet",
    "all-cnn-random160",
)
VIEWS = (
    "histograms",
    "roc",
    "thresholds",
    "calibration",
    "practice",
    "different",
    "images",
    "paper",
    "all",
    "table",
)


@pytest.fixture(autouse=True)
def no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "data_root", lambda: None)


def page(**address: str | list[str]) -> AppTest:
    """The page as opened by a link."""
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    at.switch_page("pages/compare.py")
    for name, value in address.items():
        at.query_params[f"compare_{name}"] = value
    at.run()
    assert not at.exception
    return at


def group(at: AppTest, key: str):
    return next(g for g in at.get("button_group") if g.key == f"compare_{key}")


PARTS = {
    "table": "measures",
    "different": "measures",
    "all": "measures",
    "roc": "curves",
    "thresholds": "curves",
    "calibration": "curves",
}


def choose(at: AppTest, key: str, value: str) -> AppTest:
    """Click a button of a group; the part of a view by way of its view."""
    if key == "view" and value in PARTS:
        group(at, "view").set_value(PARTS[value]).run()
        key = PARTS[value]
    group(at, key).set_value(value).run()
    assert not at.exception
    return at


def measured(key: str = "xray", *ids: str) -> Comparison:
    contenders = cohorts.read_contenders()
    sets = cohorts.test_sets(contenders.values())
    return evaluation.compare([contenders[name] for name in ids or DEFAULT], sets[key])


def test_first_look() -> None:
    at = page()
    text = words(at)
    comparison = measured()
    assert at.title[0].value == "Compare"
    assert "not for diagnosis" in text
    assert f"**{comparison.images} images** of {comparison.patients} patients" in text
    assert "none of them was learned from" in text
    assert "Chosen on validation patients" in text
    assert "Exploratory" not in text
    assert "dog photographs" in text
    found = evaluation.answer(comparison.entrants, [e.operating_point for e in comparison.entrants])
    table = at.dataframe[0].value
    for entrant, answer in zip(comparison.entrants, found, strict=True):
        estimate = answer.measures["recall"]
        assert table.loc["Recall", entrant.name] == (
            f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"
        )
        assert table.loc["Threshold", entrant.name] == f"{entrant.operating_point:.3f}"
    formulas = "\n".join(e.value for e in at.get("latex"))
    assert all(f"({number})" in formulas for number in (1, 2, 3, 4))


def test_moving_the_slider_is_marked_as_exploratory() -> None:
    at = page()
    at.slider("compare_cut").set_value(0.6).run()
    assert not at.exception
    assert "Exploratory" in words(at)
    assert group(at, "rule").value == "hand"
    assert set(at.dataframe[0].value.loc["Threshold"]) == {"0.600"}
    choose(at, "rule", "youden")
    assert "Exploratory" not in words(at)
    entrant = measured().entrants[0]
    cut = validated.threshold(entrant, "youden")
    assert at.dataframe[0].value.loc["Threshold", entrant.name] == f"{cut:.3f}"


@pytest.mark.parametrize("name", ["0.5", "0.3"])
def test_the_papers_thresholds_are_one_click(name: str) -> None:
    at = choose(page(), "rule", name)
    assert set(at.dataframe[0].value.loc["Threshold"]) == {f"{float(name):.3f}"}
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


def test_figure_3_in_three_panels() -> None:
    at = choose(page(), "view", "paper")
    big, small = measured("xray", "all-vgg16-imagenet", "small-vgg16-imagenet").entrants
    half, lower, other = evaluation.answer([big, big, small], [0.5, 0.3, 0.5])
    more, alarms = lower.counts.tp - half.counts.tp, lower.counts.fp - half.counts.fp
    assert f"finds {more} more of the {half.counts.tp + half.counts.fn}" in words(at)
    assert f"raises {alarms} more false alarms" in words(at)
    assert f"finds {other.counts.tp} and calls {other.counts.fp} of the" in words(at)
    at.button("compare_open_1").click().run()
    assert not at.exception
    assert at.multiselect("compare_models_xray").value[0] == "all-vgg16-imagenet"
    assert group(at, "rule").value == "0.3"


def test_a_link_opens_the_same_view() -> None:
    at = page(
        set="X-ray: covid-chestxray alone",
        models_xray=["VGG16 (small)", "Xception (small)"],
        rule="By hand",
        cut="0.321",
        view="Curves",
        curves="Every threshold",
        metric="Specificity",
        cost="50 false alarms",
        prevalence="1 %",
    )
    assert at.selectbox("compare_set").value == "xray-covid-chestxray"
    assert at.multiselect("compare_models_xray").value == [
        "small-vgg16-imagenet",
        "small-xception-imagenet",
    ]
    assert at.slider("compare_cut").value == 0.321
    assert "At threshold 0.321, specificity" in words(at)
    assert "Exploratory" in words(at)
    assert at.select_slider("compare_cost").value == 50
    assert at.select_slider("compare_prevalence").value == 0.01


def test_a_link_with_a_threshold_alone_means_that_threshold() -> None:
    at = page(cut="0.3")
    assert group(at, "rule").value == "hand"
    assert set(at.dataframe[0].value.loc["Threshold"]) == {"0.300"}


@pytest.mark.parametrize(
    "address",
    [
        {"set": "No such set"},
        {"models_xray": ["No such model", "VGG16 (all)"]},
        {"cut": "7"},
        {"cut": "much"},
        {"rule": "Best of all"},
        {"view": "Nowhere"},
        {"prevalence": "120 %"},
        {"cost": "-1"},
        {"metric": "Beauty", "view": "curves", "curves": "thresholds"},
        {"of": "No such model", "view": "Images"},
        {"cell": "XY", "view": "Images"},
        {"other": "-3", "view": "Images"},
    ],
)
def test_bad_links_still_open_the_page(address: dict[str, str]) -> None:
    at = page(**address)
    assert "images** of" in words(at)
    if "set" in address or "models_xray" in address:
        assert "The link names a" in at.warning[0].value
        assert "No such" in at.warning[0].value


def test_each_model_alone() -> None:
    at = page()
    at.toggle("compare_alone").set_value(True).run()
    at.slider("compare_cut_all-xception-imagenet").set_value(0.9).run()
    assert not at.exception
    table = at.dataframe[0].value.loc["Threshold"]
    assert table["Xception"] == "0.900"
    assert table["VGG16"] == f"{measured().entrants[0].operating_point:.3f}"
    assert "Exploratory" in words(at)


def test_in_practice_follows_prevalence_and_cost() -> None:
    at = choose(page(rule="The paper's 0.5"), "view", "practice")
    comparison = measured()
    found = evaluation.answer(comparison.entrants, [0.5] * 4)[0].measures
    recall, specificity = found["recall"].value, found["specificity"].value
    for prevalence, ill in ((0.05, 50), (0.01, 10)):
        at.select_slider("compare_prevalence").set_value(prevalence).run()
        hits = prevalence * recall
        precision = hits / (hits + (1 - prevalence) * (1 - specificity))
        table = at.dataframe[0].value.set_index("model")
        shown = table.loc["VGG16", f"precision at {100 * prevalence:g} %"]
        assert shown == f"{precision:.1%}"
        assert f"Of 1,000 people, {ill} of them ill" in words(at)
    missed, alarms = round(10 * (1 - recall)), 990 - round(990 * specificity)
    at.select_slider("compare_cost").set_value(100).run()
    assert f"VGG16 {100 * missed + alarms:g}, least at" in words(at)
    best = validated.threshold(comparison.entrants[0], "cost", 100, 0.01)
    assert f"least at {best:.3f} (chosen on validation)" in words(at)
    choose(at, "view", "table")
    choose(at, "rule", "cost")
    assert at.dataframe[0].value.loc["Threshold", "VGG16"] == f"{best:.3f}"


def test_calibration_says_what_the_temperature_did() -> None:
    at = choose(page(), "view", "calibration")
    found = validated.calibrate(measured().entrants[0])
    assert f"(temperature {found.temperature:.2f}" in words(at)
    assert "fitted on validation patients" in words(at)


def test_the_home_made_network_overfits() -> None:
    at = choose(page(), "view", "paper")
    history = pd.read_csv(ROOT / "models" / "small-cnn-random160" / "history.csv")
    last = history.iloc[-1]
    assert f"reaches AUC {last['auc']:.2f} on its training images and {last['test_auc']:.2f}" in (
        words(at)
    )


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Name of a file -> what its button gives, filled while pages run."""
    made: dict[str, str] = {}

    def button(label: str, data: object, name: str, *args: object, **options: object) -> bool:
        assert callable(data)  # made on a click, not at every move of a slider
        made[name] = data()
        return False

    monkeypatch.setattr(st, "download_button", button)
    monkeypatch.setattr(
        st.delta_generator.DeltaGenerator, "download_button", lambda self, *a, **o: button(*a, **o)
    )
    return made


def test_every_table_is_a_csv(downloads: dict[str, str]) -> None:
    at = page()
    for view in VIEWS:
        choose(at, "view", view)
    tables = {
        name: pd.read_csv(io.StringIO(text))
        for name, text in downloads.items()
        if name.endswith(".csv")
    }
    assert set(tables) == {
        "lunglens-measures.csv",
        "lunglens-calibration.csv",
        "lunglens-predictive-values.csv",
        "lunglens-paired.csv",
        "lunglens-all-vgg16-imagenet-FN.csv",
        "lunglens-models-xray.csv",
    }
    measures = tables["lunglens-measures.csv"]
    assert len(measures) == len(DEFAULT) * len(evaluation.MEASURES)
    (found,) = evaluation.answer(measured().entrants[:1], [measured().entrants[0].operating_point])
    row = measures[(measures["model"] == DEFAULT[0]) & (measures["measure"] == "mcc")].iloc[0]
    assert row["value"] == pytest.approx(found.measures["mcc"].value)
    assert (row["tp"], row["fn"]) == (found.counts.tp, found.counts.fn)
    assert len(tables["lunglens-all-vgg16-imagenet-FN.csv"]) == found.counts.fn


def test_a_report_holds_the_view(downloads: dict[str, str]) -> None:
    page(view="measures", measures="different", cut="0.3")
    text = downloads["lunglens-compare.html"]
    assert text.startswith("<!doctype html>")
    assert "not for diagnosis" in text
    assert "Exploratory: moved by hand" in text
    assert "VGG16 0.300" in text
    assert "VGG16 and Xception" in text
    assert "random start, 160 px" in text
    assert "http://" not in text.split("<body>")[1].split("<script>")[0].replace(
        "http://www.w3.org", ""
    )


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


def test_images_that_change_sides() -> None:
    at = choose(choose(page(rule="The paper's 0.5"), "view", "images"), "which", "changing")
    at.slider("compare_other").set_value(0.3).run()
    entrant = measured().entrants[0]
    found = cells.changing_sides(entrant, 0.5, 0.3)
    assert f"{len(found)} images are called positive at 0.300 and negative at 0.500" in words(at)
    assert f"finds {int(found['label'].sum())} more with COVID-19" in words(at)


def test_are_two_models_really_different() -> None:
    at = choose(page(), "view", "different")
    first, second, *_, last = measured().entrants
    found = contest.duel(first, second, (first.operating_point, second.operating_point))
    text = words(at)
    assert f"is right {found.calls.only_first} times and {second.name}" in text
    assert "no real difference is shown" in text
    at.selectbox("compare_second").set_value(last.name).run()
    found = contest.duel(first, last, (first.operating_point, last.operating_point))
    assert found.accuracy.low > 0
    assert f"{first.name} is better, by more" in words(at)
    at.selectbox("compare_second").set_value(first.name).run()
    assert "the same model twice" in words(at)


@pytest.mark.parametrize("view", ["different", "images"])
def test_a_model_that_is_taken_away_is_forgotten(view: str) -> None:
    at = choose(page(), "view", view)
    if view == "different":
        at.selectbox("compare_second").set_value("Home-made CNN (random start, 160 px)").run()
    else:
        choose(at, "of", "Home-made CNN (random start, 160 px)")
    at.multiselect("compare_models_xray").set_value(list(DEFAULT[:2])).run()
    assert not at.exception
    assert "CNN" not in words(at)
    at.selectbox("compare_set").set_value("ct").run()
    assert not at.exception
    assert "**118 images**" in words(at)


def test_all_models_and_those_that_are_missing() -> None:
    at = choose(page(), "view", "all")
    table = at.dataframe[0].value
    own = [c for c in cohorts.read_contenders().values() if c.card.modality == "xray"]
    assert sorted(table["model"]) == sorted(one.name for one in own)
    assert table["AUC"].is_monotonic_decreasing
    assert "ResNet152V2" in words(at).split("Not in this table:")[1]
    random = table.loc[table["model"].str.startswith("DenseNet121"), "model"].item()
    assert "random start, 160 px" in random


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


def test_smoke_runs_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(tmp_path, "m", drawn_rows(0, 40), trained=False)
    monkeypatch.setattr(loaders, "MODELS_DIR", tmp_path)
    assert "smoke run" in page().warning[0].value


def test_page_needs_no_tensorflow() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests'); import test_compare_page as t; "
        "at = t.page(); [t.choose(at, 'view', view) for view in t.VIEWS]; "
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_short_words_open_the_same_view_as_those_on_the_buttons() -> None:
    short = page(
        set="xray-figure1", models_xray=["small-vgg16-imagenet"], rule="youden", view="curves"
    )
    long = page(
        set="X-ray: figure1 alone", models_xray=["VGG16 (small)"], rule="Youden", view="Curves"
    )
    assert words(short) == words(long)
    assert group(short, "view").value == "curves"
    assert not short.warning
