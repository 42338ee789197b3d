"""The sources that X-ray heads are judged by: one from inside, others left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit

Places = NDArray[np.intp]

MAIN = "covid-chestxray"  # has enough of both labels to be judged by itself
LEFT_OUT = ("actualmed", "figure1")
FIT_SHARE = 0.8


def draws(others: Places, groups: NDArray[np.object_], seeds: Iterable[int]) -> Iterator[Places]:
    """With each seed, a share of the groups of some rows: places to learn from.

    Args:
        others: Places of the rows that may be learned from, (n,).
        groups: Of all rows, (N,).
        seeds: One draw each.
    """
    for seed in seeds:
        draw = GroupShuffleSplit(1, train_size=FIT_SHARE, random_state=seed)
        yield others[next(draw.split(others, groups=groups[others]))[0]]
