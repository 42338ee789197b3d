"""The views of the Compare page below its table: sentences that follow from the measures."""

from __future__ import annotations

import pandas as pd
import pytest
from compare_visits import DEFAULT, choose, group, measured, page
from visits import ROOT, XRAY_ID, words

from core import cohorts, contest, evaluation, validated
from core.contest import Duel
from core.paired import Difference, McNemar
from core.schema import threshold_text
from pages.parts import compare_duel, compare_models

pytestmark = pytest.mark.usefixtures("no_folder")


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


def test_the_home_made_network_overfits() -> None:
    at = choose(page(), "view", "paper")
    history = pd.read_csv(ROOT / "models" / "small-cnn-random160" / "history.csv")
    last = history.iloc[-1]
    assert f"reaches AUC {last['auc']:.2f} on its training images and {last['test_auc']:.2f}" in (
        words(at)
    )


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
    assert f"least at {threshold_text(best)} (chosen on validation)" in words(at)
    choose(at, "view", "table")
    choose(at, "rule", "cost")
    assert at.dataframe[0].value.loc["Threshold", "VGG16"] == threshold_text(best)


def test_calibration_says_what_the_temperature_did() -> None:
    at = choose(page(), "view", "calibration")
    found = validated.calibrate(measured().entrants[0])
    assert f"(temperature {found.temperature:.2f}" in words(at)
    assert "fitted on validation patients" in words(at)


def test_are_two_models_really_different() -> None:
    at = choose(page(), "view", "different")
    first, second, *_, last = measured().entrants
    found = contest.duel(first, second, (first.operating_point, second.operating_point))
    text = words(at)
    assert f"is right {found.calls.only_first} times and {second.name}" in text
    assert "no real difference is shown" in text
    at.selectbox("compare_second").set_value(last.id).run()
    found = contest.duel(first, last, (first.operating_point, last.operating_point))
    assert found.accuracy.low > 0
    assert f"{first.name} is better, by more" in words(at)
    at.selectbox("compare_second").set_value(first.id).run()
    assert "the same model twice" in words(at)


def test_two_models_stay_chosen_where_a_third_changes_their_names() -> None:
    at = choose(page(models_xray=list(DEFAULT[:3])), "view", "different")
    at.selectbox("compare_first").set_value(DEFAULT[2]).run()
    models = [*DEFAULT[:3], "small-vgg16-imagenet"]
    at.multiselect("compare_models_xray").set_value(models).run()
    assert not at.exception
    first = at.selectbox("compare_first").value
    second = at.selectbox("compare_second").value
    assert (first, second) == (DEFAULT[2], DEFAULT[1])


def test_one_image_apart_is_told_in_the_singular() -> None:
    none = Difference(0.1, -0.1, 0.3, 0.4)
    text = compare_duel.sentence("A", "B", Duel(McNemar(1, 0, 1.0), none, none, none))
    assert "(1 image), A is right 1 time and B 0 times" in text


def test_all_models_and_those_that_are_missing() -> None:
    at = choose(page(), "view", "all")
    table = at.dataframe[0].value
    own = [c for c in cohorts.read_contenders().values() if c.card.modality == "xray"]
    assert sorted(table["model"]) == sorted(one.name for one in own)
    assert table["AUC"].is_monotonic_decreasing
    assert "ResNet152V2" in words(at).split("Not in this table:")[1]
    assert sorted(table["id"]) == sorted(one.card.id for one in own)
    random = table.loc[table["model"].str.startswith("DenseNet121"), "model"].item()
    assert "random start, 160 px" in random


def test_models_that_are_missing_are_those_of_this_table() -> None:
    known = cohorts.read_contenders().values()
    random = "those shown start from random weights at 160 px"
    assert random in compare_models.missing_words(known, {"small-vgg19-random160"})
    ct = words(choose(page(set="ct"), "view", "all"))
    assert "ResNet152V2" in ct.split("Not in this table:")[1]
    assert random not in ct
    assert "unfrozen: not tested" not in ct
    alone = page(set="unseen-covid-chestxray", models_xray=[XRAY_ID])
    one = words(choose(alone, "view", "all"))
    assert (
        "Xception, MobileNetV2, VGG16 with its top convolution blocks unfrozen: not tested" in one
    )
    assert random not in one


def test_one_model_is_not_the_best_of_several() -> None:
    at = page(models_xray=["all-vgg16-imagenet"])
    assert "VGG16 has an AUC of" in words(at)
    assert at.dataframe[0].value.loc["id", "VGG16"] == "all-vgg16-imagenet"
    table = pd.DataFrame({"name": ["A"], "auc": [0.7], "auc_low": [0.4]})
    assert compare_models.summary_words(table) == (
        "A is the only model here, with an AUC of 0.70. The interval of 1 reaches down to 0.5, "
        "which is guessing."
    )


@pytest.mark.parametrize("view", ["different", "images"])
def test_a_model_that_is_taken_away_is_forgotten(view: str) -> None:
    at = choose(page(), "view", view)
    if view == "different":
        at.selectbox("compare_second").set_value(DEFAULT[3]).run()
    else:
        choose(at, "of", DEFAULT[3])
    assert "CNN" in words(at)
    at.multiselect("compare_models_xray").set_value(list(DEFAULT[:2])).run()
    assert not at.exception
    assert "CNN" not in words(at)
    at.selectbox("compare_set").set_value("ct").run()
    assert not at.exception
    assert "**118 images**" in words(at)
