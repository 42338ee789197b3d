"""The patients a search may use, dealt into folds, and the AUC that it goes by.

Training and validation patients only: no test patient is read, so none can steer a choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from core.library import read_library
from core.metrics import auc
from core.schema import Split
from training.features import FeatureStore
from training.lab.base import folds, group_rows
from training.lower import lower_maps, trunk_weights
from training.members import ENOUGH, groups_of
from training.recipes import RECIPES
from training.train import labelled_rows
from training.tuning.space import Setting
from training.tuning.stack import Floats, Side
from training.unfrozen import BELOW

RECIPE = "vgg16-{}"  # of the shipped head on a data set
SEARCHED = (Split.TRAIN, Split.VAL)
ALL = "all"
PARTS = 3  # folds of a deal: a trial trains so many heads
CHANCE = 0.5


@dataclass(frozen=True)
class Problem:
    """Images to learn from and to be judged by.

    Attributes:
        rows: N manifest rows with their `group`, which is never torn apart.
        pooled: Pooling -> float32 (N, F).
        lower: Maps below block 5, float16 (N, 14, 14, 512), where convolutions may learn as well.
    """

    rows: pd.DataFrame
    pooled: dict[str, Floats]
    lower: NDArray[np.float16] | None = None

    @property
    def labels(self) -> Floats:
        """(N,), 0 or 1."""
        return self.rows["label"].to_numpy(np.float32)

    @property
    def tests(self) -> dict[str, NDArray[np.bool_]]:
        """Test -> which images it is about, (N,): all, and each source with enough of both."""
        found = {ALL: np.ones(len(self.rows), bool)}
        for source, part in self.rows.groupby("source"):
            counts = part["label"].value_counts().reindex([0, 1], fill_value=0)
            if len(part) < len(self.rows) and counts.min() >= ENOUGH:
                found[f"inside {source}"] = (self.rows["source"] == source).to_numpy()
        return found


def load_problem(
    dataset: str, manifest: pd.DataFrame, root: Path, runs: Path, unfreeze: bool = False
) -> Problem:
    """The images of a data set that may be searched on, with their cached features."""
    rows = searched_rows(dataset, manifest)
    features = FeatureStore(runs).get(rows, root)[0].astype(np.float32)  # (N, 7, 7, 512)
    pooled = {"average": features.mean((1, 2)), "flatten": features.reshape(len(rows), -1)}
    lower = lower_maps(rows, root, runs, BELOW, trunk_weights()) if unfreeze else None
    return Problem(rows, pooled, lower)


def searched_rows(dataset: str, manifest: pd.DataFrame) -> pd.DataFrame:
    """Labelled training and validation rows of a data set's sources, with their group.

    A group is a patient, or a paper whose figures share their look, with all look-alikes.
    """
    recipe = RECIPES[RECIPE.format(dataset)]
    rows = labelled_rows(recipe, manifest)
    rows = rows[rows["source"].isin(recipe.sources) & rows["split"].isin(SEARCHED)]
    rows = rows.reset_index(drop=True)
    held_together = rows.assign(patient_id=groups_of(rows))
    return rows.assign(group=group_rows(held_together, read_library().pairs))


def sides(problem: Problem, setting: Setting, seed: int) -> list[Side]:
    """One head a fold; the seed deals the groups and starts the heads."""
    rows = problem.rows
    strata = (rows["source"] + rows["label"].map(str)).to_numpy(str)
    dealt = folds(strata, rows["group"].to_numpy(), seed, PARTS)
    return [
        Side(train, held, image_weights(rows, train, setting), seed * 100 + number)
        for number, (train, held) in enumerate(dealt)
    ]


def image_weights(rows: pd.DataFrame, train: NDArray[np.intp], setting: Setting) -> Floats:
    """Weight of each image (N,), mean 1 over the training images; the others get 0.

    The product of (images of its class) ** -a and (images of its source) ** -b.
    """
    part = rows.iloc[train]
    weights = np.ones(len(part))
    for column, power in (("label", setting.class_weight), ("source", setting.source_weight)):
        weights *= part.groupby(column)[column].transform("size").to_numpy(float) ** -power
    full = np.zeros(len(rows), np.float32)
    full[train] = weights / weights.mean()
    return full


def areas(
    problem: Problem, together: Sequence[Side], answers: Sequence[Floats]
) -> dict[str, list[float]]:
    """Test -> AUC of each head on its held-out images; a head that diverged only guesses.

    Args:
        problem: Labels and tests.
        together: M sides.
        answers: Log-odds of their held-out images.
    """
    found: dict[str, list[float]] = {}
    for test, mask in problem.tests.items():
        found[test] = []
        for side, answer in zip(together, answers, strict=True):
            own = mask[side.held]
            labels = problem.labels[side.held][own]
            diverged = not np.isfinite(answer).all()
            score = expit(answer[own].astype(np.float64))
            found[test].append(CHANCE if diverged else auc(labels, score))
    return found


def goal(found: dict[str, list[float]]) -> list[float]:
    """What the search maximises, one number a fold: the mean over the tests."""
    return [float(np.mean(values)) for values in zip(*found.values(), strict=True)]
