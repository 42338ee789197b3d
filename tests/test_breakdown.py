"""core.breakdown: groups, and measures by hand with intervals as the plain bootstrap has them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from core import breakdown
from core.breakdown import Group
from core.calibration import calibration_error, calibration_errors
from core.intervals import patient_draws
from core.metrics import bootstrap_interval, confusion
from core.schema import PREDICTION_COLUMNS


def _table(labels: list[float], probabilities: list[float], split: str = "test") -> pd.DataFrame:
    count = len(labels)
    values = {
        "image_id": [f"i{n}" for n in range(count)],
        "source": ["one" if n % 2 else "two" for n in range(count)],
        "patient_id": [f"p{n}" for n in range(count)],
        "split": split,
        "modality": "xray",
        "label": labels,
        "probability": probabilities,
    }
    return pd.DataFrame(values, columns=list(PREDICTION_COLUMNS))


def _images(**columns: list[object]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    plain = {"view": "PA", "sex": "", "age": math.nan}
    return pd.DataFrame({"image_id": [f"i{n}" for n in range(count)], **plain, **columns})


def _found(rows: pd.DataFrame, threshold: float = 0.5) -> dict[str, dict[str, object]]:
    lines = breakdown.measure(Group(breakdown.POOLED, "", rows), threshold)
    return {str(line["measure"]): line for line in lines}


def test_every_measure_by_hand() -> None:
    # two ill: 0.9 and 0.3; two well: 0.6 and 0.1. Three of four pairs are in order.
    found = _found(_table([1, 1, 0, 0], [0.9, 0.3, 0.6, 0.1]))
    assert list(found) == list(breakdown.MEASURES)
    values = {name: line["value"] for name, line in found.items()}
    assert values["auc"] == pytest.approx(0.75)
    assert values["average_precision"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert values["brier"] == pytest.approx((0.01 + 0.49 + 0.36 + 0.01) / 4)
    for name in ("accuracy", "recall", "specificity", "precision", "f1", "balanced_accuracy"):
        assert values[name] == pytest.approx(0.5)
    assert values["mcc"] == pytest.approx(0)
    assert values["calibration_error"] == pytest.approx((0.1 + 0.7 + 0.6 + 0.1) / 4)
    line = found["auc"]
    assert (line["images"], line["patients"], line["positives"]) == (4, 4, 2)


def test_the_threshold_is_the_one_given() -> None:
    rows = _table([1, 1, 0, 0], [0.9, 0.3, 0.6, 0.1])
    assert _found(rows, 0.3)["recall"]["value"] == 1
    assert _found(rows, 0.95)["recall"]["value"] == 0


def test_intervals_are_those_of_the_plain_bootstrap() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 60).astype(float)
    rows = _table(list(labels), list(np.clip(rng.normal(0.3 + 0.3 * labels, 0.2), 0, 1)))
    rows["patient_id"] = [f"p{n // 3}" for n in range(60)]
    found = _found(rows, 0.4)
    plain = {
        "recall": lambda y, p: confusion(y, p, 0.4).recall,
        "accuracy": lambda y, p: confusion(y, p, 0.4).accuracy,
        "calibration_error": calibration_error,
    }
    for name, of in plain.items():
        known = bootstrap_interval(of, rows["label"], rows["probability"], rows["patient_id"])
        assert (found[name]["low"], found[name]["high"]) == pytest.approx(known)
    assert found["auc"]["patients"] == 20


def test_one_class_leaves_what_needs_two_undefined() -> None:
    found = _found(_table([0, 0], [0.2, 0.8]))
    assert math.isnan(found["auc"]["value"])
    assert math.isnan(found["recall"]["low"])
    assert found["specificity"]["value"] == 0.5


def test_patients_that_are_not_known_are_not_counted() -> None:
    rows = _table([0, 1], [0.2, 0.8])
    rows.loc[0, "patient_id"] = ""
    assert _found(rows)["auc"]["patients"] is None


def test_calibration_error_of_replicates_by_hand() -> None:
    # bins 0.2 (one of two ill) and 1.0 (ill); the second replicate draws the ill one of 0.2 thrice
    weights = np.array([[1, 0], [1, 3], [1, 0]])
    found = calibration_errors([0, 1, 1], [0.2, 0.2, 1.0], weights)
    assert found == pytest.approx([(2 * 0.3 + 0) / 3, 0.8])
    assert math.isnan(calibration_errors([1], [0.5], [[0]])[0])


def test_replicates_of_all_images_equal_the_plain_error() -> None:
    rng = np.random.default_rng(1)
    labels, p = rng.integers(0, 2, 50), rng.random(50)
    draws = patient_draws(np.arange(50), replicates=20)
    for column, value in zip(draws.T, calibration_errors(labels, p, draws), strict=True):
        repeated = np.repeat(np.arange(50), column)
        assert value == pytest.approx(calibration_error(labels[repeated], p[repeated]))


def test_sources_in_order() -> None:
    rows = pd.concat([_table([0, 1], [0.1, 0.9]), _table([1, 0], [0.5, 0.5], "external")])
    left = _table([1, 1], [0.5, 0.5], "external")
    titles = [group.title for group in breakdown.sources(rows, left)]
    assert titles == [
        "pooled", "inside one", "inside two", "one, never seen", "two, never seen",
        "trained without one", "trained without two",
    ]  # fmt: skip


def test_traits_by_hand_with_the_unknown_last() -> None:
    rows = _table([0, 1, 0, 1, 1], [0.5] * 5)
    images = _images(
        view=["PA", "AP", "", "PA", "PA"],
        sex=["F", "M", "", "F", "F"],
        age=[39.0, 40.0, math.nan, 60.0, 59.0],
    )
    found = {group.title: len(group.rows) for group in breakdown.traits(rows, images)}
    assert found == {
        "view: AP": 1, "view: PA": 3, "view: unknown": 1,
        "sex: female": 3, "sex: male": 1, "sex: unknown": 1,
        "age: under 40": 1, "age: 40 to 59": 2, "age: 60 and over": 1, "age: unknown": 1,
    }  # fmt: skip
    assert list(found)[6:] == ["age: under 40", "age: 40 to 59", "age: 60 and over", "age: unknown"]


def test_only_test_patients_have_traits() -> None:
    rows = pd.concat([_table([0], [0.1]), _table([0, 1], [0.1, 0.2], "val").iloc[1:]])
    groups = breakdown.traits(rows, _images(sex=["F", "M"]))
    assert [group.title for group in groups] == ["view: PA", "sex: female", "age: unknown"]


def test_a_test_image_that_is_not_described_is_refused() -> None:
    with pytest.raises(ValueError, match=r"received \['i1'\]"):
        breakdown.traits(_table([0, 1], [0.1, 0.2]), _images(sex=["F"]))
