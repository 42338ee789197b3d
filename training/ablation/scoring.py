"""Scores of one change by heads that saw none of a patient: dealt into folds, and left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from core.ensemble import Member
from training import linear
from training.ablation.changes import DRO, EVEN, Change
from training.haze import judgement
from training.leaving import draws
from training.linear import Basis, Floats, Scaler
from training.members import FOLDS, Places, answer
from training.views import mirror_of

SEEDS = (0, 1, 2)
C = 100.0  # of every row alike; not tuned, so that no change gets more attempts than another
DRO_ROUNDS, DRO_STEP = 10, 0.5


@dataclass(frozen=True)
class Space:
    """Coordinates of every row's image, in all views and their mirrors, for each member.

    Attributes:
        rows: N rows: source, label, group, and fit (whether heads may learn from it).
        coordinates: One a member, (V N, R): all images in the first view, then in the next; mirrors
            follow, where they are asked for.
        haze: (N,) of training.haze.measured, where a change leans on it.
    """

    rows: pd.DataFrame
    coordinates: tuple[Floats, ...]
    haze: Floats | None = None

    @property
    def labels(self) -> Floats:
        """(N,), 0 or 1."""
        return self.rows["label"].to_numpy(np.float64)


def space_of(
    rows: pd.DataFrame,
    change: Change,
    read: Callable[[str, Member], NDArray[np.float16]],
    haze: Floats | None = None,
) -> Space:
    """Everything a change sees.

    Args:
        rows: As in Space.
        change: What is tried.
        read: (view, member) -> float16 (N, F).
        haze: As in Space.
    """
    spans = rows["fit"].to_numpy()
    both = change.mirrored or change.averaged
    shown = [change.views, tuple(map(mirror_of, change.views))] if both else [change.views]
    found = []
    for member in change.members:
        views: list[NDArray[np.float16]] = []
        for names in shown:
            seen = [read(view, member) for view in names]
            views += [np.mean(seen, axis=0, dtype=np.float32)] if change.joined else seen
        found.append(_coordinates(np.concatenate(views), np.tile(spans, len(views))))
    return Space(rows, tuple(found), haze)


def _coordinates(features: NDArray[np.float16], spans: NDArray[np.bool_]) -> Floats:
    """Of all rows (M, F) in the span of those that heads may learn from: (M, R)."""
    scaler = Scaler.of(features[spans])
    span = scaler.scale(features[spans])
    basis = Basis.of(span)
    found = np.zeros((len(features), basis.coordinates.shape[1]))
    found[spans] = basis.coordinates
    if not spans.all():
        found[~spans] = (scaler.scale(features[~spans]) @ span.T).astype(np.float64) @ basis.back
    return found


def dealt(space: Space, change: Change) -> tuple[Places, Floats]:
    """Rows that may be learned from, and their out-of-fold scores 0..1, (seeds, n)."""
    wanted = np.flatnonzero(space.rows["fit"])
    groups, labels = space.rows["group"].to_numpy()[wanted], space.labels[wanted]
    scores = np.zeros((len(SEEDS), len(wanted)))
    for number, seed in enumerate(SEEDS):
        deal = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        for train, held in deal.split(labels, labels, groups):
            scores[number, held] = score(space, change, wanted[train], wanted[held])
    return wanted, scores


def left_out(space: Space, change: Change, source: str) -> tuple[Places, Floats]:
    """Rows of a source, and scores (seeds, n) by heads fitted on a draw of the others' patients."""
    there = space.rows["source"].to_numpy() == source
    groups = space.rows["group"].to_numpy()
    own = np.isin(groups, groups[there])
    others = np.flatnonzero(space.rows["fit"].to_numpy() & ~own)
    wanted = np.flatnonzero(there)
    scores = [score(space, change, train, wanted) for train in draws(others, groups, SEEDS)]
    return wanted, np.stack(scores)


def score(space: Space, change: Change, train: Places, wanted: Places) -> Floats:
    """Probabilities (n,): sigmoid of the members' mean log-odds, the smaller of two judgements."""
    count, views = len(space.rows), change.looks
    learned = np.arange(2 * views if change.mirrored else views) * count
    looks = np.arange(2 * views if change.averaged else views) * count
    shown = (train + learned[:, np.newaxis]).ravel()
    answers = []
    for x in space.coordinates:
        model = _fitted(space, change, x, shown)
        columns = [(model.coef_[0], float(model.intercept_[0]))]
        if change.haze is not None and space.haze is not None:
            measure = space.haze[shown % count]
            columns.append(judgement(x[shown], measure, np.ones(len(shown)), change.haze))
        seen = x[wanted[:, np.newaxis] + looks]  # (n, L, R)
        answers.append(np.stack([seen @ weights + bias for weights, bias in columns], axis=-1))
    return expit(answer(np.stack(answers, axis=2)))


def _fitted(space: Space, change: Change, x: Floats, shown: Places) -> LogisticRegression:
    """A head on some rows, weighted as the change says."""
    rows = space.rows.iloc[shown % len(space.rows)]
    labels = rows["label"].to_numpy(np.float64)
    sources = rows["source"]
    if change.weights == DRO:
        return _last(group_dro(x[shown], labels, sources.to_numpy(str)))
    weights = np.ones(len(rows))
    if change.weights == EVEN:
        weights = 1 / sources.map(sources.value_counts()).to_numpy(np.float64)
    elif isinstance(change.weights, dict):
        weights = sources.map(change.weights).fillna(1.0).to_numpy(np.float64)
    return linear.fit(x[shown], labels, weights, C)


def group_dro(
    x: Floats, labels: Floats, sources: NDArray[np.str_]
) -> Iterator[tuple[LogisticRegression, Floats]]:
    """Group DRO (Sagawa et al. 2020) in rounds: groups of larger loss weigh more in the next.

    Groups are source and label. Each round is a whole fit, after which the weight of each group
    grows by exp(step x its mean log loss); an exponentiated gradient step.

    Args:
        x: (N, R).
        labels: (N,) 0 or 1.
        sources: (N,).

    Yields:
        The model of each round, and the share of weight that each group had in it.
    """
    names = np.char.add(np.char.add(sources, " "), labels.astype(int).astype(str))
    groups, place, sizes = np.unique(names, return_inverse=True, return_counts=True)
    share = np.full(len(groups), 1 / len(groups))
    for _ in range(DRO_ROUNDS):
        weights = (share / sizes)[place]
        model = LogisticRegression(C=C, max_iter=linear.ITERATIONS, tol=linear.TOLERANCE)
        model.fit(x, labels, sample_weight=weights / weights.mean())
        yield model, share
        margin = np.where(labels == 1, 1, -1) * model.decision_function(x)
        loss = np.bincount(place, np.logaddexp(0, -margin)) / sizes
        share = share * np.exp(DRO_STEP * loss)
        share /= share.sum()


def _last(rounds: Iterator[tuple[LogisticRegression, Floats]]) -> LogisticRegression:
    *_, (model, _) = rounds
    return model
