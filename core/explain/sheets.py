"""All feature maps of one block for the screen: 8 bits a cell, with what they are ranked by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.explain.cam import Map
from core.explain.ranking import brightness, worth
from core.explain.reading import Reading, removal_effect
from core.images import WHITE


@dataclass(frozen=True)
class Sheet:
    """The maps of one layer. A sixth of the reading's size, so that a visit can keep all blocks.

    Attributes:
        layer: Its name.
        levels: uint8 (h, w, C): the brightest cell of each map is 255.
        tops: What 255 stands for in each map, float32 (C,), from 0.
        bright: Mean activation, float64 (C,).
        worth: Gradient x activation, log-odds, float64 (C,).
        removal: Fall of the probability without the map, float64 (C,); empty below the head's
            layer, where each map needs a pass of its own (ranking.removal_below).
    """

    layer: str
    levels: NDArray[np.uint8]
    tops: NDArray[np.float32]
    bright: NDArray[np.float64]
    worth: NDArray[np.float64]
    removal: NDArray[np.float64]

    @property
    def count(self) -> int:
        """How many maps."""
        return int(self.levels.shape[-1])

    def map(self, number: int) -> Map:
        """One map in its own numbers, float32 (h, w), to 1 part in 255 of its maximum.

        Raises:
            ValueError: No such map.
        """
        if not 0 <= number < self.count:
            raise ValueError(f"expected a map from 0 to {self.count - 1}, received {number}")
        return np.asarray(self.levels[..., number] * (self.tops[number] / WHITE), np.float32)


def sheet(reading: Reading) -> Sheet:
    """The maps of a reading in 8 bits; what is below 0 (no ReLU) is drawn as 0."""
    positive = np.maximum(reading.maps, 0)
    tops = positive.max(axis=(0, 1))
    scale = np.divide(WHITE, tops, out=np.zeros_like(tops), where=tops > 0)
    removal = removal_effect(reading) if len(reading.removed) else np.zeros(0)
    levels = np.rint(positive * scale).astype(np.uint8)
    return Sheet(reading.layer, levels, tops, brightness(reading), worth(reading), removal)
