"""Choose an ensemble's settings again on other deals of the patients: how firm are they?

    python -m training deals --model vgg16-ct-texture --root DIR

What is tried, the rule and the images are those of `python -m training texture`; the settings of
the shipped head are judged on the same deals. The head stays. Writes models/<id>/deals.csv. A run
that was cut off goes on where it was.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.artifacts import MODELS_DIR, Card, read_card
from training.choosing import best, choose, judge_once, settings
from training.data import load_manifest
from training.features import RUNS
from training.haze import measured
from training.members import Choice, Space
from training.recipes import TEXTURES, TextureRecipe
from training.record import commit
from training.texture import material, space_of

TABLE = "deals.csv"
OTHERS = (2, 3, 4)  # that no head was chosen on
SHIPPED, CHOSEN, TRIED = "shipped", "chosen", "tried"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--model", choices=sorted(TEXTURES), required=True)
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches")
    parser.add_argument("--deals", type=int, nargs="+", default=OTHERS, help="seeds of the deals")


def run(args: argparse.Namespace) -> int:
    """Judge, write, print."""
    recipe = replace(TEXTURES[args.model], deals=tuple(args.deals))
    manifest = load_manifest(args.root, args.runs)
    rows, features, fitted_on = material(recipe, manifest, args.root, args.runs)
    haze = measured(rows, args.root, args.runs)
    space = space_of(rows, features, fitted_on, recipe, haze)
    kept = args.runs / "deals" / args.model
    table = compared(space, recipe, shipped(read_card(args.model)), kept)
    table = table.assign(deals=" ".join(map(str, args.deals)), commit=commit())
    table.round(4).to_csv(MODELS_DIR / args.model / TABLE, index=False)
    shutil.rmtree(kept, ignore_errors=True)
    print(table.round(3).to_string(index=False))
    return 0


def shipped(card: Card) -> Choice:
    """The settings of a shipped head."""
    config = card.config
    return Choice(config["c"], config["source_weights"], config["haze"], config["steady"])


def compared(space: Space, recipe: TextureRecipe, own: Choice, kept: Path) -> pd.DataFrame:
    """The table of `choose` below two rows: the shipped settings, and what the rule takes here.

    Args:
        space: As in training.choosing.choose.
        recipe: Likewise; its deals judge.
        own: The shipped settings.
        kept: As there.
    """
    tried = choose(space, recipe, kept)
    taken = settings(best(tried, recipe), recipe)
    values = tried[list(taken)].to_numpy(np.float64)
    here = np.isclose(values, list(taken.values()), equal_nan=True).all(axis=1)
    first = settings(own, recipe) | judge_once(space, recipe, own, kept)
    below = [tried[here].assign(role=CHOSEN), tried[~here].assign(role=TRIED)]
    return pd.concat([pd.DataFrame([first]).assign(role=SHIPPED), *below], ignore_index=True)
