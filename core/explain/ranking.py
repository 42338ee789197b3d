"""Which feature maps matter, three ways of asking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from core.ensemble import Member
from core.explain.network import Network
from core.explain.reading import Reading, removal_effect
from core.explain.running import Running
from core.head import SECOND_ORDER
from core.images import Grey
from core.metrics import sigmoid

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


def ignores_brightness(members: Sequence[Member], layer: str) -> bool:
    """Whether members read nothing of a layer but which maps are active together.

    Second-order pooling scales every map to length one, so that the log-odds stay the same when a
    map is doubled. Gradient x activation is the slope of that change: zero for every map.

    Args:
        members: Of a head; none for an ordinary one.
        layer: The uppermost layer that they read.
    """
    own = [member for member in members if member.layer == layer]
    return bool(own) and all(member.pooling == SECOND_ORDER for member in own)


def order(values: NDArray[np.float64], *, against: bool = False) -> NDArray[np.intp]:
    """Numbers of the maps, the largest value first, or the smallest where asked against.

    Maps without a value (NaN) are left out.
    """
    known = np.flatnonzero(~np.isnan(values))
    return known[np.argsort(values[known] if against else -values[known], kind="stable")]


def removal_below(
    network: Network, image: Grey, block: str, count: int = TRIED
) -> Iterator[Running]:
    """How far the probability falls without single maps of a lower block.

    Each needs a pass from that block on, so only the maps of largest |gradient x activation| are
    tried.

    Args:
        network: The classifier.
        image: uint8 (H, W), as the head is shown it.
        block: One of its blocks.
        count: How many maps.

    Yields:
        Running, values float64 (C,): the fall, negative where the probability rises, NaN where not
        tried; a step a map.

    Raises:
        ValueError: No such block.
    """
    onwards = network.onwards(block, network.prepare(image))
    reading = network.read(image)[block]
    tried = np.argsort(-np.abs(worth(reading)), kind="stable")[:count]
    falls = np.full(reading.maps.shape[-1], np.nan)
    for start in range(0, len(tried), BATCH):
        part = tried[start : start + BATCH]
        maps = np.repeat(reading.maps[np.newaxis], len(part), axis=0)
        for row, channel in enumerate(part):
            maps[row, ..., channel] = 0
        falls[part] = reading.probability - sigmoid(onwards(maps))
        yield Running(start + len(part), len(tried), falls.copy())
