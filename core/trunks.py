"""A trunk: image -> maps of its layers, one pass, which every answer of the app comes from.

What needs another network builds its own: explanations below the head's layers
(core/explain/network.py), and training where blocks learn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

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
# What bfloat16 must gain on float32 where Winograd could be taken instead, which gains 1.5 to 1.6.
BEYOND_WINOGRAD = 1.6


@dataclass(frozen=True)
class Trunk:
    """A loaded trunk, ready to run."""

    card: Card
    backbone: zoo.Backbone
    precision: str
    # tf.function: float32 (N, S, S, 3) -> list of (N, h, w, C), one a layer, bfloat16 where it is
    # the precision and float32 else
    run: Any
    layers: tuple[str, ...] = ()  # read beside the cam layer
    larger: Mapping[int, Any] = field(default_factory=dict)  # S of other sizes -> the same as run

    def maps(self, images: Sequence[Grey]) -> Any:
        """Activations of the cam layer.

        Args:
            images: uint8 (H, W) each, any size.

        Returns:
            tf.Tensor float32 (N, *cam_shape), values from 0 (after ReLU).
        """
        return self.all_maps(images)[self.backbone.cam_layer]

    def all_maps(self, images: Sequence[Grey], size: int = 0) -> dict[str, Any]:
        """Every layer that heads read, one pass.

        Args:
            images: uint8 (H, W) each, any size.
            size: Pixels of both sides at which to take them; 0 for the backbone's own.

        Returns:
            Layer name -> tf.Tensor float32 (N, h, w, C).

        Raises:
            ValueError: It was not loaded for this size.
        """
        return self.run_all(self.prepare(images, size))

    def prepare(self, images: Sequence[Grey], size: int = 0) -> NDArray[np.float32]:
        """What it takes of images, float32 (N, S, S, 3); arguments as of `all_maps`."""
        return zoo.prepare(zoo.at_size(self.backbone, size), images)

    def run_all(self, batch: Any) -> dict[str, Any]:
        """The same for preprocessed images, float32 (N, S, S, 3)."""
        import tensorflow as tf

        return {name: tf.cast(maps, tf.float32) for name, maps in self.run_raw(batch).items()}

    def run_raw(self, batch: Any) -> dict[str, Any]:
        """The same as they are computed: bfloat16 where that is the precision.

        Heads take such maps too, and multiply them faster.
        """
        found = self._run_for(batch.shape[1])(batch)
        return dict(zip((self.backbone.cam_layer, *self.layers), found, strict=True))

    def _run_for(self, size: int) -> Any:
        if size == self.backbone.size:
            return self.run
        if size not in self.larger:
            known = [self.backbone.size, *self.larger]
            raise ValueError(f"expected images of a size out of {known}, received {size}")
        return self.larger[size]


def load_trunk(
    trunk_id: str,
    models_dir: Path = artifacts.MODELS_DIR,
    precision: str = AUTO,
    layers: tuple[str, ...] = (),
    sizes: tuple[int, ...] = (),
) -> Trunk:
    """Load a trunk.

    Args:
        trunk_id: Its folder in models_dir.
        models_dir: Where artefacts lie.
        precision: One of WAYS, or "auto": the most promising that clearly beats plain float32 on
            this machine, else float32. Tested: winograd moves no probability by more than 0.0001,
            bfloat16 none by more than 0.01.
        layers: Lower layers to read as well.
        sizes: Sizes of images, beside the backbone's own, that it shall take.

    Raises:
        ArtifactError: Missing or altered files.
        ValueError: Unknown precision or layer.
    """
    if precision not in (AUTO, *WAYS):
        raise ValueError(f"expected a precision out of {(AUTO, *WAYS)}, received {precision!r}")
    card = artifacts.read_card(trunk_id, models_dir)
    backbone = zoo.get_backbone(card.backbone)
    model = zoo.build_trunk(backbone, layers=layers, any_size=bool(sizes))
    model.load_weights(artifacts.checked_file(card, artifacts.weights_name(card), models_dir))
    if precision != AUTO:
        return _warm(_trunk(card, backbone, model, precision, layers, sizes))
    plain = _trunk(card, backbone, model, zoo.FLOAT32, layers, sizes)
    for way, least in _promising(model).items():
        other = _trunk(card, backbone, model, way, layers, sizes)
        if _gain(plain, other) > least:
            return _warm(other)
    return _warm(plain)


def bare_maps(backbone: zoo.Backbone, weights: str | Path) -> Callable[[Sequence[Grey]], Any]:
    """Images -> maps of a backbone that is no artefact, with weights as in zoo.build_trunk."""
    model = zoo.build_trunk(backbone, weights)
    run = compile_model(model, (backbone.size, backbone.size, 3))
    return lambda images: run(zoo.prepare(backbone, images))[0]


def _promising(model: keras.Model) -> dict[str, float]:
    """The ways that may be faster here than float32 -> how many times they must be; best first.

    Each that is tried costs seconds and memory, so the first that gains enough is taken. bfloat16
    gains fivefold with AMX; with AVX512_BF16 alone it was nearly twice as fast as float32 on one
    machine and slower on another. So it is tried wherever the processor has either, and taken where
    it beats what Winograd would gain, known from measurements. On a GPU cuDNN has a Winograd of its
    own.
    """
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return {zoo.BFLOAT16: CLEARLY_FASTER}
    half = _processor_has("avx512_bf16", "amx_bf16")
    if not winograd.supports(model):
        return {zoo.BFLOAT16: CLEARLY_FASTER} if half else {}
    ways = {WINOGRAD: CLEARLY_FASTER}
    return {zoo.BFLOAT16: BEYOND_WINOGRAD} | ways if half else ways


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
    sizes: tuple[int, ...],
) -> Trunk:
    """Compile a trunk, and warm it up for images of the backbone's own size."""
    every = (backbone.size, *sizes)
    call: Callable[..., Any]
    if precision == WINOGRAD:
        call = winograd.rebuild(model, (backbone.cam_layer, *layers), every)
    else:
        call = as_function(model if precision == zoo.FLOAT32 else zoo.cast(model, precision))
    run, *others = (compile_function(call, (side, side, 3), raw=True) for side in every)
    trunk = Trunk(card, backbone, precision, run, layers, dict(zip(sizes, others, strict=True)))
    trunk.maps([np.zeros((backbone.size, backbone.size), np.uint8)])
    return trunk


