"""Is it any good? What a visitor reads follows from the table: figures, sentences, bad tables."""

from pathlib import Path

import explain_visits
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from visits import words

from core import artifacts
from core.artifacts import Card
from core.charts import quality_findings as findings
from core.explain import checks
from core.explain.checks import ALL, ANOTHER, COVID, OTHER, about
from pages.parts import loaders

METHODS = ("gradcam", "layercam", "random", "centre")


def row(check, method, group, value, half=0.05, position=None):
    return {
        "model": "m", "check": check, "method": method, "group": group, "position": position,
        "images": 8, "patients": 6, "value": value, "low": value - half, "high": value + half,
    }  # fmt: skip


def made_up() -> pd.DataFrame:
    """Grad-CAM is good, LayerCAM is not: it does not change, and is worse than chance."""
    rows = []
    for check in (checks.RANKS, checks.STRUCTURE):
        for method, end in (("gradcam", 0.0), ("layercam", 0.91)):
            rows.append(row(check, method, ANOTHER, 0.3, position=-1))
            steps = (("nothing", 1.0), ("log-odds", (1 + end) / 2), ("block1_conv1", end))
            rows += [
                row(check, method, name, value, 0, place)
                for place, (name, value) in enumerate(steps)
            ]
    for curve in checks.CURVES:
        better = -1 if curve == checks.DELETION else 1
        for method, gain in zip(METHODS, (0.2, -0.2, 0, 0.01), strict=True):
            area = 0.5 + better * gain
            rows += [row(curve, method, ALL, area, position=place) for place in (0, 0.5, 1)]
            rows += [row(about(curve, checks.AREA), method, ALL, area)]
            if method != "random":
                rows += [row(about(curve, checks.AHEAD_RANDOM), method, ALL, gain)]
            if method in ("gradcam", "layercam"):
                rows += [row(about(curve, checks.AHEAD_CENTRE), method, ALL, gain - 0.01)]
    for method, value in (("gradcam", 1.5), ("layercam", 0.6), ("centre", 1.2)):
        for group in (COVID, OTHER):
            rows.append(row(checks.GIVEN, method, group, value))
            if method != "centre":
                name = about(checks.GIVEN, checks.AHEAD_CENTRE)
                rows.append(row(name, method, group, value - 1.2))
    return pd.DataFrame(rows, columns=list(checks.COLUMNS))


def test_maps_that_do_not_change_are_named() -> None:
    found = findings.likeness(made_up(), checks.RANKS)
    assert "With the whole head random, the maps of LayerCAM (0.96) stay mostly as they were" in (
        found.words
    )
    assert "Not so, or not for certain: Grad-CAM (0.50)." in found.words
    assert (
        "With every weight of the network random, the most alike are those of LayerCAM (0.91"
        in (found.words)
    )
    assert "Grad-CAM: 0.50 after log-odds and 0.00 after block1_conv1" in found.alt
    places = {tuple(trace.x) for trace in found.figure.data if trace.mode == "lines+markers"}
    assert places == {("nothing", "log-odds", "block1_conv1")}


@pytest.mark.parametrize("curve", checks.CURVES)
def test_who_beats_the_baselines_and_who_does_not(curve) -> None:
    drawn, areas = findings.curves(made_up(), curve)
    assert "Better than a random map: Grad-CAM; **worse than** a random map: LayerCAM" in (
        areas.words
    )
    assert "better than the middle: Grad-CAM; **worse than** the middle: LayerCAM." in areas.words
    assert "not told apart" not in areas.words
    best = next(trace for trace in areas.figure.data if trace.name == "method")
    assert best.y[0] == "Grad-CAM"  # the best on top, whichever way is better
    assert {trace.name for trace in drawn.figure.data} == {
        "Grad-CAM", "LayerCAM", "Random map", "Middle of the picture",
    }  # fmt: skip
    assert "Grad-CAM, ahead of random: +0.200 (+0.150 to +0.250)" in areas.details


def test_lungs_are_compared_with_the_middle_of_the_picture() -> None:
    found = findings.lungs(made_up(), checks.GIVEN)
    assert (
        "COVID-19: from 0.60 (LayerCAM) to **1.50** (Grad-CAM); the middle of the picture 1.20"
        in (found.words)
    )
    assert "**More outside the lungs than if evenly spread**: LayerCAM (COVID-19)" in found.words
    assert "more than the middle of the picture: Grad-CAM (COVID-19) and Grad-CAM (other)" in (
        found.words
    )
    assert findings.lungs(made_up(), checks.FOUND) is None


