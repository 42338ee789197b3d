"""The default recipes fitted on fewer patients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from spaces import made_up_rows, made_up_space

from core.artifacts import read_card
from core.breakdown import INSIDE, POOLED, UNSEEN, WITHOUT
from core.learning_curve import read_curve, surely
from training import learning_curve, shares
from training.choosing import settings
from training.deals import shipped
from training.learning_curve import SHARES, _kept, curve, mean_gain
from training.members import Choice, answer, folds, groups_of, out_of_fold
from training.recipes import TEXTURES, TextureRecipe
from training.shares import DEALS, Ground, drawn, fits, questions, unseen
from training.trained import train

CHOICE = Choice(1.0, {})
RECIPE = TextureRecipe("t", "xray", ("a", "b"), scored_elsewhere=("c", "d"), left_out=("a",))


def made_up() -> Ground:
    rows = made_up_rows(64)
    away = made_up_rows(12).assign(image_id=[f"c{n}" for n in range(12)])
    away["patient_id"] = "c" + away["patient_id"]
    away["source"] = np.where(np.arange(12) < 4, "d", "c")
    signal = away["label"].to_numpy()[:, None, None]
    features = (np.random.default_rng(1).normal(size=(12, 2, 9)) + signal).astype(np.float16)
    taught = {"one": features, "two": features[:, :, :4]}
    return Ground(made_up_space(rows), CHOICE, away, taught, 1)


@pytest.fixture(autouse=True, scope="module")
def few_draws() -> Iterator[None]:
    """Three draws of all patients, not twenty."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (shares, learning_curve):
            patch.setattr(module, "DRAWS", shares.DRAWS[:3])
        yield


