"""Fit the members of an ensemble, choose what they share by patients they have not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from core.metrics import auc
from training import linear
from training.linear import Basis, Floats, Scaler

# COVID-CT took its positives from preprints, several patients each: a paper's figures share their
# look (window, size, compression), so a paper stays on one side as a patient does.
PAPER = r"CT_COVID/(2020\.\d\d\.\d\d\.\d+)"
PAPERS, PATIENTS = "papers", "patients"
FOLDS = 5
ENOUGH = 10  # images of either class, for an AUC inside one source


@dataclass(frozen=True)
class Choice:
    """What all members share.

    Attributes:
        c: Inverse of the penalty.
        source_weights: Weight of each source's images; 1 where it is not named.
    """

    c: float
    source_weights: dict[str, float]

    def weights(self, rows: pd.DataFrame) -> Floats:
        """Weight of each row, (N,)."""
        return rows["source"].map(self.source_weights).fillna(1.0).to_numpy(np.float64)


@dataclass(frozen=True)
class Space:
    """Rows to fit on, their labels and the span of each member's descriptors.

    Attributes:
        rows: N manifest rows.
        features: Member's name -> float16 (N, 2, F): each image and its mirror.
        scalers: Member's name -> its scaler.
        bases: Member's name -> coordinates of all images, then of all mirrors, (2 N, R).
    """

    rows: pd.DataFrame
    features: dict[str, NDArray[np.float16]]
    scalers: dict[str, Scaler]
    bases: dict[str, Basis]

    @classmethod
    def of(cls, rows: pd.DataFrame, features: dict[str, NDArray[np.float16]]) -> Space:
        """From the rows' descriptors."""
        scalers = {name: Scaler.of(_both(one)) for name, one in features.items()}
        bases = {name: Basis.of(scalers[name].scale(_both(one))) for name, one in features.items()}
        return cls(rows, features, scalers, bases)

    @property
    def labels(self) -> Floats:
        """(N,), 0 or 1."""
        return self.rows["label"].to_numpy(np.float64)

    def fit(self, choice: Choice, used: NDArray[np.intp]) -> dict[str, LogisticRegression]:
        """A model for each member on some rows and their mirrors."""
        twice = np.concatenate([used, used + len(self.rows)])
        labels, weights = (
            np.tile(self.labels, 2)[twice],
            np.tile(choice.weights(self.rows), 2)[twice],
        )
        return {
            name: linear.fit(basis.coordinates[twice], labels, weights, choice.c)
            for name, basis in self.bases.items()
        }

    def log_odds(self, models: dict[str, LogisticRegression], wanted: NDArray[np.intp]) -> Floats:
        """Of some rows, (n, K)."""
        found = [
            models[name].decision_function(b.coordinates[wanted]) for name, b in self.bases.items()
        ]
        return np.stack(found, axis=1)


def groups_of(rows: pd.DataFrame, by: str = PAPERS) -> NDArray[np.object_]:
    """What must not be torn apart, (N,): a paper where known, else a patient, else the image.

    Args:
        rows: Of the manifest.
        by: PAPERS; or PATIENTS, to see what that lets through.
    """
    patients = rows["patient_id"].where(rows["patient_id"] != "", rows["image_id"]).astype(object)
    if by == PATIENTS:
        return patients.to_numpy()
    papers = rows["path"].str.extract(PAPER)[0].astype(object)
    return papers.where(papers.notna(), patients).to_numpy()


def out_of_fold(
    space: Space, choice: Choice, seeds: Sequence[int], by: str = PAPERS
) -> NDArray[np.float64]:
    """Log-odds of every row by models that saw nothing of its group: (seeds, N, K)."""
    groups = groups_of(space.rows, by)
    found = np.zeros((len(seeds), len(space.rows), len(space.bases)))
    for number, seed in enumerate(seeds):
        deal = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        for train, rest in deal.split(space.labels, space.labels, groups):
            found[number, rest] = space.log_odds(space.fit(choice, train), rest)
    return found


