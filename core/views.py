"""How an image is shown to a head: as it is, or a CT slice cut to its lungs.

The guard always sees the image as it is, and a head may share that pass. Any other view costs a
pass of its own, and explanations of a head are drawn on one of its views.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core import slices
from core.images import Grey

PLAIN, LUNGS = "plain", "lungs"


@dataclass(frozen=True)
class View:
    """One way to show an image.

    Attributes:
        name: What is seen, in words.
        title: What was done, for the walk from file to tensor; empty where nothing is.
        detail: The same in a sentence.
        nothing: Why an image stays as it is.
        alter: uint8 (H, W) -> uint8 (h, w).
    """

    name: str
    title: str
    detail: str
    nothing: str
    alter: Callable[[Grey], Grey]


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
}


def is_changed(before: Grey, after: Grey) -> bool:
    """Whether a view did anything: a slice without lungs stays as it is."""
    return before.shape != after.shape or not np.array_equal(before, after)
