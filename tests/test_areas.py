"""core.areas: the groups, and the same numbers as the plain bootstrap."""

import math

import numpy as np
import pandas as pd
import pytest

from core.areas import areas
from core.metrics import auc, bootstrap_interval
from core.schema import PREDICTION_COLUMNS


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    label = np.tile([0.0, 1.0], 60)
    values = {
        "image_id": [f"i{n}" for n in range(120)],
        "source": np.repeat(["one", "two", "three", "four"], 30),
        "patient_id": [f"p{n // 3}" for n in range(120)],
        "split": np.repeat(["test", "test", "val", "external"], 30),
        "modality": "xray",
        "label": label,
        "probability": np.clip(rng.normal(0.3 + 0.3 * label, 0.2), 0, 1),
    }
    frame = pd.DataFrame(values, columns=list(PREDICTION_COLUMNS))
    frame.loc[frame["source"] == "two", "label"] = 1.0
    return frame


def test_groups_and_order() -> None:
    frame = table()
    found = areas(frame, frame[frame["source"] == "three"], 0.4)
    assert [area.name for area in found] == [
        "pooled",
        "inside one",
        "inside two",
        "four, never seen",
        "trained without three",
    ]
    assert [area.images for area in found] == [60, 30, 30, 30, 30]
    assert math.isnan(found[2].auc)
    assert math.isnan(found[2].low)
    positives = frame.loc[frame["source"] == "two", "probability"]
    assert found[2].accuracy == (positives >= 0.4).mean()


def test_interval_is_that_of_the_plain_bootstrap() -> None:
    frame = table()
    pooled = areas(frame, frame.iloc[:0], 0.4)[0]
    test = frame[frame["split"] == "test"]
    columns = test["label"], test["probability"], test["patient_id"]
    assert pooled.auc == auc(*columns[:2])
    assert (pooled.low, pooled.high) == pytest.approx(bootstrap_interval(auc, *columns))
    assert (
        pooled.words
        == f"pooled, 60 images: {pooled.auc:.2f} ({pooled.low:.2f} to {pooled.high:.2f})"
    )