def judge(
    space: Space, choice: Choice, seeds: Sequence[int], left_out: Sequence[str]
) -> dict[str, float]:
    """Where it is hard: AUC inside each source with both classes, and on sources left out.

    Returns:
        Criterion -> AUC 0..1, and "mean" of them: what a choice is made by.
    """
    scores = expit(out_of_fold(space, choice, seeds).mean(axis=(0, 2)))
    found = {}
    for source, rows in space.rows.groupby("source").indices.items():
        if (
            space.rows["label"].iloc[rows].value_counts().reindex([0, 1], fill_value=0).min()
            >= ENOUGH
        ):
            found[f"inside {source}"] = auc(space.labels[rows], scores[rows])
    for source in left_out:
        others = np.flatnonzero(space.rows["source"] != source)
        rows = np.flatnonzero(space.rows["source"] == source)
        if space.rows["label"].iloc[rows].nunique() == 2:
            answers = expit(space.log_odds(space.fit(choice, others), rows).mean(axis=1))
            found[f"without {source}"] = auc(space.labels[rows], answers)
    return found | {"mean": float(np.mean(list(found.values())))}


def platt(labels: Floats, log_odds: Floats) -> tuple[float, float]:
    """Slope and offset that turn log-odds into calibrated ones (Platt 1999), by patients unseen."""
    model = LogisticRegression(C=np.inf).fit(log_odds[:, np.newaxis], labels)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def machines(space: Space, choice: Choice) -> dict[str, tuple[Floats, float]]:
    """Fitted on all rows: member's name -> weight of each of its features (F,), and bias."""
    models = space.fit(choice, np.arange(len(space.rows)))
    return {
        name: linear.plain(
            models[name],
            basis,
            space.scalers[name].scale(_both(space.features[name])),
            space.scalers[name],
        )
        for name, basis in space.bases.items()
    }


@dataclass(frozen=True)
class Trained:
    """An ensemble before it is stored.

    Attributes:
        choice: What was chosen.
        machines: Member's name -> calibrated weights on its features (F,), and bias.
        slope: Of the calibration, in log-odds.
        offset: Of the calibration.
        unseen: Calibrated probability of each row fitted on, by models that had not seen it, (N,).
    """

    choice: Choice
    machines: dict[str, tuple[Floats, float]]
    slope: float
    offset: float
    unseen: Floats

    def score(self, features: dict[str, NDArray[np.float16]]) -> Floats:
        """Probabilities (N,) of descriptors, float16 (N, 2, F) a member; mirrors are not used."""
        answers = [
            features[name][:, 0].astype(np.float64) @ kernel + bias
            for name, (kernel, bias) in self.machines.items()
        ]
        return expit(np.mean(answers, axis=0))

    def answers(self, features: dict[str, NDArray[np.float16]]) -> Floats:
        """Probabilities (N, 2 K) by each member alone, of the image and of its mirror."""
        each = [
            features[name].astype(np.float64) @ kernel + bias  # (N, 2)
            for name, (kernel, bias) in self.machines.items()
        ]
        return expit(np.concatenate(each, axis=1))


def train(space: Space, choice: Choice, seeds: Sequence[int]) -> Trained:
    """Fit all members on all rows; calibrate by what they say of groups unseen."""
    unseen = out_of_fold(space, choice, seeds).mean(axis=2)  # (seeds, N)
    slope, offset = platt(np.tile(space.labels, len(seeds)), unseen.ravel())
    calibrated = {
        name: (kernel * slope, bias * slope + offset)
        for name, (kernel, bias) in machines(space, choice).items()
    }
    mean = expit(slope * unseen + offset).mean(axis=0)
    return Trained(choice, calibrated, slope, offset, mean)


def _both(features: NDArray[np.float16]) -> NDArray[np.float16]:
    """(N, 2, F) -> (2 N, F): all images, then all mirrors."""
    return np.concatenate([features[:, 0], features[:, 1]])
