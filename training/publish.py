"""Write models/<id>/: tables and the card that says how they were made."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from core import artifacts
from core.artifacts import HEAD, MODELS_DIR, Card, sha256_of
from core.metrics import auc, threshold_at_recall
from core.schema import Split
from training.fitting import Fitted
from training.recipes import Recipe
from training.record import run_record, write_used

WANTED_RECALL = 0.90
DIGITS = 4  # of a threshold
SEEDS = "seeds.csv"


def publish(
    card: Card,
    recipe: Recipe,
    best: Fitted,
    table: pd.DataFrame,
    history: pd.DataFrame,
    manifest: pd.DataFrame,
    command: str,
) -> Card:
    """Write predictions.csv, history.csv, used.csv and card.json.

    Args:
        card: Id, title, backbone and trunk, and in config what the recipe does not say.
        recipe: How it was trained.
        best: The run whose predictions these are.
        table: Its predictions for everything that it was not trained on.
        history: Curves of all runs.
        manifest: All images, for the counts and the split's hash.
        command: What repeats the run.

    Returns:
        The full card. Weights count as shipped when they lie in the folder already.
    """
    folder = MODELS_DIR / card.id
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / artifacts.PREDICTIONS, index=False)
    history.round(6).to_csv(folder / artifacts.HISTORY, index=False)
    val = table[table["split"] == Split.VAL]
    used = best.used | {"choose": best.used["stop"], "threshold": val["image_id"]}
    weights = f"{HEAD}.weights.h5"
    shipped = (folder / weights).is_file()
    card = replace(
        card,
        kind=HEAD,
        modality=recipe.modality,
        sources=recipe.sources,
        threshold=operating_point(val["label"], val["probability"]),
        threshold_rule=f"the largest with recall of at least {WANTED_RECALL:.0%} on the "
        "validation patients",
        config=asdict(replace(recipe, title=""))
        | {"pooling": best.pooling, "seed": best.seed, "val_loss": round(best.val_loss, 4)}
        | card.config,
        record=run_record(command, manifest, best.precision)
        | write_used(folder, used)
        | {"trained_on": counts(recipe.modality, recipe.sources, manifest, (Split.TRAIN,))},
        files={weights: sha256_of(folder / weights)} if shipped else {},
    )
    artifacts.write_card(card)
    return card


def operating_point(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """The threshold of a card: the largest of four digits with a recall of WANTED_RECALL.

    Cut, not rounded: rounded up it would miss the very image that sets it.
    """
    exact = threshold_at_recall(labels, probabilities, WANTED_RECALL)
    return math.floor(exact * 10**DIGITS) / 10**DIGITS


def seed_row(fitted: Fitted, table: pd.DataFrame) -> dict[str, Any]:
    """One run's row of seeds.csv: AUC on validation and test patients."""
    areas = {
        f"{split}_auc": round(auc(part["label"], part["probability"]), 4)
        for split in (Split.VAL, Split.TEST)
        for part in [table[table["split"] == split]]
    }
    return {
        "pooling": fitted.pooling,
        "seed": fitted.seed,
        "epochs": len(fitted.history),
        "val_loss": round(fitted.val_loss, 4),
        **areas,
    }


def counts(
    modality: str, sources: tuple[str, ...], manifest: pd.DataFrame, splits: tuple[Split, ...]
) -> list[dict[str, Any]]:
    """Labelled images and patients by split, source and label, before any balancing."""
    rows = manifest[
        (manifest["modality"] == modality)
        & manifest["source"].isin(sources)
        & manifest["split"].isin(splits)
        & manifest["label"].notna()
    ]
    groups = rows.groupby(["split", "source", "label"])["patient_id"].agg(["size", "nunique"])
    return [
        {
            "split": split,
            "source": source,
            "label": int(label),
            "images": int(images),
            "patients": int(patients),
        }
        for (split, source, label), (images, patients) in groups.iterrows()
    ]
