"""Live in the lab: the activation maps of one image before and after a change, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.explain import overlay
from core.explain.cam import Map
from core.explain.change import changed_cells, on_one_scale, overlap, share_inside
from core.images import Grey
from pages.parts.explain_cam import where
from pages.parts.loaders_lab import LiveAnswer
from pages.parts.switch import switch

FOR, AGAINST = "for", "against"
SIDES = {FOR: "What speaks for COVID-19", AGAINST: "What speaks against"}
OPACITY = 0.6
LOCAL = 0.9  # a change of more of the picture than this has no place of its own


def show(
    pixels: Grey, changed: Grey, before: LiveAnswer, after: LiveAnswer, layers: Sequence[str]
) -> None:
    """Both maps on one scale, and in words what became of the first.

    Args:
        pixels: The untouched image as the model is shown it, uint8 (H, W).
        changed: The changed one likewise, of any shape.
        before: The answer about the first.
        after: The answer about the second, by the same model.
        layers: What the model reads; the maps are of the last.
    """
    side = switch("Activation map", SIDES, "lab_map", label_visibility="collapsed")
    against = side == AGAINST
    maps = [one.speaks_against if against else one.speaks_for for one in (before, after)]
    left, right = (
        overlay.overlay(overlay.canvas(image), values, OPACITY, against=against)
        for image, values in zip((pixels, changed), on_one_scale(*maps), strict=True)
    )
    words = f"Before (left): {where(maps[0])}. After (right): {where(maps[1])}."
    st.image(overlay.pair(left, right), width="stretch", caption=words, alt=words)
    st.markdown(in_words(pixels, changed, *maps))
    several = f" of {layers[-1]}, the uppermost layer that this model reads" * (len(layers) > 1)
    st.caption(
        f"Grad-CAM{several}, out of the pass of this look. Both pictures share one scale, "
        "so a fainter colour is a smaller value. Other methods and layers: the Explain page."
    )


def in_words(pixels: Grey, changed: Grey, before: Map, after: Map) -> str:
    """How the second map differs from the first.

    Args:
        pixels: The untouched image as the model is shown it, uint8 (H, W).
        changed: The changed one likewise, of any shape.
        before: Map of the first, float32 (h, w).
        after: Map of the second, the same shape.
    """
    if not before.any() and not after.any():
        return "Both maps are empty: no place speaks for this answer, before or after."
    if not before.any():
        return f"The map was empty; now it is {where(after)}."
    if not after.any():
        return "The map is empty now: no place speaks for this answer any more."
    ratio = float(after.sum() / before.sum())
    words = [f"Summed up, the map is **{_times(ratio)}**."]
    if pixels.shape != changed.shape:
        return words[0] + " The framing changed, so the places of the two cannot be compared."
    words.append(f"The two maps share **{overlap(before, after):.0%}**.")
    cells = changed_cells(pixels, changed, before.shape)
    if 0 < cells.mean() < LOCAL:
        was, now = share_inside(before, cells), share_inside(after, cells)
        words.append(
            f"The changed part, {cells.mean():.0%} of the picture, held {was:.0%} of the map "
            f"before and holds {now:.0%} now."
        )
    return " ".join(words)


def _times(ratio: float) -> str:
    """A ratio in words."""
    if round(ratio, 2) == 1:
        return "as strong as before"
    return f"{abs(ratio - 1):.0%} {'stronger' if ratio > 1 else 'weaker'} than before"
