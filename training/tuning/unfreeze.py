"""Heads, and then the convolutions below them: where to unfreeze, if at all.

The heads of all folds learn side by side on frozen features (stack.py). Where the setting unfreezes
something, each goes on in a network of its own behind block 5, slowly, since the paper did so after
its frozen heads too, and random heads would spoil the filters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core import zoo
from core.head import build_tail
from core.metrics import logit
from training.features import BACKBONE
from training.lower import trunk_weights
from training.tuning.space import DEPTHS, NOTHING, UNFROZEN_EPOCHS, Setting
from training.tuning.stack import Floats, Side, begin, train_together
from training.unfrozen import build_upper

if TYPE_CHECKING:
    import keras

    from training.tuning.deal import Problem

SURE = 1e-7  # a probability this near to 0 or 1 counts as that, so that its log-odds stay finite


def epochs(problem: Problem, sides: Sequence[Side], setting: Setting) -> Iterator[list[Floats]]:
    """Train one head a side; log-odds of the held-out images after each of all_passes epochs.

    Args:
        problem: Images.
        sides: M of them.
        setting: What all of them share.

    Yields:
        M arrays, (len(held),) each; not finite where a head has diverged.

    Raises:
        ValueError: Convolutions are to learn, and the problem has no maps below them.
    """
    features = problem.pooled[setting.pooling]
    heads = begin(features.shape[1], sides, setting)
    yield from train_together(features, problem.labels, sides, setting, heads)
    if setting.unfrozen == NOTHING:
        return
    if problem.lower is None:
        raise ValueError(f"expected maps below block 5 to unfreeze {setting.unfrozen}")
    values, weights = [np.asarray(one) for one in heads], trunk_weights()
    networks = [
        network(setting, [value[place] for value in values], weights) for place in range(len(sides))
    ]
    for epoch in range(UNFROZEN_EPOCHS):
        yield [
            _epoch(model, problem.lower, problem.labels, side, setting, epoch)
            for model, side in zip(networks, sides, strict=True)
        ]


def network(setting: Setting, head: Sequence[Floats], weights: Path) -> keras.Model:
    """Block 5 behind a trained head: float32 (N, 14, 14, 512) -> (N, 1) in 0..1, compiled.

    Args:
        setting: Says which convolutions learn, and how.
        head: Kernel and bias of each dense layer of a head of stack.py.
        weights: File of the trunk's weights.
    """
    import keras

    backbone = zoo.get_backbone(BACKBONE)
    tail = build_tail(
        backbone.features_shape,
        setting.pooling,
        units=(setting.first, setting.second),
        activation=setting.activation,
        dropout=setting.dropout,
    )
    tail.set_weights([np.squeeze(one, 0) if place % 2 else one for place, one in enumerate(head)])
    model = build_upper(weights, tail)
    for name in DEPTHS["block 5"]:
        model.get_layer(name).trainable = name in DEPTHS[setting.unfrozen]
    smoothing = setting.label_smoothing
    model.compile(
        keras.optimizers.Adam(setting.unfrozen_rate),
        keras.losses.BinaryFocalCrossentropy(gamma=setting.focal, label_smoothing=smoothing)
        if setting.focal
        else keras.losses.BinaryCrossentropy(label_smoothing=smoothing),
        weighted_metrics=[],
    )
    return model


def _epoch(
    model: keras.Model,
    lower: NDArray[np.float16],
    labels: Floats,
    side: Side,
    setting: Setting,
    epoch: int,
) -> Floats:
    """One epoch in place, then log-odds of the held-out images."""
    import keras

    keras.utils.set_random_seed(side.seed * UNFROZEN_EPOCHS + epoch)
    model.fit(
        lower[side.train].astype(np.float32),
        labels[side.train],
        sample_weight=side.weights[side.train],
        batch_size=setting.batch,
        verbose=0,
    )
    chances = model.predict(lower[side.held].astype(np.float32), verbose=0)[:, 0]
    return np.asarray(logit(np.clip(chances, SURE, 1 - SURE)), np.float32)
