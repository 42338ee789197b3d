"""The study: the known best, resumed runs, trials as rows."""

from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest
from optuna.trial import Trial
from problems import made_up

from training.tuning import study


def toy(trial: Trial) -> float:
    """Best at x = 0.3 with "b": 1."""
    x = trial.suggest_float("x", 0.0, 1.0)
    kind = trial.suggest_categorical("kind", ["a", "b"])
    value = 1 - (x - 0.3) ** 2 - 0.5 * (kind == "a")
    trial.report(value, 1)
    trial.set_user_attr("folds", [value - 0.1, value, value + 0.1])
    if x > 0.9:
        raise optuna.TrialPruned
    return value


def run_toy(path: Path, *counts: int) -> pd.DataFrame:
    for count in counts:
        found = study.open_study(path, "toy", 5)
        study.search(found, toy, count, first=[{"x": 0.95, "kind": "a"}])
    return study.trials_table(found)


def test_the_known_best_is_found(tmp_path: Path) -> None:
    table = run_toy(tmp_path / "j", 60)
    best = table.loc[table["value"].idxmax()]
    assert best["kind"] == "b"
    assert best["x"] == pytest.approx(0.3, abs=0.05)
    assert best["value"] == pytest.approx(1, abs=0.003)
    mattered = study.importances(study.open_study(tmp_path / "j", "toy", 5))
    assert mattered["parameter"].iloc[0] == "kind"


def test_a_resumed_study_gives_the_same_table(tmp_path: Path) -> None:
    whole, broken = run_toy(tmp_path / "a", 24), run_toy(tmp_path / "b", 7, 18, 24)
    pd.testing.assert_frame_equal(whole, broken)


def test_a_pruned_and_an_interrupted_trial_are_rows(tmp_path: Path) -> None:
    table = run_toy(tmp_path / "j", 3)
    assert table.loc[0, "state"] == "pruned"
    assert table.loc[0, "value"] == pytest.approx(1 - 0.65**2 - 0.5, abs=1e-4)
    assert table.loc[0, "spread"] == pytest.approx(0.1)
    study.open_study(tmp_path / "j", "toy", 5).ask()  # the process dies here
    table = run_toy(tmp_path / "j", 6)
    assert len(table) == 7  # six that ended, and the one that did not
    assert table["state"].iloc[3] == "interrupted"
    assert np.isnan(table["value"].iloc[3])


def test_an_interrupted_trial_that_was_asked_for_is_run_again(tmp_path: Path) -> None:
    found = study.open_study(tmp_path / "j", "toy", 5)
    found.enqueue_trial({"x": 0.25})
    found.ask()  # the process dies here
    again = study.open_study(tmp_path / "j", "toy", 5)
    study.search(again, toy, 2)
    ended = again.get_trials(states=study.ENDED)
    assert len(ended) == 2
    assert ended[0].params["x"] == 0.25


def test_a_study_of_other_data_is_refused(tmp_path: Path) -> None:
    study.open_study(tmp_path / "j", "these", 0)
    with pytest.raises(ValueError, match="expected a study of"):
        study.open_study(tmp_path / "j", "those", 0)


def test_time_stops_a_search(tmp_path: Path) -> None:
    found = study.open_study(tmp_path / "j", "toy", 0)
    study.search(found, toy, 5, timeout=0)
    assert not found.trials


def test_a_trial_of_heads_is_a_row(tmp_path: Path) -> None:
    found = study.open_study(tmp_path / "j", "heads", 0)
    first = [{"pooling": "average", "epochs": 5, "learning_rate": 1e-2, "optimizer": "adam"}]
    study.search(found, study.head_objective(made_up(), "xray", 0), 1, first=first)
    row = study.trials_table(found).iloc[0]
    assert row["state"] == "complete"
    assert row["epochs_run"] == 5
    assert row["value"] == pytest.approx(row[["fold_1", "fold_2", "fold_3"]].mean(), abs=1e-4)
    assert row["value"] > 0.9
    tests = row[["auc all", "auc inside a", "auc inside b"]]
    assert row["value"] == pytest.approx(tests.mean(), abs=1e-4)
    assert row["source_weight"] in (0.0, 0.5, 1.0)
