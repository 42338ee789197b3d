"""Train a shipped head on cached features: the paper's head with both of its poolings.

    python -m training train --model vgg16-xray --root DIR [--weights PATH]

Each recipe trains flatten-256-512-1 and average-256-512-1 over several seeds (binary cross-entropy,
Adam, batch 32, class weights, early stopping on validation patients) and ships the run with the
lowest validation loss. Test patients are scored once, after that choice. For every source that can
be left out a head with the same recipe is trained without it and scores all of it (left_out.csv).
Writes models/<id>/: card.json, head.weights.h5, predictions.csv, left_out.csv, history.csv.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from core import artifacts
from core.artifacts import HEAD, MODELS_DIR, Card, save_weights, sha256_of
from core.classifier import POOLINGS, build_head, build_tail
from core.metrics import auc, threshold_at_recall
from core.schema import PREDICTION_COLUMNS, Modality, Split
from training.data import load_manifest
from training.export import export_trunk
from training.features import DEFAULT_TRUNK, RUNS, FeatureStore
from training.record import run_record

if TYPE_CHECKING:
    import keras

WANTED_RECALL = 0.90


@dataclass(frozen=True)
class Recipe:
    """How a head is trained; the card of a shipped model holds one."""

    title: str
    modality: str
    sources: tuple[str, ...]
    scored_elsewhere: tuple[str, ...] = ()
    balance: bool = False  # train on as many images of either class
    left_out: tuple[str, ...] = ()
    poolings: tuple[str, ...] = POOLINGS
    seeds: tuple[int, ...] = (0, 1, 2)
    batch: int = 32
    learning_rate: float = 1e-4
    epochs: int = 60
    patience: int = 8
    dropout: float = 0.0


XRAY_SOURCES = ("actualmed", "covid-chestxray", "figure1", "nih")
RECIPES = {
    "vgg16-xray": Recipe(
        title="X-ray, all four sources (the paper's second, larger data set)",
        modality=Modality.XRAY,
        sources=XRAY_SOURCES,
        left_out=("actualmed", "figure1", "nih"),
    ),
    "vgg16-xray-small": Recipe(
        title="X-ray, one source, balanced (the paper's first, small data set)",
        modality=Modality.XRAY,
        sources=("covid-chestxray",),
        scored_elsewhere=("actualmed", "figure1", "nih"),
        balance=True,
    ),
    "vgg16-ct": Recipe(
        title="CT slices, COVID-CT",
        modality=Modality.CT,
        sources=("covid-ct",),
        scored_elsewhere=("sarscov2-ct",),
    ),
}


@dataclass(frozen=True)
class Fitted:
    """One trained tail with its curves."""

    tail: keras.Model
    history: pd.DataFrame
    pooling: str
    seed: int
    val_loss: float


@dataclass(frozen=True)
class Data:
    """Labelled rows of one modality with their features, in one order."""

    rows: pd.DataFrame
    features: NDArray[np.float16]

    def where(self, mask: pd.Series) -> Data:
        """The rows of a mask."""
        chosen = mask.to_numpy()
        return Data(self.rows[chosen].reset_index(drop=True), self.features[chosen])

    def of(self, split: Split) -> Data:
        """The rows of a split."""
        return self.where(self.rows["split"] == split)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--model", choices=sorted(RECIPES), required=True)
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches")
    parser.add_argument("--weights", type=Path, help="ImageNet weights, where Keras cannot fetch")


def run(args: argparse.Namespace) -> int:
    """Train, choose, store, report."""
    if DEFAULT_TRUNK not in artifacts.list_ids():
        export_trunk("vgg16", DEFAULT_TRUNK, args.weights)
    recipe = RECIPES[args.model]
    manifest = load_manifest(args.root, args.runs)
    data = _load(recipe, manifest, args)
    inside = data.where(data.rows["source"].isin(recipe.sources))
    best, history = fit_all(inside, recipe)
    head = _store_weights(args.model, best)
    table = _predictions(head, data, recipe)
    card = _write(args.model, recipe, best, table, history, manifest)
    if recipe.left_out:
        _left_out(inside, recipe, best.pooling).to_csv(
            MODELS_DIR / args.model / artifacts.LEFT_OUT, index=False
        )
    test = table[table["split"] == Split.TEST]
    print(f"{args.model}: {best.pooling} pooling, seed {best.seed}, threshold {card.threshold:.3f}")
    print(f"test AUC {auc(test['label'], test['probability']):.3f} on {len(test)} images")
    return 0


def _load(recipe: Recipe, manifest: pd.DataFrame, args: argparse.Namespace) -> Data:
    wanted = (
        (manifest["modality"] == recipe.modality)
        & manifest["label"].notna()
        & manifest["source"].isin((*recipe.sources, *recipe.scored_elsewhere))
    )
    rows = manifest[wanted].reset_index(drop=True)
    pooled, _ = FeatureStore(args.runs).get(rows, args.root)
    return Data(rows, pooled)


def fit_all(data: Data, recipe: Recipe) -> tuple[Fitted, pd.DataFrame]:
    """Every pooling and seed; returns the one of lowest validation loss and all curves."""
    runs = [(pooling, seed) for pooling in recipe.poolings for seed in recipe.seeds]
    best: Fitted | None = None
    curves = []
    for pooling, seed in tqdm(runs, "heads", unit="head"):
        fitted = fit(data, recipe, pooling, seed)
        curves.append(fitted.history)
        if best is None or fitted.val_loss < best.val_loss:
            best = fitted
    if best is None:
        raise ValueError("expected at least one pooling and seed, received none")
    return best, pd.concat(curves, ignore_index=True)


def fit(data: Data, recipe: Recipe, pooling: str, seed: int) -> Fitted:
    """Train one tail on the training rows, stopped early on the validation rows."""
    import keras

    keras.utils.set_random_seed(seed)
    train, val = data.of(Split.TRAIN), data.of(Split.VAL)
    if recipe.balance:
        train = _balanced(train, seed)
    y = train.rows["label"].to_numpy(np.float32)
    positives = float(y.mean())
    tail = build_tail(data.features.shape[1:], pooling, dropout=recipe.dropout)
    tail.compile(
        keras.optimizers.Adam(recipe.learning_rate),
        keras.losses.BinaryCrossentropy(),
        metrics=["accuracy", keras.metrics.AUC(name="auc")],
    )
    weights = np.where(y == 1, 0.5 / positives, 0.5 / (1 - positives))
    y_val = val.rows["label"].to_numpy(np.float32)
    balance = np.where(y_val == 1, 0.5 / y_val.mean(), 0.5 / (1 - y_val.mean()))
    done = tail.fit(
        train.features.astype(np.float32),
        y,
        sample_weight=weights,
        validation_data=(val.features.astype(np.float32), y_val, balance),
        batch_size=recipe.batch,
        epochs=recipe.epochs,
        verbose=0,
        callbacks=[
            keras.callbacks.EarlyStopping(
                "val_loss", patience=recipe.patience, restore_best_weights=True
            )
        ],
    )
    history = pd.DataFrame(done.history).rename_axis("epoch").reset_index()
    history.insert(0, "seed", seed)
    history.insert(0, "pooling", pooling)
    return Fitted(tail, history, pooling, seed, float(min(done.history["val_loss"])))


def _balanced(data: Data, seed: int) -> Data:
    """As many images of one class as of the other, drawn at random."""
    rng = np.random.default_rng(seed)
    labels = data.rows["label"].to_numpy()
    count = int(min((labels == 1).sum(), (labels == 0).sum()))
    chosen = [rng.choice(np.flatnonzero(labels == c), count, replace=False) for c in (0, 1)]
    keep = pd.Series(np.isin(np.arange(len(labels)), np.concatenate(chosen)))
    return data.where(keep)


def _store_weights(model_id: str, best: Fitted) -> Any:
    """Write the head and read it back, so that every number is the shipped file's."""
    pooled = best.tail.input_shape[1:]
    model = build_head((pooled[0] * 2, pooled[1] * 2, pooled[2]), best.tail)
    path = MODELS_DIR / model_id / f"{HEAD}.weights.h5"
    save_weights(model, path)
    model.load_weights(path)
    return best.tail  # shares its layers with the head


