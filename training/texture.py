"""Train an ensemble of linear members on pooled maps of lower layers.

    python -m training texture --model vgg16-xray-texture --root DIR

Each member is a logistic regression on the second-order pooling of one layer of the frozen trunk,
on images and their mirrors, in one or two views of each, or on the mean of two. The penalty and the
weight of each source are chosen on training and validation patients alone (training/choosing.py),
papers and patients never torn apart; then, as far as that allows, how far a CT head leans on the
haze in the lungs (training/haze.py) and how steady an X-ray head is held when its images are
changed in ways that say nothing of lungs (training/views.py, choices.csv). Platt calibration and
the operating point come from the same patients, each scored by models that had not seen its group.
Test patients are scored after that. What is said of a source left out comes from an ensemble whose
choice, fit and calibration all went without it. Writes models/<id>/: card.json, head.weights.h5,
predictions.csv, left_out.csv, choices.csv, used.csv, spread.csv. --left-out adds sources to
left_out.csv and leaves the rest as it is. A run that was cut off goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from core import artifacts
from core.artifacts import HEAD, MODELS_DIR, Card, read_card, save_weights, sha256_of, write_card
from core.ensemble import HAZE, LABEL, Member, as_config, build_ensemble, part
from core.metrics import auc
from core.schema import PREDICTION_COLUMNS, Split
from core.zoo import FLOAT32
from training.choosing import best, choose
from training.data import load_manifest
from training.descriptors import descriptors, unpacked_kernel
from training.features import DEFAULT_TRUNK, RUNS
from training.haze import measured
from training.linear import Floats
from training.members import Space, joined
from training.publish import WANTED_RECALL, counts, operating_point
from training.recipes import TEXTURES, TextureRecipe
from training.record import run_record, split_hash, write_used
from training.spread import SPREAD, spread_of
from training.train import labelled_rows
from training.trained import Trained, train

CHOICES = "choices.csv"
SEEDS = (0, 1, 2)
FITTED_ON = (Split.TRAIN, Split.VAL)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--model", choices=sorted(TEXTURES), required=True)
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches")
    parser.add_argument(
        "--left-out", action="store_true", help="only what left_out.csv lacks; the head stays"
    )


def run(args: argparse.Namespace) -> int:
    """Choose, fit, store, report."""
    recipe = TEXTURES[args.model]
    manifest = load_manifest(args.root, args.runs)
    rows, features, fitted_on = material(recipe, manifest, args.root, args.runs)
    kept = args.runs / "texture" / args.model  # of an unfinished run
    if args.left_out:
        _same_recipe(read_card(args.model), recipe, manifest)
        return _add_left_out(args.model, rows, features, fitted_on, kept)
    haze = measured(rows, args.root, args.runs)
    space = space_of(rows, features, fitted_on, recipe, haze)
    choices = choose(space, recipe, kept)
    trained = train(space, best(choices, recipe), SEEDS, len(recipe.looks))
    table = held_out(rows, features, fitted_on, trained)
    left = left_out(rows, features, fitted_on, recipe, kept) if recipe.absent else None
    # All is there before the first file is replaced: weights that no card names cannot be loaded.
    store_weights(args.model, recipe.members, trained)
    folder = MODELS_DIR / args.model
    choices.round(4).to_csv(folder / CHOICES, index=False)
    spread_of(rows, trained.answers(features)).to_csv(folder / SPREAD, index=False)
    table.to_csv(folder / artifacts.PREDICTIONS, index=False)
    if left is not None:
        left.to_csv(folder / artifacts.LEFT_OUT, index=False)
    card = publish(args.model, recipe, trained, space.rows, manifest)
    shutil.rmtree(kept, ignore_errors=True)  # whoever runs it again wants it made again
    test = table[table["split"] == Split.TEST]
    print(choices.round(3).to_string(index=False))
    print(f"{args.model}: {trained.choice}, threshold {card.threshold:.3f}")
    print(f"test AUC {auc(test['label'], test['probability']):.3f} on {len(test)} images")
    return 0


def material(
    recipe: TextureRecipe, manifest: pd.DataFrame, root: Path, runs: Path
) -> tuple[pd.DataFrame, dict[str, NDArray[np.float16]], pd.Series]:
    """Rows of a recipe, N; their descriptors as of `descriptors`; (N,) whether to learn from it."""
    rows = labelled_rows(recipe, manifest)
    features = descriptors(rows, root, runs, recipe.members, recipe.views)
    return rows, features, rows["source"].isin(recipe.sources) & rows["split"].isin(FITTED_ON)


def _same_recipe(card: Card, recipe: TextureRecipe, manifest: pd.DataFrame) -> None:
    """Sources left out are added to those of a head that was made as one would be made now."""
    now = (as_config(recipe.members), recipe.looks, recipe.changed)
    then = [card.config["members"], card.config["views"], card.config["changed"]]
    if json.loads(json.dumps(now)) != then or card.record["split_sha256"] != split_hash(manifest):
        raise ValueError(
            f"expected {card.id} as its recipe and the splits are now, received one made "
            f"otherwise; `python -m training texture --model {card.id} --root DIR` makes it anew"
        )


def _add_left_out(
    model_id: str,
    rows: pd.DataFrame,
    features: dict[str, NDArray[np.float16]],
    fitted_on: pd.Series,
    kept: Path,
) -> int:
    """Sources of the recipe that left_out.csv lacks, added to it."""
    path = MODELS_DIR / model_id / artifacts.LEFT_OUT
    known = artifacts.read_predictions(model_id, MODELS_DIR, artifacts.LEFT_OUT)
    recipe, there = TEXTURES[model_id], set(known["source"])
    lacking = tuple(source for source in recipe.absent if source not in there)
    if not lacking:
        print(f"{path.name} lacks no source")
        return 0
    found = left_out(rows, features, fitted_on, recipe, kept, lacking)
    pd.concat([known, found]).to_csv(path, index=False)
    shutil.rmtree(kept, ignore_errors=True)
    print(f"added to {path.name}: {', '.join(lacking)}")
    return 0


def space_of(
    rows: pd.DataFrame,
    features: dict[str, NDArray[np.float16]],
    wanted: pd.Series,
    recipe: TextureRecipe,
    haze: Floats | None = None,
) -> Space:
    """The rows of a mask as what members of a recipe are fitted on."""
    mask, looks = wanted.to_numpy(), len(recipe.looks)
    chosen = {name: values[mask] for name, values in features.items()}
    if recipe.joined:
        chosen = {name: joined(values, looks) for name, values in chosen.items()}
        looks = 1
    own = None if haze is None else haze[mask]
    return Space.of(rows[mask].reset_index(drop=True), chosen, own, looks)


def held_out(
    rows: pd.DataFrame,
    features: dict[str, NDArray[np.float16]],
    fitted_on: pd.Series,
    trained: Trained,
) -> pd.DataFrame:
    """predictions.csv: test and external images, and validation images as they were scored unseen.

    Training images were scored unseen too, but a table of predictions never holds them.
    """
    probability = trained.score(features)
    probability[fitted_on.to_numpy()] = trained.unseen
    table = rows.assign(probability=probability.round(6))
    return table.loc[rows["split"] != Split.TRAIN, list(PREDICTION_COLUMNS)]


def left_out(
    rows: pd.DataFrame,
    features: dict[str, NDArray[np.float16]],
    fitted_on: pd.Series,
    recipe: TextureRecipe,
    kept: Path,
    sources: Sequence[str] = (),
) -> pd.DataFrame:
    """For each source: all of it, by an ensemble chosen, fitted and calibrated without it.

    Args:
        rows: N, of the recipe.
        features: As in training.members.Space, of all of them.
        fitted_on: (N,) whether the model may learn from a row.
        recipe: Of the model.
        kept: As in training.choosing.choose.
        sources: Those to leave out; all of recipe.absent where none is named.
    """
    tables = []
    for source in tqdm(sources or recipe.absent, "left out", unit="source"):
        own, others = rows["source"] == source, recipe.without(source)
        space = space_of(rows, features, fitted_on & ~own, others)
        choice = best(choose(space, others, kept), others)
        without = train(space, choice, SEEDS, len(recipe.looks))
        chosen = {name: values[own.to_numpy()] for name, values in features.items()}
        tables.append(rows[own].assign(probability=without.score(chosen).round(6)))
    table = pd.concat(tables, ignore_index=True).assign(split=Split.EXTERNAL.value)
    return table[list(PREDICTION_COLUMNS)]


def store_weights(model_id: str, members: Sequence[Member], trained: Trained) -> None:
    """Write head.weights.h5, in float32: weights on raw descriptors are too small for less."""
    model = build_ensemble(members, next(iter(trained.machines.values()))[1].size)
    for member in members:
        kernel, bias = trained.machines[member.name]
        full = np.stack([unpacked_kernel(member, column) for column in kernel.T], axis=1)
        units = part(model, member).get_layer("log_odds")
        units.set_weights([full.astype(np.float32), bias.astype(np.float32)])
    save_weights(model, MODELS_DIR / model_id / f"{HEAD}.weights.h5", FLOAT32)


def publish(
    model_id: str,
    recipe: TextureRecipe,
    trained: Trained,
    rows: pd.DataFrame,
    manifest: pd.DataFrame,
) -> Card:
    """Write card.json and used.csv; `rows` are those that all of it was fitted and chosen on."""
    stages = dict.fromkeys(("fit", "choose", "calibrate", "threshold"), rows["image_id"])
    command = f"python -m training texture --model {model_id} --root DIR"
    weights = f"{HEAD}.weights.h5"
    trained_on: list[dict[str, Any]] = counts(recipe.modality, recipe.sources, manifest, FITTED_ON)
    card = Card(
        model_id,
        HEAD,
        recipe.title,
        "vgg16",
        trunk=DEFAULT_TRUNK,
        modality=recipe.modality,
        sources=recipe.sources,
        threshold=operating_point(rows["label"], trained.unseen),
        threshold_rule=f"the largest with recall of at least {WANTED_RECALL:.0%} on the training "
        "and validation patients, each image scored by models that had not seen its patient or, of "
        "CT slices, its paper",
        config={
            "members": as_config(recipe.members),
            "views": list(recipe.looks),
            "changed": list(recipe.changed),
            "fitted_on": list(FITTED_ON),
            "c": trained.choice.c,
            "source_weights": trained.choice.source_weights,
            "judgements": [LABEL, HAZE] if trained.choice.haze is not None else [LABEL],
            "haze": trained.choice.haze,
            "steady": trained.choice.steady,
            "slope": round(trained.slope, 4),
            "offset": round(trained.offset, 4),
            "seeds": list(SEEDS),
            "left_out": list(recipe.left_out),
            "deals": list(recipe.deals),
            "nested": True,  # a source left out took no part in its own choice
            "scored_elsewhere": list(recipe.scored_elsewhere),
        },
        record=run_record(command, manifest)
        | write_used(MODELS_DIR / model_id, stages)
        | {"trained_on": trained_on},
        files={weights: sha256_of(MODELS_DIR / model_id / weights)},
    )
    write_card(card)
    return card
