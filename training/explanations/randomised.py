"""Sanity check by cascading randomisation (Adebayo et al. 2018, section 3).

From the top downwards, a step a layer, the weights learned are replaced by random ones as before
training (Glorot uniform, no bias). A map that explains the model must change. All methods see the
same random weights; the answer explained is the one that the intact model gave.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.explain.cam import CAMS, Map
from core.explain.checks import (
    ANOTHER,
    INTACT,
    INTEGRATED,
    LOG_ODDS,
    RANKS,
    SCORE,
    SMOOTH,
    STRUCTURE,
)
from core.explain.network import Network, compile_reading
from core.explain.quality import rank_correlation, structural_similarity
from core.opinions import layers_of
from training.explanations.base import Case, Rows, Settings, Subject, evidence, is_against
from training.explanations.curves import passes

if TYPE_CHECKING:
    import keras

QUICK = tuple(CAMS)  # one pass each step
# Tens of passes: only once the whole head is random, and once everything is.
DEEP = (SCORE, SMOOTH, INTEGRATED)


@dataclass(frozen=True)
class Step:
    """One step down: the layers whose weights become random, and what to call them."""

    name: str
    layers: tuple[keras.layers.Layer, ...]
    deep: bool


@dataclass(frozen=True)
class Cascade:
    """A whole network whose weights can be replaced step by step, and be put back."""

    subject: Subject
    steps: tuple[Step, ...]
    random: dict[str, list[NDArray[Any]]]  # layer -> weights

    @contextmanager
    def randomised(self) -> Iterator[Iterator[tuple[int, Step]]]:
        """Steps numbered from 1, each done when it is yielded; all weights are put back after."""
        layers = [layer for step in self.steps for layer in step.layers]
        kept = {layer.name: layer.get_weights() for layer in layers}

        def walk() -> Iterator[tuple[int, Step]]:
            for number, step in enumerate(self.steps, 1):
                for layer in step.layers:
                    layer.set_weights(self.random[layer.name])
                yield number, step

        try:
            yield walk()
        finally:
            for layer in layers:
                layer.set_weights(kept[layer.name])


def open_cascade(subject: Subject, seed: int) -> Cascade:
    """The same model, computed throughout by the one graph whose weights are replaced."""
    import tensorflow as tf

    network = subject.network
    top = layers_of(subject.card)[-1:]
    own = replace(network, blocks=top, run=compile_reading(network.model, top))
    shape = (None, *network.model.input_shape[1:])

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32)], autograph=False)
    def score(batch: Any) -> Any:
        return network.model(batch, training=False)[:, 0]

    steps = tuple(cascade_steps(network))
    changed = Subject(
        subject.card, own, lambda image: own.read(image)[top[0]], lambda x: np.asarray(score(x))
    )
    return Cascade(changed, steps, random_weights(steps, seed))


def cascade_steps(network: Network) -> list[Step]:
    """From the log-odds down to the first convolution; members' outputs are one step."""
    weighted = [layer for layer in network.model.layers if layer.weights][::-1]
    outputs = tuple(layer for layer in weighted if layer.name.endswith("log_odds"))
    others = [layer for layer in weighted if layer not in outputs]
    dense = [layer for layer in others if len(layer.kernel.shape) == 2]
    convolutions = [layer for layer in others if layer not in dense]
    steps = [Step(LOG_ODDS, outputs, not dense)]
    steps += [Step(layer.name, (layer,), layer is dense[-1]) for layer in dense]
    steps += [Step(layer.name, (layer,), layer is convolutions[-1]) for layer in convolutions]
    return steps


def random_weights(steps: tuple[Step, ...], seed: int) -> dict[str, list[NDArray[Any]]]:
    """Glorot uniform kernels and biases of 0, a seed a layer."""
    import keras

    found = {}
    layers = [layer for step in steps for layer in step.layers]
    for number, layer in enumerate(layers):
        start = keras.initializers.GlorotUniform(seed=1000 * seed + number)
        shapes = [one.shape for one in layer.weights]
        found[layer.name] = [
            np.asarray(start(shape)) if len(shape) > 1 else np.zeros(shape, np.float32)
            for shape in shapes
        ]
    return found


def quick(cascade: Cascade, case: Case, other: Case, settings: Settings) -> Rows:
    """A row a step and class activation method: both similarities to the intact network's map.

    The same for the intact map of another image, so that one can see what no likeness is.
    """
    strange = evidence(cascade.subject, other.pixels, QUICK, settings)
    return _walk(cascade, case, QUICK, settings, strange)


def deep(cascade: Cascade, case: Case, settings: Settings) -> Rows:
    """The same for the methods that need many passes, at few steps."""
    return _walk(cascade, case, DEEP, settings)


def _walk(
    cascade: Cascade,
    case: Case,
    methods: tuple[str, ...],
    settings: Settings,
    strange: dict[str, Map] | None = None,
) -> Rows:
    """Rows of every step; without maps of another image, of the deep steps alone."""
    subject = cascade.subject
    against = is_against(subject, subject.read(case.pixels))
    intact = evidence(subject, case.pixels, methods, settings, against)
    rows = _rows(-1, ANOTHER, intact, strange) if strange else []
    rows += _rows(0, INTACT, intact, intact)
    with cascade.randomised() as steps:
        for number, step in steps:
            if step.deep or strange:
                found = evidence(subject, case.pixels, methods, settings, against)
                rows += _rows(number, step.name, intact, found)
    return rows


def _rows(number: int, name: str, first: dict[str, Map], second: dict[str, Map]) -> Rows:
    """A row a method; none where the first map is empty: nothing can be like it."""
    return [
        _row(number, name, method, first[method], second[method])
        for method in first
        if first[method].max() > 0
    ]


def _row(number: int, name: str, method: str, first: Map, second: Map) -> dict[str, Any]:
    one, other = np.maximum(first, 0), np.maximum(second, 0)
    return {
        "position": number,
        "group": name,
        "method": method,
        RANKS: round(rank_correlation(one, other), 5),
        STRUCTURE: round(structural_similarity(one, other), 5),
    }


def recipe(settings: Settings, methods: tuple[str, ...]) -> tuple[object, ...]:
    """Settings that decide the numbers of one image."""
    return (methods, settings.seed, *(passes(settings) if methods == DEEP else ()))