def _predictions(tail: keras.Model, data: Data, recipe: Recipe) -> pd.DataFrame:
    """Everything that was not trained on: validation, test, and sources never seen."""
    elsewhere = data.rows["source"].isin(recipe.scored_elsewhere)
    chosen = data.where(elsewhere | (data.rows["split"] != Split.TRAIN))
    table = _scored(tail, chosen)
    table.loc[table["source"].isin(recipe.scored_elsewhere), "split"] = Split.EXTERNAL
    return table


def _scored(tail: keras.Model, data: Data) -> pd.DataFrame:
    probability = tail.predict(data.features.astype(np.float32), verbose=0)[:, 0]
    return data.rows.assign(probability=probability.round(6))[list(PREDICTION_COLUMNS)]


def _left_out(data: Data, recipe: Recipe, pooling: str) -> pd.DataFrame:
    """For each source: all of it, scored by a head that was trained without it."""
    tables = []
    for source in tqdm(recipe.left_out, "left out", unit="source"):
        others = data.where(data.rows["source"] != source)
        tail = fit(others, recipe, pooling, recipe.seeds[0]).tail
        tables.append(_scored(tail, data.where(data.rows["source"] == source)))
    return pd.concat(tables, ignore_index=True).assign(split=Split.EXTERNAL.value)


