"""The search itself: heads side by side, the study, the comparisons, and whom they may read."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest
import tuned
from optuna.trial import Trial
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from core.library import read_library
from core.schema import MANIFEST_COLUMNS, Split
from core.tuning import DATASETS, FOLDS, MARGIN, TUNING_DIR
from training.features import FeatureStore
from training.tuning import deal, pairs, plan, stack, study
from training.tuning.deal import Problem
from training.tuning.space import OPTIMIZERS, Setting
from training.tuning.stack import Side, train_together
from training.tuning.unfreeze import epochs

KERAS = {name: name for name in OPTIMIZERS} | {
    "momentum": {"class_name": "SGD", "config": {"momentum": 0.9, "nesterov": True}}
}
SMALL = Setting(first=6, second=5, batch=4, epochs=3, learning_rate=0.01)


def made_up(count: int = 60, signal: float = 3.0) -> Problem:
    """Two sources of 1 and 2 images a patient; the label shifts one of eight features."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "image_id": [f"i{n}" for n in range(count)],
            "source": np.repeat(["a", "b"], count // 2),
            "group": np.arange(count) // 2,
            "label": (np.arange(count) // 2 % 2).astype(float),
        }
    )
    maps = rng.random((count, 2, 2, 8), np.float32)
    maps[..., 0] += signal * rows["label"].to_numpy(np.float32)[:, None, None]
    return Problem(rows, {"average": maps.mean((1, 2)), "flatten": maps.reshape(count, -1)})


def side(problem: Problem, held: list[int], seed: int, rate: float = 1.0) -> Side:
    train = np.setdiff1d(np.arange(len(problem.rows)), held)
    weights = np.linspace(0.5, 1.5, len(problem.rows), dtype=np.float32)
    return Side(train, np.array(held), weights, seed, rate)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_stacked_head_is_the_shipped_head_trained_alone(optimizer: str) -> None:
    import keras

    from core.head import build_tail

    problem = made_up(22)
    setting = replace(SMALL, optimizer=optimizer, activation="leaky_relu", label_smoothing=0.1)
    together = [side(problem, [0, 1, 7], 3), side(problem, [4, 5], 4, 0.3)]
    features = problem.pooled["average"]
    heads = stack.begin(8, together, setting)
    *_, answers = train_together(features, problem.labels, together, setting, heads)
    steps = 5  # 20 training images at most, 4 a step
    for number, one in enumerate(together):
        tail = build_tail((1, 1, 8), "average", units=(6, 5), activation="leaky_relu")
        start = stack.begin(8, [one], setting)
        tail.set_weights([np.asarray(value)[0].reshape(w.shape) for value, w in
                          zip(start, tail.weights, strict=True)])  # fmt: skip
        loss = keras.losses.BinaryCrossentropy(label_smoothing=0.1)
        own = keras.optimizers.get(KERAS[optimizer])
        own.learning_rate = setting.learning_rate * one.rate
        tail.compile(own, loss)
        rng = np.random.default_rng((one.seed, 1))
        for _ in range(setting.epochs):
            for batch in stack._batches(one, rng, steps, 4):
                x, y = features[batch][:, None, None], problem.labels[batch][:, None]
                tail.train_on_batch(x, y, sample_weight=one.weights[batch])
        alone = tail.predict(features[one.held][:, None, None], verbose=0)[:, 0]
        assert expit(answers[number]) == pytest.approx(alone, abs=2e-5)


def test_an_epoch_shows_every_training_image() -> None:
    one = side(made_up(22), [0, 1, 7], 3)
    batches = stack._batches(one, np.random.default_rng(0), 5, 4)
    assert batches.shape == (5, 4)
    assert set(batches.ravel()) == set(one.train)


def test_dropout_and_schedules_train() -> None:
    problem = made_up()
    for schedule in ("cosine", "warm-up"):
        setting = replace(SMALL, epochs=12, dropout=0.3, schedule=schedule, focal=2)
        together = deal.sides(problem, setting, 0)
        *_, answers = epochs(problem, together, setting)
        assert np.mean(deal.areas(problem, together, answers)[deal.ALL]) > 0.9


