"""The study: trials one after the other, resumable, stopped early where they are hopeless.

Each trial draws from a sampler seeded by the study's seed and the trial's number, and the trials
before it are all that it knows. Of a study that was broken off the trial that ran is lost; it is
run again where it was asked for by name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
from optuna.importance import (
    FanovaImportanceEvaluator,
    PedAnovaImportanceEvaluator,
    get_param_importances,
)
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState
from tqdm import tqdm

from core.tuning import COMPLETE
from training.tuning.deal import Problem, areas, goal, sides
from training.tuning.space import suggest
from training.tuning.unfreeze import epochs

Objective = Callable[[Trial], float]
RANDOM_TRIALS = 16  # before the sampler (tree-structured Parzen estimator) begins to learn
PRUNE_AFTER = 3  # epochs that every trial gets
FORESTS = 10  # seeds of the forests behind fANOVA
ENOUGH = 10  # completed trials, before importances mean anything
STATES = {
    TrialState.COMPLETE: COMPLETE,
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "interrupted",
}

ENDED = (TrialState.COMPLETE, TrialState.PRUNED)  # what counts of earlier runs


def open_study(storage: Path, data: str, seed: int, unfreeze: bool = False) -> Study:
    """Make or reopen the study in a journal file; trials that were broken off count as such.

    Args:
        storage: The file.
        data: What the study is about, for example a hash; a study is of one data set only.
        seed: Of the study.
        unfreeze: Whether it searches where to unfreeze.

    Raises:
        ValueError: The file holds a study of other data, another seed or another space.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage.parent.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        study_name="tune",
        storage=JournalStorage(JournalFileBackend(str(storage))),
        direction="maximize",
        pruner=MedianPruner(n_startup_trials=RANDOM_TRIALS // 2, n_warmup_steps=PRUNE_AFTER),
        load_if_exists=True,
    )
    wanted = {"data": data, "seed": seed, "unfreeze": unfreeze}
    if not study.user_attrs:
        for name, value in wanted.items():
            study.set_user_attr(name, value)
    if study.user_attrs != wanted:
        raise ValueError(f"expected a study of {wanted} in {storage}, received {study.user_attrs}")
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        if "fixed_params" in trial.system_attrs:  # asked for by name: it is still wanted
            study.enqueue_trial(trial.system_attrs["fixed_params"])
    return study


def search(
    study: Study,
    objective: Objective,
    trials: int,
    *,
    first: Sequence[dict[str, Any]] = (),
    timeout: float = float("inf"),
    after: Callable[[Study], object] = lambda study: None,
) -> None:
    """Run trials until the study has so many, or the time is over.

    Args:
        study: Of open_study.
        objective: Trial -> value to maximise; raises optuna.TrialPruned to give up.
        trials: Wanted in all, those of earlier runs counted.
        first: Parameters of the first trials of a new study.
        timeout: Seconds; a trial that has begun is finished.
        after: Called after every trial.
    """
    end = time.monotonic() + timeout
    if not study.trials:
        for parameters in first:
            study.enqueue_trial(parameters)
    done = len(study.get_trials(states=ENDED))
    with tqdm(total=trials, initial=done, desc="trials", unit="trial") as bar:
        for number in range(done, trials):
            if time.monotonic() >= end:
                break
            study.sampler = TPESampler(
                seed=study.user_attrs["seed"] + number,
                n_startup_trials=RANDOM_TRIALS,
                multivariate=True,
            )
            trial = study.ask()
            try:
                study.tell(trial, objective(trial))
            except optuna.TrialPruned:
                study.tell(trial, state=TrialState.PRUNED)
            after(study)
            bar.update()
            bar.set_postfix(best=_best(study))


def head_objective(problem: Problem, modality: str, seed: int) -> Objective:
    """Mean validation AUC over the folds of a deal, after the last epoch."""

    def objective(trial: Trial) -> float:
        setting = suggest(trial, modality, problem.lower is not None)
        together = sides(problem, setting, seed)
        begun, used = time.monotonic(), time.process_time()
        value = 0.0
        for epoch, answers in enumerate(epochs(problem, together, setting), start=1):
            found = areas(problem, together, answers)
            value = float(np.mean(goal(found)))
            trial.report(value, epoch)
            diverged = not all(np.isfinite(answer).all() for answer in answers)
            if diverged or trial.should_prune() or epoch == setting.all_passes:
                trial.set_user_attr("epochs_run", epoch)
                trial.set_user_attr("diverged", diverged)
                trial.set_user_attr("folds", goal(found))
                trial.set_user_attr("tests", {test: np.mean(a) for test, a in found.items()})
                trial.set_user_attr("seconds", time.monotonic() - begun)
                trial.set_user_attr("cpu_seconds", time.process_time() - used)
                if diverged or epoch < setting.all_passes:
                    raise optuna.TrialPruned
        return value

    return objective


def trials_table(study: Study) -> pd.DataFrame:
    """A row for every trial: outcome, spread over the folds, cost, parameters."""
    seed = study.user_attrs["seed"]
    rows = [_row(trial, seed) for trial in study.get_trials(states=tuple(STATES))]
    return pd.DataFrame(rows)


def _row(trial: FrozenTrial, seed: int) -> dict[str, Any]:
    known = trial.user_attrs
    folds = known.get("folds", [])
    numbers = {"value": trial.value, "spread": np.std(folds, ddof=1) if folds else None}
    numbers |= {f"auc {test}": value for test, value in known.get("tests", {}).items()}
    numbers |= {f"fold_{place}": value for place, value in enumerate(folds, start=1)}
    return {
        "trial": trial.number,
        "state": "diverged" if known.get("diverged") else STATES[trial.state],
        **{name: np.nan if x is None else round(float(x), 4) for name, x in numbers.items()},
        "epochs_run": known.get("epochs_run", 0),
        "seconds": round(known.get("seconds", 0.0), 1),
        "cpu_seconds": round(known.get("cpu_seconds", 0.0), 1),
        "seed": seed,
        **{name: _tidy(value) for name, value in trial.params.items()},
    }


def _tidy(value: Any) -> Any:
    """Six digits of a number: 0.3, not 0.30000000000000004."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def importances(study: Study) -> pd.DataFrame:
    """Share of the variance that each parameter explains, over the completed trials.

    fanova (Hutter, Hoos and Leyton-Brown 2014): of all values, mean and deviation over forests of
    several seeds. ped_anova (Watanabe, Bansal and Hutter 2023): among the better half. Empty with
    fewer than ENOUGH completed trials.
    """
    if len(study.get_trials(states=(TrialState.COMPLETE,))) < ENOUGH:
        return pd.DataFrame(columns=["parameter", "fanova", "fanova_deviation", "ped_anova"])
    forests = pd.DataFrame(
        [
            get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=seed))
            for seed in range(FORESTS)
        ]
    )
    half = PedAnovaImportanceEvaluator(target_quantile=0.5)
    table = pd.DataFrame(
        {
            "fanova": forests.mean(),
            "fanova_deviation": forests.std(),
            "ped_anova": pd.Series(get_param_importances(study, evaluator=half)),
        }
    )
    table = table.astype(float).round(4).rename_axis("parameter").reset_index()
    return table.sort_values("fanova", ascending=False, ignore_index=True)


def _best(study: Study) -> str:
    values = [t.value for t in study.get_trials(states=(TrialState.COMPLETE,)) if t.value]
    return f"{max(values):.3f}" if values else "none"
