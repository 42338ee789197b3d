"""Train the same head on every backbone of the paper, on the same patients.

    python -m training compare --root DIR [--backbones NAME ...] [--dataset small|all|ct]
                               [--init imagenet|random|PATH] [--note TEXT] [--unfreeze]

--init imagenet downloads the published weights and checks their hash; PATH is a weights file, or a
folder of <backbone>_imagenet_notop.weights.h5; the frozen backbone then sees each image once and
average-256-512-1 is trained on the cached features over five seeds. --init random trains the whole
network from random weights at 160 px, on a short schedule that two cores can do, with one seed.
"cnn" is the paper's home-made network, always from random weights. --unfreeze trains block 5 of
VGG16 with the head (training/unfrozen.py), with one seed. Writes
models/<dataset>-<backbone>-<init>/ with tables and no weights. What is done already is not done
again, unless --again.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from core import artifacts, zoo
from core.artifacts import HEAD, MODELS_DIR, Card
from training import scratch, unfrozen
from training.data import load_manifest
from training.features import RUNS, FeatureStore, imagenet_trunk
from training.fitting import Data, Fitted, fit_all, score_held_out, score_left_out
from training.lower import lower_maps
from training.publish import SEEDS, publish, seed_row
from training.recipes import RECIPES, Recipe
from training.record import split_hash
from training.train import labelled_rows

RANDOM = "random"
DATASETS = {"small": "vgg16-xray-small", "all": "vgg16-xray", "ct": "vgg16-ct"}
TITLES = {"small": "X-ray, one source, balanced", "all": "X-ray, all sources", "ct": "COVID-CT"}
SEEDS_OF_HEADS = (0, 1, 2, 3, 4)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    names = [*zoo.BACKBONES, zoo.CNN]
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches")
    parser.add_argument("--backbones", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--dataset", nargs="+", choices=sorted(DATASETS), default=["small"])
    parser.add_argument("--init", default=zoo.IMAGENET, help="imagenet, random, a file or folder")
    parser.add_argument("--note", default="", help="what to say of the weights in --init PATH")
    parser.add_argument("--unfreeze", action="store_true", help="VGG16 with block 5 trained too")
    parser.add_argument("--again", action="store_true", help="train also what is done")


def run(args: argparse.Namespace) -> int:
    """Train whatever is missing.

    Raises:
        ValueError: Options that do not go together.
    """
    if args.note and (args.unfreeze or args.init == RANDOM):
        raise ValueError("expected --note with frozen pretrained weights, received it without")
    manifest = load_manifest(args.root, args.runs)
    if args.unfreeze:
        return _unfreeze_all(manifest, args)
    todo = [(dataset, name) for dataset in args.dataset for name in args.backbones]
    for dataset, name in tqdm(todo, "models", unit="model"):
        model_id = name_of(dataset, name, args.init)
        from_scratch = args.init == RANDOM or name == zoo.CNN
        start = _from_scratch() if from_scratch else args.note or zoo.IMAGENET
        if _is_done(model_id, manifest, start) and not args.again:
            tqdm.write(f"{model_id} is there (--again makes it anew)")
            continue
        card = Card(model_id, HEAD, title_of(dataset, name, args.init, args.note), name)
        recipe = recipe_of(dataset)
        if from_scratch:
            _train_all(card, recipe, manifest, args)
        else:
            _train_heads(card, recipe, manifest, args)
    return 0


def _unfreeze_all(manifest: pd.DataFrame, args: argparse.Namespace) -> int:
    """VGG16 with its top block unfrozen, on each data set that is not done.

    Raises:
        ValueError: Another backbone, or random weights.
    """
    if args.backbones != [unfrozen.BACKBONE] or args.init == RANDOM:
        raise ValueError(
            "expected --unfreeze with --backbones vgg16 and ImageNet weights, received "
            f"{' '.join(args.backbones)}, {args.init}"
        )
    for dataset in tqdm(args.dataset, "models", unit="model"):
        model_id = f"{dataset}-{unfrozen.BACKBONE}-unfrozen"
        if args.again or not _is_done(model_id, manifest, unfrozen.START):
            title = f"VGG16, ImageNet weights, block 5 unfrozen ({TITLES[dataset]})"
            card = Card(model_id, HEAD, title, unfrozen.BACKBONE)
            _train_upper(card, recipe_of(dataset), manifest, args)
    return 0


def name_of(dataset: str, name: str, init: str) -> str:
    """Id of a compared model."""
    start = "random160" if init == RANDOM or name == zoo.CNN else zoo.IMAGENET
    return f"{dataset}-{name}-{start}"


def title_of(dataset: str, name: str, init: str, note: str) -> str:
    """What people read."""
    title = zoo.NETWORKS[name]
    if init == RANDOM or name == zoo.CNN:
        return f"{title}, random start, {scratch.SIZE} px ({TITLES[dataset]})"
    return f"{title}, {note or 'ImageNet weights'}, frozen ({TITLES[dataset]})"


def recipe_of(dataset: str) -> Recipe:
    """The recipe of the shipped model on that data, with one pooling and more seeds."""
    base = RECIPES[DATASETS[dataset]]
    return replace(base, poolings=("average",), seeds=SEEDS_OF_HEADS)


def _is_done(model_id: str, manifest: pd.DataFrame, start: str) -> bool:
    """Whether a model of these splits is there that began with these weights."""
    if model_id not in artifacts.list_ids():
        return False
    card = artifacts.read_card(model_id)
    same = card.record.get("split_sha256") == split_hash(manifest)
    return same and card.config.get("init") == start


def _train_heads(
    card: Card, recipe: Recipe, manifest: pd.DataFrame, args: argparse.Namespace
) -> None:
    """Frozen backbone, cached features, a head for each seed."""
    weights = weights_path(card.backbone, args.init)
    rows = labelled_rows(recipe, manifest)
    store = FeatureStore(args.runs, imagenet_trunk(zoo.get_backbone(card.backbone), weights))
    data = Data(rows, store.get(rows, args.root)[0])
    inside = data.where(data.rows["source"].isin(recipe.sources))
    fitted = fit_all(inside, recipe)
    init = {"init": args.note or zoo.IMAGENET, "weights_sha256": artifacts.sha256_of(weights)}
    # Before the card, which says that the model is done.
    left = score_left_out(inside, recipe, fitted[0].pooling) if recipe.left_out else None
    _write(card, recipe, fitted, data, manifest, args, init)
    if left is not None:
        left.to_csv(MODELS_DIR / card.id / artifacts.LEFT_OUT, index=False)


def _train_upper(
    card: Card, recipe: Recipe, manifest: pd.DataFrame, args: argparse.Namespace
) -> None:
    """Block 5 and the head on cached maps below them."""
    recipe = replace(recipe, seeds=recipe.seeds[:1], left_out=(), epochs=unfrozen.EPOCHS)
    weights = weights_path(card.backbone, args.init)
    rows = labelled_rows(recipe, manifest)
    data = Data(rows, lower_maps(rows, args.root, args.runs, unfrozen.BELOW, weights))
    inside = data.where(data.rows["source"].isin(recipe.sources))
    fitted = unfrozen.fit_upper(inside, recipe, recipe.seeds[0], weights)
    init = {
        "init": unfrozen.START,
        "unfrozen": "block5",
        "weights_sha256": artifacts.sha256_of(weights),
    }
    _write(card, recipe, [fitted], data, manifest, args, init)


def _train_all(
    card: Card, recipe: Recipe, manifest: pd.DataFrame, args: argparse.Namespace
) -> None:
    """The whole network from random weights."""
    recipe = scratch.schedule(recipe)
    rows = labelled_rows(recipe, manifest)
    data = Data(rows, scratch.small_images(rows, args.root, args.runs))
    inside = data.where(data.rows["source"].isin(recipe.sources))
    # An unfinished run on another split may have learned from today's test patients.
    folder = args.runs / "scratch" / f"{card.id}-{split_hash(manifest)[:12]}"
    fitted = scratch.fit_network(card.backbone, inside, recipe, folder)
    init = {"init": _from_scratch(), "size": scratch.SIZE}
    _write(card, recipe, [fitted], data, manifest, args, init)


def _write(
    card: Card,
    recipe: Recipe,
    fitted: list[Fitted],
    data: Data,
    manifest: pd.DataFrame,
    args: argparse.Namespace,
    init: dict[str, Any],
) -> None:
    """Tables of the best run, one row a seed of all of them."""
    tables = [score_held_out(one.tail, data, recipe) for one in fitted]
    dataset = card.id.split("-")[0]
    publish(
        replace(card, config={**init, "dataset": dataset}),
        recipe,
        fitted[0],
        tables[0],
        pd.concat([one.history for one in fitted], ignore_index=True),
        manifest,
        f"python -m training compare --root DIR --backbones {card.backbone} --dataset {dataset} "
        f"--init {args.init if args.init in (zoo.IMAGENET, RANDOM) else 'PATH'}"
        f"{' --unfreeze' if args.unfreeze else ''}{_noted(args.note)}",
    )
    rows = [seed_row(one, table) for one, table in zip(fitted, tables, strict=True)]
    path = MODELS_DIR / card.id / SEEDS
    pd.DataFrame(rows).sort_values("seed").to_csv(path, index=False)


def _from_scratch() -> str:
    """What cards of random weights say of the start."""
    return f"random start, {scratch.SIZE} px"


def _noted(note: str) -> str:
    return f' --note "{note}"' if note else ""


def weights_path(name: str, init: str) -> Path:
    """File of a backbone's weights.

    Raises:
        ValueError: No such file.
    """
    if init == zoo.IMAGENET:
        return zoo.fetch_weights(zoo.get_backbone(name))
    path = Path(init)
    path = path / f"{name}_imagenet_notop.weights.h5" if path.is_dir() else path
    if not path.is_file():
        raise ValueError(f"expected weights of {name} in {init}, received no file {path.name}")
    return path
