"""Image -> features (one trunk pass) -> probability. Nothing else runs a trunk."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core import artifacts, zoo
from core.artifacts import ArtifactError, Card
from core.guard import Guard, Verdict, load_guard
from core.images import Grey
from core.schema import Modality

if TYPE_CHECKING:
    import keras

AUTO = "auto"
DEFAULT_MODELS = {Modality.XRAY: "vgg16-xray", Modality.CT: "vgg16-ct"}
POOLINGS = ("flatten", "average")
FIRST_UNITS, SECOND_UNITS = 256, 512  # the paper's head
# bfloat16 must win clearly before it is taken, so that the choice does not change from run to run.
CLEARLY_FASTER = 1.25


@dataclass(frozen=True)
class Trunk:
    """A loaded trunk. `maps` is the only way to run it."""

    card: Card
    backbone: zoo.Backbone
    precision: str
    run: Any  # tf.function: float32 (N, S, S, 3) -> float32 (N, h, w, C)

    def maps(self, images: Sequence[Grey]) -> Any:
        """Activations of the cam layer.

        Args:
            images: uint8 (H, W) each, any size.

        Returns:
            tf.Tensor float32 (N, *cam_shape), values from 0 (after ReLU).
        """
        return self.run(zoo.prepare(self.backbone, images))


@dataclass(frozen=True)
class Head:
    """A loaded head: maps -> probability."""

    card: Card
    model: keras.Model
    run: Any  # tf.function: float32 (N, h, w, C) -> float32 (N, 1)

    def probabilities(self, maps: Any) -> NDArray[np.float32]:
        """Probability of COVID-19, float32 (N,), 0..1, for float32 (N, h, w, C) maps."""
        return np.asarray(self.run(maps))[:, 0]


@dataclass(frozen=True)
class Scored:
    """One image's answer."""

    verdict: Verdict
    modality: Modality
    probability: float
    model_id: str


@dataclass(frozen=True)
class Classifier:
    """Trunk, guard and heads together: one trunk pass answers everything."""

    trunk: Trunk
    guard: Guard
    heads: dict[str, Head]

    def score(
        self, images: Sequence[Grey], model_for: Callable[[Verdict], str] | None = None
    ) -> list[Scored]:
        """Verdict and probability of each image, each by one head.

        Args:
            images: uint8 (H, W) each.
            model_for: Head id for a verdict; None takes the default head of the modality found.
        """
        choose = model_for or (lambda verdict: DEFAULT_MODELS[verdict.modality])
        maps = self.trunk.maps(images)
        verdicts = self.guard.judge(pool_maps(maps))
        ids = [choose(verdict) for verdict in verdicts]
        found = {name: self.heads[name].probabilities(maps) for name in set(ids)}
        return [
            Scored(verdict, Modality(self.heads[name].card.modality), float(found[name][row]), name)
            for row, (verdict, name) in enumerate(zip(verdicts, ids, strict=True))
        ]

    def all_probabilities(self, image: Grey) -> tuple[Verdict, dict[str, float]]:
        """Verdict, and the probability of every head, for one uint8 (H, W) image."""
        maps = self.trunk.maps([image])
        verdict = self.guard.judge(pool_maps(maps))[0]
        return verdict, {
            name: float(head.probabilities(maps)[0]) for name, head in self.heads.items()
        }


def load_classifier(models_dir: Path = artifacts.MODELS_DIR, precision: str = AUTO) -> Classifier:
    """Load the trunk, the guard and every head that stands on the trunk.

    Raises:
        ArtifactError: Missing or altered files, or no head at all.
    """
    guard = load_guard(models_dir)
    cards = [card for card in artifacts.list_heads(models_dir) if card.trunk == guard.card.trunk]
    if not cards:
        raise ArtifactError(f"expected classifiers in {models_dir}, received none")
    trunk = load_trunk(guard.card.trunk, models_dir, precision)
    return Classifier(trunk, guard, {card.id: load_head(card.id, models_dir) for card in cards})


def build_tail(
    features_shape: tuple[int, int, int],
    pooling: str,
    *,
    first: int = FIRST_UNITS,
    second: int = SECOND_UNITS,
    dropout: float = 0.0,
) -> keras.Model:
    """The paper's head on the pooled features: flatten or average, 256, 512, 1 (sigmoid).

    Args:
        features_shape: (h, w, C) after block5_pool.
        pooling: "flatten" or "average".
        first: Units of the first dense layer.
        second: Units of the second.
        dropout: Rate after each of them, 0..1.

    Returns:
        Model float32 (N, h, w, C) -> float32 (N, 1) in 0..1.

    Raises:
        ValueError: Unknown pooling.
    """
    import keras
    from keras import layers

    if pooling not in POOLINGS:
        raise ValueError(f"expected pooling out of {POOLINGS}, received {pooling!r}")
    inputs = keras.Input(features_shape)
    pool = layers.Flatten if pooling == "flatten" else layers.GlobalAveragePooling2D
    x = pool(name="pooling")(inputs)  # (N, 25088) or (N, 512)
    for name, units in (("dense_1", first), ("dense_2", second)):
        x = layers.Dense(units, activation="relu", name=name)(x)
        if dropout:
            x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
    x = layers.Dense(1, activation="sigmoid", name="probability")(x)
    return keras.Model(inputs, x, name="tail")


