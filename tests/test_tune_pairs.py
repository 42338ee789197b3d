"""Choices compared one by one: areas as scikit-learn's, verdicts, which pairs are planned."""

import numpy as np
import pandas as pd
import pytest
import tuned
from problems import made_up
from sklearn.metrics import roc_auc_score

from core.tuning import MARGIN
from training.tuning import deal, pairs, plan
from training.tuning.deal import Problem
from training.tuning.space import OPTIMIZERS, Setting


def test_areas_of_folds_are_scikit_learns() -> None:
    problem = made_up(signal=0.3)
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(len(pairs.SEEDS), 60)).astype(np.float32)
    draws = np.ones((60, 2), np.int16)  # every patient once: the measured value itself
    values, drawn = pairs.fold_areas(problem, scores, np.ones(60, bool), draws)
    expected = [
        [roc_auc_score(problem.labels[one.held], own[one.held])
         for one in deal.sides(problem, Setting(), seed)]
        for own, seed in zip(scores, pairs.SEEDS, strict=True)
    ]  # fmt: skip
    assert values == pytest.approx(np.array(expected))
    assert drawn == pytest.approx([np.mean(expected)] * 2)


class Known:
    """Scores worked out beforehand: the label plus noise that the pooling makes larger."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def scores(self, setting: Setting) -> np.ndarray:
        noise = np.random.default_rng(2).normal(size=(len(pairs.SEEDS), 60))
        return self.problem.labels + noise * (5 if setting.pooling == "flatten" else 0.1)


def test_a_better_choice_is_told_from_an_equal_one() -> None:
    plain, flat = Setting(), Setting(pooling="flatten")
    planned = [
        plan.Pair("pooling", "", ("average", "flatten"), (plain, flat)),
        plan.Pair("activation", "", ("one", "same"), (plain, plain)),
    ]
    table = pairs.compare(Known(made_up()), planned)  # type: ignore[arg-type]
    apart, same = table.iloc[0], table[table["finding"] == "activation"].iloc[0]
    assert apart["low"] > MARGIN
    assert apart["verdict"] == "against"
    assert (same["difference"], same["low"], same["high"]) == (0, 0, 0)
    assert same["verdict"] == "for"


def test_pairs_differ_in_one_choice() -> None:
    rates = pd.DataFrame(
        [
            (pooling, name, rate, rate)
            for pooling in ("average", "flatten")
            for name in OPTIMIZERS
            for rate in (1e-4, 3e-4, 1e-3)
        ],
        columns=["pooling", "optimizer", "learning_rate", "value"],
    )
    planned = plan.planned(rates)
    assert planned
    for pair in planned:
        first, second = (vars(setting) for setting in pair.settings)
        apart = {name for name in first if first[name] != second[name]}
        assert apart - {"learning_rate"} == {pair.finding}
        assert "learning_rate" not in apart or pair.condition != plan.EQUAL


def test_the_best_rate_is_no_peak_next_to_divergence() -> None:
    values = [0.70, 0.74, 0.75, 0.72, 0.71, 0.79, 0.5]  # peak at 0.03, plateau around 1e-3
    rates = pd.DataFrame({"learning_rate": pairs.RATES, "value": values}).assign(
        optimizer="adam", pooling="average"
    )
    assert plan._best(rates.sample(frac=1, random_state=0)) == 1e-2
    assert plan._best(rates.assign(value=[0.70, 0.74, 0.75, 0.74, 0.7, 0.75, 0.5])) == 1e-3


def test_the_best_completed_trial_meets_the_papers_heads() -> None:
    first, second = plan.searched(tuned.TRIALS)
    best = first.settings[0]
    assert (best.pooling, best.second, best.learning_rate) == ("flatten", 256, 2e-4)
    assert type(best.batch) is int
    assert first.settings[1] == Setting()
    assert second.settings == (best, Setting(pooling="flatten"))
    assert not plan.searched(tuned.TRIALS.assign(value=[0.9, 0.8, 0.7, 0.6]))  # the paper's own
