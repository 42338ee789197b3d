"""Train the upper blocks of VGG16 together with a second-order head: where to unfreeze, if at all?

    python -m training finetune --root DIR [--modality {ct,xray}]

COVID-CT slices cut to their lungs, or X-rays of all sources as they are. Linear members on the
frozen blocks 4 and 5 come first; then convolutions and members learn together, slowly, since a
random head would spoil the filters (Kumar et al. 2022); once those of both blocks, once of block 5
alone (training/upper.py). What lies below runs once an image and view and is cached; an epoch costs
the two blocks. Each epoch draws a view of each image: as it is, mirrored, or turned, scaled,
brightened and blurred a little. Warm-up, then a cosine; the epoch of least loss on an inner part of
the patients counts, epoch 0 being the frozen head. Training and validation patients only: papers
and patients are dealt into folds, and each image is scored by networks that had not seen its group.

The default head's recipe is fitted on the same folds, to see whether the trained network would add
anything to its answers. With --seeds N the mean of N networks answers, which differ in their
batches, views and the patients that judge an epoch. Every fold is kept in RUNS/finetune as soon as
it is there; models/finetuned/ holds a table for each kind of image, a row for each depth and test.
No network of this command is shipped.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.model_selection import GroupShuffleSplit, StratifiedGroupKFold

from core.artifacts import MODELS_DIR, read_card
from core.classifier import DEFAULT_MODELS
from core.metrics import auc
from core.schema import Modality
from training.ablation import rows_of
from training.data import load_manifest
from training.deals import shipped
from training.descriptors import described
from training.features import RUNS
from training.files import whole
from training.gains import gain_row
from training.haze import measured
from training.leaving import MAIN
from training.linear import Floats
from training.lower import lower_maps, trunk_weights
from training.members import FOLDS, Choice, Space, answer
from training.recipes import TEXTURES
from training.record import split_hash
from training.texture import material, space_of
from training.trained import machines
from training.upper import (
    BATCH,
    BELOW,
    DEPTHS,
    EPOCHS,
    RATE,
    SHOWN,
    SMOOTHING,
    TRAINED,
    WARM_UP,
    build_upper,
    score,
    train_upper,
)

FOLDER = MODELS_DIR / "finetuned"
C = 10.0  # of the members: weaker than the shipped, so that something is left to learn
INNER = 0.15  # of a fold's patients, for stopping
SEED = 0  # of the folds
SURE = 1e-6  # probabilities this near 0 or 1 count as this near, for their log-odds

Deal = Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]]  # rows to learn from, rows held out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches and finished folds")
    names = [modality.value for modality in Modality]
    parser.add_argument("--modality", choices=names, default=Modality.CT.value)
    parser.add_argument("--depths", nargs="+", choices=DEPTHS, default=list(DEPTHS))
    parser.add_argument("--seeds", type=int, default=1, help="networks whose mean answers")


def run(args: argparse.Namespace) -> int:
    """All folds that are not there yet; the table after those of a depth.

    Raises:
        ValueError: No network is asked for, or a source is missing.
    """
    if args.seeds < 1:
        raise ValueError(f"expected at least one seed, received {args.seeds}")
    manifest = load_manifest(args.root, args.runs)
    rows, views = learned_rows(args.modality, manifest), SHOWN[Modality(args.modality)]
    maps = [lower_maps(rows, args.root, args.runs, BELOW, trunk_weights(), view) for view in views]
    seen = [described(rows, args.root, args.runs, TRAINED, view) for view in views[:2]]
    features = {one.name: np.stack([view[one.name] for view in seen], 1) for one in TRAINED}
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    deal = list(splitter.split(rows, rows["label"], rows["group"]))
    default = TEXTURES[DEFAULT_MODELS[Modality(args.modality)]]
    beside = of_shipped(rows, deal, manifest, args)
    folder = args.runs / "finetune" / _key(manifest, views) / args.modality
    folder.mkdir(parents=True, exist_ok=True)
    for depth in args.depths:
        scores = np.zeros((args.seeds, 2, len(rows)))
        for number, (train, held) in enumerate(deal):
            for seed in range(args.seeds):
                path = folder / f"{'-'.join(DEPTHS[depth])}-seed-{seed}-fold-{number}.npy"
                if not path.is_file():
                    print(f"{depth}: fold {number + 1} of {FOLDS}, seed {seed}", flush=True)
                    found = fold(rows, maps, features, train, held, depth, seed)
                    with whole(path) as half, half.open("wb") as stream:
                        np.save(stream, found)
                scores[seed][:, held] = np.load(path)
        fixed = {"trained": depth, "epochs": EPOCHS, "default_looks": len(default.looks)}
        table = table_of(rows, scores, beside, fixed)
        write(table, FOLDER / f"{args.modality}.csv")
        print(table.to_string(index=False))
    return 0


def _key(manifest: pd.DataFrame, views: tuple[str, ...]) -> str:
    """Of what the scores of folds hang on, but for the code."""
    taught = (trunk_weights(), split_hash(manifest), views, EPOCHS, BATCH, RATE, WARM_UP, SMOOTHING)
    return hashlib.sha256(repr((*taught, INNER, C, SEED)).encode()).hexdigest()[:16]


def learned_rows(modality: str, manifest: pd.DataFrame) -> pd.DataFrame:
    """Labelled training and validation rows of the sources learned from, with their group."""
    rows = rows_of(modality, manifest)
    return rows[rows["fit"]].reset_index(drop=True)


def of_shipped(
    rows: pd.DataFrame, deal: Deal, manifest: pd.DataFrame, args: argparse.Namespace
) -> Floats:
    """Log-odds (N,) by the default head's recipe with its settings, fitted anew on each fold."""
    model = DEFAULT_MODELS[Modality(args.modality)]
    recipe, choice = TEXTURES[model], shipped(read_card(model))
    own, features, fitted_on = material(recipe, manifest, args.root, args.runs)
    haze = measured(own, args.root, args.runs) if choice.haze is not None else None
    space = space_of(own, features, fitted_on, recipe, haze)
    place = pd.Series(np.arange(len(space.rows)), index=space.rows["image_id"])
    places = place[rows["image_id"]].to_numpy()
    found = np.zeros(len(rows))
    for train, held in deal:
        models = space.fit(choice, places[train])
        found[held] = answer(space.log_odds(models, places[held]))
    return found


