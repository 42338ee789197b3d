"""What is computed of each image is kept, whoever computes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from training import cache
from training.cache import Compute, cached


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "SHARD", 2)


def rows(*names: str) -> pd.DataFrame:
    return pd.DataFrame({"image_id": names})


def lengths(part: pd.DataFrame) -> dict[str, np.ndarray]:
    return {"length": part["image_id"].str.len().to_numpy()}


def never() -> Compute:
    raise AssertionError("computed again")


def test_only_what_is_missing_is_computed(tmp_path: Path) -> None:
    asked: list[str] = []

    def watched(part: pd.DataFrame) -> dict[str, np.ndarray]:
        asked.extend(part["image_id"])
        return lengths(part)

    assert cached(tmp_path, rows("a", "bb", "ccc"), lambda: watched, "t")["length"].tolist() == [
        1, 2, 3,
    ]  # fmt: skip
    more = rows("dddd", "ccc", "a")
    assert cached(tmp_path, more, lambda: watched, "t")["length"].tolist() == [4, 3, 1]
    assert asked == ["a", "bb", "ccc", "dddd"]
    assert cached(tmp_path, rows("bb", "dddd"), never, "t")["length"].tolist() == [2, 4]


def test_two_runs_at_once_lose_nothing(tmp_path: Path) -> None:
    """While one computes its first shard, another fills the folder with other images too."""

    def interrupted(part: pd.DataFrame) -> dict[str, np.ndarray]:
        cached(tmp_path, rows("x", "yy", "zzz"), lambda: lengths, "other")
        return lengths(part)

    every = rows("a", "bb", "yy", "ccc")
    found = cached(tmp_path, every, lambda: interrupted, "t")
    assert found["length"].tolist() == [1, 2, 2, 3]
    assert cached(tmp_path, rows("x", "zzz", "a"), never, "t")["length"].tolist() == [1, 3, 1]
    assert not list(tmp_path.glob("*.part"))
