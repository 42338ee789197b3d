"""A whole classifier as one float32 graph, input to log-odds: for layers below the head's.

Loaded beside the trunk that answers, and only when asked for: the answer itself, and the class
activation at the head's own layer, need none of it (core/explain/reading.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core import artifacts, zoo
from core.ensemble import least, members_of, part
from core.explain.reading import Reading
from core.images import Grey
from core.metrics import sigmoid
from core.opinions import Head, load_head

if TYPE_CHECKING:
    import keras

# The last layer of one of these kinds at each resolution is what stands for a block.
BLOCK_ENDS = ("Conv2D", "SeparableConv2D", "Activation", "ReLU", "Add", "Concatenate")


@dataclass(frozen=True)
class Network:
    """One classifier, whole.

    Attributes:
        head: The head that it ends in.
        backbone: The row of the zoo.
        model: float32 (N, S, S, 3), preprocessed -> log-odds float32 (N, 1).
        blocks: Last convolutional layer of each block, from the input on; the last is the head's.
        run: tf.function: float32 (1, S, S, 3) -> log-odds, maps and gradient of each block.
        slope: tf.function: float32 (N, S, S, 3) -> gradient of the log-odds, the same shape.
    """

    head: Head
    backbone: zoo.Backbone
    model: keras.Model
    blocks: tuple[str, ...]
    run: Any
    slope: Any

    def prepare(self, image: Grey) -> NDArray[np.float32]:
        """Input tensor float32 (1, S, S, 3) of one uint8 (H, W) image as the head is shown it."""
        return zoo.prepare(self.backbone, [image])

    def read(self, image: Grey) -> dict[str, Reading]:
        """Block -> reading of its maps: one pass forward and one back for all blocks.

        Args:
            image: uint8 (H, W), as the head is shown it (Head.show).

        Returns:
            Readings without removals, from the input on.
        """
        log_odds, maps, gradients = self.run(self.prepare(image))
        found = float(log_odds)
        none = np.zeros(0, np.float32)
        return {
            name: Reading(
                float(sigmoid(found)), found, name, np.asarray(own)[0], np.asarray(change)[0], none
            )
            for name, own, change in zip(self.blocks, maps, gradients, strict=True)
        }

    def gradient(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of the log-odds with respect to the input, (N, S, S, 3), for float32 (N, S, S, 3)."""
        return np.asarray(self.slope(tensor))

    def onwards(
        self, block: str, tensor: NDArray[np.float32]
    ) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
        """What follows a block: its maps, float32 (N, h, w, C) -> log-odds (N,).

        Args:
            block: Name of a layer.
            tensor: The image, float32 (1, S, S, 3): what members read below the block is of it.

        Raises:
            ValueError: No such layer.
        """
        import keras

        end = find_layer(self.model, block).output
        ends = [self.model.get_layer(name).output for name in self._read_below(block)]
        both = keras.Model(self.model.input, [end, *ends])
        kept = both(tensor, training=False)[1:] if ends else []
        rest = keras.Model([end, *ends], self.model.output)

        def answer(maps: NDArray[np.float32]) -> NDArray[np.float32]:
            below = [np.repeat(one, len(maps), axis=0) for one in kept]
            return np.asarray(rest([maps, *below], training=False))[:, 0]

        return answer

    def _read_below(self, block: str) -> list[str]:
        """Layers that members read below a block."""
        names = [layer.name for layer in self.model.layers]
        return [name for name in self.head.layers if names.index(name) < names.index(block)]


def load_network(
    model_id: str,
    models_dir: Path = artifacts.MODELS_DIR,
    base: keras.Model | None = None,
    size: int = 0,
) -> Network:
    """Load a classifier as one float32 graph.

    Args:
        model_id: Of the classifier.
        models_dir: Where artefacts lie.
        base: Its trunk where that is loaded already (load_base): classifiers can share it.
        size: Pixels of both sides at which it takes images; 0 for the backbone's own.

    Raises:
        ArtifactError: Not a classifier; missing or altered files.
        ValueError: Its card names a layer that its backbone lacks.
    """
    head = load_head(model_id, models_dir)
    base = base or load_base(head.card.trunk, models_dir, size)
    return join(base, head, zoo.at_size(zoo.get_backbone(head.card.backbone), size))


