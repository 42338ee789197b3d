"""Fit the members of an ensemble, and score rows by members that have not seen their patients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from training import linear
from training.haze import judgement
from training.linear import Basis, Floats, Scaler

# COVID-CT took its positives from preprints, several patients each: a paper's figures share their
# look (window, size, compression), so a paper stays on one side as a patient does.
PAPER = r"/(2020\.\d\d\.\d\d\.\d+)"  # in the path or the id of an image
FOLDS = 5
ENOUGH = 10  # images of either class, for an AUC inside one source

Places = NDArray[np.intp]  # of rows


@dataclass(frozen=True)
class Choice:
    """What all members share.

    Attributes:
        c: Inverse of the penalty.
        source_weights: Weight of each source's images; 1 where it is not named.
        haze: Bound of the second judgement (training/haze.py), in standard deviations; None: none.
        steady: How much answers are held to those of the same images changed in ways that say
            nothing of the lungs (training.linear.steadying).
    """

    c: float
    source_weights: dict[str, float]
    haze: float | None = None
    steady: float = 0.0

    def weights(self, rows: pd.DataFrame) -> Floats:
        """Weight of each row, (N,)."""
        return rows["source"].map(self.source_weights).fillna(1.0).to_numpy(np.float64)


@dataclass(frozen=True)
class Machine:
    """A member on coordinates: weights (R, U) and bias (U,), one column a judgement."""

    weights: Floats
    bias: Floats


@dataclass(frozen=True)
class Space:
    """Rows to fit on, their labels and the span of each member's descriptors.

    Attributes:
        rows: N manifest rows.
        features: Member's name -> float16 (N, V, F): each image in its L looks, which are answered,
            the L mirrors of these, and changed versions of the first that are not learned from.
        scalers: Member's name -> its scaler.
        bases: Member's name -> coordinates of all images in the first look, then in the next ...,
            then of all mirrors, (2 L N, R).
        changes: Member's name -> what the changes do to the coordinates, (V - 2 L, N, R).
        haze: (N,) of training.haze.measured; None where no choice asks for it.
        looks: L.
    """

    rows: pd.DataFrame
    features: dict[str, NDArray[np.float16]]
    scalers: dict[str, Scaler]
    bases: dict[str, Basis]
    changes: dict[str, Floats]
    haze: Floats | None = None
    looks: int = 1

    @classmethod
    def of(
        cls,
        rows: pd.DataFrame,
        features: dict[str, NDArray[np.float16]],
        haze: Floats | None = None,
        looks: int = 1,
    ) -> Space:
        """From the rows' descriptors."""
        taught = 2 * looks
        scalers = {name: Scaler.of(stacked(one[:, :taught])) for name, one in features.items()}
        bases, changes = {}, {}
        for name, one in features.items():
            span = scalers[name].scale(stacked(one[:, :taught]))
            bases[name] = Basis.of(span)
            inner = [
                (scalers[name].scale(one[:, view]) - span[: len(rows)]) @ span.T
                for view in range(taught, one.shape[1])
            ]
            changes[name] = np.array(inner, np.float64) @ bases[name].back if inner else np.empty(0)
        return cls(rows, features, scalers, bases, changes, haze, looks)

    @property
    def taught(self) -> int:
        """Views that are learned from: looks and mirrors."""
        return 2 * self.looks

    @property
    def labels(self) -> Floats:
        """(N,), 0 or 1."""
        return self.rows["label"].to_numpy(np.float64)

    def fit(self, choice: Choice, used: Places) -> dict[str, Machine]:
        """Each member on some rows, in all looks and their mirrors."""
        every = np.concatenate([used + view * len(self.rows) for view in range(self.taught)])
        labels = np.tile(self.labels[used], self.taught)
        weights = np.tile(choice.weights(self.rows)[used], self.taught)
        found = {}
        for name, basis in self.bases.items():
            x = basis.coordinates[every]
            columns = [self._labelled(name, choice, x, labels, weights, used)]
            if choice.haze is not None and self.haze is not None:
                measure = np.tile(self.haze[used], self.taught)
                columns.append(judgement(x, measure, weights, choice.haze))
            found[name] = Machine(
                np.stack([column for column, _ in columns], axis=1),
                np.array([bias for _, bias in columns]),
            )
        return found

    def _labelled(
        self,
        name: str,
        choice: Choice,
        x: Floats,
        labels: Floats,
        weights: Floats,
        used: Places,
    ) -> tuple[Floats, float]:
        """What the labels teach a member: weights (R,) and bias."""
        if not choice.steady:
            model = linear.fit(x, labels, weights, choice.c)
            return model.coef_[0], float(model.intercept_[0])
        moved = self.changes[name][:, used].reshape(-1, x.shape[1])
        steady = linear.steadying(moved, choice.steady)
        model = linear.fit(x @ steady, labels, weights, choice.c)
        return steady @ model.coef_[0], float(model.intercept_[0])

    def log_odds(self, models: dict[str, Machine], wanted: Places) -> Floats:
        """Of some rows, (n, L, K, U)."""
        places = wanted[:, np.newaxis] + np.arange(self.looks) * len(self.rows)  # (n, L)
        found = [
            basis.coordinates[places] @ models[name].weights + models[name].bias
            for name, basis in self.bases.items()
        ]
        return np.stack(found, axis=2)


