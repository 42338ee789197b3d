import numpy as np
import pytest

from core.guard import class_distances, load_guard, normalise
from training.guard import summary


def test_normalise_gives_length_one_and_keeps_zeros():
    out = normalise(np.array([[3, 4], [0, 0]], np.float32))
    assert out.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0, 0]]


def test_distance_by_hand():
    # One component along x; two units off the centre there and three off the component's line.
    distance = class_distances(
        np.array([[2.0, 3.0]], np.float32),
        np.array([[1.0, 0.0]], np.float32),
        1.5,
        np.array([[0.0], [2.0]], np.float32),
        np.array([[1.0]], np.float32),
    )
    assert distance.tolist() == [[pytest.approx(np.sqrt(4 + 4)), pytest.approx(2.0)]]


def test_features_far_from_training_are_refused():
    guard = load_guard()
    noise = np.random.default_rng(0).random((4, 512)).astype(np.float32)
    assert not any(verdict.in_scope for verdict in guard.judge(noise))


def test_stated_error_rates_follow_from_the_shipped_table():
    import pandas as pd

    from core.artifacts import MODELS_DIR
    from core.guard import GUARD_ID

    table = pd.read_csv(MODELS_DIR / GUARD_ID / "probes.csv")
    out = summary(table).set_index("group")
    assert out.loc["photographs", "kind"] == "not a scan"
    assert out["images"].sum() == len(table)
    # Regression bounds, well above what was measured.
    assert table.loc[~table["real"], "accepted"].mean() < 0.15
    assert (~table.loc[table["real"] & (table["group"] == "nih"), "accepted"]).mean() < 0.1
