"""Controlled comparisons: two settings that differ in one choice, on the same deals of patients.

The search cannot say what a choice does by itself, since it tries everything at once. Here a pair
shares all else, every deal of patients into folds, and the start of every head; a deal is a seed.
The difference is the mean over the deals and folds of first minus second; its interval comes from
drawing patients with replacement, the same draws on both sides, the deviation is over the deals.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from tqdm import tqdm

from core.curves import rank
from core.intervals import patient_draws, prepare
from core.metrics import auc
from core.paired import bootstrap_difference
from core.tuning import CLAIMS, verdict
from training.files import whole
from training.tuning.deal import Problem, areas, goal, sides
from training.tuning.plan import EPOCHS, Pair
from training.tuning.space import OPTIMIZERS, Setting
from training.tuning.stack import Floats
from training.tuning.unfreeze import epochs

SEEDS = (1, 2, 3, 4, 5)  # deals of the comparisons; 0 is the search's
CHOOSING = 100  # deal on which learning rates are chosen
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
FLATTEN_RATES = (1e-4, 3e-4, 1e-3)  # each run costs ten of the others


@dataclass(frozen=True)
class Bench:
    """Where settings are scored: the problem, and a folder that remembers the scores."""

    problem: Problem
    data: str  # hash of the problem
    folder: Path

    def scores(self, setting: Setting) -> Floats:
        """Log-odds of every image by the head of each deal that did not see its group, (D, N)."""
        return self._kept(setting, [(seed, 1.0) for seed in SEEDS])

    def at_rates(self, setting: Setting, rates: Sequence[float]) -> Floats:
        """The same at several learning rates on the deal that they are chosen by, (rates, N)."""
        one = replace(setting, learning_rate=1.0)
        return self._kept(one, [(CHOOSING, rate) for rate in rates])

    def _kept(self, setting: Setting, runs: list[tuple[int, float]]) -> Floats:
        key = json.dumps([self.data, runs, asdict(setting)])
        path = self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.npy"
        if not path.is_file():
            # flattened heads of all runs at once would not fit into memory
            parts = [runs] if setting.pooling == "average" else [[run] for run in runs]
            found = [out_of_fold(self.problem, setting, part) for part in parts]
            with whole(path) as half, half.open("wb") as stream:
                np.save(stream, np.concatenate(found))
        return np.load(path)


def out_of_fold(problem: Problem, setting: Setting, runs: Sequence[tuple[int, float]]) -> Floats:
    """Log-odds (runs, N) after the last epoch; 0 in a fold whose head diverged.

    Args:
        problem: Images.
        setting: What all runs share.
        runs: Seed of the deal, and factor on the learning rate.
    """
    deals = [
        [replace(side, rate=rate) for side in sides(problem, setting, seed)] for seed, rate in runs
    ]
    together = [side for deal in deals for side in deal]
    *_, answers = epochs(problem, together, setting)
    found = np.zeros((len(runs), len(problem.rows)), np.float32)
    for place, (side, answer) in enumerate(zip(together, answers, strict=True)):
        own = found[place // len(deals[0])]
        own[side.held] = answer if np.isfinite(answer).all() else 0.0
    return found


def rates_table(bench: Bench) -> pd.DataFrame:
    """Every optimiser at every learning rate, on the deal that they are chosen by."""
    tries: list[tuple[Setting, tuple[float, ...]]] = [
        (Setting(optimizer=name, epochs=EPOCHS), RATES) for name in OPTIMIZERS
    ]
    tries.append((Setting(pooling="flatten", epochs=EPOCHS), FLATTEN_RATES))
    rows = []
    for setting, rates in tqdm(tries, "learning rates", unit="optimiser"):
        together = sides(bench.problem, setting, CHOOSING)
        for rate, scores in zip(rates, bench.at_rates(setting, rates), strict=True):
            values = goal(areas(bench.problem, together, [scores[side.held] for side in together]))
            row = {"pooling": setting.pooling, "optimizer": setting.optimizer}
            row |= {"learning_rate": rate, "value": np.mean(values)}
            rows.append(row | {"spread": np.std(values, ddof=1), "seed": CHOOSING})
    return pd.DataFrame(rows).round({"value": 4, "spread": 4})


def compare(bench: Bench, pairs: list[Pair]) -> pd.DataFrame:
    """A row a pair and test."""
    draws = patient_draws(bench.problem.rows["group"])
    rows: list[dict[str, Any]] = []
    for pair in tqdm(pairs, "pairs", unit="pair"):
        scores = [bench.scores(setting) for setting in pair.settings]
        for test, mask in bench.problem.tests.items():
            rows.append(_line(bench.problem, pair, test, mask, scores, draws))
    return pd.DataFrame(rows)


def _line(
    problem: Problem,
    pair: Pair,
    test: str,
    mask: NDArray[np.bool_],
    scores: list[Floats],
    draws: NDArray[np.signedinteger],
) -> dict[str, Any]:
    """One row of pairs.csv."""
    (first, one), (second, two) = (fold_areas(problem, own, mask, draws) for own in scores)
    value = float(first.mean() - second.mean())
    apart = bootstrap_difference(value, one, two)
    by_deal = (first - second).mean(axis=1)  # (seeds,)
    numbers = {
        "value_first": first.mean(),
        "value_second": second.mean(),
        "difference": value,
        "low": apart.low,
        "high": apart.high,
        "deal_deviation": by_deal.std(ddof=1),
    }
    words = {
        "finding": pair.finding,
        "condition": pair.condition,
        "first": pair.names[0],
        "second": pair.names[1],
        "rate_first": pair.settings[0].learning_rate,
        "rate_second": pair.settings[1].learning_rate,
        "test": test,
        "deals": len(first),
    }
    numbers = {name: round(float(number), 4) for name, number in numbers.items()}
    kind = CLAIMS[pair.finding].kind
    return words | numbers | {"verdict": verdict(kind, numbers["low"], numbers["high"])}


def fold_areas(
    problem: Problem,
    scores: Floats,
    mask: NDArray[np.bool_],
    draws: NDArray[np.signedinteger],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """AUC of each deal and fold (D, K), and the mean over both in each replicate (R,).

    Args:
        problem: Labels and groups.
        scores: Log-odds (D, N) of the deals of SEEDS.
        mask: Images of the test (N,).
        draws: (N, R) how often each image is in each replicate.
    """
    values, replicates = [], []
    for own, seed in zip(scores, SEEDS, strict=True):
        for side in sides(problem, Setting(), seed):
            held = side.held[mask[side.held]]
            labels, chances = problem.labels[held], expit(own[held].astype(np.float64))
            values.append(auc(labels, chances))
            replicates.append(prepare(rank(labels, chances), draws[held]).areas["auc"])
    drawn = np.array(replicates)
    # a replicate without one of the classes in a fold has no AUC there
    counts = np.isfinite(drawn).sum(axis=0)
    mean = np.where(counts, np.nansum(drawn, axis=0) / np.maximum(counts, 1), np.nan)
    return np.array(values).reshape(len(scores), -1), mean