def answer(log_odds: Floats) -> Floats:
    """The mean over looks of the smallest judgement of the members' mean: (n, L, K, U) -> (n,)."""
    return np.asarray(log_odds.mean(axis=-2).min(axis=-1).mean(axis=-1))


def groups_of(rows: pd.DataFrame) -> NDArray[np.object_]:
    """What must not be torn apart, (N,): a paper where known, else a patient, else the image."""
    patients = rows["patient_id"].where(rows["patient_id"] != "", rows["image_id"]).astype(object)
    papers = rows["path"].str.extract(PAPER)[0].astype(object)
    return papers.where(papers.notna(), patients).to_numpy()


def out_of_fold(
    space: Space,
    choice: Choice,
    seeds: Sequence[int],
) -> NDArray[np.float64]:
    """Log-odds of every row by models that saw nothing of its group: (seeds, N).

    Args:
        space: What to fit on.
        choice: With which settings.
        seeds: One deal of the groups into folds each.
    """
    places = np.arange(len(space.rows))
    found = np.zeros((len(seeds), len(space.rows)))
    for number, seed in enumerate(seeds):
        for models, rest in models_of_folds(space, choice, seed, places):
            found[number, rest] = answer(space.log_odds(models, rest))
    return found


def models_of_folds(
    space: Space, choice: Choice, seed: int, among: Places
) -> Iterator[tuple[dict[str, Machine], Places]]:
    """The models of each fold of one deal, and the places of the rows whose groups they never saw.

    Args:
        space: What to fit on.
        choice: With which settings.
        seed: Of the deal of groups into folds.
        among: Places of the rows that take part, (n,).
    """
    for train, rest in folds(space, seed, among):
        yield space.fit(choice, train), rest


def folds(space: Space, seed: int, among: Places) -> Iterator[tuple[Places, Places]]:
    """Places to learn from, and places of the rows whose groups are not among them, of each fold.

    Arguments as of models_of_folds.
    """
    labels, groups = space.labels[among], groups_of(space.rows)[among]
    deal = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for train, rest in deal.split(labels, labels, groups):
        yield among[train], among[rest]


def joined(features: NDArray[np.float16], looks: int) -> NDArray[np.float16]:
    """Each image's looks as their mean; each of its mirrors and changes too: (N, V/L, F).

    A linear member answers the mean of descriptors with the mean of its log-odds of each.

    Args:
        features: (N, V, F): all L looks at the image, at its mirror, and at it with each change.
        looks: L.

    Raises:
        ValueError: V is no multiple of L.
    """
    if features.shape[1] % looks:
        raise ValueError(f"expected views in groups of {looks}, received {features.shape[1]}")
    means = [
        features[:, first : first + looks].mean(axis=1, dtype=np.float32)
        for first in range(0, features.shape[1], looks)
    ]
    return np.stack(means, axis=1, dtype=np.float16, casting="same_kind")


def stacked(features: NDArray[np.float16]) -> NDArray[np.float16]:
    """(N, V, F) -> (V N, F): all images in the first view, then in the next ..."""
    return np.concatenate(list(features.swapaxes(0, 1)))