def page(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    modality: str = "xray",
    views: tuple[str, ...] = ("plain",),
) -> AppTest:
    monkeypatch.setattr(loaders, "MODELS_DIR", tmp_path)

    def script(modality: str, views: tuple[str, ...]) -> None:
        from core.artifacts import Card
        from pages.parts import explain_quality

        config = {"views": list(views)}
        card = Card("m", "head", "A model", "vgg16", modality=modality, config=config)
        explain_quality.show(card)

    asked = {"modality": modality, "views": views}
    at = AppTest.from_function(script, kwargs=asked, default_timeout=30).run()
    assert not at.exception
    return at


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "m").mkdir()
    made_up().to_csv(tmp_path / "m" / checks.TABLE, index=False)
    (tmp_path / "m" / checks.RECORD).write_text(
        '{"settings": {"samples": 8, "points": 9, "strongest": 10, "seed": 11}, "weights": "aa", '
        '"command": "python -m training evaluate --explanations --images 2"}'
    )
    card = Card("m", "head", "A model", "vgg16", files={"head.weights.h5": "aa"})
    artifacts.write_card(card, tmp_path)
    return tmp_path


def test_a_visitor_reads_all_three_checks(monkeypatch, folder: Path) -> None:
    text = words(page(monkeypatch, folder))
    assert "the maps of LayerCAM (0.96) stay mostly as they were" in text
    assert "Deletion, by area. Better than a random map: Grad-CAM" in text
    assert "We know of no published figure" in text
    assert "**1.50** (Grad-CAM)" in text
    assert "over 8 noisy copies" in text
    assert "Measured by `python -m training evaluate --explanations --images 2`" in text


def test_the_other_curve_and_measure_are_a_click_away(monkeypatch, folder: Path) -> None:
    at = page(monkeypatch, folder)
    groups = {group.label: group for group in at.get("button_group")}
    groups["Curve"].set_value(checks.INSERTION)
    groups["Compare maps by"].set_value(checks.STRUCTURE)
    at.run()
    assert not at.exception
    text = words(at)
    assert "Insertion, by area" in text
    assert "Structural similarity with the map" in text


def test_which_of_two_looks_was_measured_is_said(monkeypatch, folder: Path) -> None:
    said = "Measured on the first of this model's looks, a crop around the lungs,"
    assert said in words(page(monkeypatch, folder, views=("lungs", "plain")))
    assert "of this model's looks" not in words(page(monkeypatch, folder))


def test_ct_has_no_outlines_and_that_is_said(monkeypatch, folder: Path) -> None:
    assert "Not measured on CT slices" in words(page(monkeypatch, folder, "ct"))


def test_a_model_not_measured_says_so(monkeypatch, tmp_path: Path) -> None:
    text = words(page(monkeypatch, tmp_path))
    assert "Not measured for this model" in text
    assert "evaluate --explanations" in text


def test_a_table_of_other_weights_is_not_shown(monkeypatch, folder: Path) -> None:
    artifacts.write_card(
        Card("m", "head", "A model", "vgg16", files={"head.weights.h5": "bb"}), folder
    )
    text = words(page(monkeypatch, folder))
    assert "expected a table of the weights in m" in text
    assert "LayerCAM" not in text


MEASURED = [card.id for card in artifacts.list_heads() if checks.has_checks(card.id)]


@pytest.mark.parametrize("model_id", MEASURED)
def test_tables_are_whole_and_of_the_shipped_weights(model_id: str) -> None:
    table = checks.read_checks(model_id)
    assert {checks.RANKS, checks.STRUCTURE} <= set(table["check"])
    assert (artifacts.read_card(model_id).modality == "xray") == (
        checks.GIVEN in set(table["check"])
    )
    assert checks.read_record(model_id)["settings"]["per_class"] >= 1


def test_the_explain_page_leads_there() -> None:
    at = explain_visits.page(model="vgg16-xray")
    explain_visits.group(at, "View").set_value("Is it any good?").run()
    assert not at.exception
    text = words(at)
    assert "With the whole head random" in text
    assert "not for diagnosis" in text
