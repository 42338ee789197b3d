"""The ablation's table: rows made once, what they gain, what is kept of them."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from spaces import SIZE, rows_of_sources

from core.ensemble import Member
from training import ablation
from training.ablation import changes
from training.ablation.changes import REFERENCE, Change
from training.ablation.kept import Kept, Scores


def _args(runs: Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    ablation.add_arguments(parser)
    return parser.parse_args(["--root", "x", "--runs", str(runs)])


def test_rows_that_are_there_are_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = rows_of_sources(("covid-chestxray", "actualmed", "figure1"))
    rows["image_id"] = [f"i{n}" for n in range(SIZE)]
    rows["split"] = "train"
    made: list[str] = []

    def described(rows, root, runs, members: tuple[Member, ...], view: str) -> dict:
        made.append(view)
        rng = np.random.default_rng(0)
        return {
            m.name: (rng.normal(size=(len(rows), 4)) + rows[["label"]].to_numpy()).astype("f2")
            for m in members
        }

    monkeypatch.setattr(ablation, "FOLDER", tmp_path)
    monkeypatch.setattr(ablation, "described", described)
    monkeypatch.setattr(ablation, "rows_of", lambda *_: rows)
    monkeypatch.setattr(ablation, "changes_for", lambda _: (REFERENCE, changes.TEXTURE))
    args = _args(tmp_path)
    first = ablation.measure("xray", rows, args, "abc")
    count = len(made)
    second = ablation.measure("xray", rows, args, "abd")
    assert len(made) == count > 0
    pd.testing.assert_frame_equal(first, second)
    assert set(first["test"]) == {
        "X-ray pooled",
        "inside covid-chestxray",
        "actualmed, left out",
        "figure1, left out",
    }
    assert (first.loc[first["change"] == REFERENCE.title, "gain"] == 0).all()
    assert (first["commit"] == "abc").all()
    args.again = True  # a new row takes an old one's place; cut off, the others stay
    monkeypatch.setattr(ablation, "changes_for", lambda _: (REFERENCE,))
    ablation.measure("xray", rows, args, "abe")
    args.again = False
    monkeypatch.setattr(ablation, "changes_for", lambda _: (REFERENCE, changes.TEXTURE))
    rows.loc[0, "split"] = "val"  # rows of other splits are made again
    third = ablation.measure("xray", rows, args, "abf")
    assert set(third["commit"]) == {"abf"}
    assert third["change"].unique().tolist() == first["change"].unique().tolist()


def test_lines_stand_in_the_order_of_their_changes() -> None:
    lines = [{"change": name, "test": test} for test in "xy" for name in ("b", "gone", "a")]
    found = ablation.in_order(lines, ["a", "b"])
    assert found.to_numpy().tolist() == [["a", "x"], ["a", "y"], ["b", "x"], ["b", "y"]]


def test_a_change_is_also_measured_against_the_one_it_changes() -> None:
    rows = rows_of_sources().assign(image_id=[f"i{n}" for n in range(SIZE)])
    labels, places = rows["label"].to_numpy(), np.arange(SIZE)
    noise = np.random.default_rng(1).random((3, 3, SIZE))
    weights = {"reference": 0.1, "parent": 0.5, "child": 0.9}
    scores = {
        name: weight * labels + (1 - weight) * noise[number]
        for number, (name, weight) in enumerate(weights.items())
    }
    found = {name: {"pooled": (places, one)} for name, one in scores.items()}
    (line,) = ablation.gains(rows, found["child"], found["reference"], found["parent"])
    areas = {name: roc_auc_score(labels, one.mean(axis=0)) for name, one in scores.items()}
    assert line["gain"] == pytest.approx(areas["child"] - areas["reference"], abs=1e-4)
    assert line["step"] == pytest.approx(areas["child"] - areas["parent"], abs=1e-4)
    assert line["step_low"] <= line["step"] <= line["step_high"]


def test_scores_are_kept_by_what_they_hang_on(tmp_path: Path) -> None:
    rows = rows_of_sources().assign(image_id=[f"i{n}" for n in range(SIZE)])
    asked: list[str] = []

    def compute(change: Change) -> Scores:
        asked.append(change.title)
        return {"a, left out": (np.array([1, 2]), np.array([[0.1, 0.2]]))}

    kept = Kept(tmp_path, rows, compute)
    places, scores = kept.scores(REFERENCE)["a, left out"]
    assert (places.tolist(), scores.tolist()) == ([1, 2], [[0.1, 0.2]])
    Kept(tmp_path, rows, compute).scores(replace(REFERENCE, title="other name", passes=9))
    assert asked == [REFERENCE.title]
    kept.scores(replace(REFERENCE, title="mirrored", mirrored=True))
    Kept(tmp_path, rows.assign(label=1 - rows["label"]), compute).scores(REFERENCE)
    anew = Kept(tmp_path, rows, compute, again=True)
    anew.scores(REFERENCE)
    anew.scores(REFERENCE)
    assert asked == [REFERENCE.title, "mirrored", *[REFERENCE.title] * 2]
