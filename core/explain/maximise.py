"""What input would excite a feature map most: activation maximisation, by tf-keras-vis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.explain.network import Network, find_layer
from core.explain.running import Running
from core.images import WHITE

SIDE = 128  # pixels; smaller than the classifier's input, which a map does not mind
STEPS, CHUNK = 60, 5
RATE = 3.0
SHIFT = 4  # pixels of random shift a chunk, which keeps single pixels from taking over
SMOOTH = 8.0  # weight of the total variation


def excite(
    network: Network, layer: str, channel: int, *, steps: int = STEPS, seed: int = 0
) -> Iterator[Running]:
    """Climb from grey noise to an input on which one map is as bright as can be.

    Erhan et al. 2009, with total variation held down (Mahendran and Vedaldi 2015) and random shifts
    (Mordvintsev et al. 2015).

    Args:
        network: The classifier.
        layer: A layer of its trunk.
        channel: Number of the map.
        steps: Of the climb.
        seed: Of the noise and the shifts.

    Yields:
        Running, values uint8 (SIDE, SIDE, 3) RGB.

    Raises:
        ValueError: No such layer or map.
    """
    import tensorflow as tf

    from core.explain.vis import load, wrap

    library = load()
    model = _small_trunk(network, layer)
    channels = model.output_shape[-1]
    if not 0 <= channel < channels:
        raise ValueError(f"expected a map from 0 to {channels - 1}, received {channel}")
    low, high, to_colours = _preprocessing(network)
    climb = library.activation_maximization.ActivationMaximization(wrap(model), clone=False)
    smooth = library.activation_maximization.regularizers.TotalVariation2D(weight=SMOOTH)
    random = np.random.default_rng(seed)
    middle = (low + high) / 2
    image = random.uniform(middle - 10, middle + 10, (1, SIDE, SIDE, 3)).astype(np.float32)
    for done in range(0, steps, CHUNK):
        shift = tuple(random.integers(-SHIFT, SHIFT + 1, 2))
        image = np.roll(image, shift, axis=(1, 2))
        found = climb(
            lambda maps: tf.reduce_mean(maps[..., channel], axis=(1, 2)),
            seed_input=image,
            input_range=(low, high),
            input_modifiers=[],
            regularizers=[smooth],
            steps=min(CHUNK, steps - done),
            optimizer=tf.optimizers.SGD(learning_rate=RATE),
            gradient_modifier=lambda slope: slope / (tf.math.reduce_std(slope) + 1e-8),
        )
        image = np.roll(np.asarray(found), (-shift[0], -shift[1]), axis=(1, 2))
        yield Running(min(done + CHUNK, steps), steps, to_colours(image[0]))


def _small_trunk(network: Network, layer: str) -> Any:
    """The trunk up to a layer, for smaller images; convolutions do not mind the size."""
    import keras

    from core import zoo

    find_layer(network.model, layer)
    side = max(SIDE, network.backbone.smallest)
    small = zoo.build_trunk(replace(network.backbone, size=side))
    for own in small.layers:
        own.set_weights(network.model.get_layer(own.name).get_weights() if own.weights else [])
        if own.name == layer:
            break
    return keras.Model(small.input, small.get_layer(layer).output)


def _preprocessing(network: Network) -> tuple[float, float, Any]:
    """Lowest and highest input value, and the way back from input to colours."""
    import keras

    module: Any = getattr(keras.applications, network.backbone.module)
    probes = np.concatenate([np.zeros((1, 3)), WHITE * np.eye(3)])  # black, red, green, blue
    seen = module.preprocess_input(probes.reshape(4, 1, 1, 3).astype(np.float32)).reshape(4, 3)
    black, matrix = seen[0], (seen[1:] - seen[0]) / WHITE  # colour @ matrix + black = input
    back = np.linalg.inv(matrix)
    ends = np.stack([black, black + WHITE * matrix.sum(axis=0)])

    def to_colours(tensor: NDArray[np.float32]) -> NDArray[np.uint8]:
        colours = np.clip((tensor - black) @ back, 0, WHITE)
        return np.rint(colours).astype(np.uint8)

    return float(ends.min()), float(ends.max()), to_colours
