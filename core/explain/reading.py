"""What a head makes of the maps that it reads: answer, gradient and single maps' worth, at once.

Needs the maps of the trunk pass that made the probability, and no other pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ensemble import least, members_of, part
from core.explain.cam import CAMS, Map, Maps
from core.head import second_order_layer
from core.metrics import sigmoid
from core.opinions import Head


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
        judgements: Log-odds of each judgement (core.ensemble.judgements_of); `log_odds` is the
            smallest. Empty where the whole network was read.
    """

    probability: float
    log_odds: float
    layer: str
    maps: Maps
    gradient: Maps
    removed: NDArray[np.float32]
    judgements: tuple[float, ...] = ()

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
    """A head that also tells what it looked at, at the uppermost layer that it reads.

    Where members read lower layers too, what they say is a constant here: these maps do not reach
    them. The whole network (core/explain/network.py) shows the lower layers.
    """

    head: Head
    layer: str
    run: Any  # tf.function: the head's maps -> log-odds (U,), gradient (h, w, C), removed (C,)
    log_odds: Any  # tf.function: float32 (N, h, w, C), one a layer -> log-odds (N,)

    def read(self, *maps: Any) -> Reading:
        """Read the maps of one image.

        Args:
            maps: tf.Tensor or array float32 (1, h, w, C), one for each of the head's layers.

        Raises:
            ValueError: Not one image.
        """
        for one in maps:
            if len(one.shape) != 4 or one.shape[0] != 1:
                raise ValueError(f"expected the maps of one image, received shape {one.shape}")
        log_odds, gradient, removed = self.run(*maps)
        judgements = tuple(np.asarray(log_odds).tolist())
        found = min(judgements)
        return Reading(
            float(sigmoid(found)),
            found,
            self.layer,
            np.asarray(maps[-1])[0],
            np.asarray(gradient),
            np.asarray(removed),
            judgements,
        )


def open_reader(head: Head) -> Reader:
    """Compile a head's reading, for any head of pooling and dense layers, or of such members.

    Raises:
        ValueError: The head has no layer "pooling" followed by dense layers.
    """
    return Reader(head, head.layer, *_compile(head))


def removal_effect(reading: Reading) -> NDArray[np.float64]:
    """How far the probability falls when one map is set to zero, (C,): negative where it rises."""
    return np.asarray(reading.probability - sigmoid(reading.removed))


def _compile(head: Head) -> tuple[Any, Any]:
    """Log-odds, gradient and removals of a head as one graph; log-odds alone as another."""
    import tensorflow as tf

    members = members_of(head.card.config)
    parts = [part(head.model, member) for member in members] or [head.model]
    places = [head.layers.index(member.layer) for member in members] or [0]
    readers = [_Part.of(model) for model in parts]
    top = [one for one, place in zip(readers, places, strict=True) if place == max(places)]
    low = [(one, place) for one, place in zip(readers, places, strict=True) if place < max(places)]
    shapes = head.map_shapes
    several = [tf.TensorSpec((None, *shape), tf.float32) for shape in shapes]
    single = [tf.TensorSpec((1, *shape), tf.float32) for shape in shapes]

    @tf.function(input_signature=several, autograph=False)
    def answer(*maps: Any) -> Any:
        each = [one.log_odds(maps[place]) for one, place in zip(readers, places, strict=True)]
        return least(tf.add_n(each) / len(each))[:, 0]

    @tf.function(input_signature=single, autograph=False)
    def run(*maps: Any) -> tuple[Any, Any, Any]:
        aside = tf.add_n([one.log_odds(maps[place]) for one, place in low]) if low else 0.0
        with tf.GradientTape() as tape:
            tape.watch(maps[-1])
            sums = aside + tf.add_n([one.log_odds(maps[-1]) for one in top])
            judgements = sums / len(readers)  # (1, U)
            log_odds = least(judgements)
        removed = aside + tf.add_n([one.without_each(maps[-1]) for one in top])
        return (
            judgements[0],
            tape.gradient(log_odds, maps[-1])[0],
            least(removed / len(readers))[:, 0],
        )

    return run, answer


@dataclass(frozen=True)
class _Part:
    """Pooling and dense layers of a head or of one member."""

    channels: int
    pooling: tuple[Any, ...]
    dense: tuple[Any, ...]

    @classmethod
    def of(cls, model: Any) -> _Part:
        import keras

        names = [layer.name for layer in model.layers]
        if "pooling" not in names:
            raise ValueError(f"expected a head with a layer 'pooling', received {names}")
        cut = names.index("pooling") + 1
        before, after = model.layers[1:cut], model.layers[cut:]
        dense = [layer for layer in after if not isinstance(layer, keras.layers.Dropout)]
        if not dense or not all(isinstance(layer, keras.layers.Dense) for layer in dense):
            raise ValueError(f"expected dense layers after 'pooling', received {names}")
        return cls(model.input_shape[-1], tuple(before), tuple(dense))

    def features(self, maps: Any) -> Any:
        """Of the first dense layer, (N, F)."""
        for layer in self.pooling:
            maps = layer(maps)
        return maps

    def log_odds(self, maps: Any) -> Any:
        """(N, h, w, C) -> (N, U)."""
        return self._onwards(self.features(maps) @ self.dense[0].kernel + self.dense[0].bias)

    def without_each(self, maps: Any) -> Any:
        """Log-odds with one map set to zero, each in turn: (1, h, w, C) -> (C, U)."""
        import tensorflow as tf

        features, channels = self.features(maps), self.channels
        gone = tf.reshape(self.features(tf.zeros_like(maps)) - features, (-1, channels))
        weights = tf.reshape(self.dense[0].kernel, (-1, channels, self.dense[0].kernel.shape[-1]))
        # What leaves the first sums when map c is zero. Every pooling keeps C innermost:
        # (K, C) x (K, C, U) -> (C, U).
        change = tf.einsum("kc,kcu->cu", gone, weights)
        if isinstance(self.pooling[-1], second_order_layer()):  # map c is in row c and column c
            rows = tf.einsum("ck,cku->cu", gone, weights)
            both = tf.linalg.diag_part(gone)[:, tf.newaxis]
            change += rows - both * tf.einsum("ccu->cu", weights)
        return self._onwards(features @ self.dense[0].kernel + self.dense[0].bias + change)

    def _onwards(self, sums: Any) -> Any:
        """From the weighted sums of the first dense layer to the log-odds, (N, U)."""
        for here, there in pairwise(self.dense):
            sums = here.activation(sums) @ there.kernel + there.bias
        return sums
