"""docs/comparison.md says what the shipped tables say, and its sentences count rightly."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from core import cohorts
from core.paired import Difference
from scripts import comparison
from scripts.comparison import Row


def test_page_is_what_the_tables_give() -> None:
    assert comparison.PAGE.read_text(encoding="utf-8") == comparison.text()


@pytest.fixture
def rows() -> list[Row]:
    return comparison.rows_of("ct", cohorts.read_contenders())


def made(rows: list[Row], first: float, other: float, low: float) -> list[Row]:
    """Two backbones with these means over seeds, and a difference with this lower end."""
    seeds = pd.Series([-0.01, 0.01])
    apart = Difference(first - other, low, 0.3, 0.01)
    return [
        replace(rows[0], seeds=seeds + first),
        replace(rows[1], seeds=seeds + other, apart=apart),
    ]


def test_ahead_is_told_from_surely_ahead(rows: list[Row]) -> None:
    assert rows[0].network == "VGG16"
    tables = {
        "sure": made(rows, 0.9, 0.7, 0.1),
        "patients": made(rows, 0.9, 0.7, -0.1),
        "seeds": made(rows, 0.72, 0.7, 0.01),
        "behind": made(rows, 0.6, 0.7, 0.1),
    }
    found = comparison.verdict(tables)
    assert "Of 4 data sets" in found
    assert "largest AUC over seeds on 3 (sure, patients, seeds)" in found
    assert "explain on 1 (sure)" in found


def test_missing_backbones_are_named() -> None:
    text = comparison.text().split("What cannot be said")[1]
    assert "VGG19" in text
    assert "Xception" not in text
