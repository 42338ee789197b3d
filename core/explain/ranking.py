"""Which feature maps matter, three ways of asking."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.explain.network import Network
from core.explain.reading import Reading, removal_effect, sigmoid

BRIGHT, WORTH, REMOVAL = "bright", "worth", "removal"
RANKINGS = (BRIGHT, WORTH, REMOVAL)
TRIED = 32  # maps of a lower block that are removed in turn
BATCH = 8


def brightness(reading: Reading) -> NDArray[np.float64]:
    """Mean activation of each map, (C,): the paper's reading of its figure 5."""
    return reading.maps.mean(axis=(0, 1), dtype=np.float64)


def worth(reading: Reading) -> NDArray[np.float64]:
    """Gradient x activation of each map, (C,): its share of the log-odds, to first order.

    Positive where the map speaks for COVID-19. The sum over maps instead of places is HiResCAM.
    """
    return np.einsum("hwc,hwc->c", reading.maps, reading.gradient, dtype=np.float64)


def scores(reading: Reading, ranking: str) -> NDArray[np.float64]:
    """What a ranking sorts by, (C,), largest first.

    Raises:
        ValueError: Unknown ranking, or "removal" of a reading without removals.
    """
    if ranking == BRIGHT:
        return brightness(reading)
    if ranking == WORTH:
        return worth(reading)
    if ranking == REMOVAL and len(reading.removed):
        return removal_effect(reading)
    raise ValueError(
        f"expected a ranking out of {RANKINGS} (the last at the head's layer), received {ranking!r}"
    )


def order(values: NDArray[np.float64], *, against: bool = False) -> NDArray[np.intp]:
    """Numbers of the maps, the largest value first, or the smallest where asked against."""
    return np.argsort(values if against else -values, kind="stable")


def removal_below(network: Network, reading: Reading, count: int = TRIED) -> dict[int, float]:
    """How far the probability falls without single maps of a lower block.

    Each needs a pass from that block on, so only the maps of largest |gradient x activation| are
    tried.

    Args:
        network: The classifier.
        reading: Of one of its blocks.
        count: How many maps.

    Returns:
        Number of the map -> fall of the probability, negative where it rises.

    Raises:
        ValueError: No such block.
    """
    tried = np.argsort(-np.abs(worth(reading)), kind="stable")[:count]
    falls: dict[int, float] = {}
    for start in range(0, len(tried), BATCH):
        part = tried[start : start + BATCH]
        maps = np.repeat(reading.maps[np.newaxis], len(part), axis=0)
        for row, channel in enumerate(part):
            maps[row, ..., channel] = 0
        without = sigmoid(network.onwards(reading.layer, maps))
        falls |= {
            int(channel): reading.probability - float(p)
            for channel, p in zip(part, without, strict=True)
        }
    return falls