@pytest.fixture
def ground() -> Ground:
    return made_up()


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The curve of the made-up ground."""
    return curve(made_up(), RECIPE, tmp_path_factory.mktemp("curve"))


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
    assert sorted(scored) == ([] if without == "c" else list(range(64)))  # each once


def test_all_patients_give_what_folds_give(ground: Ground, table: pd.DataFrame) -> None:
    whole = table[table["share"] == 1].set_index(["kind", "group"])
    assert whole.index.tolist() == [
        (POOLED, ""), (INSIDE, "a"), (INSIDE, "b"), (WITHOUT, "a"), (UNSEEN, "c"), (UNSEEN, "d"),
    ]  # fmt: skip
    folded, labels = out_of_fold(ground.space, CHOICE, DEALS), ground.space.labels
    everyone = np.mean([roc_auc_score(labels, one) for one in folded])
    assert whole.loc[(POOLED, ""), "auc"] == pytest.approx(everyone, abs=1e-4)
    own = (ground.space.rows["source"] == "a").to_numpy()
    inside = np.mean([roc_auc_score(labels[own], one[own]) for one in folded])
    assert whole.loc[(INSIDE, "a"), "auc"] == pytest.approx(inside, abs=1e-4)
    assert whole.loc[(UNSEEN, "c"), "deviation"] == 0  # nothing is drawn at random
    assert whole.loc[(UNSEEN, "c"), ["patients", "learned_from"]].tolist() == [32, 64]
    taught = train(ground.space, CHOICE, DEALS).score(ground.features)
    for source in ("c", "d"):
        there = (ground.elsewhere["source"] == source).to_numpy()
        value = roc_auc_score(ground.elsewhere["label"][there], taught[there])
        assert whole.loc[(UNSEEN, source), "auc"] == pytest.approx(value, abs=1e-4)
    others = np.flatnonzero(~own)
    scores = np.zeros((len(DEALS), 64))
    for number, deal in enumerate(DEALS):
        for fold, (learned, rest) in enumerate(folds(ground.space, deal, others)):
            places = np.concatenate([rest, np.flatnonzero(own)[fold::5]])
            models = ground.space.fit(CHOICE, learned)
            scores[number, places] = answer(ground.space.log_odds(models, places))
    value = np.mean([roc_auc_score(labels[own], one[own]) for one in scores])
    assert whole.loc[(WITHOUT, "a"), "auc"] == pytest.approx(value, abs=1e-4)
    assert whole.loc[(WITHOUT, "a"), "learned_from"] == pytest.approx(0.8 * 32, abs=0.1)


def test_gains_are_over_half_as_many(table: pd.DataFrame) -> None:
    for _, own in table.groupby(["kind", "group"]):
        assert own["share"].tolist() == list(SHARES)
        np.testing.assert_allclose(own["gain"].iloc[1:], own["auc"].diff().iloc[1:], atol=2e-4)
        assert own["gain"].isna().tolist() == [True, False, False, False]
        assert (own["gain_low"] <= own["gain"])[1:].all()
        assert own["patients"].is_monotonic_increasing
        assert own["rising"].iloc[0] == 0
        assert (own["rising"] <= own["deals"]).all()


def test_a_gain_is_sure_only_where_no_deal_did_without() -> None:
    labels = np.tile([0.0, 1.0], 20)
    rows = pd.DataFrame({"label": labels, "group": np.arange(40).astype(str)})
    right, wrong = 0.2 + 0.6 * labels, np.full(40, 0.5)
    found = mean_gain(rows, np.stack([right, right]), np.stack([wrong, wrong]))
    assert (found["gain"], found["rising"], found["deals"]) == (0.5, 2, 2)
    other = mean_gain(rows, np.stack([right, right]), np.stack([wrong, right]))
    assert (other["gain"], other["rising"]) == (0.25, 1)
    assert other["gain_low"] > 0
    assert surely(pd.DataFrame([found, other])).tolist() == [True, False]


def test_a_run_that_was_cut_off_goes_on(
    ground: Ground, table: pd.DataFrame, tmp_path: Path
) -> None:
    pd.testing.assert_frame_equal(curve(ground, RECIPE, tmp_path), table)
    paths = sorted(tmp_path.iterdir())
    times = {path: path.stat().st_mtime_ns for path in paths[1:]}
    paths[0].unlink()
    pd.testing.assert_frame_equal(curve(ground, RECIPE, tmp_path), table)
    assert {path: path.stat().st_mtime_ns for path in paths[1:]} == times


def test_a_source_of_one_class_is_asked_with_the_other_class_of_the_others(ground: Ground) -> None:
    ground.space.rows.loc[:31, "label"] = 0.0  # all of source a
    rows = ground.rows
    (asked,) = (one for one in questions(rows, RECIPE) if one.without == "a")
    found = rows.iloc[asked.places]
    assert set(found.loc[found["source"] == "b", "label"]) == {1}
    assert (found["source"] == "a").sum() == 32
    assert not np.isnan(unseen(ground, 0.5, "a")[:, asked.places]).any()


@pytest.mark.parametrize("model", TEXTURES)
def test_shipped_curves_hold_every_question_and_share(model: str) -> None:
    table, recipe = read_curve(model), TEXTURES[model]
    shares = table.groupby(["kind", "group"])["share"].apply(tuple)
    assert (shares == SHARES).all()
    asked = [(UNSEEN, one) for one in recipe.scored_elsewhere]
    asked += [(WITHOUT, "nih")] if "nih" in recipe.left_out else []
    assert set(asked) < set(shares.index)
    assert (table["low"] <= table["auc"]).all()
    assert (table["auc"] <= table["high"]).all()
    for name, value in settings(shipped(read_card(model)), recipe).items():
        assert set(table[name].fillna(0)) == {0 if np.isnan(value) else value}


def test_a_source_of_few_images_is_not_asked_about(ground: Ground) -> None:
    few = ground.space.rows
    few.loc[few.index[2:32], "label"] = 0.0  # source a: no COVID-19 but ...
    few.loc[few.index[:2], "label"] = 1.0  # ... two
    asked = questions(ground.rows, RECIPE)
    assert "a" not in {one.group for one in asked}


def test_curves_of_other_features_are_not_gone_on_with(ground: Ground, tmp_path: Path) -> None:
    for recipe in (RECIPE, RECIPE, replace(RECIPE, joined=True)):
        _kept(ground, recipe, 0.5, "a", tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
