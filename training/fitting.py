"""Train tails on cached features: early stopping on validation patients, seeds fixed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from core.head import build_tail
from core.schema import PREDICTION_COLUMNS, Split
from training import precision
from training.recipes import Recipe

if TYPE_CHECKING:
    import keras

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Fitted:
    """One trained tail with its curves, and image_id of what it was fitted on and stopped by.

    The tail is float32; precision is the policy that it was trained under.
    """

    tail: keras.Model
    history: pd.DataFrame
    pooling: str
    seed: int
    val_loss: float
    used: dict[str, pd.Series]
    precision: str = precision.FLOAT32


@dataclass(frozen=True)
class Data:
    """Labelled rows of one modality with their features (or images), in one order."""

    rows: pd.DataFrame
    features: NDArray[np.float16] | NDArray[np.uint8]

    def where(self, mask: pd.Series) -> Data:
        """The rows of a mask."""
        chosen = mask.to_numpy()
        return Data(self.rows[chosen].reset_index(drop=True), self.features[chosen])

    def of(self, split: Split) -> Data:
        """The rows of a split."""
        return self.where(self.rows["split"] == split)


def fit_all(data: Data, recipe: Recipe) -> list[Fitted]:
    """A tail for every pooling and seed, the one of lowest validation loss first.

    Raises:
        ValueError: A recipe without a pooling or a seed.
    """
    runs = [(pooling, seed) for pooling in recipe.poolings for seed in recipe.seeds]
    if not runs:
        raise ValueError("expected at least one pooling and seed, received none")
    fitted = [fit(data, recipe, *run) for run in tqdm(runs, "heads", unit="head")]
    return sorted(fitted, key=lambda one: one.val_loss)


def fit(data: Data, recipe: Recipe, pooling: str, seed: int) -> Fitted:
    """Train one tail on the training rows, stopped early on the validation rows."""
    import keras

    keras.utils.set_random_seed(seed)
    train, val = data.of(Split.TRAIN), data.of(Split.VAL)
    if recipe.balance:
        train = balanced(train, seed)
    make = partial(build_tail, data.features.shape[1:], pooling, dropout=recipe.dropout)
    tail = precision.build(make)
    tail.compile(
        keras.optimizers.Adam(recipe.learning_rate),
        keras.losses.BinaryCrossentropy(),
        metrics=["accuracy", keras.metrics.AUC(name="auc")],
    )
    y, weights = labels_and_weights(train)
    done = tail.fit(
        train.features.astype(np.float32),
        y,
        sample_weight=weights,
        validation_data=(val.features.astype(np.float32), *labels_and_weights(val)),
        batch_size=recipe.batch,
        epochs=recipe.epochs,
        verbose=0,
        callbacks=[
            keras.callbacks.EarlyStopping(
                "val_loss", patience=recipe.patience, restore_best_weights=True
            )
        ],
    )
    return Fitted(
        precision.in_float32(tail, make),
        curves(done.history, pooling, seed),
        pooling,
        seed,
        float(min(done.history["val_loss"])),
        used_by(train, val),
        tail.dtype_policy.name,
    )


def used_by(train: Data, val: Data) -> dict[str, pd.Series]:
    """What training.record.write_used is told of a run."""
    return {"fit": train.rows["image_id"], "stop": val.rows["image_id"]}


def labels_and_weights(data: Data) -> tuple[Floats, Floats]:
    """Labels (N,), and weights (N,) that make both classes count the same."""
    y = data.rows["label"].to_numpy(np.float32)
    share = float(y.mean())
    return y, np.where(y == 1, 0.5 / share, 0.5 / (1 - share)).astype(np.float32)


def curves(history: dict[str, list[float]], pooling: str, seed: int) -> pd.DataFrame:
    """A Keras history as rows of history.csv."""
    table = pd.DataFrame(history).rename_axis("epoch").reset_index()
    return table.assign(pooling=pooling, seed=seed)[["pooling", "seed", *table.columns]]


def score(model: keras.Model, data: Data) -> pd.DataFrame:
    """Rows of predictions.csv for all data; the model's input is the features as float32."""
    probability = model.predict(data.features.astype(np.float32), verbose=0)[:, 0]
    return data.rows.assign(probability=probability.round(6))[list(PREDICTION_COLUMNS)]


def score_held_out(model: keras.Model, data: Data, recipe: Recipe) -> pd.DataFrame:
    """Everything that was not trained on: validation, test, and sources never seen."""
    elsewhere = data.rows["source"].isin(recipe.scored_elsewhere)
    table = score(model, data.where(elsewhere | (data.rows["split"] != Split.TRAIN)))
    table.loc[table["source"].isin(recipe.scored_elsewhere), "split"] = Split.EXTERNAL
    return table


def score_left_out(data: Data, recipe: Recipe, pooling: str) -> pd.DataFrame:
    """For each source: all of it, scored by a tail that was trained without it."""
    tables = []
    for source in tqdm(recipe.left_out, "left out", unit="source"):
        others = data.where(data.rows["source"] != source)
        tail = fit(others, recipe, pooling, recipe.seeds[0]).tail
        tables.append(score(tail, data.where(data.rows["source"] == source)))
    return pd.concat(tables, ignore_index=True).assign(split=Split.EXTERNAL.value)


def balanced(data: Data, seed: int) -> Data:
    """As many images of one class as of the other, drawn at random."""
    rng = np.random.default_rng(seed)
    labels = data.rows["label"].to_numpy()
    count = int(min((labels == 1).sum(), (labels == 0).sum()))
    chosen = [rng.choice(np.flatnonzero(labels == c), count, replace=False) for c in (0, 1)]
    keep = pd.Series(np.isin(np.arange(len(labels)), np.concatenate(chosen)))
    return data.where(keep)