def build_head(cam_shape: tuple[int, int, int], tail: keras.Model) -> keras.Model:
    """block5_pool in front of a tail, as one flat graph: (N, 14, 14, 512) -> (N, 1)."""
    import keras

    inputs = keras.Input(cam_shape)
    x = keras.layers.MaxPooling2D(2, name="block5_pool")(inputs)
    for layer in tail.layers[1:]:
        x = layer(x)
    return keras.Model(inputs, x, name="head")


def load_trunk(
    trunk_id: str, models_dir: Path = artifacts.MODELS_DIR, precision: str = AUTO
) -> Trunk:
    """Load a trunk.

    Args:
        trunk_id: Its folder in models_dir.
        models_dir: Where artefacts lie.
        precision: "float32", "bfloat16", or "auto": bfloat16 where the processor has it in hardware
            and it is measurably faster here. It moves no probability by more than 0.01 (tested).

    Raises:
        ArtifactError: Missing or altered files.
        ValueError: Unknown precision.
    """
    if precision not in (AUTO, *zoo.PRECISIONS):
        raise ValueError(f"expected a precision out of auto, {zoo.PRECISIONS}, got {precision!r}")
    card = artifacts.read_card(trunk_id, models_dir)
    backbone = zoo.get_backbone(card.backbone)
    model = zoo.build_trunk(backbone)
    model.load_weights(artifacts.checked_file(card, artifacts.weights_name(card), models_dir))
    if precision != AUTO:
        return _trunk(card, backbone, model, precision)
    plain = _trunk(card, backbone, model, zoo.FLOAT32)
    if not has_bfloat16():
        return plain
    half = _trunk(card, backbone, model, zoo.BFLOAT16)
    return half if _seconds(half) * CLEARLY_FASTER < _seconds(plain) else plain


def load_head(model_id: str, models_dir: Path = artifacts.MODELS_DIR) -> Head:
    """Load a head.

    Raises:
        ArtifactError: Not a head; missing or altered files.
    """
    card = artifacts.read_card(model_id, models_dir)
    if card.kind != artifacts.HEAD:
        raise ArtifactError(f"expected a classifier, received {model_id!r}: {card.kind}")
    shape = zoo.get_backbone(card.backbone).cam_shape
    pooled = (shape[0] // 2, shape[1] // 2, shape[2])
    tail = build_tail(pooled, card.config["pooling"])
    model = build_head(shape, tail)
    model.load_weights(artifacts.checked_file(card, artifacts.weights_name(card), models_dir))
    return Head(card, model, _compile(model, shape))


def has_bfloat16() -> bool:
    """Whether a GPU, or a processor with AVX512_BF16 or AMX, computes bfloat16 in hardware."""
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return True
    info = Path("/proc/cpuinfo")
    if not info.is_file():
        return False
    flags = info.read_text(encoding="utf-8", errors="replace")
    return "avx512_bf16" in flags or "amx_bf16" in flags


def pool_maps(maps: Any) -> NDArray[np.float32]:
    """Average over positions: float32 (N, h, w, C) -> (N, C); what the guard looks at."""
    import tensorflow as tf

    return np.asarray(tf.reduce_mean(maps, axis=(1, 2)))


def _trunk(card: Card, backbone: zoo.Backbone, model: keras.Model, precision: str) -> Trunk:
    """Compile a trunk and warm it up."""
    model = model if precision == zoo.FLOAT32 else zoo.cast(model, precision)
    run = _compile(model, (backbone.size, backbone.size, 3))
    trunk = Trunk(card, backbone, precision, run)
    trunk.maps([np.zeros((backbone.size, backbone.size), np.uint8)])
    return trunk


def _compile(model: keras.Model, shape: tuple[int, ...]) -> Any:
    """One traced graph for every batch size."""
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *shape), tf.float32)]

    @tf.function(input_signature=signature, autograph=False)
    def run(batch: Any) -> Any:
        return tf.cast(model(batch, training=False), tf.float32)

    return run


def _seconds(trunk: Trunk, repeats: int = 3) -> float:
    """The shortest of a few passes of one image."""
    image = [np.zeros((trunk.backbone.size, trunk.backbone.size), np.uint8)]
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        np.asarray(trunk.maps(image)[0, 0, 0, 0])
        best = min(best, time.perf_counter() - start)
    return best
