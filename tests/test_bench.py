"""The benchmark's own arithmetic; nothing is timed here."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from core.views import LARGER_EQUALISED, LUNGS, PLAIN
from scripts import bench_app
from scripts.bench_passes import passes_of
from scripts.bench_timing import goal, side_by_side, table


def test_a_goal_says_whether_it_is_met() -> None:
    assert goal("times", 2.13, most=1.15) == "  2.13 times; goal: at most 1.15, missed"
    assert goal("times", 1.09, most=1.15) == "  1.09 times; goal: at most 1.15, met"
    assert goal("of all", 0.5, least=0.85) == "  0.50 of all; goal: at least 0.85, missed"


def test_calls_take_turns_and_are_compared_with_one() -> None:
    order: list[str] = []
    taken = side_by_side({name: lambda name=name: order.append(name) for name in "ab"}, rounds=2)
    assert order == ["a", "b"] * 3  # one call each to warm up
    assert list(taken) == ["a", "b"]
    lines = list(table({"bare": 0.1, "all": 0.25}, "bare"))
    assert [line.split()[-4:] for line in lines] == [
        ["100.0", "ms", "x", "1.00"],
        ["250.0", "ms", "x", "2.50"],
    ]


@pytest.mark.parametrize(
    ("views", "own_trunk", "sizes"),
    [
        ((PLAIN,), False, (224,)),
        ((LUNGS,), False, (224, 224)),
        ((LUNGS, PLAIN), False, (224, 224)),
        ((PLAIN,), True, (224, 224)),
        ((PLAIN, LARGER_EQUALISED), False, (224, 320)),
    ],
)
def test_passes_of_an_answer(
    views: tuple[str, ...], own_trunk: bool, sizes: tuple[int, ...]
) -> None:
    guards = SimpleNamespace(backbone=SimpleNamespace(size=224))
    classifier = SimpleNamespace(
        trunk=guards,
        trunk_of=lambda name: "another" if own_trunk else guards,
        heads={"one": SimpleNamespace(views=views)},
    )
    assert passes_of(classifier, "one") == sizes  # type: ignore[arg-type]


def test_a_server_that_does_not_start_is_said(tmp_path) -> None:
    with pytest.raises(RuntimeError, match="it ended with"):
        bench_app.seconds_to_ready(str(tmp_path / "absent.py"))
