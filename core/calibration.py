"""Does 0.8 mean eight in ten? Temperature scaling, reliability, expected calibration error."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from core.metrics import Floats, checked, logit, sigmoid, wilson

BINS = 10
# Prediction tables have six decimals: nearer to 0 or 1 than this nothing is known.
CLOSEST = 5e-7
TEMPERATURES = (0.05, 50.0)
DRAWS, SEED = 1000, 0  # sets of labels for the error that luck alone leaves


def temper(probabilities: ArrayLike, temperature: float) -> Floats:
    """sigmoid(logit(p) / T): T > 1 makes answers less sure, T < 1 surer; the order stays.

    Guo et al. 2017, equation 9, for one sigmoid unit.

    Raises:
        ValueError: A temperature that is not positive.
    """
    if not temperature > 0:
        raise ValueError(f"expected a temperature above 0, received {temperature}")
    p = np.clip(np.asarray(probabilities, np.float64), CLOSEST, 1 - CLOSEST)
    return np.asarray(sigmoid(logit(p) / temperature))


def log_loss(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean negative log-likelihood (cross-entropy)."""
    y, p = checked(labels, probabilities)
    p = np.clip(p, CLOSEST, 1 - CLOSEST)
    return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())


def fit_temperature(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """The temperature of least log loss, to be fitted on validation patients only.

    Returns:
        Within TEMPERATURES; NaN with one class only, where none can be fitted.
    """
    from scipy.optimize import minimize_scalar

    y, p = checked(labels, probabilities)
    if y.min(initial=1) == y.max(initial=0):
        return math.nan
    low, high = np.log(TEMPERATURES)
    found = minimize_scalar(
        lambda log_t: log_loss(y, temper(p, math.exp(log_t))), bounds=(low, high), method="bounded"
    )
    return math.exp(float(found.x))


def reliability(labels: ArrayLike, probabilities: ArrayLike, bins: int = BINS) -> pd.DataFrame:
    """Mean probability and share of positives in bins of equal width.

    Returns:
        One row a bin that holds images: images, probability (mean), share (of positives), low and
        high (Wilson's 95 % interval of the share).
    """
    y, p = checked(labels, probabilities)
    where = _bins(p, bins)
    rows = []
    for number in np.unique(where):
        inside = where == number
        low, high = wilson(int(y[inside].sum()), int(inside.sum()))
        rows.append((int(inside.sum()), p[inside].mean(), y[inside].mean(), low, high))
    return pd.DataFrame(rows, columns=["images", "probability", "share", "low", "high"])


def calibration_error(labels: ArrayLike, probabilities: ArrayLike, bins: int = BINS) -> float:
    """Expected calibration error: mean distance of share and probability, over images."""
    table = reliability(labels, probabilities, bins)
    if table.empty:
        return math.nan
    apart = (table["share"] - table["probability"]).abs()
    return float(np.average(apart, weights=table["images"]))


def calibration_errors(
    labels: ArrayLike, probabilities: ArrayLike, weights: ArrayLike, bins: int = BINS
) -> Floats:
    """calibration_error of every replicate of a bootstrap.

    Args:
        labels: (N,) of 0 and 1.
        probabilities: (N,) in 0..1.
        weights: (N, R) how often each image is in each replicate.
        bins: Of equal width.

    Returns:
        (R,), NaN where a replicate is empty.
    """
    y, p = checked(labels, probabilities)
    drawn = np.asarray(weights, np.float64)
    with np.errstate(invalid="ignore"):
        return np.abs((_inside(p, bins) * (y - p)) @ drawn).sum(axis=0) / drawn.sum(axis=0)


def perfect_errors(probabilities: ArrayLike, bins: int = BINS) -> Floats:
    """calibration_error that answers show where they are perfectly calibrated: luck alone.

    The error is a mean of absolute values, so on few images it stays well above zero whatever the
    model (Bröcker and Smith 2007). Labels are drawn from the probabilities themselves, image by
    image; several images of a patient would make it larger still.

    Args:
        probabilities: (N,) in 0..1.
        bins: Of equal width.

    Returns:
        (DRAWS,), one for each set of labels; empty without images.
    """
    p = np.asarray(probabilities, np.float64)
    if not p.size:
        return np.empty(0)
    labels = np.random.default_rng(SEED).random((DRAWS, p.size)) < p  # (D, N)
    return np.abs((labels - p) @ _inside(p, bins).T).sum(axis=1) / p.size


def _inside(p: Floats, bins: int) -> Floats:
    """Which bin each probability lies in: 0 or 1, (B, N)."""
    return (_bins(p, bins) == np.arange(bins)[:, np.newaxis]).astype(np.float64)


def _bins(p: Floats, bins: int) -> NDArray[np.int_]:
    return np.minimum((p * bins).astype(int), bins - 1)
