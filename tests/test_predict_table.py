"""Predict as a user reads it, with several files or frames."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest
from visits import ROOT, XRAY_ID, answer_with, png, predict_page, words

from core.guard import Verdict
from core.schema import Modality
from pages.parts import state, text


def test_bad_file_gets_one_sentence_and_the_others_an_answer(models: Path) -> None:
    at = predict_page()
    files = [("a.png", png(), "image/png"), ("b.png", b"no image", "image/png")]
    at.file_uploader[0].set_value([*files, ("c", png(200), "")]).run()
    assert not at.exception
    assert len(at.error) == 1
    assert at.error[0].value.startswith("**b.png**: This is not a PNG")
    table = at.dataframe[0].value
    assert table["path"].tolist() == ["a.png", "b.png", "c"]
    assert table["probability"].round(2).tolist()[::2] == [0.8, 0.8]
    assert at.metric[0].value == "0.800"
    assert at.subheader[-1].value == "c"
    first = at.session_state["predict_items"][0]
    at.selectbox("predict_select").set_value(first.id).run()
    assert not at.exception
    assert at.subheader[-1].value == "a.png"


def test_every_row_of_a_table_has_a_decision_and_a_thumbnail(models: Path) -> None:
    at = predict_page()
    at.file_uploader[0].set_value([("a.png", png(), ""), ("b.png", png(9), "")]).run()
    assert at.dataframe[0].value["decision"].tolist() == ["positive"] * 2
    table = at.dataframe[0].value
    assert table["thumbnail"].str.startswith("data:image/png;base64,").all()
    assert '"label": "X-ray or CT"' in at.dataframe[0].proto.columns


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the page offers for download, by name."""
    found: dict[str, str] = {}
    monkeypatch.setattr(
        st, "download_button", lambda label, data, name, *_, **__: found.update({name: data})
    )
    return found