def fold(
    rows: pd.DataFrame,
    maps: list[NDArray[np.float16]],
    features: dict[str, NDArray[np.float16]],
    train: NDArray[np.intp],
    held: NDArray[np.intp],
    depth: str,
    seed: int,
) -> Floats:
    """Probabilities of held-out rows by the frozen head and by the trained network, (2, n)."""
    inner = GroupShuffleSplit(1, test_size=INNER, random_state=seed)
    groups = rows["group"].to_numpy()
    learn, stop = (train[part] for part in next(inner.split(train, groups=groups[train])))
    space = Space.of(
        rows.iloc[learn].reset_index(drop=True), {k: v[learn] for k, v in features.items()}
    )
    model = build_upper(machines(space, Choice(C, {})), depth)
    frozen = score(model, maps[0][held])
    train_upper(model, rows, maps, learn, stop, seed)
    return np.stack([frozen, score(model, maps[0][held])])


def table_of(
    rows: pd.DataFrame, scores: Floats, beside: Floats, fixed: dict[str, object]
) -> pd.DataFrame:
    """A line a test: AUC frozen and trained, and of the default head alone and with the network.

    Args:
        rows: N, with source, label and group.
        scores: (seeds, 2, N) of fold, by each seed.
        beside: (N,) of of_shipped.
        fixed: First columns.
    """
    lines = []
    for test, part in tests(rows).items():
        own, frozen, trained = rows[part], scores[:, 0, part].mean(axis=0), scores[:, 1, part]
        alone = expit(beside[part])
        both = expit(mixed(beside[part], logit(trained.mean(axis=0).clip(SURE, 1 - SURE))))
        joined = gain_row(own, both[np.newaxis], alone)
        line = {"test": test, "seeds": len(scores), "frozen": round(auc(own["label"], frozen), 4)}
        line |= gain_row(own, trained, frozen)
        line |= {"shipped": round(auc(own["label"], alone), 4)}
        line |= {f"with_{name}": joined[name] for name in ("auc", "gain", "gain_low", "gain_high")}
        lines.append(fixed | line)
    return pd.DataFrame(lines)


def tests(rows: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Test -> which rows, (N,), take part in it."""
    inside = (rows["source"] == MAIN).to_numpy()
    every = np.ones(len(rows), bool)
    if not inside.any():
        return {"COVID-CT": every}
    return {"X-ray pooled": every, f"inside {MAIN}": inside}


def mixed(one: Floats, other: Floats) -> Floats:
    """The mean of two log-odds (N,), each in units of its own deviation."""
    return (one / one.std() + other / other.std()) / 2


def write(table: pd.DataFrame, path: Path) -> None:
    """Put a depth's lines in place of those that were there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    known = pd.read_csv(path) if path.is_file() else pd.DataFrame(columns=["trained"])
    others = known[~known["trained"].isin(table["trained"])]
    pd.DataFrame([*others.to_dict("records"), *table.to_dict("records")]).to_csv(path, index=False)
