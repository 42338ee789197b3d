"""Choose what an ensemble's members share: every combination tried, on patients unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit
from tqdm import tqdm

from core.artifacts import read_card
from core.curves import rank
from core.intervals import Weights, patient_draws, percentiles, prepare
from core.metrics import CONFIDENCE_Z, auc
from core.opinions import fingerprint
from training.features import DEFAULT_TRUNK
from training.files import whole
from training.linear import Floats
from training.members import (
    ENOUGH,
    FOLDS,
    Choice,
    Places,
    Space,
    answer,
    groups_of,
    models_of_folds,
    out_of_fold,
)
from training.recipes import TextureRecipe

DRAWS = 300  # of groups, for a standard error
ALL, INSIDE, WITHOUT = "pooled", "inside", "without"


@dataclass(frozen=True)
class Asked:
    """One criterion: its name, the places of rows (n,), and their log-odds (n,)."""

    name: str
    rows: Places
    answers: Floats

    def auc(self, labels: Floats) -> float:
        """Of all rows; labels (N,)."""
        return auc(labels[self.rows], expit(self.answers))

    def replicates(self, labels: Floats, draws: Weights) -> Floats:
        """AUC in each draw of the groups, (R,), NaN where one class is missing; draws (N, R)."""
        ranking = rank(labels[self.rows], expit(self.answers))
        return prepare(ranking, draws[self.rows]).areas["auc"]


def choose(space: Space, recipe: TextureRecipe, kept: Path) -> pd.DataFrame:
    """Every combination tried with its criteria, the best mean first.

    Penalty and weights of sources first, then the leans of the recipe with the best of them.

    Args:
        space: To fit and judge on.
        recipe: What to try.
        kept: Folder of the judgements of an unfinished run, which are not made again.
    """
    options = [Choice(c, weights) for c, weights in product(recipe.penalties, recipe.weights)]
    found = _judged(space, recipe, options, kept)
    top = best(found, recipe)
    leaning = [replace(top, haze=haze) for haze in recipe.hazes]
    leaning += [replace(top, steady=steady) for steady in recipe.steadies]
    joined = pd.concat([found, _judged(space, recipe, leaning, kept)]) if leaning else found
    return joined.sort_values("mean", ascending=False, ignore_index=True)


def _judged(
    space: Space, recipe: TextureRecipe, options: Sequence[Choice], kept: Path
) -> pd.DataFrame:
    """A row an option, the best mean first."""
    rows = []
    for one in tqdm(options, "choices", unit="choice"):
        rows.append(settings(one, recipe) | judge_once(space, recipe, one, kept))
    return pd.DataFrame(rows).sort_values("mean", ascending=False, ignore_index=True)


def settings(choice: Choice, recipe: TextureRecipe) -> dict[str, float]:
    """What the first columns of the table of `choose` say of a combination; NaN for no haze."""
    weights = {_column(name): choice.source_weights.get(name, 1.0) for name in _weighed(recipe)}
    haze = np.nan if choice.haze is None else choice.haze
    return {"c": choice.c, **weights, "haze": haze, "steady": choice.steady}


def judge_once(space: Space, recipe: TextureRecipe, choice: Choice, kept: Path) -> dict[str, float]:
    """`judge`, or what it said before; arguments as of `choose`."""
    images = space.rows[["image_id", "source", "label"]].to_csv(index=False)
    trunk = fingerprint(read_card(DEFAULT_TRUNK))
    taught = f"{trunk} {recipe.members} {recipe.views} {recipe.joined} {FOLDS}"
    asked = f"{taught} {recipe.deals} {recipe.left_out} {choice} {images}"
    path = kept / f"{hashlib.sha256(asked.encode()).hexdigest()[:24]}.json"
    if path.is_file():
        return dict(json.loads(path.read_text(encoding="utf-8")))
    found = judge(space, choice, recipe.deals, recipe.left_out)
    with whole(path) as half:
        half.write_text(json.dumps(found), encoding="utf-8")
    return found


def best(choices: pd.DataFrame, recipe: TextureRecipe) -> Choice:
    """The row of `choose` that leans most on what is known beforehand, at a cost that is allowed.

    COVID-19 is hazy, a letter or the exposure is no sign of it: such knowledge should count as far
    as the labels do not contradict it. Allowed is a mean AUC that lies below the best without it by
    no more than recipe.cost standard errors (with 1 the rule of Breiman et al. 1984). Else the
    first row.
    """
    plain = choices[choices["haze"].isna() & (choices["steady"] == 0)].iloc[0]
    allowed = choices[choices["mean"] >= plain["mean"] - recipe.cost * plain["error"]]
    order = ["haze", "steady"]  # no bound comes before the lowest
    chosen = allowed.sort_values(order, kind="stable", na_position="first").iloc[-1]
    leans = pd.notna(chosen["haze"]) or chosen["steady"] > 0
    chosen = chosen if leans else plain
    return Choice(
        float(chosen["c"]),
        {name: float(chosen[_column(name)]) for name in _weighed(recipe)},
        float(chosen["haze"]) if pd.notna(chosen["haze"]) else None,
        float(chosen["steady"]),
    )


def _column(source: str) -> str:
    return f"weight {source}"


def _weighed(recipe: TextureRecipe) -> list[str]:
    return sorted({source for weights in recipe.weights for source in weights})


def judge(
    space: Space, choice: Choice, seeds: Sequence[int], left_out: Sequence[str]
) -> dict[str, float]:
    """What a choice is made by: AUC over all sources, inside each, and on sources left out.

    Returns:
        Criterion -> AUC 0..1: "pooled" where there are several sources, "inside S" where a source
        has enough of both classes, "without S" for each source left out. "mean": each of these
        three questions weighs the same, however many sources answer it. "error": the standard
        error of that mean, over groups drawn anew.

    Raises:
        ValueError: No criterion can be asked of the rows.
    """
    scores = out_of_fold(space, choice, seeds).mean(axis=0)
    sources = space.rows.groupby("source").indices
    asked: dict[str, list[Asked]] = {ALL: [], INSIDE: [], WITHOUT: []}
    if len(sources) > 1:
        asked[ALL].append(Asked(ALL, np.arange(len(space.rows)), scores))
    for source, rows in sources.items():
        counts = space.rows["label"].iloc[rows].value_counts().reindex([0, 1], fill_value=0)
        if counts.min() >= ENOUGH:
            asked[INSIDE].append(Asked(f"{INSIDE} {source}", rows, scores[rows]))
    for source in (one for one in left_out if one in sources):
        rows, answers = _unseen(space, choice, seeds, source)
        if space.rows["label"].iloc[rows].nunique() == 2:
            asked[WITHOUT].append(Asked(f"{WITHOUT} {source}", rows, answers))
    questions = [found for found in asked.values() if found]
    if not questions:
        raise ValueError(f"expected a source with both classes, received {sorted(sources)}")
    return _summary(questions, space)


def _summary(questions: Sequence[Sequence[Asked]], space: Space) -> dict[str, float]:
    """Criteria, their mean over questions, and its error."""
    found = {one.name: one.auc(space.labels) for own in questions for one in own}
    mean = np.mean([np.mean([found[one.name] for one in own]) for own in questions])
    return found | {"mean": float(mean), "error": _error(questions, space)}


def _error(questions: Sequence[Sequence[Asked]], space: Space) -> float:
    """Standard error of the mean over questions: groups are drawn once for all of them.

    A source that a draw leaves without one of the classes says nothing in it; 0 where too few draws
    say anything.
    """
    draws = patient_draws(groups_of(space.rows), DRAWS)
    means = [
        _mean_of_known([one.replicates(space.labels, draws) for one in own]) for own in questions
    ]
    low, high = percentiles(np.mean(means, axis=0))
    error = float(high - low) / (2 * CONFIDENCE_Z)
    return 0.0 if np.isnan(error) else error


def _mean_of_known(replicates: Sequence[Floats]) -> Floats:
    """(sources, R) -> (R,): the mean over those that are not NaN; NaN where all are."""
    values = np.array(replicates)
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0).sum(axis=0) / known.sum(axis=0)


def _unseen(
    space: Space, choice: Choice, seeds: Sequence[int], source: str
) -> tuple[Places, Floats]:
    """Rows (n,) and log-odds (n,) that tell how a source is answered by models without it.

    They are those of the source. Where it has one class only, the other class of the other sources
    joins, and the models of folds answer both: the mean of those that saw neither source nor group.
    """
    own = space.rows["source"].to_numpy() == source
    rows, others = np.flatnonzero(own), np.flatnonzero(~own)
    if len(set(space.labels[rows])) > 1:
        return rows, answer(space.log_odds(space.fit(choice, others), rows))
    sums, times = np.zeros(len(own)), np.zeros(len(own))
    for seed in seeds:
        for models, rest in models_of_folds(space, choice, seed, others):
            places = np.r_[rest, rows]
            sums[places] += answer(space.log_odds(models, places))
            times[places] += 1
    opposite = ~np.isin(space.labels, space.labels[rows])
    told = np.flatnonzero(own | opposite)
    return told, sums[told] / times[told]
