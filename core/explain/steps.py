"""A classifier step by step for one image: what each layer hands on, from input to probability."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ensemble import members_of, part
from core.explain.network import Network, find_layer
from core.explain.overlay import tile
from core.images import Grey
from core.opinions import Head

TILES, SIDE = 9, 96  # maps drawn of a layer, pixels a side
INPUT, POOLING, DENSE, SIGMOID = "input", "pooling", "dense", "sigmoid"


@dataclass(frozen=True)
class Output:
    """What one layer makes of one image.

    Attributes:
        name: Of the layer.
        kind: Its class in Keras, "Conv2D".
        shape: Of what it hands on, without the batch.
        weights: How many numbers it has learned.
        low: Smallest number handed on.
        high: Largest.
        active: Share of numbers that are not zero, 0..1.
        numbers: The brightest maps, as many as TILES; empty of a vector.
        tiles: These maps, each uint8 (SIDE, SIDE), its brightest cell white.
        values: The vector itself, float32 (F,); empty of maps.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    weights: int
    low: float
    high: float
    active: float
    numbers: tuple[int, ...]
    tiles: tuple[Grey, ...]
    values: NDArray[np.float32]

    @property
    def size(self) -> int:
        """How many numbers are handed on."""
        return int(np.prod(self.shape))


@dataclass(frozen=True)
class Step:
    """One step of the walk: some layers, the last of which says what comes out.

    Attributes:
        key: INPUT, the block's last layer, POOLING, DENSE or SIGMOID.
        title: In words.
        outputs: Of its layers, in order; of several members, one after another. Of several
            judgements the last sum ends in the one that answers.
    """

    key: str
    title: str
    outputs: tuple[Output, ...]

    @property
    def last(self) -> Output:
        """What the step hands on."""
        return self.outputs[-1]


def walk(network: Network, image: Grey) -> list[Step]:
    """Every step of one image through a classifier: one float32 pass.

    Args:
        network: The classifier.
        image: uint8 (H, W), as the head is shown it (Head.show).

    Returns:
        Input, blocks, pooling, dense layers (none of linear members), sigmoid.
    """
    tensor = network.prepare(image)
    found = _trunk_outputs(network, tensor)
    steps = [Step(INPUT, "Input", (_output("input", "InputLayer", 0, tensor),))]
    names: list[str] = []
    for name in found:
        names.append(name)
        if name in network.blocks:
            title = f"Block {len(steps)}"
            layers = [_output(own, *_facts(found[own][0]), found[own][1]) for own in names]
            steps.append(Step(name, title, tuple(layers)))
            names = []
    return [*steps, *_head_steps(network.head, {n: value for n, (_, value) in found.items()})]


def brightest(maps: NDArray[np.float32], count: int = TILES) -> tuple[int, ...]:
    """Numbers of the maps (h, w, C) with the largest mean, the largest first."""
    means = maps.mean(axis=(0, 1), dtype=np.float64)
    return tuple(int(number) for number in np.argsort(-means, kind="stable")[:count])


def _trunk_outputs(network: Network, tensor: NDArray[np.float32]) -> dict[str, tuple[Any, Any]]:
    """Layer name -> layer and its output, up to the head's uppermost layer."""
    import keras

    top = find_layer(network.model, network.head.layer).output
    layers = keras.Model(network.model.input, top).layers[1:]  # without the input
    everything = keras.Model(network.model.input, [layer.output for layer in layers])
    values = everything(tensor, training=False)
    return {
        layer.name: (layer, np.asarray(value)) for layer, value in zip(layers, values, strict=True)
    }


def _head_steps(head: Head, maps: dict[str, NDArray[np.float32]]) -> Iterator[Step]:
    """Pooling, dense layers and sigmoid."""
    members = members_of(head.card.config)
    ways = [(m.layer, part(head.model, m).layers[1:]) for m in members] or [
        (head.layer, head.model.layers[1:])
    ]
    pools: list[Output] = []
    dense: list[Output] = []
    for layer, layers in ways:
        for output in _along(maps[layer], layers, f"{layer}, " if members else ""):
            (dense if output.kind == "Dense" else pools).append(output)
    yield Step(POOLING, "Pooling", tuple(pools))
    inner, last = dense[: -len(ways)], dense[-len(ways) :]
    if inner:
        yield Step(DENSE, "Dense layers", tuple(inner))
    if last[0].size > 1:  # several judgements of each member
        mean = np.mean([output.values for output in last], axis=0)
        last.append(_output("answer", "Minimum", 0, mean.min(keepdims=True)[np.newaxis]))
    yield Step(SIGMOID, "Last sum", tuple(last))


def _along(value: Any, layers: Sequence[Any], prefix: str) -> Iterator[Output]:
    """What each layer of a chain makes of maps (1, h, w, C); dropout does nothing here."""
    for layer in layers:
        value = layer(value)
        if type(layer).__name__ != "Dropout":
            yield _output(prefix + layer.name, *_facts(layer), np.asarray(value))


def _facts(layer: Any) -> tuple[str, int]:
    return type(layer).__name__, layer.count_params()


def _output(name: str, kind: str, weights: int, value: NDArray[np.float32]) -> Output:
    """What to keep of a layer's output (1, ...)."""
    own = value[0]
    grid = own.ndim == 3
    numbers = brightest(own) if grid else ()
    return Output(
        name,
        kind,
        own.shape,
        weights,
        float(own.min()),
        float(own.max()),
        float((own != 0).mean()),
        numbers,
        tuple(tile(own[..., number], SIDE) for number in numbers),
        np.zeros(0, np.float32) if grid else own.astype(np.float32),
    )
