"""Whole networks from random weights, at reduced size: what transfer learning is compared with.

Also the paper's "simple and basic CNN", a Sequential of three convolutions, which overfits.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from core import zoo
from core.head import build_tail
from core.schema import Split
from core.zoo import CNN
from training import precision
from training.files import pixels_of, whole
from training.fitting import Data, Fitted, balanced, curves, labels_and_weights, used_by

if TYPE_CHECKING:
    import keras

    from training.recipes import Recipe

SIZE = 160
STATE, LOG, BEST = "state", "history.csv", "best.weights.h5"


def small_images(rows: pd.DataFrame, root: Path, runs: Path) -> NDArray[np.uint8]:
    """Greyscale images at SIZE, uint8 (N, SIZE, SIZE, 1), cached in RUNS."""
    key = hashlib.sha256("".join(rows["image_id"]).encode()).hexdigest()[:16]
    cached = runs / "scratch" / f"images-{SIZE}-{key}.npy"
    if cached.is_file():
        return np.load(cached)
    paths = tqdm([root / path for path in rows["path"]], "reading", unit="image")
    images = np.stack([zoo.fit(pixels_of(path), SIZE) for path in paths])
    with whole(cached) as half, half.open("wb") as stream:
        np.save(stream, images[..., np.newaxis])
    return images[..., np.newaxis]


def schedule(recipe: Recipe) -> Recipe:
    """A recipe with the short schedule of whole networks and one seed."""
    return replace(
        recipe, epochs=12, patience=12, learning_rate=1e-3, batch=16, seeds=(0,), left_out=()
    )


def build_network(name: str) -> keras.Model:
    """A backbone with the paper's head behind average pooling, all trainable, random weights.

    Returns:
        Model float32 (N, SIZE, SIZE, 1) grey levels 0..255 -> float32 (N, 1) in 0..1.
    """
    import keras

    inputs = keras.Input((SIZE, SIZE, 1))
    # Scaled to -1..1 for all: random filters have no preprocessing that they were trained with.
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(inputs)
    if name == CNN:
        return keras.Model(inputs, simple_cnn()(x), name=CNN)
    x = keras.layers.Concatenate()([x, x, x])
    trunk = zoo.build_trunk(replace(zoo.get_backbone(name), size=SIZE))
    tail = build_tail(trunk.output_shape[1:], "average")
    return keras.Model(inputs, tail(trunk(x)), name=name)


def simple_cnn() -> keras.Model:
    """The home-made network: three convolutions, flatten, 128, 1."""
    import keras
    from keras import layers

    blocks = [
        layer
        for filters in (32, 64, 128)
        for layer in (layers.Conv2D(filters, 3, activation="relu"), layers.MaxPooling2D(2))
    ]
    dense = [layers.Flatten(), layers.Dense(128, activation="relu")]
    last = layers.Dense(1, activation="sigmoid", dtype="float32")
    return keras.Sequential([keras.Input((SIZE, SIZE, 1)), *blocks, *dense, last])


def fit_network(name: str, data: Data, recipe: Recipe, folder: Path) -> Fitted:
    """Train a whole network on uint8 images; resumes from the last whole epoch.

    The curves hold the test patients' loss and accuracy beside the validation patients': recorded,
    never used to stop or choose.

    Args:
        name: Row of the zoo, or "cnn".
        data: features are uint8 (N, SIZE, SIZE, 1).
        recipe: Its first seed, batch, epochs and learning rate.
        folder: Where the state of an unfinished run on this data is kept.
    """
    import keras

    seed = recipe.seeds[0]
    keras.utils.set_random_seed(seed)
    train, val, test = (data.of(split) for split in (Split.TRAIN, Split.VAL, Split.TEST))
    train = balanced(train, seed) if recipe.balance else train
    y, weights = labels_and_weights(train)
    make = partial(build_network, name)
    model = precision.build(make)
    model.compile(
        keras.optimizers.Adam(recipe.learning_rate),
        keras.losses.BinaryCrossentropy(),
        metrics=["accuracy", keras.metrics.AUC(name="auc")],
    )
    folder.mkdir(parents=True, exist_ok=True)
    state, log, best_weights = (folder / name for name in (STATE, LOG, BEST))
    if not state.is_dir():  # Keras deletes it at the end: what else lies here is of a finished run
        log.unlink(missing_ok=True)
        best_weights.unlink(missing_ok=True)
    model.fit(
        train.features.astype(np.float32),
        y,
        sample_weight=weights,
        validation_data=(val.features.astype(np.float32), *labels_and_weights(val)),
        batch_size=recipe.batch,
        epochs=recipe.epochs,
        verbose=2,
        callbacks=[
            _test_curve(test),
            keras.callbacks.BackupAndRestore(str(state)),
            keras.callbacks.CSVLogger(str(log), append=log.is_file()),
            keras.callbacks.ModelCheckpoint(
                str(best_weights),
                "val_loss",
                save_best_only=True,
                save_weights_only=True,
                initial_value_threshold=_best_so_far(log),
            ),
        ],
    )
    policy, model = model.dtype_policy.name, precision.in_float32(model, make)
    model.load_weights(best_weights)
    history = pd.read_csv(log).drop(columns="epoch").to_dict("list")
    best = float(min(history["val_loss"]))
    shown = curves(history, "average", seed)
    return Fitted(model, shown, "average", seed, best, used_by(train, val), policy)


def _best_so_far(log: Path) -> float | None:
    """Lowest validation loss of an interrupted run, so that a worse epoch does not replace it."""
    return float(pd.read_csv(log)["val_loss"].min()) if log.is_file() else None


def _test_curve(test: Data) -> keras.callbacks.Callback:
    """A callback that adds test_loss, test_accuracy and test_auc to the logs of each epoch."""
    import keras

    y, weights = labels_and_weights(test)
    images = test.features.astype(np.float32)

    class Record(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            values = self.model.evaluate(
                images, y, sample_weight=weights, verbose=0, return_dict=True
            )
            if logs is not None:
                logs |= {f"test_{name}": values[name] for name in ("loss", "accuracy", "auc")}

    return Record()
