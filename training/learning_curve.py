"""Fit the recipe of an ensemble on fewer patients: would more of them help?

    python -m training learning_curve --model vgg16-ct-texture --root DIR

The settings are those of the shipped head, on deals of the patients into folds that chose none of
them. In each fold a share of the other patients (papers, where known) is learned from, of each
source and label alike; a smaller share lies within a larger one. Training and validation patients
only; a source never learned from is scored by what a share of all others taught. Gains are paired
with half as many patients; intervals draw patients. Writes models/<id>/learning_curve.csv. Scores
are kept in RUNS until the table is there, so that a run that was cut off goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from tqdm import tqdm

from core.artifacts import LEARNING_CURVE, MODELS_DIR, read_card
from core.breakdown import INSIDE, POOLED, UNSEEN, WITHOUT
from training.data import load_manifest
from training.deals import OTHERS, shipped
from training.features import RUNS
from training.gains import gain_row
from training.haze import measured
from training.linear import Floats
from training.members import ENOUGH, Choice, Places, Space, answer, folds, groups_of
from training.recipes import TEXTURES, TextureRecipe
from training.record import commit
from training.texture import material, space_of
from training.trained import Trained, machines

SHARES = (0.125, 0.25, 0.5, 1.0)  # of the patients; each twice the one before


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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--model", choices=sorted(TEXTURES), required=True)
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches")


def run(args: argparse.Namespace) -> int:
    """Score each share, write, print."""
    recipe, kept = TEXTURES[args.model], args.runs / "learning_curve" / args.model
    ground = _ground(args.model, recipe, args)
    table = curve(ground, recipe, kept).assign(commit=commit())
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
        (share, without): _kept(ground, share, without, kept)
        for share, without in tqdm(todo, "learning curve", unit="share")
    }
    for one in asked:
        half = None
        for share in SHARES:
            scores = found[share, one.without][:, one.places]
            mean = scores.mean(axis=0)
            line = gain_row(rows.iloc[one.places], scores, mean if half is None else half)
            counts = learned_from(ground.space, share, one.without)
            fixed = {"kind": one.kind, "group": one.group, "share": share}
            lines.append(fixed | counts | line)
            half = mean
    return pd.DataFrame(lines)


def questions(rows: pd.DataFrame, recipe: TextureRecipe) -> list[Question]:
    """What can be asked of rows: of all sources, inside each, and of those not learned from."""
    home = rows["source"].isin(recipe.sources)
    found = [Question(POOLED, "", np.flatnonzero(home))] if len(recipe.sources) > 1 else []
    for source, own in rows[home].groupby("source"):
        if own["label"].value_counts().reindex([0, 1], fill_value=0).min() >= ENOUGH:
            found.append(Question(INSIDE, str(source), own.index.to_numpy()))
    for source in recipe.left_out:
        own = rows.loc[rows["source"] == source, "label"]
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
    """Places to learn from, and those that are then scored: rows of other groups.

    A source of both classes is scored by what all the others taught, and so is one elsewhere. Else
    the others are dealt into folds, since they are scored too.
    """
    sources = space.rows["source"].to_numpy()
    own, others = np.flatnonzero(sources == without), np.flatnonzero(sources != without)
    if without and len(set(space.labels[own])) != 1:
        yield drawn(space.rows, others, share, deal), own
        return
    for train, rest in folds(space, deal, others):
        yield drawn(space.rows, train, share, deal), np.concatenate([rest, own])


def learned_from(space: Space, share: float, without: str) -> dict[str, float]:
    """How many patients (or papers) and images one fit learns from, on average."""
    groups = groups_of(space.rows)
    used = [one for deal in OTHERS for one, _ in fits(space, share, deal, without)]
    patients, images = np.mean([(len(set(groups[one])), len(one)) for one in used], axis=0)
    return {"patients": round(float(patients), 1), "learned_from": round(float(images), 1)}


def unseen(ground: Ground, share: float, without: str) -> Floats:
    """Scores 0..1 of all rows by models that saw nothing of their group: (deals, N + M).

    NaN where no model of this share and source left out was asked.
    """
    space = ground.space
    away = np.flatnonzero(ground.elsewhere["source"] == without)
    sums = np.zeros((len(OTHERS), len(space.rows) + len(ground.elsewhere)))
    times = np.zeros_like(sums)
    for number, deal in enumerate(OTHERS):
        for used, wanted in fits(space, share, deal, without):
            if len(away):
                places, answers = len(space.rows) + away, _elsewhere(ground, used)[away]
            else:
                models = space.fit(ground.choice, used)
                places, answers = wanted, answer(space.log_odds(models, wanted))
            sums[number, places] += answers
            times[number, places] += 1
    return expit(np.divide(sums, times, out=np.full_like(sums, np.nan), where=times > 0))


def _elsewhere(ground: Ground, used: Places) -> Floats:
    """Log-odds of the rows elsewhere, (M,), by what some places taught."""
    kernels = machines(ground.space, ground.choice, used)
    taught = Trained(ground.choice, kernels, 1.0, 0.0, np.empty(0), ground.looks)
    return taught.log_odds(ground.features)


def _kept(ground: Ground, share: float, without: str, kept: Path) -> Floats:
    """`unseen`, or what it said before."""
    images = ground.rows[["image_id", "source", "label"]].to_csv(index=False)
    asked = f"{share} {without} {ground.choice} {ground.looks} {OTHERS} {images}"
    path = kept / f"{hashlib.sha256(asked.encode()).hexdigest()[:24]}.npy"
    if path.is_file():
        return np.asarray(np.load(path))
    found = unseen(ground, share, without)
    kept.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part.npy")
    np.save(half, found)
    half.rename(path)
    return found
