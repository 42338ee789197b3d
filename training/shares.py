"""Scores by models that learned from a share of the patients, and from no source left out.

Descriptors are scaled by all images that may be learned from, without their labels, at every share.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from core.breakdown import INSIDE, POOLED, UNSEEN, WITHOUT
from training.linear import Floats
from training.members import ENOUGH, FOLDS, Choice, Places, Space, answer, folds, groups_of
from training.recipes import TextureRecipe
from training.trained import Trained, machines

DEALS = (2, 3, 4, 5)  # of the patients into folds; no head was chosen on them
DRAWS = tuple(range(2, 22))  # of a share of all patients: one fit each where folds are five


@dataclass(frozen=True)
class Ground:
    """What a curve is measured on.

    Attributes:
        space: N rows that may be learned from.
        choice: Settings of all fits.
        elsewhere: M rows of sources that are only scored.
        features: Their descriptors, as of training.members.Space.
        looks: How many looks answer them.
    """

    space: Space
    choice: Choice
    elsewhere: pd.DataFrame
    features: dict[str, NDArray[np.float16]]
    looks: int

    @property
    def rows(self) -> pd.DataFrame:
        """All N + M, with their groups."""
        every = pd.concat([self.space.rows, self.elsewhere], ignore_index=True)
        return every.assign(group=groups_of(every))


@dataclass(frozen=True)
class Question:
    """A group of rows whose AUC is asked.

    Attributes:
        kind: One of core.breakdown.KINDS.
        group: Source; empty for all.
        places: Of its rows, (n,).
    """

    kind: str
    group: str
    places: Places

    @property
    def without(self) -> str:
        """The source that is not learned from; empty for none."""
        return self.group if self.kind in (WITHOUT, UNSEEN) else ""


def questions(rows: pd.DataFrame, recipe: TextureRecipe) -> list[Question]:
    """What can be asked of rows: of all sources, inside each, and of those not learned from.

    Of a source with ENOUGH images of either class; or of one alone, set against the other class of
    the other sources.
    """
    home = rows["source"].isin(recipe.sources)
    found = [Question(POOLED, "", np.flatnonzero(home))] if len(recipe.sources) > 1 else []
    for source, own in rows[home].groupby("source"):
        if own["label"].value_counts().reindex([0, 1], fill_value=0).min() >= ENOUGH:
            found.append(Question(INSIDE, str(source), own.index.to_numpy()))
    for source in recipe.left_out:
        own = rows.loc[rows["source"] == source, "label"]
        if own.value_counts().min() < ENOUGH:
            continue
        # One class alone has no AUC: the other class of the other sources joins.
        joins = home & ~rows["label"].isin(own) & (rows["source"] != source)
        wanted = (rows["source"] == source) | joins
        found.append(Question(WITHOUT, source, np.flatnonzero(wanted)))
    for source in recipe.scored_elsewhere:
        found.append(Question(UNSEEN, source, np.flatnonzero(rows["source"] == source)))
    return found


def drawn(rows: pd.DataFrame, places: Places, share: float, seed: int) -> Places:
    """Those of a share of the groups among them, rounded up in each source and label.

    With the same places and seed, a smaller share lies within a larger one.
    """
    own = rows.iloc[places].assign(group=groups_of(rows)[places])
    order = own.drop_duplicates("group").sample(frac=1, random_state=seed)
    kinds = order.groupby(["source", "label"])["group"]
    taken = order.loc[kinds.cumcount() < np.ceil(share * kinds.transform("size")), "group"]
    return places[own["group"].isin(taken).to_numpy()]


def fits(space: Space, share: float, deal: int, without: str) -> Iterator[tuple[Places, Places]]:
    """Places to learn from, and those that are then scored: rows of other groups, each once.

    The rows of a source left out are spread over the models of the folds of the others. For a
    source elsewhere there is one fit, on a share of all, and no row of the space to score.
    """
    sources = space.rows["source"].to_numpy()
    own, others = np.flatnonzero(sources == without), np.flatnonzero(sources != without)
    if without and not len(own):
        yield drawn(space.rows, others, share, deal), own
        return
    for number, (train, rest) in enumerate(folds(space, deal, others)):
        yield drawn(space.rows, train, share, deal), np.concatenate([rest, own[number::FOLDS]])


def unseen(ground: Ground, share: float, without: str) -> Floats:
    """Scores 0..1 of all rows by a model that saw nothing of their group: (deals, N + M).

    Of a source elsewhere (draws, N + M). NaN where no model of this share and source left out was
    asked.
    """
    space = ground.space
    away = np.flatnonzero(ground.elsewhere["source"] == without)
    there, deals = len(space.rows) + away, DRAWS if len(away) else DEALS
    found = np.full((len(deals), len(space.rows) + len(ground.elsewhere)), np.nan)
    for number, deal in enumerate(deals):
        if len(away) and share == 1 and number:  # all patients: the first fit again
            found[number] = found[0]
            continue
        for used, wanted in fits(space, share, deal, without):
            if len(away):
                found[number, there] = _elsewhere(ground, used)[away]
            else:
                models = space.fit(ground.choice, used)
                found[number, wanted] = answer(space.log_odds(models, wanted))
    return np.asarray(expit(found))


def _elsewhere(ground: Ground, used: Places) -> Floats:
    """Log-odds of the rows elsewhere, (M,), by what some places taught."""
    kernels = machines(ground.space, ground.choice, used)
    taught = Trained(ground.choice, kernels, 1.0, 0.0, np.empty(0), ground.looks)
    return taught.log_odds(ground.features)
