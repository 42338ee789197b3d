"""Changes one at a time: folds that tear nothing apart, group DRO, gains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from core.ensemble import Member
from core.schema import MANIFEST_COLUMNS, Modality
from core.views import LUNGS
from training import ablation
from training.ablation import changes, scoring
from training.ablation.changes import (
    CHANGES,
    DRO,
    EVEN,
    REFERENCE,
    Change,
    cached_with,
    changes_for,
)
from training.ablation.kept import Kept, Scores
from training.gains import gain_row
from training.views import VIEWS

SIZE = 60


def _rows(sources: tuple[str, ...] = ("a", "b")) -> pd.DataFrame:
    number = np.arange(SIZE)
    return pd.DataFrame(
        {
            "source": np.array(sources)[number * len(sources) // SIZE],
            "label": (number // 2 % 2).astype(float),
            "group": [f"p{n // 2}" for n in number],
            "fit": True,
        }
    )


def _space(rows: pd.DataFrame, change: Change, strength: float = 3.0) -> scoring.Space:
    rng = np.random.default_rng(0)
    signal = strength * rows["label"].to_numpy()[:, None]
    views = {view: (rng.normal(size=(len(rows), 5)) + signal).astype(np.float16) for view in VIEWS}
    return scoring.space_of(rows, change, lambda view, _: views[view])


def test_scores_of_plain_features_are_those_of_scikit_learn() -> None:
    rows = _rows()
    space = _space(rows, REFERENCE, strength=0.5)
    train, wanted = np.arange(0, 40), np.arange(40, SIZE)
    x = space.coordinates[0]
    model = LogisticRegression(C=scoring.C, max_iter=5000, tol=1e-5)
    expected = model.fit(x[train], rows["label"][train]).predict_proba(x[wanted])[:, 1]
    received = scoring.score(space, REFERENCE, train, wanted)
    np.testing.assert_allclose(received, expected, atol=1e-3)


def test_rows_outside_the_span_get_the_same_coordinates() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(8, 3)).astype(np.float16)
    twice = np.concatenate([features, features[:2]])
    spans = np.array([True] * 8 + [False] * 2)
    found = scoring._coordinates(twice, spans)
    np.testing.assert_allclose(found[8:], found[:2], atol=1e-4)


def test_no_group_is_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, seen = _rows(), []
    groups = rows["group"].to_numpy()

    def watch(space: object, change: object, train: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        seen.append((set(groups[train]), set(groups[wanted])))
        return np.full(len(wanted), 0.5)

    monkeypatch.setattr(scoring, "score", watch)
    space = _space(rows, REFERENCE)
    places, scores = scoring.dealt(space, REFERENCE)
    there, left = scoring.left_out(space, REFERENCE, "b")
    assert len(places) == SIZE
    assert scores.shape == (3, SIZE)
    assert left.shape == (3, len(there))
    assert set(rows["source"].iloc[there]) == {"b"}
    assert len(seen) == 3 * 5 + 3
    assert all(not (train & wanted) for train, wanted in seen)


@pytest.mark.parametrize(
    "change",
    [
        Change("mirrors", REFERENCE.members, mirrored=True, averaged=True),
        Change("two looks", REFERENCE.members, (LUNGS, "plain")),
    ],
    ids=lambda change: change.title,
)
def test_all_views_are_learned_from_and_their_mean_answers(change: Change) -> None:
    rows = _rows()
    space = _space(rows, change, strength=0.5)
    train, wanted = np.arange(0, 40), np.arange(40, SIZE)
    x, labels = space.coordinates[0], rows["label"].to_numpy()
    model = LogisticRegression(C=scoring.C, max_iter=5000, tol=1e-5)
    model.fit(np.concatenate([x[train], x[train + SIZE]]), np.tile(labels[train], 2))
    log_odds = (model.decision_function(x[wanted]) + model.decision_function(x[wanted + SIZE])) / 2
    received = scoring.score(space, change, train, wanted)
    np.testing.assert_allclose(received, 1 / (1 + np.exp(-log_odds)), atol=1e-3)


def test_sources_weigh_the_same_however_large() -> None:
    rows = _rows(("a", "a", "a", "b"))
    change = Change("even", REFERENCE.members, weights=EVEN)
    heavy = {"b": 3.0}
    space = _space(rows, change, strength=0.3)
    everything = np.arange(SIZE)
    even = scoring.score(space, change, everything, everything)
    by_hand = Change("by hand", REFERENCE.members, weights=heavy)
    np.testing.assert_allclose(even, scoring.score(space, by_hand, everything, everything), 1e-3)


def test_group_dro_raises_the_weight_of_the_worst_group() -> None:
    rng = np.random.default_rng(0)
    labels = np.tile([0.0, 1.0], 60)
    sources = np.repeat(["easy", "hard"], [90, 30])
    x = rng.normal(size=(120, 2)) + 2 * (labels * np.where(sources == "easy", 1, -0.2))[:, None]
    rounds = list(scoring.group_dro(x, labels, sources.astype(str)))
    first, last = rounds[0][1], rounds[-1][1]
    assert len(rounds) == scoring.DRO_ROUNDS
    np.testing.assert_allclose(first, 0.25)
    assert last[2:].sum() > 0.55  # groups are sorted: easy 0, easy 1, hard 0, hard 1
    np.testing.assert_allclose(last.sum(), 1)


def test_gain_by_hand() -> None:
    rows = pd.DataFrame({"label": [0.0, 0.0, 1.0, 1.0], "group": list("abcd")})
    seeds = np.array([[0.1, 0.4, 0.35, 0.8], [0.1, 0.2, 0.35, 0.8]])
    found = gain_row(rows, seeds, np.array([0.9, 0.8, 0.2, 0.1]))
    assert found["auc"] == 1  # of the mean: 0.1 0.3 0.35 0.8
    assert found["seed_mean"] == pytest.approx((0.75 + 1) / 2)
    assert found["gain"] == 1
    assert found["images"] == 4


def test_no_test_patient_takes_part() -> None:
    rows = pd.DataFrame("", index=range(8), columns=list(MANIFEST_COLUMNS)).astype(object)
    rows["image_id"] = [f"i{n}" for n in range(8)]
    rows["path"] = rows["image_id"]
    rows["modality"] = Modality.CT.value
    rows["source"] = ["covid-ct"] * 6 + ["sarscov2-ct"] * 2
    rows["split"] = ["train", "train", "val", "test", "test", "train", "external", "external"]
    rows["label"] = [0.0, 1.0, 1.0, 0.0, 1.0, np.nan, 0.0, 1.0]
    found = ablation.rows_of("ct", rows)
    assert found["image_id"].tolist() == ["i0", "i1", "i2", "i6", "i7"]
    assert found["fit"].tolist() == [True, True, True, False, False]


def test_changes_have_names_of_their_own_and_start_with_the_reference() -> None:
    titles = [one.title for one in CHANGES]
    assert len(set(titles)) == len(titles)
    for modality in Modality:
        assert changes_for(modality)[0] == REFERENCE
    assert not [one for one in changes_for(Modality.CT) if one.weights in (DRO, EVEN)]


def test_every_member_is_among_those_computed_with_it() -> None:
    for change in CHANGES:
        for member in change.members:
            assert all(member in cached_with(member, view) for view in change.views), change.title


def test_rows_that_are_there_are_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = _rows(("covid-chestxray", "actualmed", "figure1"))
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
    args = ablation_args(tmp_path)
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
    rows = _rows().assign(image_id=[f"i{n}" for n in range(SIZE)])
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
    rows = _rows().assign(image_id=[f"i{n}" for n in range(SIZE)])
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


@pytest.mark.parametrize("modality", Modality)
def test_a_parent_is_tried_on_the_same_images_before(modality: Modality) -> None:
    titles = [one.title for one in changes_for(modality)]
    for number, one in enumerate(changes_for(modality)):
        assert not one.parent or one.parent in titles[:number]


def ablation_args(runs: Path):  # type: ignore[no-untyped-def]
    import argparse

    parser = argparse.ArgumentParser()
    ablation.add_arguments(parser)
    return parser.parse_args(["--root", "x", "--runs", str(runs)])
