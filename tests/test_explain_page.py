"""The explain page as a user meets it: shipped models, drawings, and images where they are here."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from explain_visits import group, page
from streamlit.testing.v1 import AppTest
from visits import ROOT, words

from core import phantoms
from core.explain import overlay, picks
from core.guard import Verdict
from core.schema import Modality
from pages.parts import explain_cam, explain_image, loaders_data, loaders_explain, state

DRAWING = phantoms.drawings()[phantoms.XRAY_TITLE]


def test_without_data_a_drawing_is_explained_and_that_is_said(no_folder: None) -> None:
    at = page()
    text = words(at)
    assert "not for diagnosis" in text
    assert "Drawn by code, not a patient" in text
    assert "not on this machine" in text
    assert "Grad-CAM" in text
    assert "where the model looked, not a sign of illness" in text
    assert at.metric[0].label == "Probability of COVID-19"
    assert "".join(at.query_params["image"]) == "drawing-xray"


def test_address_names_model_and_image(no_folder: None) -> None:
    at = page(model="vgg16-ct", image="drawing-ct")
    assert at.selectbox(key="explain_model").value == "vgg16-ct"
    assert phantoms.CT_TITLE in words(at)
    at.button("explain_drawing-xray").click().run()
    assert not at.exception
    assert phantoms.XRAY_TITLE in words(at)
    assert "".join(at.query_params["image"]) == "drawing-xray"


def test_unknown_model_and_image_are_named(no_folder: None) -> None:
    text = words(page(model="vgg99", image="nowhere/1.png"))
    assert "no model vgg99" in text
    assert "no image 'nowhere/1.png'" in text


def test_words_of_an_address_stay_words(no_folder: None) -> None:
    text = words(page(model="[a](//b.c)", image="[d](//e.f)"))
    assert r"no model \[a\](//b.c) to explain" in text
    assert r"no image '\[d\](//e.f)' in the catalogue" in text


def test_a_file_cleared_from_the_list_gives_way(no_folder: None) -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "explain.py"), default_timeout=300)
    at.session_state["explain_image"] = "file-0123"
    at.session_state["predict_open"] = "0123"
    at.session_state["predict_items"] = [state.Item("4567", "mine.png", DRAWING)]
    at.run()
    assert not at.exception
    assert "no longer on the list of Predict" in at.warning[0].value
    assert "mine.png" in words(at)
    assert not any("no longer" in warning.value for warning in at.run().warning)


def test_image_out_of_scope_needs_a_click(no_folder: None, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = loaders_explain.look
    outside = Verdict(False, Modality.XRAY, 0.9, 99.0, 30.0, False)
    monkeypatch.setattr(
        loaders_explain,
        "look",
        lambda *words: replace(inside(*words), verdict=outside),
    )
    monkeypatch.setattr(explain_image, "DRAWINGS", {})
    monkeypatch.setattr(loaders_data, "picture", lambda row: DRAWING)
    image = loaders_data.catalogue().images["image_id"].iloc[0]
    at = page(image=image)
    assert "does not look like a chest X-ray" in words(at)
    assert not at.metric
    at.toggle(f"explain_anyway_{image}").set_value(True).run()
    assert not at.exception
    assert at.metric[0].label == "Probability of COVID-19"


def test_an_inverted_image_is_said_to_be_so(
    no_folder: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = loaders_explain.look
    inverted = Verdict(True, Modality.XRAY, 0.9, 9.0, 30.0, True)
    monkeypatch.setattr(
        loaders_explain, "look", lambda *words: replace(inside(*words), verdict=inverted)
    )
    assert "Black and white look swapped in this image" in page().warning[0].value


def test_opacity_stays_while_another_view_is_open(no_folder: None) -> None:
    at = page()
    at.slider("explain_opacity").set_value(0.3).run()
    for view in ("quality", "cam"):
        group(at, "View").set_value(view).run()
        assert not at.exception
    assert at.slider("explain_opacity").value == 0.3


def test_an_image_without_a_label_taught_no_model(
    no_folder: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaders_data, "picture", lambda row: DRAWING)
    monkeypatch.setattr(explain_image, "DRAWINGS", {"drawing-xray": (phantoms.XRAY_TITLE, "xray")})
    images = loaders_data.catalogue().images
    images = images[(images["modality"] == "xray") & (images["split"] == "train")]
    for known, said in ((images["label"].isna(), False), (images["label"].notna(), True)):
        at = page(model="vgg16-xray-texture", image=images.loc[known, "image_id"].iloc[0])
        assert ("the model was trained on it" in words(at)) == said


def test_other_side_other_methods_and_lower_blocks(no_folder: None) -> None:
    at = page()
    group(at, "Question").set_value("against").run()
    assert "a map of its own" in words(at)
    group(at, "Methods").set_value(["layercam"]).run()
    assert "stays sharp" in words(at)
    group(at, "Block, from the input on").set_value("block3_conv3").run()
    assert not at.exception
    assert "56 x 56 cells" in words(at)
    group(at, "Methods").set_value([]).run()
    assert "Choose a method" in words(at)


@pytest.mark.parametrize("style", explain_cam.STYLES)
def test_every_style_draws(no_folder: None, style: str) -> None:
    at = page()
    group(at, "Picture").set_value(style).run()
    assert not at.exception


def test_images_of_the_test_set(real_data: Path) -> None:
    at = page()
    for title in (picks.TRUE_POSITIVE, picks.TRUE_NEGATIVE, picks.NEAREST):
        at.button(f"explain_pick_{title}").click().run()
        assert not at.exception
        assert "Known as" in words(at)
    assert "/" in "".join(at.query_params["image"])


def test_picks_by_hand() -> None:
    frame = pd.DataFrame(
        {
            "image_id": list("abcdef"),
            "label": [1.0, 1, 1, 0, 0, 0],
            "probability": [0.9, 0.7, 0.2, 0.1, 0.45, 0.8],
        }
    )
    found = picks.test_picks(frame, 0.5)
    assert list(found.values()) == ["a", "d", "f", "c", "e"]
    assert list(found)[0] == picks.TRUE_POSITIVE
    sure = frame[frame["image_id"].isin(["a", "d"])]
    assert picks.FALSE_POSITIVE not in picks.test_picks(sure, 0.5)
    assert picks.test_picks(frame[:0], 0.5) == {}


def test_pictures_keep_the_image_where_the_map_is_zero() -> None:
    image = np.full((40, 60), 100, np.uint8)
    zero = np.zeros((2, 3), np.float32)
    assert (overlay.overlay(image, zero, 0.8) == 100).all()
    assert (overlay.contour(image, zero) == 100).all()
    assert overlay.side_by_side(image, zero).shape == (40, 120, 3)
    assert overlay.side_by_side(image, zero)[:, 60:].max() == 0
    full = overlay.overlay(image, zero + 1, 1.0)
    assert (full == full[0, 0]).all()
    assert full[0, 0, 0] > full[0, 0, 2]  # orange: more red than blue
    blue = overlay.overlay(image, zero + 1, 1.0, against=True)
    assert blue[0, 0, 2] > blue[0, 0, 0]


def test_canvas_and_tile() -> None:
    assert overlay.canvas(np.zeros((100, 50), np.uint8)).shape == (448, 224)
    assert overlay.canvas(np.zeros((1, 5000), np.uint8)).shape == (1, 448)
    levels = overlay.tile(np.array([[0, 1], [2, 4]], np.float32), 4)
    assert levels[::2, ::2].tolist() == [[0, 63], [127, 255]]
    assert overlay.tile(np.zeros((2, 2), np.float32), 4).max() == 0
    assert overlay.png(levels)[:4] == b"\x89PNG"


def test_where_in_words() -> None:
    values = np.zeros((6, 6), np.float32)
    assert "no place" in explain_cam.where(values)
    values[0, 5] = 1
    assert explain_cam.where(values) == "strongest at the top right of the picture"
