"""Upper blocks of VGG16 trained without labels: SimCLR (Chen et al. 2020) on cached maps.

Two views of an image are to lie nearer to each other than to those of the other images of a batch:
normalised cross entropy with temperature on a projection of the mean of block 5. Warm-up, then a
cosine; every epoch is kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from training.files import whole
from training.upper import TRAINED, upper_blocks

if TYPE_CHECKING:
    import keras

Maps = NDArray[np.float16]

BATCH = 32
RATE, WARM_UP = 5e-5, 0.1
TEMPERATURE = 0.2
PROJECTED = (512, 128)  # units between the mean of block 5 and the loss
SEED = 0


def build() -> keras.Model:
    """float32 (N, 28, 28, 256) -> maps of each of TRAINED, and a unit projection (N, 128)."""
    import keras

    keras.utils.set_random_seed(SEED)
    inputs, maps = upper_blocks()
    x = keras.layers.GlobalAveragePooling2D()(maps[TRAINED[-1].layer])
    x = keras.layers.Dense(PROJECTED[0], activation="relu")(x)
    x = keras.layers.UnitNormalization()(keras.layers.Dense(PROJECTED[1])(x))
    return keras.Model(inputs, [*(maps[one.layer] for one in TRAINED), x], name="adapted")


def contrast(first: Any, second: Any, temperature: float = TEMPERATURE) -> Any:
    """The loss of Chen et al. 2020 (NT-Xent), tensor ().

    Args:
        first: Projections of B images in one view, (B, D), each of length 1.
        second: The same images in the same order in another.
        temperature: By which the cosines are divided.
    """
    import tensorflow as tf

    count = tf.shape(first)[0]
    both = tf.concat([first, second], axis=0)
    cosines = both @ tf.transpose(both) / temperature
    cosines -= tf.one_hot(tf.range(2 * count), 2 * count, 1e9, 0.0)  # not with itself
    twin = tf.concat([tf.range(count, 2 * count), tf.range(count)], axis=0)
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=twin, logits=cosines)
    )


def adapt(model: keras.Model, maps: list[Maps], folder: Path, epochs: int) -> list[float]:
    """Train in place and return the mean loss of each epoch; finished epochs are read.

    Args:
        model: Of build.
        maps: One (N, 28, 28, 256) a view.
        folder: Where epochs are kept.
        epochs: How many.
    """
    import keras

    count = len(maps[0])
    steps = epochs * (count // BATCH)
    rise = round(WARM_UP * steps)
    rate = keras.optimizers.schedules.CosineDecay(0.0, steps - rise, 0.0, "rate", RATE, rise)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(model.trainable_variables)
    step = _step(model, optimizer)
    folder.mkdir(parents=True, exist_ok=True)
    losses: list[float] = []
    for epoch in range(epochs):
        path = folder / f"epoch-{epoch}.npz"
        if not path.is_file():
            random = np.random.default_rng((SEED, epoch))
            found = [float(step(*pair)) for pair in _pairs(maps, random)]
            _keep(path, model, optimizer, float(np.mean(found)))
        losses.append(_restore(path, model, optimizer))
        print(f"epoch {epoch + 1} of {epochs}: loss {losses[-1]:.3f}", flush=True)
    return losses


def _pairs(maps: list[Maps], random: np.random.Generator) -> Any:
    """Batches of images in two different views each, float32 (B, 28, 28, 256) twice."""
    order = random.permutation(len(maps[0]))
    for start in range(0, len(order) - BATCH + 1, BATCH):
        rows = order[start : start + BATCH]
        views = [random.permutation(len(maps))[:2] for _ in rows]
        yield tuple(
            np.stack([maps[pair[side]][row] for pair, row in zip(views, rows, strict=True)]).astype(
                np.float32
            )
            for side in range(2)
        )


def _step(model: keras.Model, optimizer: Any) -> Any:
    """One batch: tf.function of both views -> loss."""
    import tensorflow as tf

    @tf.function
    def step(first: Any, second: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = contrast(model(first, training=True)[-1], model(second, training=True)[-1])
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    return step


def _keep(path: Path, model: keras.Model, optimizer: Any, loss: float) -> None:
    states = [np.asarray(one) for one in (*model.variables, *optimizer.variables)]
    with whole(path) as half, half.open("wb") as stream:
        np.savez(stream, *states, loss=loss)


def _restore(path: Path, model: keras.Model, optimizer: Any) -> float:
    with np.load(path) as kept:
        for number, one in enumerate((*model.variables, *optimizer.variables)):
            one.assign(kept[f"arr_{number}"])
        return float(kept["loss"])