def test_weights_by_hand() -> None:
    rows = pd.DataFrame({"label": [1.0, 0, 0, 0, 1], "source": ["a", "a", "b", "b", "b"]})
    train = np.arange(4)  # one positive, three negatives; two of each source
    by_class = deal.image_weights(rows, train, Setting(class_weight=1.0))
    assert by_class == pytest.approx([2, 2 / 3, 2 / 3, 2 / 3, 0])
    plain = deal.image_weights(rows, train, Setting(class_weight=0.0))
    assert plain == pytest.approx([1, 1, 1, 1, 0])
    both = deal.image_weights(rows, np.array([0, 1, 2]), Setting(class_weight=0, source_weight=1))
    assert both == pytest.approx([0.75, 0.75, 1.5, 0, 0])


def test_a_diverged_head_only_guesses() -> None:
    problem = made_up()
    together = deal.sides(problem, SMALL, 0)
    answers = [problem.labels[one.held] for one in together]
    assert deal.areas(problem, together, answers)[deal.ALL] == [1.0, 1.0, 1.0]
    answers[1] = answers[1] * np.nan
    assert deal.areas(problem, together, answers)[deal.ALL] == [1.0, 0.5, 1.0]


def test_groups_stay_whole_and_every_image_is_held_out_once() -> None:
    problem = made_up()
    together = deal.sides(problem, SMALL, 7)
    held = np.concatenate([one.held for one in together])
    assert sorted(held) == list(range(60))
    for one in together:
        groups = problem.rows["group"]
        assert not set(groups.iloc[one.train]) & set(groups.iloc[one.held])


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
    assert len(table) == 6
    assert table["state"].iloc[3] == "interrupted"
    assert np.isnan(table["value"].iloc[3])


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
    *_, table = pairs.compare(Known(made_up()), planned)  # type: ignore[arg-type]
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
    for pair in plan.planned(rates):
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


def manifest() -> pd.DataFrame:
    """The catalogue as a manifest."""
    images = read_library().images
    return images.reindex(columns=list(MANIFEST_COLUMNS))


@pytest.fixture
def read_ids(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Ids whose features were asked for."""
    seen: set[str] = set()

    def get(self: FeatureStore, rows: pd.DataFrame, root: Path) -> tuple[np.ndarray, None]:
        seen.update(rows["image_id"])
        return np.zeros((len(rows), 1, 1, 2), np.float16), None

    monkeypatch.setattr(FeatureStore, "get", get)
    yield seen


@pytest.mark.parametrize("dataset", DATASETS)
def test_no_test_patient_is_read(dataset: str, read_ids: set[str], tmp_path: Path) -> None:
    images = manifest()
    problem = deal.load_problem(dataset, images, tmp_path, tmp_path)
    assert read_ids == set(problem.rows["image_id"])
    kept_back = images[images["split"].isin([Split.TEST, Split.EXTERNAL])]
    assert len(kept_back) > 100
    assert not read_ids & set(kept_back["image_id"])
    patients = set(problem.rows["patient_id"]) - {""}
    assert len(patients) > 100
    assert not patients & set(kept_back["patient_id"])


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_shipped_search_used_these_patients(dataset: str) -> None:
    used = pd.read_csv(TUNING_DIR / dataset / FOLDS)
    splits = pd.read_csv(Path(deal.__file__).parents[1] / "splits.csv").set_index("image_id")
    assert set(splits.loc[used["image_id"], "split"]) == {Split.TRAIN, Split.VAL}
    wanted = deal.searched_rows(dataset, manifest())
    assert set(used["image_id"]) == set(wanted["image_id"])
    folds = wanted.merge(used, on="image_id").groupby("group")["fold"].nunique()
    assert folds.max() == 1  # a group lies in one fold
