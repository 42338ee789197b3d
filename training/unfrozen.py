"""VGG16 with its top convolution block unfrozen, as the paper tried it after the frozen one.

What lies below the first trainable layer runs once an image and is cached; an epoch costs block 5
and the head only. The head learns first with block 5 frozen (warm-up), since the large gradients of
random dense layers would spoil the filters; then both learn slowly.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core import zoo
from core.head import build_tail
from core.schema import Split
from training import precision
from training.features import BACKBONE
from training.fitting import Data, Fitted, balanced, curves, labels_and_weights, used_by

if TYPE_CHECKING:
    import keras

    from training.recipes import Recipe

BELOW = "block4_pool"  # the last layer that stays frozen; (14, 14, 512)
BLOCK = ("block5_conv1", "block5_conv2", "block5_conv3")
START = "ImageNet, block 5 unfrozen"  # in names
WARM_UP = 8  # epochs with block 5 frozen
EPOCHS = 24  # in all, at most; an epoch costs half a minute on two cores
SLOW = 1e-5  # learning rate after it


def build_upper(weights: Path | None, tail: keras.Model | None = None) -> keras.Model:
    """Block 5, its pooling and a head: float32 (N, 14, 14, 512) -> (N, 1) in 0..1.

    Args:
        weights: File of ImageNet weights; None for random ones.
        tail: Of core.head.build_tail; by default the paper's head behind average pooling, new.
    """
    import keras

    backbone = zoo.get_backbone(BACKBONE)
    trunk = zoo.build_trunk(backbone, weights)
    x = inputs = keras.Input(trunk.get_layer(BELOW).output.shape[1:])
    for name in BLOCK:
        x = trunk.get_layer(name)(x)
    x = keras.layers.MaxPooling2D(2, name=backbone.pool)(x)
    tail = tail or build_tail(backbone.features_shape, "average")
    for layer in tail.layers[1:]:
        x = layer(x)
    return keras.Model(inputs, x, name="upper")


def fit_upper(data: Data, recipe: Recipe, seed: int, weights: Path | None) -> Fitted:
    """Warm up the head, then train block 5 with it.

    The epoch of lowest validation loss after the warm-up counts.

    Args:
        data: features are maps of BELOW.
        recipe: Its batch, epochs (in all), patience and first learning rate.
        seed: Of initialisation, order and balancing.
        weights: As in build_upper.
    """
    import keras

    keras.utils.set_random_seed(seed)
    train, val = data.of(Split.TRAIN), data.of(Split.VAL)
    train = balanced(train, seed) if recipe.balance else train
    make = partial(build_upper, weights)
    model = precision.build(make)
    warm = min(WARM_UP, recipe.epochs)
    histories = [_fit(model, train, val, recipe, (0, warm), recipe.learning_rate, False)]
    if recipe.epochs > warm:
        span = (warm, recipe.epochs)
        histories.append(_fit(model, train, val, recipe, span, SLOW, True))
    joined = {name: sum((one[name] for one in histories), []) for name in histories[0]}
    best = float(min(histories[-1]["val_loss"]))
    return Fitted(
        precision.in_float32(model, make),
        curves(joined, "average", seed),
        "average",
        seed,
        best,
        used_by(train, val),
        model.dtype_policy.name,
    )


def _fit(
    model: keras.Model,
    train: Data,
    val: Data,
    recipe: Recipe,
    span: tuple[int, int],
    rate: float,
    unfrozen: bool,
) -> dict[str, list[float]]:
    """Epochs of one phase; the weights of its best epoch stay."""
    import keras

    for name in BLOCK:
        model.get_layer(name).trainable = unfrozen
    model.compile(
        keras.optimizers.Adam(rate),
        keras.losses.BinaryCrossentropy(),
        metrics=["accuracy", keras.metrics.AUC(name="auc")],
    )
    y, weights = labels_and_weights(train)
    done = model.fit(
        train.features.astype(np.float32),
        y,
        sample_weight=weights,
        validation_data=(val.features.astype(np.float32), *labels_and_weights(val)),
        batch_size=recipe.batch,
        initial_epoch=span[0],
        epochs=span[1],
        verbose=2,
        callbacks=[
            keras.callbacks.EarlyStopping(
                "val_loss",
                patience=recipe.patience,
                restore_best_weights=True,
                start_from_epoch=span[0],
            )
        ],
    )
    return done.history
