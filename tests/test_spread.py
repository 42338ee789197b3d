"""The members' spread: ends and thirds by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from training.members import Choice
from training.spread import SPREAD, by_width, spread_of
from training.trained import Trained


def test_members_answer_alone_on_both_views() -> None:
    machines = {
        "a": (np.array([[1.0], [0.0]]), np.zeros(1)),
        "b": (np.array([[0.0], [2.0]]), np.ones(1)),
    }
    trained = Trained(Choice(1.0, {}), machines, 1.0, 0.0, np.zeros(0))
    views = np.array([[[0.0, 0.0], [3.0, -1.0]]], np.float16)  # one image and its mirror
    log_odds = np.array([[0.0, 1.0, 3.0, -1.0]])
    found = trained.answers({"a": views, "b": views})
    assert found == pytest.approx(1 / (1 + np.exp(-log_odds)), abs=1e-6)


def test_ends_of_held_out_images_alone() -> None:
    rows = pd.DataFrame({"image_id": ["a", "b", "c"], "split": ["train", "test", "external"]})
    found = spread_of(rows, np.array([[0.1, 0.2], [0.5, 0.3], [0.9, 0.9]]))
    assert found.to_numpy().tolist() == [["b", 0.3, 0.5], ["c", 0.9, 0.9]]


def test_thirds_by_hand(tmp_path: Path) -> None:
    ids = list("abcdef")
    widths = [0.3, 0.0, 0.2, 0.1, 0.4, 0.5]
    spread = pd.DataFrame({"image_id": ids, "low": 0.1, "high": np.array(widths) + 0.1})
    spread.to_csv(tmp_path / SPREAD, index=False)
    predictions = pd.DataFrame(
        {
            "image_id": [*ids, "v"],
            "split": ["test"] * 6 + ["val"],
            "label": [1.0, 1, 0, 0, 1, 0, 1],
            "probability": [0.4, 0.5, 0.1, 0.2, 0.3, 0.9, 0.1],
        }
    )
    found = by_width(predictions, tmp_path / SPREAD, 0.5)
    assert found["third"].tolist() == ["narrowest", "middle", "widest"]
    assert found["wrong"].tolist() == [0, 1, 2]
    assert found["width"].tolist() == ["0.00 to 0.10", "0.20 to 0.30", "0.40 to 0.50"]
    assert found["share wrong (95 %)"].iloc[2] == "100% (34% to 100%)"
