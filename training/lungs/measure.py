"""How well the found lungs agree with the given masks, image by image and in sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.intervals import mean_interval
from core.lungs import CUT, Probability, enlarge, load_lungs
from core.masks import clean, describe, dice
from core.schema import Split
from training.lungs.examples import Examples

if TYPE_CHECKING:
    import keras

ALL = "all"
WORST = 0.05  # share of the images that counts as the worst


def dice_of(model: keras.Model, examples: Examples) -> list[float]:
    """Dice of each image at its own size, after cleaning."""
    pairs = zip(_answers(model, examples), examples.masks, strict=True)
    return [dice(clean(enlarge(p, mask.shape) >= CUT), mask) for p, mask in pairs]


def certainties(model: keras.Model, examples: Examples) -> list[float]:
    """Mean probability inside each found mask, 0..1."""
    found = [(p, clean(p >= CUT)) for p in _answers(model, examples)]
    return [float(p[mask].mean()) if mask.any() else 0.0 for p, mask in found]


def _answers(model: keras.Model, examples: Examples) -> Probability:
    """float32 (N, SIZE, SIZE)."""
    return np.asarray(model.predict(examples.inputs()[..., None], batch_size=16, verbose=0))[..., 0]


def score_images(examples: Examples) -> pd.DataFrame:
    """One row a masked image, by the shipped network.

    `fixed_shape` is what a mask drawn from no image gets: the pixels that are lung in most training
    masks.
    """
    lungs = load_lungs()
    usual = examples.of(Split.TRAIN).targets().mean(axis=0)
    rows: list[dict[str, Any]] = []
    columns = ["image_id", "patient_id", "source", "view", "split"]
    for number, given in enumerate(examples.masks):
        found = lungs.find(examples.images[number])
        rows.append(
            examples.rows.loc[number, columns].to_dict()
            | {
                "dice": round(dice(found.mask, given), 4),
                "fixed_shape": round(dice(enlarge(usual, given.shape) >= CUT, given), 4),
                "area_given": round(describe(given).area, 4),
                "area_found": round(found.shape.area, 4),
                "trusted": found.trusted,
            }
        )
    return pd.DataFrame(rows)


def summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Dice by split, and on test patients by view: mean with interval over patients, spread."""
    parts = [(str(split), ALL, part) for split, part in scores.groupby("split")]
    test = scores[scores["split"] == Split.TEST]
    parts += [(str(Split.TEST), str(view), part) for view, part in test.groupby("view")]
    return pd.DataFrame([{"split": s, "view": v} | _line(part) for s, v, part in parts])


def _line(part: pd.DataFrame) -> dict[str, Any]:
    values = part["dice"].to_numpy(float)
    low, high = mean_interval(values, part["patient_id"])
    return {
        "images": len(part),
        "patients": int(part["patient_id"].nunique()),
        "dice": round(float(values.mean()), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "spread": round(float(values.std()), 4),
        "median": round(float(np.median(values)), 4),
        "worst_5_percent": round(float(np.quantile(values, WORST)), 4),
        "lowest": round(float(values.min()), 4),
        "fixed_shape": round(float(part["fixed_shape"].mean()), 4),
        "trusted": int(part["trusted"].sum()),
    }
