"""Cached: what a model says of an image that was changed in the lab, and where it looked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from core.classifier import DEFAULT_MODELS
from core.explain.cam import Map
from core.guard import Verdict
from core.images import Grey
from core.opinions import together
from pages.parts import loaders, loaders_explain

METHOD = "gradcam"


@dataclass(frozen=True)
class LiveAnswer:
    """What a model says of an image in the lab, and where it looked.

    Attributes:
        verdict: What the guard says.
        model_id: Of the model that answers.
        probability: Of COVID-19, 0..1.
        speaks_for: Grad-CAM of what raises the probability, float32 (h, w), in the model's first
            view.
        speaks_against: Grad-CAM of what lowers it, the same shape.
    """

    verdict: Verdict
    model_id: str
    probability: float
    speaks_for: Map
    speaks_against: Map


def answer(pixels: Grey, model_id: str | None = None) -> LiveAnswer:
    """Probability and map of an image that was changed on the page.

    Args:
        pixels: uint8 (H, W), as they are: the model is shown its own views of them.
        model_id: Of the model; None for the default one of the kind of image that is found.

    Raises:
        ArtifactError: Missing or altered models.
    """
    return _live_answer(pixels, model_id, loaders.MODELS_DIR)


@st.cache_data(scope="session", max_entries=128, show_spinner=False, hash_funcs=loaders.EVERY_PIXEL)
def _live_answer(pixels: Grey, model_id: str | None, models_dir: Path) -> LiveAnswer:
    from core.explain.passes import judge_then_read

    def reader_for(verdict: Verdict) -> Any:
        return loaders_explain.reader(model_id or DEFAULT_MODELS[verdict.modality])

    verdict, readings = judge_then_read(loaders.classifier(), reader_for, pixels)
    first = readings[0]
    return LiveAnswer(
        verdict,
        model_id or DEFAULT_MODELS[verdict.modality],
        together(readings),
        first.cam(METHOD),
        first.cam(METHOD, against=True),
    )
