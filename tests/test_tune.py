"""Heads of a search: trained side by side, dealt patients, and whose images they may read."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from problems import made_up
from scipy.special import expit

from core.library import read_library
from core.schema import MANIFEST_COLUMNS, Split
from core.tuning import DATASETS, FOLDS, TUNING_DIR
from training.features import FeatureStore
from training.tuning import deal, stack
from training.tuning.deal import Problem
from training.tuning.space import OPTIMIZERS, Setting
from training.tuning.stack import Side, train_together
from training.tuning.unfreeze import epochs

KERAS = {name: name for name in OPTIMIZERS} | {
    "momentum": {"class_name": "SGD", "config": {"momentum": 0.9, "nesterov": True}}
}
SMALL = Setting(first=6, second=5, batch=4, epochs=3, learning_rate=0.01)


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
