"""How an image is shown to a head: as it is, or a CT slice cut to its lungs.

The guard always sees the image as it is. A head that wants another view costs a trunk pass of its
own, and explanations of it are drawn on that view.
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
        title: What was done, for the walk from file to tensor; empty where nothing is.
        detail: The same in a sentence.
        alter: uint8 (H, W) -> uint8 (h, w).
    """

    title: str
    detail: str
    alter: Callable[[Grey], Grey]


VIEWS = {
    PLAIN: View("", "", lambda pixels: pixels),
    LUNGS: View(
        "Cut to the lungs",
        f"air in the lungs set to grey level {slices.AIR}, the tissue around them to "
        f"{slices.TISSUE}, so that slices of all windows look alike",
        slices.cut_to_lungs,
    ),
}


def is_changed(before: Grey, after: Grey) -> bool:
    """Whether a view did anything: a slice without lungs stays as it is."""
    return before.shape != after.shape or not np.array_equal(before, after)