def _warm(trunk: Trunk) -> Trunk:
    """Warm a trunk up for images of all other sizes."""
    for size in trunk.larger:
        trunk.all_maps([np.zeros((size, size), np.uint8)], size)
    return trunk


def compile_model(model: keras.Model, *shapes: tuple[int, ...]) -> Any:
    """One traced graph for every batch size: a batch for each shape -> a list of outputs."""
    return compile_function(as_function(model), *shapes)


def compile_function(
    call: Callable[..., Any],
    *shapes: tuple[int | None, ...],
    dtype: str = zoo.FLOAT32,
    raw: bool = False,
) -> Any:
    """compile_model for any function of batches.

    Args:
        call: Batches -> a batch or several.
        shapes: Of one row of each batch; None where a side is open.
        dtype: Of the batches.
        raw: Leave the outputs in their dtype.
    """
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *shape), dtype) for shape in shapes]

    @tf.function(input_signature=signature, autograph=False)
    def run(*batches: Any) -> list[Any]:
        outputs = call(*batches)
        several = outputs if isinstance(outputs, list | tuple) else [outputs]
        return list(several) if raw else [tf.cast(one, tf.float32) for one in several]

    return run


def as_function(model: keras.Model) -> Callable[..., Any]:
    """A model called with one batch an input."""
    return lambda *batches: model(
        batches[0] if len(batches) == 1 else list(batches), training=False
    )


def _gain(plain: Trunk, other: Trunk, rounds: int = 3) -> float:
    """How many times faster the other is: shortest passes, in turns, so that load hits both."""
    taken = np.array([(_seconds(plain), _seconds(other)) for _ in range(rounds)])
    first, second = taken.min(axis=0)
    return float(first / second)


def _seconds(trunk: Trunk) -> float:
    """Of a pass of one image."""
    image = [np.zeros((trunk.backbone.size, trunk.backbone.size), np.uint8)]
    start = time.perf_counter()
    np.asarray(trunk.maps(image)[0, 0, 0, 0])
    return time.perf_counter() - start
