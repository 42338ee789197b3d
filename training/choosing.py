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
from numpy.typing import NDArray
from scipy.special import expit
from tqdm import tqdm

from core.metrics import CONFIDENCE_Z, auc, bootstrap_interval
from training.linear import Floats
from training.members import ENOUGH, Choice, Space, answer, groups_of, out_of_fold
from training.recipes import TextureRecipe

DRAWS = 300  # of groups, for a standard error
ALL, INSIDE, WITHOUT = "pooled", "inside", "without"


@dataclass(frozen=True)
class Judged:
    """One criterion: its name, AUC and the standard error of that; 0 where too few can tell."""

    name: str
    auc: float
    error: float

    @classmethod
    def of(cls, name: str, space: Space, rows: NDArray[np.intp], log_odds: Floats) -> Judged:
        """Of some rows, (n,), and what was answered there, (n,)."""
        labels, scores = space.labels[rows], expit(log_odds)
        groups = groups_of(space.rows)[rows]
        low, high = bootstrap_interval(auc, labels, scores, groups, replicates=DRAWS)
        error = (high - low) / (2 * CONFIDENCE_Z)
        return cls(name, auc(labels, scores), 0.0 if np.isnan(error) else error)


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
    asked = f"{recipe.members} {recipe.views} {recipe.deals} {recipe.left_out} {choice} {images}"
    path = kept / f"{hashlib.sha256(asked.encode()).hexdigest()[:24]}.json"
    if path.is_file():
        return dict(json.loads(path.read_text(encoding="utf-8")))
    found = judge(space, choice, recipe.deals, recipe.left_out)
    kept.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    half.write_text(json.dumps(found), encoding="utf-8")
    half.rename(path)
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
        error of that mean, over groups drawn anew, as if the questions were independent.

    Raises:
        ValueError: No criterion can be asked of the rows.
    """
    scores = out_of_fold(space, choice, seeds).mean(axis=0)
    sources = space.rows.groupby("source").indices
    everything = np.arange(len(space.rows))
    asked: dict[str, list[Judged]] = {ALL: [], INSIDE: [], WITHOUT: []}
    if len(sources) > 1:
        asked[ALL].append(Judged.of(ALL, space, everything, scores))
    for source, rows in sources.items():
        counts = space.rows["label"].iloc[rows].value_counts().reindex([0, 1], fill_value=0)
        if counts.min() >= ENOUGH:
            asked[INSIDE].append(Judged.of(f"{INSIDE} {source}", space, rows, scores[rows]))
    for source in (one for one in left_out if one in sources):
        rows, answers = _unseen(space, choice, seeds, source)
        if space.rows["label"].iloc[rows].nunique() == 2:
            asked[WITHOUT].append(Judged.of(f"{WITHOUT} {source}", space, rows, answers))
    questions = [found for found in asked.values() if found]
    if not questions:
        raise ValueError(f"expected a source with both classes, received {sorted(sources)}")
    return _summary(questions)


def _summary(questions: Sequence[Sequence[Judged]]) -> dict[str, float]:
    """Criteria, their mean over questions, and its error."""
    found = {one.name: one.auc for own in questions for one in own}
    means = [np.mean([one.auc for one in own]) for own in questions]
    errors = [np.sqrt(sum(one.error**2 for one in own)) / len(own) for own in questions]
    error = np.sqrt(sum(one**2 for one in errors)) / len(questions)
    return found | {"mean": float(np.mean(means)), "error": float(error)}


def _unseen(
    space: Space, choice: Choice, seeds: Sequence[int], source: str
) -> tuple[NDArray[np.intp], Floats]:
    """Rows (n,) and log-odds (n,) that tell how a source is answered by models without it.

    They are those of the source. Where it has one class only, the other class of the other sources
    joins, each row answered by models that saw neither its group nor the source (and so less than
    the one that answers the source).
    """
    rows = np.flatnonzero(space.rows["source"] == source)
    others = np.flatnonzero(space.rows["source"] != source)
    answers = answer(space.log_odds(space.fit(choice, others), rows))
    if len(set(space.labels[rows])) > 1:
        return rows, answers
    unseen = out_of_fold(space, choice, seeds, among=others).mean(axis=0)
    opposite = ~np.isin(space.labels[others], space.labels[rows])
    return np.r_[rows, others[opposite]], np.r_[answers, unseen[opposite]]
