"""Where the lungs are on a frontal chest X-ray: a small U-Net (Ronneberger et al. 2015).

It learned from the masks that come with covid-chestxray-dataset. These were not drawn by people:
another network made them (lungVAE; Selvan et al. 2020), so it agrees with that network at best.
There are no masks of CT slices or of lateral views, and it is not meant for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core import artifacts, masks
from core.alter import crop, keep_only
from core.artifacts import ArtifactError, Card
from core.images import WHITE, Grey, stretch
from core.masks import Limits, Mask, Shape
from core.trunks import compile_model
from core.zoo import fit

if TYPE_CHECKING:
    import keras

LUNGS_ID = "lungs"
SIZE = 128  # pixels of both sides of the network's input
WIDTHS = (16, 32, 64, 64, 64)  # channels from the top to the bottom of the U
CUT = 0.5  # of the probability, for a mask
DARK, LIGHT = 1, 99  # percentiles of the grey levels that become black and white

Probability = NDArray[np.float32]  # (H, W), 0..1


@dataclass(frozen=True)
class Found:
    """The lungs of one image.

    Attributes:
        probability: float32 (H, W) in 0..1, at the image's size.
        mask: bool (H, W): above one half, the two largest parts, holes filled.
        doubts: Why the mask should not be trusted, in words; empty where nothing speaks against it.
    """

    probability: Probability
    mask: Mask
    doubts: tuple[str, ...]

    @property
    def trusted(self) -> bool:
        """Whether nothing speaks against the mask."""
        return not self.doubts

    @cached_property
    def shape(self) -> Shape:
        """Area, balance and distance of the two parts."""
        return masks.describe(self.mask)


@dataclass(frozen=True)
class Lungs:
    """The loaded network. It is for frontal X-rays: ask the guard first."""

    card: Card
    limits: Limits
    run: Any  # tf.function: float32 (N, SIZE, SIZE, 1) -> [float32 (N, SIZE, SIZE, 1)]

    def segment(self, pixels: Grey, shape: tuple[int, int] | None = None) -> Probability:
        """Probability of lung at every pixel.

        Args:
            pixels: uint8 (H, W), any size.
            shape: (h, w) wanted; None for the image's own.

        Returns:
            float32 (h, w), 0..1.
        """
        return enlarge(self.segment_all([pixels])[0], shape or pixels.shape)

    def segment_all(self, images: Sequence[Grey]) -> Probability:
        """The same for several images at the network's own size: float32 (N, SIZE, SIZE)."""
        batch = np.stack([prepare(pixels) for pixels in images])[..., np.newaxis]
        return np.asarray(self.run(batch)[0])[..., 0]

    def find(self, pixels: Grey) -> Found:
        """Probability, mask and doubts for one uint8 (H, W) image."""
        return found(self.segment(pixels), self.limits)


def found(probability: Probability, limits: Limits) -> Found:
    """Mask and doubts that follow from a probability (H, W)."""
    mask = masks.clean(probability >= CUT)
    certainty = float(probability[mask].mean()) if mask.any() else 0.0
    return Found(probability, mask, masks.doubts(masks.describe(mask), certainty, limits))


def prepare(pixels: Grey) -> Probability:
    """uint8 (H, W) -> float32 (SIZE, SIZE) in 0..1, contrast stretched between two percentiles."""
    small = fit(pixels, SIZE)
    low, high = np.percentile(small, (DARK, LIGHT))
    stretched = stretch(small.astype(np.float32), float(low), float(high))
    return np.asarray(stretched / WHITE, np.float32)


def enlarge(probability: Probability, shape: tuple[int, int]) -> Probability:
    """A probability drawn out (or shrunk) to (h, w), straight lines between its pixels."""
    import cv2

    size = (shape[1], shape[0])
    drawn = cv2.resize(probability, size, interpolation=cv2.INTER_LINEAR)
    return np.clip(np.asarray(drawn, np.float32), 0, 1)


def crop_to_lungs(pixels: Grey, mask: Mask, margin: float = 0.05) -> Grey:
    """The rectangle around the lungs; the whole image where the mask is empty."""
    return crop(pixels, masks.crop_box(mask, margin)) if mask.any() else pixels.copy()


def only_lungs(pixels: Grey, mask: Mask) -> Grey:
    """Black outside the lungs; the whole image where the mask is empty."""
    return keep_only(pixels, mask) if mask.any() else pixels.copy()


def build_unet() -> keras.Model:
    """A U-Net with two convolutions a step, batch normalisation and WIDTHS channels.

    Returns:
        Model float32 (N, SIZE, SIZE, 1) in 0..1 -> float32 (N, SIZE, SIZE, 1) in 0..1.
    """
    import keras
    from keras import layers

    def block(x: Any, channels: int) -> Any:
        for _ in range(2):
            x = layers.Conv2D(channels, 3, padding="same", use_bias=False)(x)
            x = layers.ReLU()(layers.BatchNormalization()(x))
        return x

    x = inputs = keras.Input((SIZE, SIZE, 1))
    kept = []
    for channels in WIDTHS[:-1]:
        x = block(x, channels)
        kept.append(x)
        x = layers.MaxPooling2D(2)(x)
    x = block(x, WIDTHS[-1])
    for channels, skip in zip(WIDTHS[-2::-1], kept[::-1], strict=True):
        x = layers.UpSampling2D(2, interpolation="bilinear")(x)
        x = block(layers.Concatenate()([x, skip]), channels)
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(x), name=LUNGS_ID)


def load_lungs(models_dir: Path = artifacts.MODELS_DIR) -> Lungs:
    """Load models/lungs/.

    Raises:
        ArtifactError: Missing or altered files, or another kind of artefact.
    """
    card = artifacts.read_card(LUNGS_ID, models_dir)
    if card.kind != artifacts.LUNGS:
        raise ArtifactError(f"expected lungs in {models_dir / LUNGS_ID}, received {card.kind!r}")
    model = build_unet()
    model.load_weights(artifacts.checked_file(card, artifacts.weights_name(card), models_dir))
    run = compile_model(model, (SIZE, SIZE, 1))
    return Lungs(card, Limits(**card.config["limits"]), run)
