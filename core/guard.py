"""Is this a chest X-ray or a lung CT slice at all, which of them, and is it inverted?

All three answers come from the trunk's averaged features, so they cost no further pass. In scope
means near the training images: the smallest Mahalanobis distance to a class (Lee et al. 2018, A
Simple Unified Framework for Detecting Out-of-Distribution Samples, eq. 2), within principal
components of the length-normalised features, plus what those components leave over.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import artifacts
from core.artifacts import Card
from core.schema import Modality

GUARD_ID = "guard"
FILE = "guard.npz"
MODALITIES = (Modality.XRAY, Modality.CT)

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Verdict:
    """What the guard says of one image.

    Attributes:
        in_scope: Near enough to the training images to be answered.
        modality: The likelier of X-ray and CT.
        modality_probability: Of that modality, 0.5..1.
        distance: To the nearest training class; 0 at its centre.
        limit: The largest distance that is in scope.
        looks_inverted: Black and white seem to be swapped.
    """

    in_scope: bool
    modality: Modality
    modality_probability: float
    distance: float
    limit: float
    looks_inverted: bool

    @property
    def inversion(self) -> str:
        """What to say where black and white seem to be swapped, else ""."""
        if not self.looks_inverted:
            return ""
        if self.in_scope:
            return "Black and white look swapped in this image, which changes the answer."
        return "If this is a scan, black and white look swapped in it."


@dataclass(frozen=True)
class Guard:
    """A fitted guard. Arrays: K components, M classes.

    Attributes:
        card: How it was made.
        mean: (512,) of the normalised features.
        components: (K, 512) principal directions.
        residual_scale: Standard deviation of what the components leave over, per direction.
        centres: (M, K) class means.
        precision: (K, K) shared inverse covariance.
        limits: (M,) largest distance in scope.
        modality: (513,) logistic weights and bias for CT against X-ray.
        inverted: (2, 513) logistic weights and bias for inverted against plain, a row a modality.
    """

    card: Card
    mean: Array
    components: Array
    residual_scale: float
    centres: Array
    precision: Array
    limits: Array
    modality: Array
    inverted: Array

    def judge(self, pooled: Array) -> list[Verdict]:
        """Verdicts for float32 (N, 512) averaged features."""
        unit = normalise(pooled)
        distances = self.distances(pooled)
        ct = _logistic(unit, self.modality)
        verdicts = []
        for row, p_ct in enumerate(ct):
            code = int(p_ct >= 0.5)
            inside = distances[row] / self.limits
            nearest = int(np.argmin(inside))
            turned = float(_logistic(unit[row : row + 1], self.inverted[code])[0])
            verdicts.append(
                Verdict(
                    in_scope=bool(inside[nearest] <= 1),
                    modality=MODALITIES[code],
                    modality_probability=float(max(p_ct, 1 - p_ct)),
                    distance=float(distances[row, nearest]),
                    limit=float(self.limits[nearest]),
                    looks_inverted=turned >= 0.5,
                )
            )
        return verdicts

    def distances(self, pooled: Array) -> Array:
        """Distance of float32 (N, 512) features to each class, (N, M), at least 0."""
        return class_distances(
            normalise(pooled) - self.mean,
            self.components,
            self.residual_scale,
            self.centres,
            self.precision,
        )


def normalise(pooled: Array) -> Array:
    """Features scaled to length 1, so that contrast alone does not count; zeros stay zeros."""
    length = np.linalg.norm(pooled, axis=1, keepdims=True)
    return np.asarray(pooled / np.maximum(length, 1e-6), np.float32)


def class_distances(
    centred: Array, components: Array, residual_scale: float, centres: Array, precision: Array
) -> Array:
    """Mahalanobis distance within the components plus the scaled rest: (N, 512) -> (N, M)."""
    # np.einsum, not @: the threads of NumPy's matrix library go on spinning after a product, and
    # take the processor from the trunk's next batch.
    scores = np.einsum("nd,kd->nk", centred, components)
    rest = centred - np.einsum("nk,kd->nd", scores, components)
    leftover = (rest**2).sum(axis=1) / residual_scale**2  # (N,)
    offset = scores[:, None, :] - centres[None]  # (N, M, K)
    inside = np.einsum("nmk,kl,nml->nm", offset, precision, offset)
    return np.sqrt(np.maximum(inside, 0) + leftover[:, None])


def load_guard(models_dir: Path = artifacts.MODELS_DIR) -> Guard:
    """Load models/guard/.

    Raises:
        ArtifactError: Missing or altered files.
    """
    card = artifacts.read_card(GUARD_ID, models_dir)
    with np.load(artifacts.checked_file(card, FILE, models_dir)) as file:
        values = {name: file[name].astype(np.float32) for name in file.files}
    return Guard(card, residual_scale=float(values.pop("residual_scale")), **values)


def _logistic(unit: Array, weights: Array) -> Array:
    return 1 / (1 + np.exp(-(np.einsum("nd,d->n", unit, weights[:-1]) + weights[-1])))
