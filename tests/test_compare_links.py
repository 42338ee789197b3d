"""Links to the Compare page: they open what they name, and bad ones open the page."""

from __future__ import annotations

import pytest
from compare_visits import DEFAULT, group, page
from streamlit.elements.lib import policies
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from visits import words

from core import cohorts

pytestmark = pytest.mark.usefixtures("no_folder")


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
    assert set(at.dataframe[0].value.loc["Threshold"]) == {"0.3"}


def test_a_link_with_one_model_takes_the_threshold_of_all() -> None:
    at = page(models_xray=[DEFAULT[0]], cut="0.3")
    assert at.slider(f"compare_cut_{DEFAULT[0]}").value == 0.3
    assert at.dataframe[0].value.loc["Threshold", "VGG16"] == "0.3"


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


@pytest.mark.parametrize(
    ("address", "key", "default"),
    [
        ({"set": "No such set"}, "set", "xray"),
        ({"models_xray": ["No such model"]}, "models_xray", list(DEFAULT)),
        ({"models_xray": ["No such model", "VGG16 (all)"]}, "models_xray", [DEFAULT[0]]),
        ({"cut": "7"}, "rule", "own"),
        ({"cut": "much"}, "rule", "own"),
        ({"cut": "-1"}, "rule", "own"),
        ({"cut": "nan"}, "rule", "own"),
        ({"rule": "Best of all"}, "rule", "own"),
        ({"view": "Nowhere"}, "view", "measures"),
        ({"prevalence": "120 %"}, "prevalence", 0.05),
        ({"cost": "-1"}, "cost", 10),
        ({"metric": "Beauty", "view": "curves", "curves": "thresholds"}, "metric", "accuracy"),
        ({"of": "No such model", "view": "Images"}, "of", DEFAULT[0]),
        ({"cell": "XY", "view": "Images"}, "cell", "FN"),
        ({"other": "-3", "which": "changing", "view": "Images"}, "other", 0.5),
    ],
)
def test_bad_links_open_the_page_with_the_default(
    address: dict[str, str | list[str]], key: str, default: object
) -> None:
    at = page(**address)
    assert "images** of" in words(at)
    assert at.session_state[f"compare_{key}"] == default
    if "set" in address or "models_xray" in address:
        assert "The link names a" in at.warning[0].value
        assert "No such" in at.warning[0].value


@pytest.mark.parametrize("named", ["by id", "by the words on the buttons"])
def test_of_more_models_than_fit_the_first_are_taken_and_that_is_said(named: str) -> None:
    known = cohorts.read_contenders()
    five = [*DEFAULT, "small-vgg16-imagenet"]
    at = page(models_xray=five if named == "by id" else [known[one].name for one in five])
    assert at.multiselect("compare_models_xray").value == five[:4]
    assert "more than 4 models; the last were left out: “VGG16 (small)”" in at.warning[0].value


def test_a_model_named_twice_is_taken_once() -> None:
    at = page(models_xray=[DEFAULT[0], DEFAULT[0]], alone="true")
    assert at.multiselect("compare_models_xray").value == [DEFAULT[0]]
    assert not at.warning


def test_nothing_named_is_nothing_unknown() -> None:
    at = page(models_xray="")
    assert at.multiselect("compare_models_xray").value == []
    assert not at.warning
    assert not page(set="").warning


def test_models_of_a_link_are_no_second_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "_shown_default_value_warning", False)
    page(models_xray=list(DEFAULT[:2]))
    assert not policies._shown_default_value_warning


def test_going_back_to_a_bare_address_opens_the_page_as_at_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = page()
    at.switch_page("pages/home.py").run()
    monkeypatch.setattr(
        ScriptRunContext, "is_history_navigation", property(lambda _: True, lambda *_: None)
    )
    at.switch_page("pages/compare.py").run()
    assert not at.exception
    assert at.multiselect("compare_models_xray").value == list(DEFAULT)
    assert "Chosen on patients outside the test set" in words(at)
