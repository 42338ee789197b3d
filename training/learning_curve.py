"""Fit the recipe of an ensemble on fewer patients: would more of them help?

    python -m training learning_curve --model vgg16-ct-texture --root DIR

The settings are those of the shipped head, which these same patients chose, on other deals of them
into folds. Of the patients (papers, where known) of four folds a share is learned from, of each
source and label alike, a smaller share within a larger one; the fifth is scored. Training and
validation patients only; a source never learned from is scored by what a share of all others
taught. Gains are paired with half as many patients. AUC and gain are means over deals, of one model
an answer; intervals draw the patients that are scored, not those learned from: for these, `rising`
counts the deals in which twice the patients did better. Writes models/<id>/learning_curve.csv.
Scores are kept in RUNS until the table is there, so that a run that was cut off goes on where it
was.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from core.artifacts import LEARNING_CURVE, MODELS_DIR, read_card
from core.curves import rank
from core.intervals import Weights, patient_draws, percentiles, prepare
from core.metrics import auc
from core.opinions import fingerprint
from core.paired import Difference, bootstrap_difference
from training.choosing import settings
from training.data import load_manifest
from training.deals import shipped
from training.features import DEFAULT_TRUNK, RUNS
from training.files import whole
from training.haze import measured
from training.linear import Floats
from training.members import FOLDS, Space, groups_of
from training.recipes import TEXTURES, TextureRecipe
from training.record import commit
from training.shares import DEALS, DRAWS, Ground, fits, questions, unseen
from training.texture import material, space_of

SHARES = (0.125, 0.25, 0.5, 1.0)  # of the patients; each twice the one before


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--model", choices=sorted(TEXTURES), required=True)
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches")


def run(args: argparse.Namespace) -> int:
    """Score each share, write, print."""
    recipe, kept = TEXTURES[args.model], args.runs / "learning_curve" / args.model
    ground = _ground(args.model, recipe, args)
    table = curve(ground, recipe, kept).assign(**settings(ground.choice, recipe), commit=commit())
    table.to_csv(MODELS_DIR / args.model / LEARNING_CURVE, index=False)
    shutil.rmtree(kept)
    print(table.to_string(index=False))
    return 0


def _ground(model_id: str, recipe: TextureRecipe, args: argparse.Namespace) -> Ground:
    manifest = load_manifest(args.root, args.runs)
    rows, features, fitted_on = material(recipe, manifest, args.root, args.runs)
    haze = measured(rows, args.root, args.runs)
    away = rows["source"].isin(recipe.scored_elsewhere).to_numpy()
    return Ground(
        space_of(rows, features, fitted_on, recipe, haze),
        shipped(read_card(model_id)),
        rows[away],
        {name: one[away] for name, one in features.items()},
        len(recipe.looks),
    )


def curve(ground: Ground, recipe: TextureRecipe, kept: Path) -> pd.DataFrame:
    """A row a test and share: how many were learned from, AUC, gain over half as many.

    Args:
        ground: What to learn from and to score.
        recipe: Whose sources are left out, or only scored.
        kept: Folder of the scores of an unfinished run.
    """
    rows, lines = ground.rows, []
    asked = questions(rows, recipe)
    withouts = dict.fromkeys(test.without for test in asked)
    todo = [(share, without) for without in withouts for share in SHARES]
    found = {
        (share, without): _kept(ground, recipe, share, without, kept)
        for share, without in tqdm(todo, "learning curve", unit="share")
    }
    counts = {one: learned_from(ground.space, *one) for one in todo}
    for one in asked:
        half = None
        for share in SHARES:
            scores = found[share, one.without][:, one.places]
            fixed = {"kind": one.kind, "group": one.group, "share": share}
            fixed |= counts[share, one.without]
            lines.append(fixed | mean_gain(rows.iloc[one.places], scores, half))
            half = scores
    return pd.DataFrame(lines)


def mean_gain(rows: pd.DataFrame, scores: Floats, half: Floats | None) -> dict[str, float]:
    """Mean AUC of single models, and what it gains over others on the same images.

    Args:
        rows: n, with label (0, 1) and group; intervals draw groups.
        scores: (deals, n) 0..1, a model each.
        half: Of the others, likewise; None for none, whose gain is NaN and never above 0.
    """
    labels, draws = rows["label"].to_numpy(), patient_draws(rows["group"])
    each, drawn_anew = _areas(labels, scores, draws)
    low, high = percentiles(drawn_anew)
    numbers = {"auc": each.mean(), "low": low, "high": high, "deviation": each.std(ddof=1)}
    gain, rising = Difference(np.nan, np.nan, np.nan, np.nan), 0
    if half is not None:
        before, before_anew = _areas(labels, half, draws)
        gain = bootstrap_difference(each.mean() - before.mean(), drawn_anew, before_anew)
        rising = int((each > before).sum())
    numbers |= {"gain": gain.value, "gain_low": gain.low, "gain_high": gain.high}
    counts = {"images": len(rows), "positives": int(labels.sum())}
    counts |= {"deals": len(scores), "rising": rising}
    return counts | {name: round(float(value), 4) for name, value in numbers.items()}


def _areas(labels: Floats, scores: Floats, draws: Weights) -> tuple[Floats, Floats]:
    """AUC of each model (deals,), and their mean in each draw (R,)."""
    each = np.array([auc(labels, one) for one in scores])
    anew = [prepare(rank(labels, one), draws).areas["auc"] for one in scores]
    return each, np.mean(anew, axis=0)


def learned_from(space: Space, share: float, without: str) -> dict[str, float]:
    """How many patients (or papers) and images one fit learns from, on average."""
    groups = groups_of(space.rows)
    deals = DEALS if without in ("", *space.rows["source"]) else DRAWS
    used = [one for deal in deals for one, _ in fits(space, share, deal, without)]
    patients, images = np.mean([(len(set(groups[one])), len(one)) for one in used], axis=0)
    return {"patients": round(float(patients), 1), "learned_from": round(float(images), 1)}


def _kept(ground: Ground, recipe: TextureRecipe, share: float, without: str, kept: Path) -> Floats:
    """`unseen`, or what it said before."""
    images = ground.rows[["image_id", "source", "label"]].to_csv(index=False)
    trunk = fingerprint(read_card(DEFAULT_TRUNK))
    taught = f"{trunk} {recipe.members} {recipe.views} {recipe.joined} {FOLDS} {DEALS} {DRAWS}"
    asked = f"{taught} {share} {without} {ground.choice} {images}"
    path = kept / f"{hashlib.sha256(asked.encode()).hexdigest()[:24]}.npy"
    if path.is_file():
        return np.asarray(np.load(path))
    found = unseen(ground, share, without)
    with whole(path) as half, half.open("wb") as stream:
        np.save(stream, found)
    return found
