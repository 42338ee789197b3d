"""The shortcut lab as a user meets it: first a guess, then the measured numbers, then live."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from visits import XRAY_ID, modules_after, opened, words

from core import lab, phantoms, zoo
from core.charts import findings
from core.charts import lab as charts
from core.explain import passes
from core.explain.reading import Reading
from core.guard import Verdict
from core.images import Grey
from core.schema import Modality
from pages.parts import lab_guess, loaders, loaders_data, loaders_lab, state
from pages.parts.lab_words import EXPERIMENTS


def read_grey(classifier, reader_for, image: Grey) -> tuple[Verdict, Reading]:
    """Answers with the mean grey level, and with a 4 x 4 map of it: every change shows."""
    blocks = zoo.fit(image, 64).reshape(4, 16, 4, 16)
    cells = blocks.mean((1, 3), dtype=np.float32)[..., np.newaxis] / 255
    none = np.zeros(1, np.float32)
    found = Reading(float(cells.mean()), 0.0, "toy", cells, np.ones_like(cells), none)
    return Verdict(True, Modality.XRAY, 0.9, 1.0, 3.0, False), (found,)


def tool(at: AppTest, label: str, value: object = None) -> object:
    """What a group of buttons says, once this was clicked on it."""
    group = next(g for g in at.get("button_group") if g.label == label)
    if value is not None:
        group.set_value(value).run()
        assert not at.exception
    return group.value


def page(experiment: str, live: bool = True) -> AppTest:
    return opened("lab", lab_experiment=experiment, lab_live=live)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "_classifier", lambda models_dir: SimpleNamespace())
    monkeypatch.setattr(passes, "judge_then_read", read_grey)
    # nothing out of the cache, where other tests leave answers of the real models
    monkeypatch.setattr(loaders_lab, "_live_answer", loaders_lab._live_answer.__wrapped__)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_result_is_hidden_until_the_user_predicts(name: str) -> None:
    at = page(name)
    assert "What it teaches" not in words(at)
    at.button(f"lab_show_{name}").click().run()
    assert not at.exception
    text = words(at)
    assert "What it teaches" in text
    assert all(lesson in text for lesson in EXPERIMENTS[name].lessons)
    assert all(paper.url in text for paper in EXPERIMENTS[name].papers)
    assert (lab.command(name) in text) == EXPERIMENTS[name].data
    next(b for b in at.button if b.label == "Guess again").click().run()
    assert "What it teaches" not in words(at)


def test_files_of_one_name_can_all_be_chosen() -> None:
    title = phantoms.XRAY_TITLE
    data = phantoms.drawings()[title]
    files = [
        state.Item(*one) for one in (("a", title, data), ("b", "x.dcm", b""), ("c", "x.dcm", b""))
    ]
    at = opened("lab", lab_experiment="lungs", lab_live=True, predict_items=files)
    options = at.selectbox("lab_image").options
    assert options[-4:] == [f"{title} (2)", "x.dcm", "x.dcm (2)", "your own file"]
    at.selectbox("lab_image").set_value("b").run()
    assert at.session_state["lab_image"] == "b"


def test_guess_stands_beside_the_table() -> None:
    at = page("lungs")
    at.slider("lab_ask_lungs").set_value(0.55).run()
    at.button("lab_show_lungs").click().run()
    table = lab.read_table("lungs")
    row = table[
        (table["scope"] == "all four sources") & table["version"].str.contains("rectangle\\)")
    ]
    assert f"You said **0.55**; measured: **{row['auc'].iloc[0]:.2f}**" in words(at)
    assert "covers those alone" in words(at)


def test_verdict_in_words() -> None:
    assert "within the interval" in lab_guess.verdict(0.8, 0.82, 0.79, 0.85)
    assert "too low" in lab_guess.verdict(0.5, 0.82, 0.79, 0.85)
    assert "too high" in lab_guess.verdict(0.9, 0.82, 0.79, 0.85)
    # Printed as 0.79 to 0.85, so both ends are within.
    assert "within the interval" in lab_guess.verdict(0.79, 0.82, 0.7949, 0.85)
    assert "within the interval" in lab_guess.verdict(0.85, 0.82, 0.79, 0.8451)


def test_black_box_moves_the_answer() -> None:
    at = page("lungs")
    next(g for g in at.get("button_group") if g.label == "Tool").set_value("box").run()
    assert not at.exception
    at.slider("lab_across_box").set_value((0.0, 1.0)).run()
    at.slider("lab_down_box").set_value((0.0, 1.0)).run()
    assert at.metric[0].value == "0.000"  # all black
    assert at.metric[0].delta.startswith("-")
    assert "The map is empty now" in words(at)
    next(g for g in at.get("button_group") if g.label == "Activation map").set_value(
        "What speaks against"
    ).run()
    assert "Both maps are empty" in words(at)
    at.slider("lab_across_box").set_value((0.3, 0.3)).run()
    assert "Widen the box" in at.info[0].value
    assert at.metric[0].delta == "+0.000"


def test_found_lungs_are_blacked_out_on_the_drawing() -> None:
    at = page("lungs")
    next(g for g in at.get("button_group") if g.label == "Tool").set_value("lungs").run()
    assert not at.exception
    assert "The lungs cover 3" in words(at) or "The lungs cover 2" in words(at)
    without = at.metric[0].value
    next(g for g in at.get("button_group") if g.label == "Keep").set_value("Only the lungs").run()
    assert at.metric[0].value != without


@pytest.mark.parametrize("tool", ["paint", "crop", "tiny"])
def test_every_tool_answers(tool: str) -> None:
    at = page("lungs")
    next(g for g in at.get("button_group") if g.label == "Tool").set_value(tool).run()
    assert not at.exception
    assert at.metric[0].label == "Probability of COVID-19"
    assert "not for diagnosis" in words(at)


def test_marks_live_one_and_all() -> None:
    at = page("marks")
    group = next(g for g in at.get("button_group") if g.label == "Marks to add")
    group.set_value(["border-white"]).run()
    assert not at.exception
    assert at.metric[0].delta.startswith("+")
    assert not at.get("plotly_chart")
    at.button("lab_all_marks").click().run()
    assert not at.exception
    assert at.get("plotly_chart")
    group.set_value(["border-black"]).run()
    assert at.get("plotly_chart")
    at.selectbox("lab_image").set_value(phantoms.CT_TITLE).run()
    assert not at.get("plotly_chart")


def test_what_was_chosen_stays_while_another_experiment_is_open() -> None:
    at = page("marks")
    tool(at, "Marks to add", ["border-white"])
    at.selectbox("lab_image").set_value(phantoms.CT_TITLE).run()
    at.selectbox("lab_model").set_value("vgg16-ct").run()
    tool(at, "Experiment", "lungs")
    tool(at, "Tool", "box")
    at.slider("lab_down_box").set_value((0.0, 0.5)).run()
    for experiment in ("patients", "marks"):
        tool(at, "Experiment", experiment)
    assert tool(at, "Marks to add") == ["border-white"]
    assert at.selectbox("lab_image").value == phantoms.CT_TITLE
    assert at.selectbox("lab_model").value == "vgg16-ct"
    tool(at, "Experiment", "lungs")
    assert at.slider("lab_down_box").value == (0.0, 0.5)


def test_an_inverted_image_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*given: object) -> tuple[Verdict, Reading]:
        verdict, readings = read_grey(*given)
        return replace(verdict, looks_inverted=True), readings

    assert "look swapped" not in words(page("marks"))
    monkeypatch.setattr(passes, "judge_then_read", read)
    assert "Black and white look swapped in this image" in page("marks").warning[0].value


def test_missing_tables_and_models_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaders_data, "LAB_DIR", tmp_path)
    monkeypatch.setattr(loaders, "MODELS_DIR", tmp_path)
    at = page("marks")
    assert lab.command("marks") in at.error[0].value
    assert f"texture --model {XRAY_ID}" in at.error[1].value


def test_a_card_of_another_form_is_said(models: Path) -> None:
    (models / "strange").mkdir()
    (models / "strange" / "card.json").write_text("[]")
    at = page("marks")
    assert any("expected a model card in" in error.value for error in at.error)


def test_intervals_and_guess_are_drawn() -> None:
    table = pd.DataFrame(
        {"name": ["a", "b"], "group": "g", "value": [0.7, 0.6], "low": 0.5, "high": 0.9}
    )
    figure = charts.interval_figure(table, "AUC", chance=0.5, guess=("b", 0.65))
    assert figure.data[0].error_x.array == pytest.approx((0.2, 0.3))
    assert (figure.data[1].x[0], figure.data[1].y[0]) == (0.65, "b")


def test_one_image_that_turns_is_told_in_the_singular() -> None:
    marks = pd.DataFrame({"label": ["all", "COVID-19"], "to_positive": [1, 0], "images": [245, 67]})
    marks = marks.assign(mark="r", title="R", to_negative=[2, 1], cut=0.3, mean_size=0.1)
    marks = marks.assign(mean_shift=0.1, low=0.0, high=0.2, p10=0.0, p90=0.3)
    found = findings.marks({"marks": marks})[0]
    assert "1 of 245 test images turns positive and 2 negative at the" in found.words
    assert "(of 67 COVID-19 1 turns negative, 0 positive)" in found.words
    assert found.details[0].endswith("1 of 245 turns positive, 2 negative")


def test_matrix_keeps_order_and_holes() -> None:
    table = pd.DataFrame(
        {
            "row": ["z", "z", "a"],
            "column": ["q", "p", "q"],
            "value": [0.9, np.nan, 0.4],
            "text": ["x", "y", "w"],
            "words": ["X", "Y", "W"],
        }
    )
    heat = charts.matrix_figure(table, ("rows", "columns")).data[0]
    assert heat.z[0][0] == 0.9
    assert heat.z[0][1] == charts.NEUTRAL  # readable on dark ground
    assert heat.customdata[0][1] == "Y"
    assert list(heat.y) == ["z", "a"]
    assert heat.text[1][1] == ""


def test_bars_begin_at_the_untouched_answer() -> None:
    figure = charts.answers_figure({"up": 0.7, "down": 0.2}, 0.5, 0.3005)
    assert list(figure.data[0].x) == pytest.approx([0.2, -0.3])
    assert figure.data[0].base == 0.5
    assert figure.layout.annotations[0].text == "threshold 0.3005"


def test_marks_are_counted_at_the_threshold_as_it_is_printed_elsewhere() -> None:
    table = lab.read_table("marks").assign(cut=0.3005)
    assert "at the threshold 0.3005 (" in findings.marks({"marks": table})[0].words


def test_live_part_waits_for_a_click() -> None:
    at = page("lungs", live=False)
    assert not at.metric
    next(b for b in at.button if b.label == "Change an image and watch").click().run()
    assert not at.exception
    assert at.metric[0].label == "Probability of COVID-19"


def test_every_experiment_opens_and_shows_its_result_without_tensorflow() -> None:
    code = """
from streamlit.testing.v1 import AppTest
from pages.parts.lab_words import EXPERIMENTS

for name in EXPERIMENTS:
    at = AppTest.from_file("pages/lab.py", default_timeout=120)
    at.session_state["lab_experiment"] = name
    at.run()
    at.button(f"lab_show_{name}").click().run()
    assert not at.exception
"""
    assert not {"tensorflow"} & modules_after(code)
