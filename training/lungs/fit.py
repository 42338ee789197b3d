"""Fit the U-Net: Dice and cross-entropy together, one seed after the other, resumable by epoch."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from core.lungs import build_unet
from core.schema import Split
from training.files import whole
from training.lungs.augment import augmented
from training.lungs.examples import Examples
from training.lungs.measure import dice_of
from training.record import split_hash

if TYPE_CHECKING:
    import keras

STATE, BEST, LOG = "state.keras", "best.weights.h5", "history.csv"
RECIPE = "recipe.json"


@dataclass(frozen=True)
class Recipe:
    """How it is trained. The learning rate falls to zero along half a cosine."""

    epochs: int = 60
    patience: int = 20
    batch: int = 8
    learning_rate: float = 2e-3
    seeds: tuple[int, ...] = (0, 1, 2)


@dataclass(frozen=True)
class Fitted:
    """One seed's network at its best epoch on validation patients."""

    model: keras.Model
    history: pd.DataFrame
    seed: int
    val_dice: float

    def row(self, examples: Examples) -> dict[str, Any]:
        """One line of seeds.csv."""
        test = dice_of(self.model, examples.of(Split.TEST))
        return {
            "seed": self.seed,
            "epochs": len(self.history),
            "best_epoch": int(self.history["val_dice"].idxmax()) + 1,
            "val_dice": round(self.val_dice, 4),
            "test_dice": round(float(np.mean(test)), 4),
            "test_lowest": round(float(np.min(test)), 4),
        }


def fit_all(examples: Examples, recipe: Recipe, folder: Path) -> list[Fitted]:
    """A network for every seed, the best on validation patients first."""
    done = [fit(examples, recipe, seed, folder / f"seed-{seed}") for seed in recipe.seeds]
    return sorted(done, key=lambda one: -one.val_dice)


def fit(examples: Examples, recipe: Recipe, seed: int, folder: Path) -> Fitted:
    """Train one network on training patients, stopped early on validation patients.

    An epoch's changes come from (seed, epoch), so a resumed run sees what an unbroken one would.
    """
    import keras

    keras.utils.set_random_seed(seed)
    model, rows = _resume(recipe, examples.rows, folder)
    if model is None:
        model = build_unet()
        model.compile(keras.optimizers.Adam(recipe.learning_rate), dice_and_entropy())
    train, val = examples.of(Split.TRAIN), examples.of(Split.VAL)
    images, targets = train.inputs(), train.targets()
    for epoch in tqdm(range(len(rows), recipe.epochs), f"seed {seed}", unit="epoch"):
        if _stale(rows) >= recipe.patience:
            break
        model.optimizer.learning_rate = _rate(recipe, epoch)
        x, y = augmented(images, targets, np.random.default_rng((seed, epoch)))
        done = model.fit(x, y, batch_size=recipe.batch, shuffle=False, verbose=0)
        dice = float(np.mean(dice_of(model, val)))
        if dice > max((row["val_dice"] for row in rows), default=0.0):
            model.save_weights(folder / BEST)
        rows.append({"epoch": epoch + 1, "loss": done.history["loss"][0], "val_dice": dice})
        _keep(model, rows, folder)
    model.load_weights(folder / BEST)
    history = pd.DataFrame(rows)
    return Fitted(model, history, seed, float(history["val_dice"].max()))


def dice_and_entropy() -> Any:
    """Dice of each image plus cross-entropy: the first for overlap, the second for edges."""
    import keras

    overlap = keras.losses.Dice(axis=(1, 2, 3))
    entropy = keras.losses.BinaryCrossentropy()

    def loss(truth: Any, answer: Any) -> Any:
        return overlap(truth, answer) + entropy(truth, answer)

    return loss


def _rate(recipe: Recipe, epoch: int) -> float:
    return recipe.learning_rate * (1 + math.cos(math.pi * epoch / recipe.epochs)) / 2


def _stale(rows: list[dict[str, float]]) -> int:
    """Epochs since the best one."""
    values = [row["val_dice"] for row in rows]
    return len(values) - 1 - int(np.argmax(values)) if values else 0


def _resume(
    recipe: Recipe, images: pd.DataFrame, folder: Path
) -> tuple[Any, list[dict[str, float]]]:
    """Network with its optimiser's state, and history so far; nothing for another recipe or split.

    A network fitted on another split may have learned from today's test patients.
    """
    import keras

    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(recipe) | {"split_sha256": split_hash(images)})
    same = (folder / RECIPE).is_file() and (folder / RECIPE).read_text(encoding="utf-8") == text
    if not (same and (folder / LOG).is_file()):
        for name in (LOG, BEST):
            (folder / name).unlink(missing_ok=True)
        (folder / RECIPE).write_text(text, encoding="utf-8")
        return None, []
    model = keras.models.load_model(folder / STATE, {"loss": dice_and_entropy()})
    rows = pd.read_csv(folder / LOG).to_dict("records")
    return model, [{str(name): float(value) for name, value in row.items()} for row in rows]


def _keep(model: keras.Model, rows: list[dict[str, float]], folder: Path) -> None:
    """State and history of whole epochs."""
    model.save(folder / STATE)
    with whole(folder / LOG) as half:
        pd.DataFrame(rows).to_csv(half, index=False)
