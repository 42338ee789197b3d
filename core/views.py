"""How an image is shown to a head: as it is, equalised and larger, or cut to the lungs.

The guard always sees the image as it is, and a head may share that pass. Any other view costs a
pass of its own, and explanations of a head are drawn on one of its views.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core import slices
from core.images import Grey

PLAIN, LUNGS, LARGER_EQUALISED = "plain", "lungs", "larger equalised"
LARGER = 320  # pixels of both sides; the backbones take 224 or 299


@dataclass(frozen=True)
class View:
    """One way to show an image.

    Attributes:
        name: What is seen, in words.
        title: What was done, for the walk from file to tensor; empty where nothing is.
        detail: The same in a sentence.
        nothing: Why an image stays as it is.
        alter: uint8 (H, W) -> uint8 (h, w).
        size: Pixels of both sides at which the trunk takes it; 0 for the backbone's own.
    """

    name: str
    title: str
    detail: str
    nothing: str
    alter: Callable[[Grey], Grey]
    size: int = 0


def equalise(pixels: Grey) -> Grey:
    """Histogram matched to the uniform one, so that all sources share their grey levels."""
    import cv2

    return np.asarray(cv2.equalizeHist(pixels), np.uint8)


VIEWS = {
    PLAIN: View("the whole image", "", "", "", lambda pixels: pixels),
    LUNGS: View(
        "a crop around the lungs",
        "Cut to the lungs",
        f"air in the lungs set to grey level {slices.AIR}, the tissue around them to "
        f"{slices.TISSUE}, so that slices of all windows look alike",
        "no lungs were found, so the model is shown the whole image",
        slices.cut_to_lungs,
    ),
    LARGER_EQUALISED: View(
        "the image equalised and larger",
        "Histogram equalised",
        "every grey level is taken by about as many pixels, so that bright and dark exposures look "
        "alike",
        "its histogram cannot be evened further",
        equalise,
        LARGER,
    ),
}


def is_changed(before: Grey, after: Grey) -> bool:
    """Whether a view did anything: a slice without lungs stays as it is."""
    return before.shape != after.shape or not np.array_equal(before, after)