def load_base(trunk_id: str, models_dir: Path = artifacts.MODELS_DIR, size: int = 0) -> keras.Model:
    """Load a trunk as a float32 graph that can be differentiated, for images of one size.

    Raises:
        ArtifactError: Missing or altered files.
    """
    card = artifacts.read_card(trunk_id, models_dir)
    base = zoo.build_trunk(zoo.at_size(zoo.get_backbone(card.backbone), size))
    base.load_weights(artifacts.checked_file(card, artifacts.weights_name(card), models_dir))
    return base


def join(base: keras.Model, head: Head, backbone: zoo.Backbone) -> Network:
    """A trunk and a head as one graph; they keep their weights between them.

    Raises:
        ValueError: The trunk lacks the layer that the head reads.
    """
    import keras

    cut = find_layer(base, head.layer).output
    members = members_of(head.card.config)
    ways = [(m.layer, part(head.model, m).layers[1:]) for m in members] or [
        (head.layer, head.model.layers[1:])
    ]
    answers = [_onwards(find_layer(base, layer).output, layers) for layer, layers in ways]
    mean = keras.layers.Average(name="log_odds")(answers) if len(answers) > 1 else answers[0]
    model = keras.Model(base.input, least(mean) if mean.shape[-1] > 1 else mean)
    blocks = block_ends(keras.Model(base.input, cut))
    return Network(
        head, backbone, model, blocks, compile_reading(model, blocks), _compile_slope(model)
    )


def _onwards(x: Any, layers: Sequence[Any]) -> Any:
    """From a layer's output to the log-odds, layer by layer: tf-keras-vis needs a flat graph."""
    import keras

    pool, *inner, last = layers
    own = x.name.replace("/", "_")  # members have layers of one name, a graph may not
    linear = keras.layers.Dense(last.units, name=f"{own}_log_odds")
    for layer in (
        type(pool).from_config(pool.get_config() | {"name": f"{own}_pool"}),
        *inner,
        linear,
    ):
        x = layer(x)
    linear.set_weights(last.get_weights())
    return x


def find_layer(model: keras.Model, name: str) -> Any:
    """A layer by name.

    Raises:
        ValueError: No such layer; the text names those that exist.
    """
    names = [layer.name for layer in model.layers]
    if name not in names:
        raise ValueError(f"expected a layer out of {names}, received {name!r}")
    return model.get_layer(name)


def block_ends(model: keras.Model) -> tuple[str, ...]:
    """Name of the last convolutional layer at each resolution; the model's last layer is one."""
    ends: dict[int, str] = {}
    for layer in model.layers:
        if type(layer).__name__ in BLOCK_ENDS:
            ends[layer.output.shape[1]] = layer.name
    ends[model.output.shape[1]] = model.layers[-1].name
    return tuple(ends.values())


def block_names(backbone: zoo.Backbone, layer: str) -> tuple[str, ...]:
    """block_ends of a backbone cut at a layer; no weights are needed.

    Raises:
        ValueError: The backbone lacks the layer.
    """
    import keras

    trunk = zoo.build_trunk(backbone)
    return block_ends(keras.Model(trunk.input, find_layer(trunk, layer).output))


def compile_reading(model: keras.Model, blocks: tuple[str, ...]) -> Any:
    """Log-odds, maps and gradients of all blocks as one graph."""
    import keras
    import tensorflow as tf

    ends = [model.get_layer(name).output for name in blocks]
    everything = keras.Model(model.input, [model.output, *ends])
    shape = (1, *model.input_shape[1:])

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32)], autograph=False)
    def run(images: Any) -> tuple[Any, list[Any], list[Any]]:
        with tf.GradientTape() as tape:
            tape.watch(images)
            log_odds, *maps = everything(images, training=False)
        return log_odds[0, 0], maps, tape.gradient(log_odds, maps)

    return run


def _compile_slope(model: keras.Model) -> Any:
    """Gradient of the log-odds with respect to the input, for any number of images."""
    import tensorflow as tf

    shape = (None, *model.input_shape[1:])

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32)], autograph=False)
    def slope(images: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(images)
            log_odds = model(images, training=False)
        return tape.gradient(log_odds, images)

    return slope
