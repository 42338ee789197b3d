"""What a head makes of the maps that it reads: answer, gradient and single maps' worth, at once.

Needs the maps of the trunk pass that made the probability, and no other pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.classifier import Classifier, Head, pool_maps
from core.explain.cam import CAMS, Map, Maps
from core.guard import Verdict
from core.images import Grey
from core.zoo import get_backbone


@dataclass(frozen=True)
class Reading:
    """One image through one head. Log-odds: ln(p / (1 - p)); above 0 the answer leans to COVID-19.

    Attributes:
        probability: Of COVID-19, 0..1.
        log_odds: The same before the sigmoid.
        layer: Name of the layer read.
        maps: Its activations, float32 (h, w, C).
        gradient: Of the log-odds with respect to them, the same shape.
        removed: Log-odds with one map set to zero, each in turn, float32 (C,); empty at a layer
            below the head's.
    """

    probability: float
    log_odds: float
    layer: str
    maps: Maps
    gradient: Maps
    removed: NDArray[np.float32]

    def cam(self, method: str, *, against: bool = False) -> Map:
        """A class activation map, float32 (h, w) from 0.

        Args:
            method: Key of CAMS.
            against: What speaks for the other answer: the gradient with its sign turned.

        Raises:
            ValueError: Unknown method.
        """
        if method not in CAMS:
            raise ValueError(f"expected a method out of {sorted(CAMS)}, received {method!r}")
        return CAMS[method](self.maps, -self.gradient if against else self.gradient)


@dataclass(frozen=True)
class Reader:
    """A head that also tells what it looked at."""

    head: Head
    layer: str
    run: Any  # tf.function: float32 (1, h, w, C) -> log-odds (), gradient (h, w, C), removed (C,)
    log_odds: Any  # tf.function: float32 (N, h, w, C) -> log-odds (N,)

    def read(self, maps: Any) -> Reading:
        """Read the maps of one image.

        Args:
            maps: tf.Tensor or array float32 (1, h, w, C): what the head takes.

        Raises:
            ValueError: Not one image.
        """
        if len(maps.shape) != 4 or maps.shape[0] != 1:
            raise ValueError(f"expected the maps of one image, received shape {maps.shape}")
        log_odds, gradient, removed = self.run(maps)
        found = float(log_odds)
        return Reading(
            float(sigmoid(found)),
            found,
            self.layer,
            np.asarray(maps)[0],
            np.asarray(gradient),
            np.asarray(removed),
        )


def open_reader(head: Head) -> Reader:
    """Compile a head's reading, for any head of pooling and dense layers.

    Raises:
        ValueError: The head has no layer "pooling" followed by dense layers.
    """
    return Reader(head, layer_of(head), *_compile(head.model))


def layer_of(head: Head) -> str:
    """The trunk's layer whose maps a head reads."""
    card = head.card
    return str(card.config.get("layer") or get_backbone(card.backbone).cam_layer)


def read_image(classifier: Classifier, reader: Reader, image: Grey) -> Reading:
    """One trunk pass and the reading of its maps, for one uint8 (H, W) image."""
    return reader.read(classifier.trunk_of(reader.head.card.id).maps([image]))


def judge_and_read(classifier: Classifier, reader: Reader, image: Grey) -> tuple[Verdict, Reading]:
    """What the guard says and what the head read, out of one pass where they share a trunk."""
    maps = classifier.trunk.maps([image])
    verdict = classifier.guard.judge(pool_maps(maps))[0]
    shared = classifier.trunk_of(reader.head.card.id) is classifier.trunk
    return verdict, reader.read(maps) if shared else read_image(classifier, reader, image)


def scorer(classifier: Classifier, reader: Reader) -> Callable[[NDArray[np.float32]], Any]:
    """Preprocessed tensor float32 (N, S, S, 3) -> log-odds float32 (N,), by the classifier's trunk.

    For methods that change the image many times: it runs at the speed of the answer itself.
    """
    trunk = classifier.trunk_of(reader.head.card.id)
    return lambda tensor: np.asarray(reader.log_odds(trunk.run(tensor)[0]))


def sigmoid(log_odds: Any) -> Any:
    """Log-odds -> probability, of the same shape; no overflow."""
    return 0.5 * (1 + np.tanh(np.asarray(log_odds, np.float64) / 2))


def removal_effect(reading: Reading) -> NDArray[np.float64]:
    """How far the probability falls when one map is set to zero, (C,): negative where it rises."""
    return np.asarray(reading.probability - sigmoid(reading.removed))


def _compile(model: Any) -> tuple[Any, Any]:
    """Log-odds, gradient and removals of a head as one graph; log-odds alone as another."""
    import keras
    import tensorflow as tf

    names = [layer.name for layer in model.layers]
    if "pooling" not in names:
        raise ValueError(f"expected a head with a layer 'pooling', received {names}")
    cut = names.index("pooling") + 1
    before, after = model.layers[1:cut], model.layers[cut:]
    dense = [layer for layer in after if not isinstance(layer, keras.layers.Dropout)]
    if not dense or not all(isinstance(layer, keras.layers.Dense) for layer in dense):
        raise ValueError(f"expected dense layers after 'pooling', received {names}")
    channels = model.input_shape[-1]

    def pool(x: Any) -> Any:
        """Maps to the features of the first dense layer."""
        for layer in before:
            x = layer(x)
        return x

    def onwards(x: Any) -> Any:
        """From the weighted sums of the first dense layer to the log-odds, (N,)."""
        for here, there in pairwise(dense):
            x = here.activation(x) @ there.kernel + there.bias
        return x[:, 0]

    shape = model.input_shape[1:]

    @tf.function(input_signature=[tf.TensorSpec((None, *shape), tf.float32)], autograph=False)
    def answer(maps: Any) -> Any:
        return onwards(pool(maps) @ dense[0].kernel + dense[0].bias)

    @tf.function(input_signature=[tf.TensorSpec((1, *shape), tf.float32)], autograph=False)
    def run(maps: Any) -> tuple[Any, Any, Any]:
        kernel, bias = dense[0].kernel, dense[0].bias
        with tf.GradientTape() as tape:
            tape.watch(maps)
            features = pool(maps)  # (1, K C): any pooling keeps C innermost
            first = features @ kernel + bias
            log_odds = onwards(first)
        gone = tf.reshape(pool(tf.zeros_like(maps)) - features, (-1, channels))
        # What leaves the first sums when map c is zero: (K, C) x (K, C, U) -> (C, U).
        change = tf.einsum("kc,kcu->cu", gone, tf.reshape(kernel, (-1, channels, kernel.shape[-1])))
        return log_odds[0], tape.gradient(log_odds, maps)[0], onwards(first + change)

    return run, answer
