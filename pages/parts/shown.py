"""An image as a model is shown it: the pixels, and in words what was done to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core import zoo
from core.artifacts import Card
from core.images import Grey
from core.opinions import views_of
from core.views import VIEWS, is_changed

BESIDE = 165  # pixels of a picture beside another; two fit a phone


@dataclass(frozen=True)
class Shown:
    """An image as a model is shown it, before the resize.

    Attributes:
        pixels: uint8 (h, w).
        name: What is seen, in words.
        title: The view that the model asks for; empty where it takes images as they are.
        detail: What that did, or why it did nothing.
        size: Pixels of both sides at which the network takes it; 0 for the backbone's own.
    """

    pixels: Grey
    name: str
    title: str = ""
    detail: str = ""
    size: int = 0

    @property
    def words(self) -> str:
        """Title and detail as a sentence; empty where the model takes images as they are."""
        return f"{self.title}: {self.detail}." if self.title else ""


def to_model(pixels: Grey, card: Card) -> tuple[Shown, ...]:
    """An image as a model is shown it, a look each.

    Args:
        pixels: The image as it is, uint8 (H, W).
        card: Of the model.

    Raises:
        ArtifactError: The card names a view that this version does not know.
    """
    return tuple(in_view(pixels, name) for name in views_of(card))


def in_view(pixels: Grey, name: str) -> Shown:
    """An image in a view: name out of core.views.VIEWS."""
    view = VIEWS[name]
    if not view.title:
        return Shown(pixels, view.name, size=view.size)
    altered = view.alter(pixels)
    detail = view.detail if is_changed(pixels, altered) else view.nothing
    return Shown(altered, view.name, view.title, detail, view.size)


def draw(name: str, looks: Sequence[Shown], card: Card) -> None:
    """The pictures that enter the network, and below them what was done."""
    backbone = zoo.get_backbone(card.backbone)
    row = st.container(horizontal=True)
    for number, seen in enumerate(looks, start=1):
        size = seen.size or backbone.size
        which = f", look {number}: {seen.name}" if len(looks) > 1 else ""
        row.container(width=BESIDE if which else "stretch").image(
            zoo.fit(seen.pixels, size),
            width="stretch",
            caption=f"As the network sees it{which or f': {size} x {size}'}",
            alt=f"{name} as the network sees it{which}: {size} x {size} in greyscale",
        )
    for words in dict.fromkeys(seen.words for seen in looks if seen.words):
        st.caption(words)


def in_turn(before: Shown, after: Shown) -> str:
    """What was done to an image before and after it was changed; once where that is the same."""
    if before.words == after.words:
        return before.words
    return f"**Before.** {before.words} **After.** {after.words}"
