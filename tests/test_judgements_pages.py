"""A model with two judgements, as a user meets it on Predict and Explain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from explain_visits import group, page
from judged import HAZY, LABELLED, SINGLE
from streamlit.testing.v1 import AppTest
from visits import CT_ID, XRAY_ID, drawn, words

from core import examples
from core.artifacts import read_card
from core.ensemble import HAZE, LABEL
from core.opinions import Look, Opinion
from core.phantoms import CT_TITLE, XRAY_TITLE
from core.schema import Modality
from core.views import LUNGS, PLAIN
from pages.parts import explain_words, loaders, text

TWO = "Two judgements were made"


def test_which_judgement_answers_in_words() -> None:
    assert text.judged({LABEL: 0.7713, HAZE: 0.5}, "{:.2f}") == (
        "Two judgements were made: COVID-19 as the labels teach it (0.77) and how hazy the lungs "
        "look (0.50). The smaller answers, here the haze."
    )
    words = text.judged({HAZE: 1.2, LABEL: -0.3}, "log-odds {:+.2f}")
    assert "teach it (log-odds -0.30) and how hazy the lungs look (log-odds +1.20)" in words
    assert words.endswith("here the labels.")
    assert text.judged({LABEL: 0.7}, "{:.2f}") == ""


@pytest.fixture(autouse=True)
def loaded(judged, judged_models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(loaders, "_classifier", lambda models_dir: judged)
    monkeypatch.setattr(loaders, "MODELS_DIR", judged_models)
    monkeypatch.setattr(examples, "data_root", lambda: None)
    yield


def predicted(title: str) -> AppTest:
    """Predict with the number shown: the guard takes a drawing for no scan."""
    at = drawn(title)
    next(one for one in at.toggle if one.label == "Show the number anyway").set_value(True).run()
    assert not at.exception
    return at


def captions(at: AppTest, start: str) -> list[str]:
    return [one.value for one in at.caption if one.value.startswith(start)]


# log-odds 0.3 and 1.2 are probabilities 0.57 and 0.77
@pytest.mark.parametrize(
    ("model", "found"),
    [
        (HAZY, "teach it (0.77) and how hazy the lungs look (0.57). The smaller answers, here the "
         "haze."),
        (LABELLED, "teach it (0.57) and how hazy the lungs look (0.77). The smaller answers, here "
         "the labels."),
    ],
)  # fmt: skip
def test_predict_says_which_judgement_answered(model: str, found: str) -> None:
    at = predicted(CT_TITLE)
    choice = next(one for one in at.radio if one.label == "Model")
    choice.set_value(model).run()
    assert not at.exception
    assert float(at.metric[0].value) == pytest.approx(0.574, abs=5e-3)
    said = captions(at, TWO)
    assert len(said) == 1
    assert found in said[0]
    assert said[0].endswith(text.WHY_TWO)


def test_predict_says_nothing_of_judgements_where_one_is_made() -> None:
    at = predicted(CT_TITLE)
    next(one for one in at.radio if one.label == "Model").set_value(SINGLE).run()
    assert not at.exception
    assert TWO not in words(at)
    assert TWO not in words(predicted(XRAY_TITLE))


@pytest.mark.parametrize("names", [(LABEL,), (LABEL, HAZE)])
def test_two_looks_in_words(names: tuple[str, ...]) -> None:
    card = read_card(CT_ID)
    card = replace(card, config={"views": [LUNGS, PLAIN], "judgements": list(names)})
    first = Look(0.5, 0.0, (0.4, 0.6), (0.5, 0.9)[: len(names)])
    second = Look(0.2, -1.39, (0.1, 0.3), (0.7, 0.2) if len(names) > 1 else (0.2,))
    opinion = Opinion(0.33, (first, second))
    said = text.looks(opinion, card)
    assert said.startswith("The model looks twice: at a crop around the lungs **0.50**")
    assert "and at the whole image **0.20**" in said
    by = "(by the labels; the haze would say 0.90)", "(by the haze; the labels would say 0.70)"
    assert all((words in said) == (len(names) > 1) for words in by)
    assert (
        "2 members, small classifiers of one layer each, say **0.10 to 0.60**, at both"
        in text.spread(opinion, ())
    )


def test_an_image_can_be_taken_for_the_other_kind() -> None:
    at = predicted(XRAY_TITLE)
    group = next(one for one in at.get("button_group") if "Treat it as" in one.label)
    group.set_value(Modality.CT).run()
    assert not at.exception
    assert len(captions(at, TWO)) == 1


def explain(model: str) -> AppTest:
    return page(model=model, image="drawing-ct")


def test_explain_says_which_judgement_the_maps_are_of() -> None:
    at = explain(HAZY)
    said = captions(at, TWO)
    assert len(said) == 1
    assert "teach it (log-odds +1.20) and how hazy the lungs look (log-odds +0.30)" in said[0]
    assert said[0].endswith(f"here the haze. {explain_words.JUDGED}")
    assert not captions(explain(XRAY_ID), TWO)


@pytest.mark.parametrize(("model", "least"), [(HAZY, "the haze"), (LABELLED, "the labels")])
def test_the_last_sum_names_both_judgements(model: str, least: str) -> None:
    at = explain(model)
    group(at, "View").set_value("steps").run()
    group(at, "Open a step").set_value("sigmoid").run()
    assert not at.exception
    said = [one.value for one in at.markdown if one.value.startswith(TWO)]
    assert len(said) == 1
    assert said[0].endswith(f"here {least}. {explain_words.SUMMED}")
    assert "A sum for each judgement" in words(at)
    sums = next(one.value for one in at.markdown if "The sigmoid makes that" in one.value)
    assert float(sums.split("= **")[1][:5]) == pytest.approx(0.574, abs=5e-3)
    assert "2 numbers" not in [one.value for one in at.caption]


def test_maps_of_a_block_between_members_can_be_removed() -> None:
    at = explain(HAZY)
    group(at, "View").set_value("maps").run()
    group(at, "Block, from the input on").set_value("block4_conv3").run()
    group(at, "Rank the maps by").set_value("removal").run()
    next(one for one in at.button if one.label == "Remove maps in turn").click().run()
    assert not at.exception
    assert [one for one in at.button if one.key and one.key.startswith("explain_map_")]
