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
from core.head import build_head, build_tail
from core.images import Grey
from core.schema import Modality

if TYPE_CHECKING:
    import keras

AUTO = "auto"
DEFAULT_MODELS = {Modality.XRAY: "vgg16-xray", Modality.CT: "vgg16-ct"}
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
    """Trunks, guard and heads together: each trunk runs at most once an image.

    The guard looks at the maps of its own trunk; a head on that trunk shares this pass.
    """

    trunks: dict[str, Trunk]
    guard: Guard
    heads: dict[str, Head]

    @property
    def trunk(self) -> Trunk:
        """The trunk that the guard looks through."""
        return self.trunks[self.guard.card.trunk]

    def trunk_of(self, model_id: str) -> Trunk:
        """The trunk that a head stands on."""
        return self.trunks[self.heads[model_id].card.trunk]

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
        probabilities = np.zeros(len(images))
        for name in set(ids):
            rows = [row for row, chosen in enumerate(ids) if chosen == name]
            own = self._maps_for(name, [images[row] for row in rows], maps, rows)
            probabilities[rows] = self.heads[name].probabilities(own)
        return [
            Scored(verdict, Modality(self.heads[name].card.modality), float(probability), name)
            for verdict, name, probability in zip(verdicts, ids, probabilities, strict=True)
        ]

    def all_probabilities(self, image: Grey) -> tuple[Verdict, dict[str, float]]:
        """Verdict, and the probability of every head, for one uint8 (H, W) image."""
        maps = {self.trunk.card.id: self.trunk.maps([image])}
        verdict = self.guard.judge(pool_maps(maps[self.trunk.card.id]))[0]
        found = {}
        for name, head in self.heads.items():
            trunk = self.trunk_of(name)
            if trunk.card.id not in maps:
                maps[trunk.card.id] = trunk.maps([image])
            found[name] = float(head.probabilities(maps[trunk.card.id])[0])
        return verdict, found

    def _maps_for(self, name: str, images: list[Grey], shared: Any, rows: list[int]) -> Any:
        """Maps of a head's own trunk: rows of the guard's pass where that is the same trunk."""
        import tensorflow as tf

        own = self.trunk_of(name)
        return tf.gather(shared, rows) if own is self.trunk else own.maps(images)


def load_classifier(models_dir: Path = artifacts.MODELS_DIR, precision: str = AUTO) -> Classifier:
    """Load the guard and every head whose weights are shipped, with the trunks they stand on.

    Raises:
        ArtifactError: Missing or altered files, or no head at all.
    """
    guard = load_guard(models_dir)
    cards = [card for card in artifacts.list_heads(models_dir) if artifacts.is_shipped(card)]
    if not cards:
        raise ArtifactError(f"expected classifiers in {models_dir}, received none")
    ids = dict.fromkeys([guard.card.trunk, *(card.trunk for card in cards)])
    trunks = {name: load_trunk(name, models_dir, precision) for name in ids}
    return Classifier(trunks, guard, {card.id: load_head(card.id, models_dir) for card in cards})


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
    backbone = zoo.get_backbone(card.backbone)
    tail = build_tail(backbone.features_shape, card.config["pooling"])
    model = build_head(backbone, tail)
    model.load_weights(artifacts.checked_file(card, artifacts.weights_name(card), models_dir))
    return Head(card, model, _compile(model, backbone.cam_shape))


def bare_maps(backbone: zoo.Backbone, weights: str | Path) -> Callable[[Sequence[Grey]], Any]:
    """Images -> maps of a backbone that is no artefact, with weights as in zoo.build_trunk."""
    model = zoo.build_trunk(backbone, weights)
    run = _compile(model, (backbone.size, backbone.size, 3))
    return lambda images: run(zoo.prepare(backbone, images))


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