def test_table_and_csv_hide_numbers_out_of_scope(
    models: Path, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_with(monkeypatch, Verdict(False, Modality.XRAY, 0.6, 55.5, 30.0, False))
    at = predict_page()
    at.file_uploader[0].set_value([("a.png", png(), ""), ("b.png", png(9), "")]).run()
    table = at.dataframe[0].value
    assert table["probability"].isna().all()
    assert table["decision"].tolist() == ["", ""]
    assert (table["note"] == text.OUT_OF_SCOPE).all()
    answers = pd.read_csv(io.StringIO(files["lunglens.csv"]))
    assert answers["path"].tolist() == ["a.png", "b.png"]
    assert not answers["in_scope"].any()
    assert answers[["probability", "decision", "modality"]].isna().all(axis=None)
    at.toggle("predict_all").set_value(True).run()
    assert at.dataframe[0].value["decision"].tolist() == ["positive"] * 2
    answers = pd.read_csv(io.StringIO(files["lunglens.csv"]))
    assert answers["probability"].round(2).tolist() == [0.8, 0.8]
    assert answers["decision"].tolist() == ["positive"] * 2


def test_table_and_slider_share_the_threshold(models: Path) -> None:
    at = predict_page()
    at.file_uploader[0].set_value([("a.png", png(), ""), ("b.png", png(9), "")]).run()
    rule = next(g for g in at.get("button_group") if g.label == "Decide at")
    assert rule.value == "Operating points"
    rule.set_value("0.5").run()
    assert at.slider(f"predict_threshold_{XRAY_ID}").value == 0.5
    at.slider(f"predict_threshold_{XRAY_ID}").set_value(0.9).run()
    assert not at.exception
    assert at.dataframe[0].value["decision"].tolist() == ["negative"] * 2
    assert next(g for g in at.get("button_group") if g.label == "Decide at").value is None
    at.button("predict_mark_Operating point").click().run()
    assert at.dataframe[0].value["decision"].tolist() == ["positive"] * 2


def test_frames_are_counted_from_one(models: Path) -> None:
    frames = [Image.fromarray(np.full((64, 64), value, np.uint8)) for value in (10, 100, 200)]
    stream = io.BytesIO()
    frames[0].save(stream, "TIFF", save_all=True, append_images=frames[1:])
    at = predict_page()
    at.file_uploader[0].set_value([("series.tif", stream.getvalue(), "")]).run()
    slider = next(s for s in at.slider if s.label == "Frame")
    assert (slider.value, slider.min, slider.max) == (1, 1, 3)
    slider.set_value(3).run()
    assert not at.exception
    assert "3 of 3" in words(at)


def test_a_frame_that_cannot_be_read_gives_way_to_the_first(models: Path) -> None:
    large, small = (Image.new("L", (side, side), 90) for side in (64, 16))
    stream = io.BytesIO()
    large.save(stream, "TIFF", save_all=True, append_images=[small])
    at = predict_page()
    files = [("a.png", png(), ""), ("series.tif", stream.getvalue(), "")]
    at.file_uploader[0].set_value(files).run()
    next(s for s in at.slider if s.label == "Frame").set_value(2).run()
    assert not at.exception
    assert not at.error
    assert "The image is 16 x 16 pixels" in at.warning[0].value
    assert "the first one is back" in at.warning[0].value
    assert next(s for s in at.slider if s.label == "Frame").value == 1
    assert at.metric[0].value == "0.800"
    assert names(at) == ["a.png", "series.tif"]
    assert not at.run().warning


def test_files_of_one_name_can_all_be_opened(models: Path) -> None:
    at = predict_page()
    files = [("a.png", png(value), "") for value in (10, 90, 200)]
    at.file_uploader[0].set_value(files).run()
    assert at.dataframe[0].value["path"].tolist() == ["a.png", "a.png (2)", "a.png (3)"]
    for number, item in enumerate(at.session_state["predict_items"]):
        at.selectbox("predict_select").set_value(item.id).run()
        assert at.session_state["predict_open"] == item.id
        assert at.subheader[-1].value == ["a.png", "a.png (2)", "a.png (3)"][number]


def test_distinct_titles_by_hand() -> None:
    assert state.distinct({"x": "a", "y": "b", "z": "a"}) == {"x": "a", "y": "b", "z": "a (2)"}
    taken = {"w": "a", "x": "a", "y": "a (2)", "z": "a"}
    assert state.distinct(taken) == {"w": "a", "x": "a (3)", "y": "a (2)", "z": "a (4)"}


def test_names_are_no_formulas_of_a_spreadsheet(models: Path, files: dict[str, str]) -> None:
    bad = ["=1+1", "+1.png", "-1.png", "@a.png", "\ta.png", "\ra.png"]
    at = predict_page()
    chosen = [(name, png(value), "") for value, name in enumerate([*bad, "a=1.png"])]
    at.file_uploader[0].set_value(chosen).run()
    assert not at.exception
    assert files["lunglens.csv"].count("\n'=1+1,") == 1
    shown = at.dataframe[0].value["path"].tolist()
    assert shown == [*(f"'{name}" for name in bad), "a=1.png"]


@pytest.mark.parametrize(
    ("words_of_others", "shown"),
    [
        ("a_b.png", r"a\_b.png"),
        ("**[x](y)**", r"\*\*\[x\](y)\*\*"),
        ("1. x", r"1\. x"),
        ("a\n\n# b", "a # b"),
        ("$x$ ~y~ <b>", r"\$x\$ \~y\~ \<b\>"),
        (":red[x] :smile:", ":\u2060red\\[x\\] :\u2060smile:"),
        ("This image: x", "This image: x"),
        ("https://a.b", "https:\u2060//a.b"),
        ("www.a.b c@d.e", "www\u2060.a.b c@\u2060d.e"),
        ("covid-ct/7 (2).png", "covid-ct/7 (2).png"),
    ],
)
def test_words_of_others_stay_words(words_of_others: str, shown: str) -> None:
    assert text.plain(words_of_others) == shown


def test_names_of_files_are_no_markup(models: Path) -> None:
    at = predict_page()
    files = [("[a](//b.c).png", png(), ""), ("[d](//e.f).png", b"no image", "")]
    at.file_uploader[0].set_value(files).run()
    assert not at.exception
    assert at.error[0].value.startswith(r"**\[d\](//e.f).png**: This is not a PNG")
    assert at.subheader[-1].value == r"\[a\](//b.c).png"


def names(at: AppTest) -> list[str]:
    return [item.name for item in at.session_state["predict_items"]]


def test_uploads_survive_a_change_of_page(models: Path) -> None:
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=30).run()
    at.switch_page("pages/predict.py").run()
    at.file_uploader[0].set_value([("a.png", png(), ""), ("b.png", png(9), "")]).run()
    at.file_uploader[0].set_value([("b.png", png(9), "")]).run()
    assert names(at) == ["b.png"]  # a.png was taken out of the uploader
    at.switch_page("pages/home.py").run()
    at.switch_page("pages/predict.py").run()
    assert not at.file_uploader[0].value
    assert names(at) == ["b.png"]
    at.file_uploader[0].set_value([("c.png", png(200), "")]).run()
    assert not at.exception
    assert at.dataframe[0].value["path"].tolist() == ["b.png", "c.png"]
    at.file_uploader[0].set_value([]).run()
    assert names(at) == ["b.png"]
    next(b for b in at.button if b.label == "Clear all").click().run()
    assert "Choose a file" in at.info[0].value


def test_a_full_list_says_what_it_leaves_out(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "MAX_FILES", 2)
    at = predict_page()
    at.button("drawing_Drawn CT slice").click().run()
    at.file_uploader[0].set_value([("a.png", png(), ""), ("b.png", png(9), "")]).run()
    assert names(at) == ["Drawn CT slice", "a.png"]
    assert at.warning[0].value.startswith("The first 1 of 2 files are answered here")
