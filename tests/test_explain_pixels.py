"""Pixels on the Explain page, and methods that take long: left, stopped, gone on with."""

from __future__ import annotations

import numpy as np
import pytest
from explain_visits import TEXTURE, downloads, group, visit
from visits import words

from core.explain import covering, pixels
from core.explain.running import Running
from pages.parts import explain_running

PIXELS = "Pixels"
pytestmark = pytest.mark.usefixtures("no_folder")


def halting(monkeypatch: pytest.MonkeyPatch, at_step: int) -> list[int]:
    """Occlusion of four steps; the script ends in the middle, as when the visitor leaves."""
    import streamlit as st

    asked: list[int] = []

    def occlusion(score: object, tensor: np.ndarray):
        for done in range(1, 5):
            asked.append(done)
            yield Running(done, 4, np.full((14, 14), done, np.float32))

    advance = explain_running._advance

    def leaving(*arguments: object):
        for latest in advance(*arguments):
            if latest.done == at_step and asked[-1] == at_step and not leaving.left:
                leaving.left = True
                st.stop()
            yield latest

    leaving.left = False
    monkeypatch.setattr(covering, "occlusion", occlusion)
    monkeypatch.setattr(explain_running, "_advance", leaving)
    return asked


def test_leaving_in_the_middle_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = halting(monkeypatch, 2)
    at = visit(explain_view=PIXELS)
    next(b for b in at.button if b.label == "Slide the patch").click().run()
    assert not at.exception
    assert asked == [1, 2]
    stop = next(b for b in at.button if b.label == "Stop")
    stop.click().run()
    assert "Stopped after 2 of 4" in words(at)
    assert asked == [1, 2]
    next(b for b in at.button if b.label == "Continue").click().run()
    assert asked == [1, 2, 3, 4]  # no step twice
    assert "Stopped" not in words(at)
    assert not [b for b in at.button if b.label in ("Stop", "Continue")]


def test_coming_back_goes_on_where_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = halting(monkeypatch, 3)
    at = visit(explain_view=PIXELS)
    next(b for b in at.button if b.label == "Slide the patch").click().run()
    assert asked == [1, 2, 3]
    group(at, "View").set_value("cam").run()  # elsewhere
    assert not at.exception
    assert asked == [1, 2, 3]
    group(at, "View").set_value("pixels").run()
    assert asked == [1, 2, 3, 4]


def test_pixel_methods_say_what_their_numbers_are(monkeypatch: pytest.MonkeyPatch) -> None:
    signed = np.linspace(-1, 1, 224 * 224).reshape(224, 224).astype(np.float32)
    for name in ("smooth_grad", "integrated_gradients"):
        monkeypatch.setattr(pixels, name, lambda network, tensor: iter([Running(1, 1, signed)]))
    at = visit(explain_view=PIXELS)
    group(at, "Method").set_value("smoothgrad").run()
    next(b for b in at.button if b.label == "Compute SmoothGrad").click().run()
    assert "with one grey level: 1" in words(at)
    group(at, "Method").set_value("integrated").run()
    next(b for b in at.button if b.label.startswith("Compute Integrated")).click().run()
    assert "for a black image" in words(at)
    assert not at.exception


def test_an_empty_map_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    zero = np.zeros((14, 14), np.float32)
    monkeypatch.setattr(covering, "occlusion", lambda *_: iter([Running(1, 1, zero)]))
    at = visit(explain_view=PIXELS)
    next(b for b in at.button if b.label == "Slide the patch").click().run()
    assert "no place speaks for this answer" in words(at)
    assert "nan" not in words(at).lower()


def test_score_cam_in_the_row_of_methods() -> None:
    at = visit(explain_methods="Score-CAM", model=TEXTURE, image="drawing-ct")
    assert "33 passes" in words(at)
    next(b for b in at.button if b.label == "Compute Score-CAM").click().run()
    assert not at.exception
    assert "**Score-CAM**" in words(at)
    assert "PNG" in downloads(at)
