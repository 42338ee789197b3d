"""Changes one at a time: folds that tear nothing apart, group DRO, gains."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from spaces import SIZE, rows_of_sources

from core.schema import MANIFEST_COLUMNS, Modality
from core.views import LUNGS
from training import ablation
from training.ablation import scoring
from training.ablation.changes import (
    CHANGES,
    DRO,
    EVEN,
    REFERENCE,
    Change,
    cached_with,
    changes_for,
)
from training.gains import gain_row
from training.views import VIEWS


def _space(rows: pd.DataFrame, change: Change, strength: float = 3.0) -> scoring.Space:
    rng = np.random.default_rng(0)
    signal = strength * rows["label"].to_numpy()[:, None]
    views = {view: (rng.normal(size=(len(rows), 5)) + signal).astype(np.float16) for view in VIEWS}
    return scoring.space_of(rows, change, lambda view, _: views[view])


def test_scores_of_plain_features_are_those_of_scikit_learn() -> None:
    rows = rows_of_sources()
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
    rows, seen = rows_of_sources(), []
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
    rows = rows_of_sources()
    space = _space(rows, change, strength=0.5)
    train, wanted = np.arange(0, 40), np.arange(40, SIZE)
    x, labels = space.coordinates[0], rows["label"].to_numpy()
    model = LogisticRegression(C=scoring.C, max_iter=5000, tol=1e-5)
    model.fit(np.concatenate([x[train], x[train + SIZE]]), np.tile(labels[train], 2))
    log_odds = (model.decision_function(x[wanted]) + model.decision_function(x[wanted + SIZE])) / 2
    received = scoring.score(space, change, train, wanted)
    np.testing.assert_allclose(received, 1 / (1 + np.exp(-log_odds)), atol=1e-3)


def test_joined_looks_are_learned_from_as_their_mean() -> None:
    rows = rows_of_sources()
    rng = np.random.default_rng(0)
    first, second = (rng.normal(size=(SIZE, 5)).astype(np.float16) for _ in range(2))
    first[:, 0] += rows["label"].to_numpy(np.float16)
    views = {LUNGS: first, "plain": second, "mean": (first.astype(float) + second) / 2}
    both = Change("both", REFERENCE.members, (LUNGS, "plain"), joined=True)
    mean = Change("mean", REFERENCE.members, ("mean",))
    spaces = [scoring.space_of(rows, one, lambda view, _: views[view]) for one in (both, mean)]  # type: ignore[arg-type, return-value]
    train, wanted = np.arange(0, 40), np.arange(40, SIZE)
    received, expected = (
        scoring.score(space, change, train, wanted)
        for space, change in zip(spaces, (both, mean), strict=True)
    )
    np.testing.assert_allclose(received, expected, atol=1e-3)


def test_sources_weigh_the_same_however_large() -> None:
    rows = rows_of_sources(("a", "a", "a", "b"))
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


@pytest.mark.parametrize("modality", Modality)
def test_a_parent_is_tried_on_the_same_images_before(modality: Modality) -> None:
    titles = [one.title for one in changes_for(modality)]
    for number, one in enumerate(changes_for(modality)):
        assert not one.parent or one.parent in titles[:number]
