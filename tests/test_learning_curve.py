"""The default recipes fitted on fewer patients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from spaces import made_up_rows, made_up_space

from core.breakdown import INSIDE, POOLED, UNSEEN, WITHOUT
from training.learning_curve import SHARES, curve
from training.members import Choice, groups_of, out_of_fold
from training.recipes import TextureRecipe
from training.shares import DEALS, Ground, drawn, fits, questions, unseen

CHOICE = Choice(1.0, {})
RECIPE = TextureRecipe("t", "xray", ("a", "b"), scored_elsewhere=("c",), left_out=("a",))


@pytest.fixture
def ground() -> Ground:
    rows = made_up_rows(64)
    away = made_up_rows(12).assign(source="c", image_id=[f"c{n}" for n in range(12)])
    away["patient_id"] = "c" + away["patient_id"]
    signal = away["label"].to_numpy()[:, None, None]
    features = (np.random.default_rng(1).normal(size=(12, 2, 9)) + signal).astype(np.float16)
    taught = {"one": features, "two": features[:, :, :4]}
    return Ground(made_up_space(rows), CHOICE, away, taught, 1)


def test_a_share_is_of_the_patients_of_each_source_and_label() -> None:
    rows = made_up_rows(64)  # 32 patients of two images: 8 of each source and label
    places = np.arange(64)
    quarter = drawn(rows, places, 0.25, 3)
    counts = rows.iloc[quarter].groupby(["source", "label"])["patient_id"].nunique()
    assert counts.tolist() == [2, 2, 2, 2]
    assert len(quarter) == 16  # whole patients
    assert set(quarter) < set(drawn(rows, places, 0.5, 3))
    np.testing.assert_array_equal(drawn(rows, places, 1.0, 3), places)
    assert len(drawn(rows, places, 0.01, 3)) == 8  # never none of a kind
    assert set(drawn(rows, places, 0.25, 4)) != set(quarter)


@pytest.mark.parametrize("without", ["", "a", "one class", "c"])
def test_who_is_scored_was_not_learned_from(ground: Ground, without: str) -> None:
    space = ground.space
    if without == "one class":
        space.rows.loc[space.rows["label"] == 1, "source"] = "b"
        space.rows.loc[space.rows["label"] == 0, "source"] = without
    groups, sources = groups_of(space.rows), space.rows["source"].to_numpy()
    scored = []
    for used, wanted in fits(space, 0.5, 2, without):
        assert not set(groups[used]) & set(groups[wanted])
        assert without not in sources[used]
        scored += wanted.tolist()
    expected = {"a": 32, "c": 0, "": 64, "one class": 32 + 5 * 32}[without]
    assert len(scored) == expected


def test_all_patients_give_what_folds_give(ground: Ground, tmp_path: Path) -> None:
    table = curve(ground, RECIPE, tmp_path)
    whole = table[table["share"] == 1].set_index(["kind", "group"])
    assert whole.index.tolist() == [
        (POOLED, ""), (INSIDE, "a"), (INSIDE, "b"), (WITHOUT, "a"), (UNSEEN, "c"),
    ]  # fmt: skip
    folded, labels = out_of_fold(ground.space, CHOICE, DEALS), ground.space.labels
    everyone = np.mean([roc_auc_score(labels, one) for one in folded])
    assert whole.loc[(POOLED, ""), "auc"] == pytest.approx(everyone, abs=1e-4)
    own = (ground.space.rows["source"] == "a").to_numpy()
    inside = np.mean([roc_auc_score(labels[own], one[own]) for one in folded])
    assert whole.loc[(INSIDE, "a"), "auc"] == pytest.approx(inside, abs=1e-4)
    assert whole.loc[(UNSEEN, "c"), "deviation"] == 0  # nothing is drawn at random
    assert whole.loc[(UNSEEN, "c"), ["patients", "learned_from"]].tolist() == [32, 64]
    assert whole.loc[(WITHOUT, "a"), ["patients", "learned_from"]].tolist() == [16, 32]


def test_gains_are_over_half_as_many(ground: Ground, tmp_path: Path) -> None:
    table = curve(ground, RECIPE, tmp_path)
    for _, own in table.groupby(["kind", "group"]):
        assert own["share"].tolist() == list(SHARES)
        np.testing.assert_allclose(own["gain"].iloc[1:], own["auc"].diff().iloc[1:], atol=2e-4)
        assert own["gain"].isna().tolist() == [True, False, False, False]
        assert (own["gain_low"] <= own["gain"])[1:].all()
        assert own["patients"].is_monotonic_increasing


def test_a_run_that_was_cut_off_goes_on(ground: Ground, tmp_path: Path) -> None:
    first = curve(ground, RECIPE, tmp_path)
    paths = sorted(tmp_path.iterdir())
    times = {path: path.stat().st_mtime_ns for path in paths[1:]}
    paths[0].unlink()
    pd.testing.assert_frame_equal(curve(ground, RECIPE, tmp_path), first)
    assert {path: path.stat().st_mtime_ns for path in paths[1:]} == times


def test_a_source_of_one_class_is_asked_with_the_other_class_of_the_others(ground: Ground) -> None:
    ground.space.rows.loc[:31, "label"] = 0.0  # all of source a
    rows = ground.rows
    (asked,) = (one for one in questions(rows, RECIPE) if one.without == "a")
    found = rows.iloc[asked.places]
    assert set(found.loc[found["source"] == "b", "label"]) == {1}
    assert (found["source"] == "a").sum() == 32
    assert not np.isnan(unseen(ground, 0.5, "a")[:, asked.places]).any()
