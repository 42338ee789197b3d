"""Logistic regression with many more features than images, solved among the images.

The L2-penalised solution lies in the span of the training rows (representer theorem), so the fit
needs the Gram matrix only; `plain` gives the same answer as one weight a feature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float64]
LEAST_DEVIATION = 1e-3  # of the largest: features that hardly vary are not blown up
LEAST_EIGENVALUE = 1e-8  # of the largest
ITERATIONS = 5000
TOLERANCE = 1e-5


@dataclass(frozen=True)
class Scaler:
    """Standardises features, and sets the Gram matrix's mean diagonal to one.

    Attributes:
        mean: (F,).
        deviation: (F,), floored, times the root of the mean squared length.
    """

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]

    @classmethod
    def of(cls, features: NDArray[np.float16]) -> Scaler:
        """Fitted to the rows (N, F); labels are not used."""
        x = features.astype(np.float32)
        mean, deviation = x.mean(0), x.std(0)
        deviation = np.maximum(deviation, LEAST_DEVIATION * deviation.max())
        length = np.sqrt((((x - mean) / deviation) ** 2).sum(1).mean())
        return cls(mean, (deviation * length).astype(np.float32))

    def scale(self, features: NDArray[np.float16]) -> NDArray[np.float32]:
        """Features (N, F), scaled."""
        return (features.astype(np.float32) - self.mean) / self.deviation


@dataclass(frozen=True)
class Basis:
    """Coordinates of rows in the span of the rows themselves.

    Attributes:
        coordinates: (N, R); their inner products are the Gram matrix.
        back: (N, R): weights on coordinates -> weights on rows.
    """

    coordinates: Floats
    back: Floats

    @classmethod
    def of(cls, rows: NDArray[np.float32]) -> Basis:
        """From scaled rows (N, F)."""
        values, vectors = np.linalg.eigh((rows @ rows.T).astype(np.float64))
        kept = values > LEAST_EIGENVALUE * values[-1]
        roots = np.sqrt(values[kept])
        return cls(vectors[:, kept] * roots, vectors[:, kept] / roots)


def fit(coordinates: Floats, labels: Floats, weights: Floats, c: float) -> LogisticRegression:
    """L2-penalised logistic regression; both classes get the same weight in sum.

    Args:
        coordinates: (N, R).
        labels: (N,) 0 or 1.
        weights: (N,) from 0: of a source or image; rows of weight 0 are left out.
        c: Inverse of the penalty, as in scikit-learn.
    """
    used = weights > 0
    y, w = labels[used], weights[used] / weights[used].mean()
    share = (w * y).sum() / w.sum()
    balanced = w * np.where(y == 1, 0.5 / share, 0.5 / (1 - share))
    model = LogisticRegression(C=c, max_iter=ITERATIONS, tol=TOLERANCE)
    return model.fit(coordinates[used], y, sample_weight=balanced)


def steadying(changes: Floats, strength: float) -> Floats:
    """The matrix (R, R) that makes a fit care little for directions in which images were changed.

    A fit on coordinates times this matrix M, with its weights times M afterwards, is one on the
    coordinates themselves whose penalty |w|^2 is joined by strength x the mean squared change of
    its answer: tangent propagation (Simard et al. 1991). M M' = (1 + strength x D'D / n)^(-1).

    Args:
        changes: D, (n, R): coordinates of each changed image less those of the image itself.
        strength: From 0, which gives the unit matrix.
    """
    unit = np.eye(changes.shape[1])
    lower = np.linalg.cholesky(unit + strength * (changes.T @ changes) / len(changes))
    return np.asarray(solve_triangular(lower, unit, lower=True).T)


def plain(
    weights: Floats, bias: Floats, basis: Basis, rows: NDArray[np.float32], scaler: Scaler
) -> tuple[Floats, Floats]:
    """The same machine on unscaled features.

    Args:
        weights: On coordinates, (R, U).
        bias: (U,).
        basis: Of the coordinates.
        rows: Scaled rows that the basis was made from, (N, F).
        scaler: That scaled them.

    Returns:
        Weight of each feature (F, U), and bias (U,).
    """
    kernel = (rows.T @ (basis.back @ weights)) / scaler.deviation[:, np.newaxis]
    return kernel.astype(np.float64), bias - scaler.mean @ kernel
