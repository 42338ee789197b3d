"""Predict: every step from the file's bytes to the numbers that enter the network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core import zoo
from core.artifacts import Card
from core.images import WHITE, Step, preview, stretch
from pages.parts.shown import Shown


def show(steps: tuple[Step, ...], looks: Sequence[Shown], card: Card) -> None:
    """Every step from the file's bytes to the numbers that enter the network.

    Args:
        steps: From the bytes to the image as it is.
        looks: What the model is shown of it, look by look.
        card: Of the model.
    """
    for number, step in enumerate(steps, start=1):
        _draw_step(str(number), step)
    for look, seen in enumerate(looks, start=1):
        which = f"Look {look}: {seen.name}" if len(looks) > 1 else ""
        if which:
            st.markdown(f"***{which}***")
        for number, step in enumerate(_last_steps(seen, card), start=len(steps) + 1):
            _draw_step(str(number), step, which)


def _last_steps(seen: Shown, card: Card) -> list[Step]:
    """From what a model is shown to the numbers that enter the network."""
    backbone = zoo.at_size(zoo.get_backbone(card.backbone), seen.size)
    tensor = zoo.prepare(backbone, [seen.pixels])[0]  # (S, S, 3)
    fitted = zoo.fit(seen.pixels, backbone.size)
    height, width = seen.pixels.shape
    views = [Step(seen.title, seen.detail, seen.pixels)] if seen.title else []
    return [
        *views,
        Step(
            f"Resize to {backbone.size} x {backbone.size}",
            f"from {width} x {height}; both sides, so the shape may change a little",
            fitted,
        ),
        Step(
            f"Preprocessing of {backbone.name}",
            "grey copied to three channels (blue, green, red), minus the ImageNet mean of each: "
            f"values {tensor.min():.0f} to {tensor.max():.0f}, shape {tensor.shape}. The picture "
            "(blue channel) looks the same: only its numbers moved",
            stretch(tensor[..., 0], *_value_range(tensor[..., 0])),
        ),
    ]


def _draw_step(number: str, step: Step, which: str = "") -> None:
    picture, words = st.columns([1, 3], vertical_alignment="center")
    words.markdown(f"**{number}. {step.title}**")
    words.caption(step.detail)
    if step.picture is not None:
        alt = f"After step {step.title}" + (f", {which.lower()}" if which else "")
        picture.image(preview(step.picture), width=120, alt=alt)


def _value_range(values: np.ndarray) -> tuple[float, float]:
    """The grey levels 0 and 255 of an image minus its mean: keeps the picture as it looked."""
    low = float(values.min())
    return low, max(float(values.max()), low + WHITE / 2)
