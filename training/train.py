"""Train a shipped head on cached features: the paper's head with both of its poolings.

    python -m training train --model vgg16-xray --root DIR [--weights PATH]

Each recipe trains flatten-256-512-1 and average-256-512-1 over several seeds (binary cross-entropy,
Adam, batch 32, class weights, early stopping on validation patients) and ships the run with the
lowest validation loss. Test patients are scored once, after that choice. For every source that can
be left out a head with the same recipe is trained without it and scores all of it (left_out.csv).
Writes models/<id>/: card.json, head.weights.h5, predictions.csv, left_out.csv, history.csv,
used.csv.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from core import artifacts, zoo
from core.artifacts import HEAD, MODELS_DIR, Card, save_weights
from core.head import build_head
from core.metrics import auc
from core.schema import Split
from training.data import load_manifest, need_sources
from training.export import export_trunk
from training.features import BACKBONE, DEFAULT_TRUNK, RUNS, FeatureStore
from training.fitting import Data, Fitted, fit_all, score_held_out, score_left_out
from training.publish import publish
from training.recipes import RECIPES, Recipe, TextureRecipe

if TYPE_CHECKING:
    import keras


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--model", choices=sorted(RECIPES), required=True)
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches")
    parser.add_argument("--weights", type=Path, help="ImageNet weights, where Keras cannot fetch")


def run(args: argparse.Namespace) -> int:
    """Train, choose, store, report."""
    if DEFAULT_TRUNK not in artifacts.list_ids():
        export_trunk(BACKBONE, DEFAULT_TRUNK, args.weights)
    recipe = RECIPES[args.model]
    manifest = load_manifest(args.root, args.runs)
    rows = labelled_rows(recipe, manifest)
    data = Data(rows, FeatureStore(args.runs).get(rows, args.root)[0])
    inside = data.where(data.rows["source"].isin(recipe.sources))
    fitted = fit_all(inside, recipe)
    best = fitted[0]
    # All is there before the first file is replaced.
    left = score_left_out(inside, recipe, best.pooling) if recipe.left_out else None
    table = score_held_out(_store_weights(args.model, best), data, recipe)
    card = publish(
        Card(args.model, HEAD, recipe.title, BACKBONE, trunk=DEFAULT_TRUNK),
        recipe,
        best,
        table,
        pd.concat([one.history for one in fitted], ignore_index=True),
        manifest,
        f"python -m training train --model {args.model} --root DIR",
    )
    if left is not None:
        left.to_csv(MODELS_DIR / args.model / artifacts.LEFT_OUT, index=False)
    test = table[table["split"] == Split.TEST]
    print(f"{args.model}: {best.pooling} pooling, seed {best.seed}, threshold {card.threshold:.3f}")
    print(f"test AUC {auc(test['label'], test['probability']):.3f} on {len(test)} images")
    return 0


def labelled_rows(recipe: Recipe | TextureRecipe, manifest: pd.DataFrame) -> pd.DataFrame:
    """The images that a recipe trains on or is judged by.

    Raises:
        ValueError: A source is missing.
    """
    sources = (*recipe.sources, *recipe.scored_elsewhere)
    need_sources(manifest, sources)
    wanted = (
        (manifest["modality"] == recipe.modality)
        & manifest["label"].notna()
        & manifest["source"].isin(sources)
    )
    return manifest[wanted].reset_index(drop=True)


def _store_weights(model_id: str, best: Fitted) -> keras.Model:
    """Write the head and read it back, so that every number is the shipped file's."""
    model = build_head(zoo.get_backbone(BACKBONE), best.tail)
    path = MODELS_DIR / model_id / f"{HEAD}.weights.h5"
    save_weights(model, path)
    model.load_weights(path)
    return best.tail  # shares its layers with the head
