"""Is an image one of those that the models learned from or were tested on?

A perceptual hash of the image against those of models/data/images.csv. At most SAME_BITS of 64 may
differ: a saved-again or reduced copy stays within that, and no held-out image of the catalogue is
that near to a training image (the tests count).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.images import Grey
from core.schema import Modality, Split

if TYPE_CHECKING:
    import pandas as pd

SAME_BITS = 2


@dataclass(frozen=True)
class Known:
    """The row of the catalogue that an image is a copy of."""

    image_id: str
    source: str
    modality: Modality
    split: Split


def find_known(pixels: Grey, images: pd.DataFrame) -> Known | None:
    """The image of the catalogue that this one is a copy of, or None.

    Args:
        pixels: uint8 (H, W).
        images: image_id, source, modality, split and phash (16 hexadecimal digits), as in
            models/data/images.csv.
    """
    if images.empty:
        return None
    apart = distances(hash_pixels(pixels), images["phash"])
    row = int(apart.argmin())
    if apart[row] > SAME_BITS:
        return None
    found = images.iloc[row]
    return Known(
        found["image_id"], found["source"], Modality(found["modality"]), Split(found["split"])
    )


def hash_pixels(pixels: Grey) -> str:
    """Perceptual hash (DCT) of uint8 (H, W): 64 bits as 16 hexadecimal digits."""
    import imagehash
    from PIL import Image

    return str(imagehash.phash(Image.fromarray(pixels), hash_size=8))


def distances(phash: str, others: pd.Series) -> NDArray[np.int64]:
    """How many of 64 bits differ from each other hash: int (N,)."""
    numbers = np.array([int(text, 16) for text in others], np.uint64)
    return np.bitwise_count(numbers ^ np.uint64(int(phash, 16))).astype(np.int64)