def _write(
    model_id: str,
    recipe: Recipe,
    best: Fitted,
    table: pd.DataFrame,
    history: pd.DataFrame,
    manifest: pd.DataFrame,
) -> Card:
    """Tables and card."""
    folder = MODELS_DIR / model_id
    table.to_csv(folder / artifacts.PREDICTIONS, index=False)
    history.round(6).to_csv(folder / artifacts.HISTORY, index=False)
    val = table[table["split"] == Split.VAL]
    weights = f"{HEAD}.weights.h5"
    card = Card(
        id=model_id,
        kind=HEAD,
        title=recipe.title,
        backbone="vgg16",
        trunk=DEFAULT_TRUNK,
        modality=recipe.modality,
        sources=recipe.sources,
        threshold=round(threshold_at_recall(val["label"], val["probability"], WANTED_RECALL), 4),
        threshold_rule=f"the largest with recall of at least {WANTED_RECALL:.0%} on the "
        "validation patients",
        config=asdict(replace(recipe, title=""))
        | {"pooling": best.pooling, "seed": best.seed, "val_loss": round(best.val_loss, 4)},
        record=run_record(f"python -m training train --model {model_id} --root DIR", manifest)
        | {"trained_on": _counts(recipe, manifest)},
        files={weights: sha256_of(folder / weights)},
    )
    artifacts.write_card(card)
    return card


def _counts(recipe: Recipe, manifest: pd.DataFrame) -> list[dict[str, Any]]:
    """Labelled training images and patients by source and label, before any balancing draw."""
    rows = manifest[
        (manifest["modality"] == recipe.modality)
        & manifest["source"].isin(recipe.sources)
        & (manifest["split"] == Split.TRAIN)
        & manifest["label"].notna()
    ]
    groups = rows.groupby(["source", "label"])["patient_id"].agg(["size", "nunique"])
    return [
        {"source": source, "label": int(label), "images": int(images), "patients": int(patients)}
        for (source, label), (images, patients) in groups.iterrows()
    ]
