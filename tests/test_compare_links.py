"""Links to the Compare page: they open what they name, and bad ones open the page."""

from __future__ import annotations

import pytest
from compare_visits import group, page
from visits import words

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
    assert set(at.dataframe[0].value.loc["Threshold"]) == {"0.300"}


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
