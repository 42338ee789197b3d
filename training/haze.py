"""Teach linear members a measure that needs no label: how hazy the lungs on a slice are.

COVID-19 shows on CT as ground glass, but in COVID-CT many negatives are hazy too, for other
reasons, so labels alone hardly teach it; in a hospital most negatives are clear. A ridge regression
on the same descriptors learns the measured share (core.slices.haze), in which no label takes part.
It becomes a second judgement of each member: how far the slice lies above a bound, times STEEP. The
smaller of both judgements answers (core/ensemble.py).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from core.schema import Modality
from core.slices import haze
from training.cache import Compute, cached
from training.files import pixels_of
from training.linear import Floats

LEAST_SHARE = 0.01  # shares below are alike: the logarithm would stretch noise
RIDGE = 0.003  # penalty; from 0.003 to 0.3 nothing changed
STEEP = 6.0  # log-odds for each standard deviation of the measure: a gate, not a slope


def measured(rows: pd.DataFrame, root: Path, runs: Path) -> Floats:
    """Logarithm of each slice's hazy share, (N,); NaN where no lungs are found, and on X-rays."""
    slices = rows["modality"] == Modality.CT
    found = np.full(len(rows), np.nan)
    if slices.any():
        kept = cached(runs / "haze", rows[slices], lambda: _start(root), "haze")
        found[slices.to_numpy()] = np.log(np.maximum(kept["haze"], LEAST_SHARE))
    return found


def judgement(
    coordinates: Floats, measure: Floats, weights: NDArray[np.float64], bound: float
) -> tuple[Floats, float]:
    """Weights (R,) and bias of the second judgement, in log-odds: positive above the bound.

    Args:
        coordinates: (n, R).
        measure: (n,); rows of NaN are left out.
        weights: (n,) of the rows.
        bound: In standard deviations of the measure from its mean.
    """
    known = ~np.isnan(measure) & (weights > 0)
    target = measure[known]
    model = Ridge(RIDGE).fit(
        coordinates[known], (target - target.mean()) / target.std(), sample_weight=weights[known]
    )
    return STEEP * model.coef_, STEEP * (float(model.intercept_) - bound)


def _start(root: Path) -> Compute:
    def compute(part: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
        shares = [haze(pixels_of(root / path)) for path in part["path"]]
        return {"haze": np.array([np.nan if one is None else one for one in shares])}

    return compute
