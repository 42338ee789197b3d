"""Predict as a user reads it, with one image."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from visits import (
    CT_ID,
    XRAY_ID,
    FakeClassifier,
    answer_with,
    drawn,
    made_up_predictions,
    png,
    predict_page,
    words,
)

from core import artifacts, examples
from core.artifacts import Card
from core.guard import Verdict
from core.images import Grey
from core.opinions import Opinion
from core.schema import Modality, Split, threshold_text
from core.seen import Known
from pages.parts import loaders, loaders_data, text


def test_smoke_run_is_announced(models: Path) -> None:
    artifacts.write_card(
        Card(
            CT_ID,
            "head",
            "Tiny",
            "vgg16",
            trained=False,
            modality="ct",
            files={"head.weights.h5": "0"},
        ),
        models,
    )
    assert "smoke run" in predict_page().warning[0].value


def test_empty_page_invites(models: Path) -> None:
    at = predict_page()
    assert not at.exception
    assert "Choose a file" in at.info[0].value
    assert "not for diagnosis" in words(at)


def test_heads_say_how_they_read_an_image() -> None:
    read = {card.id: text.head_words(card) for card in artifacts.list_heads() if card.trained}
    assert "patterns occur together" in read["vgg16-xray-texture"]
    assert "averaged over the image" in read["vgg16-xray"]
    flat = artifacts.read_card("vgg16-xray")
    flat = replace(flat, config=flat.config | {"pooling": "flatten"})
    assert "every place" in text.head_words(flat)


def test_drawing_is_answered_and_named_a_drawing(models: Path) -> None:
    at = drawn()
    assert not at.exception
    assert [m.value for m in at.metric] == ["0.800", "positive"]
    assert "drawn by code, not a patient" in words(at)
    assert "of 40** were COVID-19" in words(at)
    assert "label nearly equals the source" in words(at)
    assert "Resize to 224 x 224" in words(at)


def test_the_spread_of_the_answers_is_said(models: Path) -> None:
    at = drawn()
    said = "2 members, small classifiers of one layer each, say **0.50 to 0.90**, mirror image incl"
    assert said in words(at)
    group = next(g for g in at.get("button_group") if "Found: chest X-ray" in g.label)
    group.set_value(Modality.CT).run()
    assert "The image and its mirror image get **0.20 to 0.35**" in words(at)


def test_the_number_does_not_wait_for_the_mirror_image(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: FakeClassifier, image: Grey, name: str) -> Opinion:
        raise RuntimeError("no second pass")

    monkeypatch.setattr(FakeClassifier, "mirrored", fail)
    at = drawn()
    assert at.exception
    assert [m.value for m in at.metric] == ["0.800", "positive"]
    assert "of 40** were COVID-19" in words(at)


def test_threshold_moves_the_decision(models: Path) -> None:
    at = drawn()
    at.slider(f"predict_threshold_{XRAY_ID}").set_value(0.9).run()
    assert at.metric[1].value == "negative"
    at.button("predict_mark_The paper's 0.3").click().run()
    assert not at.exception
    assert (at.metric[1].label, at.metric[1].value) == ("Decision at 0.3", "positive")


def test_a_threshold_beside_the_paper_s_is_told_apart(models: Path) -> None:
    card = replace(artifacts.read_card(XRAY_ID, models), threshold=0.3005)
    artifacts.write_card(card, models)
    at = drawn()
    assert at.metric[1].label == "Decision at 0.3005"
    assert f"Operating point of {card.title}: 0.3005" in words(at)
    assert "called positive at 0.3005" in words(at)
    assert [threshold_text(value) for value in (0.3, 0.5, 0.04)] == ["0.3", "0.5", "0.04"]


def test_modality_can_be_overridden(models: Path) -> None:
    at = drawn()
    group = next(g for g in at.get("button_group") if "Found: chest X-ray" in g.label)
    group.set_value(Modality.CT).run()
    assert not at.exception
    assert at.metric[0].value == "0.200"


def test_inversion_is_proposed_never_silent(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, Verdict(True, Modality.XRAY, 0.9, 1.0, 3.0, True))
    at = drawn()
    assert "look swapped" in at.warning[0].value
    next(b for b in at.button if b.label == "Invert it").click().run()
    assert not at.exception
    assert not at.warning
    assert "black and white swapped, as you asked" in words(at)


def test_out_of_scope_hides_the_number(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, Verdict(False, Modality.XRAY, 0.6, 55.5, 30.0, False))
    at = drawn()
    assert text.OUT_OF_SCOPE in at.warning[0].value
    assert "55.5, the limit 30.0" in at.warning[0].value
    assert "held-out scans it wrongly refused" in words(at)
    assert not at.metric
    next(t for t in at.toggle if t.label == "Show the number anyway").set_value(True).run()
    assert at.metric[0].value == "0.800"


def test_a_model_without_test_images_says_so(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_test(model_id: str, models_dir: Path) -> pd.DataFrame:
        frame = made_up_predictions(model_id)
        return frame[frame["split"] != "test"]

    monkeypatch.setattr(artifacts, "read_predictions", without_test)
    at = drawn()
    assert not at.exception
    assert "nobody knows how often it is right" in words(at)


@pytest.mark.parametrize(
    ("used", "source", "expected"),
    [
        ("one/7.jpg,fit choose", "one", "its answer proves nothing"),
        ("one/7.png,stop threshold", "one", "used to choose this model's settings"),
        ("one/8.png,fit", "one", "held out"),
        (None, "one", "is not recorded"),
        ("one/7.png,fit", "elsewhere", "a source that this model never saw"),
    ],
)
def test_known_images_are_told(
    models: Path, monkeypatch: pytest.MonkeyPatch, used: str | None, source: str, expected: str
) -> None:
    if used:  # in whichever split: what counts is what the model used
        (models / XRAY_ID / artifacts.USED).write_text(f"image_id,used_for\n{used}\n")
    known = Known("one/7.png", source, Modality.XRAY, Split.VAL)
    monkeypatch.setattr(loaders_data, "known_image", lambda pixels: known)
    at = drawn()
    assert not at.exception
    assert expected in at.info[0].value
    assert "one/7.png" in at.info[0].value


def test_examples_that_models_learned_from_are_named() -> None:
    # Of the validation split, which the default was fitted on.
    one = next(one for one in examples.catalogue() if one.name == "no-finding-xray")
    said = words(predict_page())
    assert f"Models here learned from: {one.full_title}. All others are held out." in said


def test_examples_without_lists_are_not_called_held_out(models: Path) -> None:
    assert text.NONE_LEARNED.strip() not in words(predict_page())
    for name in loaders.heads():
        (models / name / artifacts.USED).write_text("image_id,used_for\n")
    loaders_data._used.clear()
    assert text.NONE_LEARNED.strip() in words(predict_page())


def test_how_downloads_are_checked_is_said(models: Path) -> None:
    listed = examples.catalogue()
    none = [replace(example, sha256="") for example in listed]
    all_ = [replace(example, sha256="0" * 64) for example in listed]
    assert text.download_check(listed) in words(predict_page())
    assert "no SHA-256 of the original files is recorded yet" in text.download_check(none)
    assert f"by SHA-256 for 1 of {len(listed)}" in text.download_check([*all_[:1], *none[1:]])
    assert text.download_check(all_) == "A download is checked by the SHA-256 of the original file."


def test_example_out_of_reach_is_one_sentence(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(example: examples.Example, root: Path | None) -> None:
        raise examples.ExampleError("The example cannot be fetched.")

    monkeypatch.setattr(examples, "load", fail)
    monkeypatch.setattr(examples, "data_root", lambda: None)
    at = predict_page()
    at.button(f"example_{examples.catalogue()[0].name}").click().run()
    assert not at.exception
    assert at.error[0].value.startswith("The example cannot be fetched. The drawings below")


def test_an_example_fetched_before_is_shown(
    models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "kept.png").write_bytes(png())
    first = examples.catalogue()[0]
    monkeypatch.setattr(examples, "data_root", lambda: None)
    monkeypatch.setattr(
        examples, "_cache_path", lambda one: tmp_path / ("kept.png" if one == first else "none")
    )
    alts = [picture.proto.imgs[0].alt for picture in predict_page().image]
    assert first.full_title in alts
    assert examples.catalogue()[1].full_title not in alts


def test_clear_all_forgets(models: Path) -> None:
    at = drawn()
    next(b for b in at.button if b.label == "Clear all").click().run()
    assert not at.exception
    assert not at.metric
    assert at.info
