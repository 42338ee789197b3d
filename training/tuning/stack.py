"""Train heads side by side: one step moves the heads of all folds at once.

A head of the paper is small, so most of a step's time is overhead; M of them stacked along a first
axis cost little more than one. They share nothing: every optimiser here works weight by weight, the
loss is the sum of theirs, and each draws its own batches, start and dropout. So a stacked head is
`core.head.build_tail` trained alone, which a test checks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from training.tuning.space import MOMENTUM, Setting

if TYPE_CHECKING:
    import keras

Floats = NDArray[np.float32]
WARM_UP = 0.1  # of all steps


@dataclass(frozen=True)
class Side:
    """One of the heads.

    Attributes:
        train: Positions of the images it learns from.
        held: Positions of the images it is judged by.
        weights: (N,) weight of each image, mean 1 over `train`.
        seed: Of its start and its batches.
        rate: Factor on the setting's learning rate.
    """

    train: NDArray[np.intp]
    held: NDArray[np.intp]
    weights: Floats
    seed: int
    rate: float = 1.0


def train_together(
    features: Floats,
    labels: Floats,
    sides: Sequence[Side],
    setting: Setting,
    parameters: Sequence[keras.Variable],
) -> Iterator[list[Floats]]:
    """Train one head a side in place; after each epoch their log-odds of their held-out images.

    Args:
        features: (N, F), pooled.
        labels: (N,) 0 or 1.
        sides: M of them.
        setting: What all of them share.
        parameters: Of begin.

    Yields:
        M arrays, (len(held),) each; not finite where a head has diverged.
    """
    import tensorflow as tf

    steps = math.ceil(max(len(side.train) for side in sides) / setting.batch)
    optimizer = _optimizer(setting, steps * setting.passes, [side.rate for side in sides])
    optimizer.build(parameters)
    optimizer.exclude_from_weight_decay(parameters[1::2])
    data = (tf.constant(features), tf.constant(labels), tf.constant(_weights(sides)))

    @tf.function(jit_compile=True)  # without it each of Adam's operations is a pass over memory
    def step(batch: Any, chances: Any) -> None:
        x = tf.gather(data[0], batch)  # (M, B, F)
        y = tf.gather(data[1], batch)  # (M, B)
        w = tf.gather(data[2], batch, axis=1, batch_dims=1)  # (M, B)
        with tf.GradientTape() as tape:
            answers = _log_odds(x, parameters, setting, chances)
            total = tf.reduce_sum(tf.reduce_mean(w * _loss(y, answers, setting), axis=1))
        values = [parameter.value for parameter in parameters]
        optimizer.apply(tape.gradient(total, values), parameters)

    @tf.function
    def epoch(batches: Any, draws: Any) -> None:
        for number in tf.range(steps):
            # outside the compiled step, whose random numbers take ten times as long as the rest
            step(batches[number], tf.random.stateless_uniform(chances, draws[number]))

    @tf.function(jit_compile=True)
    def judge(held: Any) -> Any:
        return _log_odds(tf.gather(data[0], held), parameters, setting, None)

    units = setting.first + setting.second if setting.dropout else 0
    chances = (len(sides), setting.batch, units)
    held = tf.constant(_padded(sides))
    orders = [np.random.default_rng((side.seed, 1)) for side in sides]
    for number in range(setting.passes):
        batches = [
            _batches(side, rng, steps, setting.batch)
            for side, rng in zip(sides, orders, strict=True)
        ]
        draws = [[number * steps + place, sides[0].seed] for place in range(steps)]
        epoch(tf.constant(np.stack(batches, axis=1)), tf.constant(draws, tf.int32))
        answers = np.asarray(judge(held))  # (M, most)
        yield [row[: len(side.held)] for row, side in zip(answers, sides, strict=True)]


def begin(inputs: int, sides: Sequence[Side], setting: Setting) -> list[keras.Variable]:
    """Kernels (M, in, out) and biases (M, 1, out) in turn: Glorot uniform and 0, as in Keras."""
    import keras

    parameters = []
    sizes = (inputs, setting.first, setting.second, 1)
    rngs = [np.random.default_rng((side.seed, 0)) for side in sides]
    for before, after in zip(sizes, sizes[1:], strict=False):
        limit = math.sqrt(6 / (before + after))
        kernels = [rng.uniform(-limit, limit, (before, after)).astype(np.float32) for rng in rngs]
        parameters.append(keras.Variable(np.stack(kernels)))
        parameters.append(keras.Variable(np.zeros((len(sides), 1, after), np.float32)))
    return parameters


def _log_odds(x: Any, parameters: Sequence[Any], setting: Setting, chances: Any) -> Any:
    """(M, B, F) -> (M, B); chances 0..1 (M, B, units) drop the units below the rate, None: none."""
    import keras
    import tensorflow as tf

    activation = keras.activations.get(setting.activation)
    kernels, biases = parameters[::2], parameters[1::2]
    for number, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
        x = tf.matmul(x, kernel.value) + bias.value
        if number == len(kernels) - 1:
            break
        x = activation(x)
        if chances is not None and setting.dropout:
            own = chances[..., : setting.first] if number == 0 else chances[..., setting.first :]
            x = tf.where(own < setting.dropout, 0.0, x / (1 - setting.dropout))
    return x[..., 0]


def _loss(labels: Any, answers: Any, setting: Setting) -> Any:
    """Cross-entropy or focal loss of each image, (M, B), on smoothed labels."""
    import keras

    truth, answers = labels[..., None], answers[..., None]
    options = {"from_logits": True, "label_smoothing": setting.label_smoothing}
    if not setting.focal:
        return keras.losses.binary_crossentropy(truth, answers, **options)
    return keras.losses.binary_focal_crossentropy(truth, answers, gamma=setting.focal, **options)


def _optimizer(setting: Setting, steps: int, factors: Sequence[float]) -> Any:
    from keras import optimizers

    kinds = {
        "sgd": optimizers.SGD,
        "momentum": optimizers.SGD,
        "adagrad": optimizers.Adagrad,
        "rmsprop": optimizers.RMSprop,
        "adam": optimizers.Adam,
        "nadam": optimizers.Nadam,
    }
    options: dict[str, Any] = {"weight_decay": setting.weight_decay or None}
    if setting.optimizer == "momentum":
        options |= {"momentum": MOMENTUM, "nesterov": True}
    return kinds[setting.optimizer](_rates(setting, steps, factors), **options)


def _rates(setting: Setting, steps: int, factors: Sequence[float]) -> Any:
    """A Keras schedule: step -> learning rates (M, 1, 1), which every update scales with."""
    import keras
    from keras.optimizers.schedules import CosineDecay, LearningRateSchedule

    rise = max(1, round(WARM_UP * steps))
    rate = setting.learning_rate
    shapes = {
        "constant": lambda step: rate,
        "cosine": CosineDecay(rate, steps),
        "warm-up": CosineDecay(0.0, steps - rise, 0.0, "warm-up", rate, rise),
    }
    shape = shapes[setting.schedule]
    column = np.asarray(factors, np.float32).reshape(-1, 1, 1)

    class Rates(LearningRateSchedule):
        def __call__(self, step: Any) -> Any:
            return keras.ops.convert_to_tensor(column) * shape(step)

    return Rates()


def _weights(sides: Sequence[Side]) -> Floats:
    return np.stack([side.weights for side in sides]).astype(np.float32)  # (M, N)


def _padded(sides: Sequence[Side]) -> NDArray[np.int32]:
    """Held-out positions (M, most), the last ones repeated."""
    most = max(len(side.held) for side in sides)
    return np.stack([np.resize(side.held, most) for side in sides]).astype(np.int32)


def _batches(side: Side, rng: np.random.Generator, steps: int, size: int) -> NDArray[np.int32]:
    """An epoch's positions (steps, size): all training images, then the first ones again."""
    order = np.resize(rng.permutation(side.train), steps * size)
    return order.reshape(steps, size).astype(np.int32)
