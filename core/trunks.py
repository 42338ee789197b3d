"""A trunk: image -> maps of its layers, one pass. Nothing else runs a backbone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import artifacts, winograd, zoo
from core.artifacts import Card
from core.images import Grey

if TYPE_CHECKING:
    import keras

AUTO = "auto"
WINOGRAD = "winograd"  # float32 by core/winograd.py
WAYS = (zoo.FLOAT32, WINOGRAD, zoo.BFLOAT16)  # how to compute a pass, the exact one first
# Another way must win clearly before it is taken, so that the choice does not change from run to
# run.
CLEARLY_FASTER = 1.25


@dataclass(frozen=True)
class Trunk:
    """A loaded trunk; nothing else runs it."""

    card: Card
    backbone: zoo.Backbone
    precision: str
    run: Any  # tf.function: float32 (N, S, S, 3) -> list of float32 (N, h, w, C), one a layer
    layers: tuple[str, ...] = ()  # read beside the cam layer

    def maps(self, images: Sequence[Grey]) -> Any:
        """Activations of the cam layer.

        Args:
            images: uint8 (H, W) each, any size.

        Returns:
            tf.Tensor float32 (N, *cam_shape), values from 0 (after ReLU).
        """
        return self.all_maps(images)[self.backbone.cam_layer]

    def all_maps(self, images: Sequence[Grey]) -> dict[str, Any]:
        """Layer name -> tf.Tensor float32 (N, h, w, C): every layer that heads read, one pass."""
        return self.run_all(zoo.prepare(self.backbone, images))

    def run_all(self, batch: Any) -> dict[str, Any]:
        """The same for preprocessed images, float32 (N, S, S, 3)."""
        found = self.run(batch)
        return dict(zip((self.backbone.cam_layer, *self.layers), found, strict=True))


def load_trunk(
    trunk_id: str,
    models_dir: Path = artifacts.MODELS_DIR,
    precision: str = AUTO,
    layers: tuple[str, ...] = (),
) -> Trunk:
    """Load a trunk.

    Args:
        trunk_id: Its folder in models_dir.
        models_dir: Where artefacts lie.
        precision: One of WAYS, or "auto": the most promising that clearly beats plain float32 on
            this machine, else float32. Tested: winograd moves no probability by more than 0.0001,
            bfloat16 none by more than 0.01.
        layers: Lower layers to read as well.

    Raises:
        ArtifactError: Missing or altered files.
        ValueError: Unknown precision or layer.
    """
    if precision not in (AUTO, *WAYS):
        raise ValueError(f"expected a precision out of {(AUTO, *WAYS)}, received {precision!r}")
    card = artifacts.read_card(trunk_id, models_dir)
    backbone = zoo.get_backbone(card.backbone)
    model = zoo.build_trunk(backbone, layers=layers)
    model.load_weights(artifacts.checked_file(card, artifacts.weights_name(card), models_dir))
    if precision != AUTO:
        return _trunk(card, backbone, model, precision, layers)
    plain = _trunk(card, backbone, model, zoo.FLOAT32, layers)
    for way in _promising(model):
        other = _trunk(card, backbone, model, way, layers)
        if _seconds(other) * CLEARLY_FASTER < _seconds(plain):
            return other
    return plain


def bare_maps(backbone: zoo.Backbone, weights: str | Path) -> Callable[[Sequence[Grey]], Any]:
    """Images -> maps of a backbone that is no artefact, with weights as in zoo.build_trunk."""
    model = zoo.build_trunk(backbone, weights)
    run = compile_model(model, (backbone.size, backbone.size, 3))
    return lambda images: run(zoo.prepare(backbone, images))[0]


def _promising(model: keras.Model) -> list[str]:
    """The ways that may be faster here than plain float32, the best first.

    Each that is tried costs seconds and memory, so the first that is faster is taken. With AMX
    bfloat16 was three times as fast as Winograd; AVX512_BF16 alone was never faster than that where
    it was measured, so it is tried only where Winograd cannot be used. On a GPU cuDNN has a
    Winograd of its own.
    """
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return [zoo.BFLOAT16]
    if not winograd.supports(model):
        return [zoo.BFLOAT16] if _processor_has("avx512_bf16", "amx_bf16") else []
    return [zoo.BFLOAT16, WINOGRAD] if _processor_has("amx_bf16") else [WINOGRAD]


def _processor_has(*flags: str) -> bool:
    """Whether the processor reports any of the instructions, named as in /proc/cpuinfo."""
    info = Path("/proc/cpuinfo")
    if not info.is_file():
        return False
    found = info.read_text(encoding="utf-8", errors="replace")
    return any(flag in found for flag in flags)


def _trunk(
    card: Card,
    backbone: zoo.Backbone,
    model: keras.Model,
    precision: str,
    layers: tuple[str, ...],
) -> Trunk:
    """Compile a trunk and warm it up."""
    shape = (backbone.size, backbone.size, 3)
    if precision == WINOGRAD:
        run = _compile(winograd.rebuild(model, (backbone.cam_layer, *layers)), shape)
    else:
        cast = model if precision == zoo.FLOAT32 else zoo.cast(model, precision)
        run = compile_model(cast, shape)
    trunk = Trunk(card, backbone, precision, run, layers)
    trunk.maps([np.zeros((backbone.size, backbone.size), np.uint8)])
    return trunk


def compile_model(model: keras.Model, *shapes: tuple[int, ...]) -> Any:
    """One traced graph for every batch size: a batch for each shape -> a list of outputs."""
    return _compile(
        lambda *batches: model(batches[0] if len(batches) == 1 else list(batches), training=False),
        *shapes,
    )


def _compile(call: Callable[..., Any], *shapes: tuple[int, ...]) -> Any:
    """compile_model for any function of batches."""
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *shape), tf.float32) for shape in shapes]

    @tf.function(input_signature=signature, autograph=False)
    def run(*batches: Any) -> list[Any]:
        outputs = call(*batches)
        several = outputs if isinstance(outputs, list | tuple) else [outputs]
        return [tf.cast(one, tf.float32) for one in several]

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
