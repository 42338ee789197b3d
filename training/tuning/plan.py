"""What is compared: for each of the paper's findings settings that differ in one choice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pandas as pd

from core.tuning import SEARCH, best_trial, papers_own_is_best, parameters
from training.tuning.space import FLATTEN_EPOCHS, OPTIMIZERS, Setting

EPOCHS = 10
DEFAULTS = dict.fromkeys(OPTIMIZERS, 1e-3) | {"sgd": 1e-2, "momentum": 1e-2}  # Keras
NEW, FAST = "new deals", "at a learning rate of 0.03"
FAST_RATE = 0.03
OWN, DEFAULT, EQUAL = "each at a rate of its own", "each at Keras' default rate", "all else equal"


@dataclass(frozen=True)
class Pair:
    """Two settings to compare.

    Attributes:
        finding: Key of core.tuning.CLAIMS.
        condition: What the two sides share, in words.
        names: Of the first and the second choice.
        settings: The first and the second.
    """

    finding: str
    condition: str
    names: tuple[str, str]
    settings: tuple[Setting, Setting]


def planned(rates: pd.DataFrame, unfreeze: bool = False) -> list[Pair]:
    """What is compared for each of the paper's findings, the cheap ones first.

    Args:
        rates: Of rates_table.
        unfreeze: Whether to unfreeze convolutions as well.
    """
    base = Setting(epochs=EPOCHS)
    changes: list[tuple[str, tuple[str, str], dict[str, Any]]] = [
        ("activation", ("ReLU", "leaky ReLU"), {"activation": "leaky_relu"}),
        ("second", ("512 units", "256 units"), {"second": 256}),
        *(("batch", ("32", str(size)), {"batch": size}) for size in (16, 64, 128, 8)),
        ("first", ("256 units", "1024 units"), {"first": 1024}),
    ]
    pairs = [
        Pair(finding, EQUAL, names, (base, replace(base, **change)))
        for finding, names, change in changes
    ]
    fast = replace(base, learning_rate=FAST_RATE)
    leaky = replace(fast, activation="leaky_relu")
    pairs.append(Pair("activation", FAST, ("ReLU", "leaky ReLU"), (fast, leaky)))
    for condition, rate_of in ((OWN, partial(_best, rates)), (DEFAULT, DEFAULTS.__getitem__)):
        adam, *others = (
            replace(base, optimizer=name, learning_rate=rate_of(name))
            for name in sorted(OPTIMIZERS, key=lambda name: name != "adam")
        )
        pairs += [Pair("optimizer", condition, ("adam", o.optimizer), (adam, o)) for o in others]
    for condition, average, flat in (
        (EQUAL, base.learning_rate, base.learning_rate),
        (OWN, _best(rates), _best(rates, pooling="flatten")),
    ):
        short = replace(base, epochs=FLATTEN_EPOCHS, learning_rate=average)
        long = replace(short, pooling="flatten", learning_rate=flat)
        pairs.append(Pair("pooling", condition, ("average", "flatten"), (short, long)))
    if unfreeze:
        further = replace(base, unfrozen="block 5")
        pairs.append(Pair("unfrozen", EQUAL, ("block 5 unfrozen", "frozen"), (further, base)))
    return pairs


def _best(rates: pd.DataFrame, optimizer: str = "adam", pooling: str = "average") -> float:
    """The rate in the middle of the best neighbouring three: no lucky peak next to divergence."""
    own = rates[(rates["optimizer"] == optimizer) & (rates["pooling"] == pooling)]
    own = own.sort_values("learning_rate", ignore_index=True)
    smooth = own["value"].rolling(3, center=True).mean()
    return float(own.loc[smooth.idxmax(), "learning_rate"])


def searched(trials: pd.DataFrame) -> list[Pair]:
    """The best trial against the paper's heads, on deals that the search did not choose by.

    Args:
        trials: Of training.tuning.study.trials_table.

    Returns:
        No pair where the best trial is one of the paper's heads itself.
    """
    if papers_own_is_best(trials):
        return []
    best = best_trial(trials).to_frame().T[parameters(trials)].infer_objects()
    setting = Setting(**best.to_dict("records")[0])
    return [
        Pair(SEARCH, NEW, ("best trial", f"paper, {name}"), (setting, Setting(pooling=name)))
        for name in ("average", "flatten")
    ]
