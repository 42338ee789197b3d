"""docs/results.md follows from the tables; goals and gains by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from core.artifacts import LEARNING_CURVE, Card
from core.classifier import DEFAULT_MODELS
from scripts import goals, results
from scripts.changes import ablation, pending
from scripts.goals import GOALS, Goal
from scripts.learning import more_patients
from scripts.lungs import verdict
from training.ablation.changes import changes_for


def _goal(measure: str, value: float) -> Goal:
    return Goal("t", goals.CT, (("inside", "covid-ct"),), measure, value)


def _evaluation(measure: str, value: float) -> pd.DataFrame:
    row = {"kind": "inside", "group": "covid-ct", "images": 9, "measure": measure}
    return pd.DataFrame([row | {"value": value, "low": 0.5, "high": 0.9}])


def test_the_page_is_as_the_tables_say() -> None:
    assert results.PAGE.read_text(encoding="utf-8") == results.text()


@pytest.mark.parametrize(
    ("measure", "value", "expected"),
    [
        ("auc", 0.8, "yes, but the interval reaches beyond it"),
        ("auc", 0.95, "yes"),
        ("auc", 0.79, "no, but within the interval"),
        ("auc", 0.4, "no"),
        ("calibration_error", 0.8, "yes, but the interval reaches beyond it"),
        ("calibration_error", 0.15, "yes"),
        ("calibration_error", 0.85, "no, but within the interval"),
    ],
)
def test_whether_a_goal_is_reached(measure: str, value: float, expected: str) -> None:
    sure = {"no": (0.1, 0.2), "yes": (0.9, 1.0) if measure == "auc" else (0.1, 0.2)}
    ends = sure.get(expected, (0.5, 0.9))
    assert _goal(measure, 0.8).reached(value, *ends) == expected


def test_a_goal_is_asked_of_models_of_its_kind_alone() -> None:
    ct = Card("one", "head", "One", "vgg16", modality="ct")
    xray = Card("two", "head", "Two", "vgg16", modality="xray")
    found = goals.table([ct, xray], dict.fromkeys(("one", "two"), _evaluation("auc", 0.96)))
    assert found["model"].tolist() == ["one"]
    row = found.iloc[0]
    assert (row["ours (95 %)"], row["reached"]) == (
        "0.960 (0.500-0.900)",
        "yes, but the interval reaches beyond it",
    )
    assert row["command"] == "`python -m training evaluate --model one`"


def test_every_goal_has_a_model_that_is_measured_by_it() -> None:
    tests = {(goal.test, goals.NAMES[goal.measure]) for goal in GOALS}
    page = results.PAGE.read_text(encoding="utf-8")
    assert all(f"| {test} | {measure} |" in page for test, measure in tests)


def _ablation(folder: Path) -> None:
    head = (
        "change,parent,commit,test,passes,auc,low,high,seed_deviation,gain,gain_low,gain_high,"
        "step,step_low,step_high\n"
    )
    first, lower = "as it was,as it was,abc", "lower blocks,as it was,abc"
    rows = (
        f"{first},pooled,1.0,0.9,0.85,0.95,0.01,0.0,0.0,0.0,0.0,0.0,0.0\n"
        f"{first},actualmed,1.0,0.6,0.5,0.7,0.02,0.0,0.0,0.0,0.0,0.0,0.0\n"
        f"{lower},pooled,2.0,0.95,0.9,0.98,0.0,0.05,0.02,0.08,0.05,0.02,0.08\n"
        f"{lower},actualmed,2.0,0.5,0.4,0.6,0.0,-0.1,-0.2,-0.05,-0.1,-0.2,-0.05\n"
        "CLAHE,lower blocks,abd,pooled,1.0,0.91,0.86,0.96,0.004,0.06,0.01,0.1,0.01,-0.02,0.04\n"
    )
    (folder / "xray.csv").write_text(head + rows)


def test_ablation_one_row_a_change(tmp_path: Path) -> None:
    _ablation(tmp_path)
    words = ablation(tmp_path)
    assert "| # | change | than | cost | pooled | actualmed |" in words
    first = "| 0 | as it was | - | 1 | 0.900 (0.850-0.950) ± 0.010 | 0.600 (0.500-0.700) ± 0.020 |"
    assert first in words
    gain = "0.910 (0.860-0.960) ± 0.004<br>+0.060 (+0.010 to +0.100)"
    step = "step +0.010 (-0.020 to +0.040)"
    assert f"| 2 | CLAHE | 1 | 1 | {gain}<br>{step} | - |" in words
    assert "<br>+0.050 (+0.020 to +0.080) |" in words  # a change of the reference has no step
    assert "`python -m training ablation --root DIR --again` (commit abc, abd)" in words


def test_what_is_sure_is_said(tmp_path: Path) -> None:
    _ablation(tmp_path)
    words = ablation(tmp_path)
    assert "(of 3 steps about 0 would by luck alone):\n\n- pooled: lower blocks (+0.050)\n" in words
    assert "it lies below zero:\n\n- actualmed: lower blocks (-0.100)\n" in words
    assert "On no test better: CLAHE." in words


def test_settings_at_an_end_of_the_grid_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "MODELS_DIR", tmp_path)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "choices.csv").write_text(
        "c,weight nih,haze,steady\n1,0.1,-1,0\n10,1,-0.5,0\n100,0.1,0,0\n"
    )
    config = {"c": 1.0, "source_weights": {"nih": 0.1}, "haze": -0.5, "steady": 0.0}
    card = Card("m", "head", "M", "vgg16", config=config)
    assert results.at_the_ends(card) == "c 1 of 1, 10, 100; weight nih 0.1 of 0.1, 1"


def test_sections_without_tables_are_left_out(tmp_path: Path) -> None:
    assert ablation(tmp_path) == results.protocol(tmp_path) == results.lungs(tmp_path) == ""


def test_gains_that_are_sure_are_counted() -> None:
    rows = [("a", 0.1, 0.05, 0.2), ("b", -0.1, -0.2, -0.05), ("c", 0.1, -0.1, 0.2)]
    table = pd.DataFrame(rows, columns=["version", "gain", "gain_low", "gain_high"])
    words = verdict(table.assign(test="pooled"))
    assert "in 1 the interval of the gain lies above zero, in 1 below, in 1 it holds zero" in words
    assert "- a, pooled: +0.100" in words


def test_changes_without_a_row_are_named() -> None:
    titles = [one.title for one in changes_for("ct")]
    words = pending("ct", pd.DataFrame({"change": titles[:-2]}))
    assert words.endswith(f": {titles[-2]}; {titles[-1]}.\n")
    assert pending("ct", pd.DataFrame({"change": titles})) == ""


def test_how_many_doublings_a_goal_is_away(tmp_path: Path) -> None:
    assert more_patients(tmp_path) == ""
    folder = tmp_path / DEFAULT_MODELS[goals.CT]
    folder.mkdir()
    (folder / LEARNING_CURVE).write_text(
        "kind,group,share,patients,auc,low,high,deviation,gain,gain_low,gain_high,"
        "rising,deals,commit\n"
        "inside,covid-ct,0.5,60,0.85,0.8,0.9,0.02,,,,0,4,abc\n"
        "inside,covid-ct,1.0,120,0.88,0.84,0.92,0.01,0.03,0.01,0.05,4,4,abc\n"
        "never seen,sarscov2-ct,0.5,60,0.80,0.7,0.9,0.02,,,,0,20,abc\n"
        "never seen,sarscov2-ct,1.0,120,0.70,0.6,0.8,0.01,0.01,0.01,0.02,17,20,abc\n"
    )
    text = more_patients(tmp_path)
    first = "| inside covid-ct | 0.850 \u00b1 0.020 (60) | 0.880 \u00b1 0.010 (120) |"
    rest = "0.840-0.920 | +0.030 (+0.010 to +0.050) | 4 of 4 deals | 0.95 | 3 doublings |"
    assert f"{first} {rest}" in text
    # not in every deal: nobody knows how far it is
    assert "(+0.010 to +0.020) | 17 of 20 deals | 0.75 | not known |" in text
    assert "In 1 of 2 tests" in text
