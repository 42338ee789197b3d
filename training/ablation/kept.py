"""Scores of changes, kept on disk: a gain over another change needs that one's scores too."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.ablation.changes import Change
from training.ablation.scoring import SEEDS, C
from training.files import whole

# Test -> places of its rows (n,), and scores (seeds, n) 0..1.
Scores = dict[str, tuple[NDArray[np.intp], NDArray[np.float64]]]


@dataclass
class Kept:
    """Scores by change, computed once.

    Attributes:
        folder: Of the files.
        rows: As in training.ablation.scoring.Space, with image_id.
        compute: Change -> its scores.
        again: Compute anew what an earlier run left behind.
        fresh: Files that this run made.
    """

    folder: Path
    rows: pd.DataFrame
    compute: Callable[[Change], Scores]
    again: bool = False
    fresh: set[Path] = field(default_factory=set)

    def scores(self, change: Change) -> Scores:
        """Read, or computed and kept."""
        path = self.folder / f"{self._key(change)}.npz"
        if not path.is_file() or (self.again and path not in self.fresh):
            _write(path, self.compute(change))
            self.fresh.add(path)
        return _read(path)

    def _key(self, change: Change) -> str:
        """Of everything that the scores hang on, but for the code."""
        images = self.rows[["image_id", "label", "group", "fit"]].to_csv(index=False)
        what = replace(change, title="", parent="", modality="", passes=0.0)
        return hashlib.sha256(f"{what} {C} {SEEDS} {images}".encode()).hexdigest()[:24]


def _write(path: Path, scores: Scores) -> None:
    flat: dict[str, NDArray[np.generic]] = {}
    for test, (places, values) in scores.items():
        flat |= {f"{test}|places": places, f"{test}|scores": values}
    with whole(path) as half, half.open("wb") as stream:
        np.savez(stream, **flat)  # type: ignore[arg-type]


def _read(path: Path) -> Scores:
    with np.load(path) as file:
        tests = dict.fromkeys(name.rpartition("|")[0] for name in file.files)
        return {test: (file[f"{test}|places"], file[f"{test}|scores"]) for test in tests}
