"""Choose what an ensemble's members share: every combination tried, on patients unseen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pandas as pd
from tqdm import tqdm

from training.members import Choice, Space, judge
from training.recipes import TextureRecipe

PENALTIES = (1.0, 10.0, 100.0, 1000.0)
DEAL = 0  # of patients into folds, the same for every combination


def choose(space: Space, recipe: TextureRecipe) -> pd.DataFrame:
    """Every combination tried with its criteria, the best mean first.

    Penalty and weights of sources first, then the leans of the recipe with the best of them.
    """
    options = [Choice(c, weights) for c, weights in product(PENALTIES, recipe.weights)]
    found = _judged(space, recipe, options)
    top = best(found, recipe)
    leaning = [replace(top, haze=haze) for haze in recipe.hazes]
    leaning += [replace(top, steady=steady) for steady in recipe.steadies]
    joined = pd.concat([found, _judged(space, recipe, leaning)]) if leaning else found
    return joined.sort_values("mean", ascending=False, ignore_index=True)


def _judged(space: Space, recipe: TextureRecipe, options: Sequence[Choice]) -> pd.DataFrame:
    """A row an option, the best mean first."""
    rows = []
    for one in tqdm(options, "choices", unit="choice"):
        weights = {_column(name): one.source_weights.get(name, 1.0) for name in _weighed(recipe)}
        settings = {"c": one.c, **weights, "haze": one.haze, "steady": one.steady}
        rows.append(settings | judge(space, one, (DEAL,), recipe.left_out))
    return pd.DataFrame(rows).sort_values("mean", ascending=False, ignore_index=True)


def best(choices: pd.DataFrame, recipe: TextureRecipe) -> Choice:
    """The row of `choose` that leans most on what is known beforehand, at a cost that is allowed.

    COVID-19 is hazy, a letter is no sign of it: such knowledge should count as far as the labels do
    not contradict it. Allowed is a mean AUC that lies below the best without it by no more than
    recipe.cost standard errors (with 1 the rule of Breiman et al. 1984). Else the first row.
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
