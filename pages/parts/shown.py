"""An image as a model is shown it: the pixels, and in words what was done to them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core import zoo
from core.artifacts import Card
from core.classifier import view_of
from core.images import Grey
from core.views import VIEWS, is_changed

NOT_FOUND = "no lungs were found, so the model is shown the whole image"


@dataclass(frozen=True)
class Shown:
    """An image as a model is shown it, before the resize.

    Attributes:
        pixels: uint8 (h, w).
        title: The view that the model asks for; empty where it takes images as they are.
        detail: What that did, or why it did nothing.
    """

    pixels: Grey
    title: str = ""
    detail: str = ""

    @property
    def words(self) -> str:
        """Title and detail as a sentence; empty where the model takes images as they are."""
        return f"{self.title}: {self.detail}." if self.title else ""


def to_model(pixels: Grey, card: Card) -> Shown:
    """An image as a model is shown it.

    Args:
        pixels: The image as it is, uint8 (H, W).
        card: Of the model.

    Raises:
        ArtifactError: The card names a view that this version does not know.
    """
    view = VIEWS[view_of(card)]
    if not view.title:
        return Shown(pixels)
    altered = view.alter(pixels)
    return Shown(altered, view.title, view.detail if is_changed(pixels, altered) else NOT_FOUND)


def draw(name: str, seen: Shown, card: Card) -> None:
    """The picture that enters the network, and below it what was done."""
    size = zoo.get_backbone(card.backbone).size
    st.image(
        zoo.fit(seen.pixels, size),
        width="stretch",
        caption=f"As the network sees it: {size} x {size}",
        alt=f"{name} as the network sees it: {size} x {size} in greyscale",
    )
    if seen.words:
        st.caption(seen.words)


def in_turn(before: Shown, after: Shown) -> str:
    """What was done to an image before and after it was changed; once where that is the same."""
    if before.words == after.words:
        return before.words
    return f"**Before.** {before.words} **After.** {after.words}"
