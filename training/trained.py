"""An ensemble's members on their features, calibrated: what is stored, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from training import linear
from training.linear import Floats
from training.members import Choice, Places, Space, answer, out_of_fold, stacked


def platt(labels: Floats, log_odds: Floats) -> tuple[float, float]:
    """Slope and offset that turn log-odds into calibrated ones (Platt 1999), by patients unseen.

    Raises:
        ValueError: The log-odds fall where the labels rise.
    """
    model = LogisticRegression(C=np.inf).fit(log_odds[:, np.newaxis], labels)
    slope = float(model.coef_[0, 0])
    if slope <= 0:  # it would turn the smallest judgement into the largest
        raise ValueError(f"expected log-odds that rise with the labels, received slope {slope:.3g}")
    return slope, float(model.intercept_[0])


def machines(
    space: Space, choice: Choice, used: Places | None = None
) -> dict[str, tuple[Floats, Floats]]:
    """Member's name -> weight of each of its features (F, U), and bias (U,).

    Args:
        space: To fit on.
        choice: With which settings.
        used: Places of the rows that are learned from; None for all.
    """
    models = space.fit(choice, np.arange(len(space.rows)) if used is None else used)
    return {
        name: linear.plain(
            models[name].weights,
            models[name].bias,
            basis,
            space.scalers[name].scale(stacked(space.features[name][:, : space.taught])),
            space.scalers[name],
        )
        for name, basis in space.bases.items()
    }


@dataclass(frozen=True)
class Trained:
    """An ensemble before it is stored.

    Attributes:
        choice: What was chosen.
        machines: Member's name -> calibrated weights on its features (F, U), and bias (U,).
        slope: Of the calibration, in log-odds.
        offset: Of the calibration.
        unseen: Calibrated probability of each row fitted on, by models that had not seen it, (N,).
        looks: How many looks at an image answer, L.
    """

    choice: Choice
    machines: dict[str, tuple[Floats, Floats]]
    slope: float
    offset: float
    unseen: Floats
    looks: int = 1

    def score(self, features: dict[str, NDArray[np.float16]]) -> Floats:
        """Probabilities (N,) of descriptors, float16 (N, V, F) a member; the looks answer."""
        return expit(self.log_odds(features))

    def log_odds(self, features: dict[str, NDArray[np.float16]]) -> Floats:
        """What probabilities (N,) are made from; arguments as of `score`."""
        return answer(self._log_odds(features, self.looks))

    def answers(self, features: dict[str, NDArray[np.float16]]) -> Floats:
        """Probabilities (N, M) by each member at each look, a single look's mirror image included.

        Each in the judgement that answers there.
        """
        each = self._log_odds(features, max(self.looks, 2))  # (N, L, K, U)
        chosen = each.mean(axis=2, keepdims=True).argmin(axis=-1, keepdims=True)
        own = np.take_along_axis(each, chosen, axis=-1)  # (N, L, K, 1)
        return expit(own.reshape(len(own), -1))

    def _log_odds(self, features: dict[str, NDArray[np.float16]], views: int) -> Floats:
        """Of the first views, (N, views, K, U)."""
        each = [
            features[name][:, :views].astype(np.float64) @ kernel + bias  # (N, views, U)
            for name, (kernel, bias) in self.machines.items()
        ]
        return np.stack(each, axis=2)


def train(space: Space, choice: Choice, seeds: Sequence[int], looks: int | None = None) -> Trained:
    """Fit all members on all rows; calibrate by what they say of groups unseen.

    A calibration of positive slope moves the smallest judgement as it moves each.

    Args:
        space: What to fit on.
        choice: With which settings.
        seeds: Deals of the groups into folds, to calibrate by.
        looks: L of what it will answer; that of the space unless its looks were joined.
    """
    unseen = out_of_fold(space, choice, seeds)
    slope, offset = platt(np.tile(space.labels, len(seeds)), unseen.ravel())
    calibrated = {
        name: (kernel * slope, bias * slope + offset)
        for name, (kernel, bias) in machines(space, choice).items()
    }
    mean = expit(slope * unseen + offset).mean(axis=0)
    return Trained(choice, calibrated, slope, offset, mean, looks or space.looks)
