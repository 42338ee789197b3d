"""Choosing what members share: where a choice is judged, what knowledge may cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedGroupKFold
from spaces import made_up_choices, made_up_rows, made_up_space

from core.metrics import auc, bootstrap_interval
from training import choosing
from training.choosing import Asked, _mean_of_known, _summary, best, choose, judge, judge_once
from training.members import Choice, answer, groups_of, out_of_fold
from training.recipes import TextureRecipe


def test_what_knowledge_may_cost_by_hand() -> None:
    recipe = TextureRecipe("t", "ct", ("a",), cost=1.0)
    free = TextureRecipe("t", "ct", ("a",))
    none = float("nan")
    hazy = made_up_choices(
        (none, 0, 0.90, 0.03), (-1, 0, 0.89, 0.03), (-0.5, 0, 0.87, 0.03), (0, 0, 0.86, 0.03)
    )
    assert best(hazy, recipe).haze == -0.5  # 0.90 - 0.03 allows 0.87, not 0.86
    assert best(hazy, free) == Choice(1.0, {})
    gain = made_up_choices((-1, 0, 0.91, 0.03), (-0.5, 0, 0.90, 0.03), (none, 0, 0.90, 0.03))
    assert best(gain, free).haze == -0.5
    steady = made_up_choices((none, 0, 0.90, 0.01), (none, 30, 0.895, 0.02))
    assert best(steady, recipe).steady == 30
    nothing = made_up_choices((none, 0, 0.90, 0.01), (none, 0, 0.89, 0.01), (0, 0, 0.88, 0.01))
    assert best(nothing.assign(c=[5, 6, 7]), recipe) == Choice(5.0, {})


def test_every_penalty_and_weight_is_tried_then_the_leans_of_the_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = TextureRecipe(
        "t", "xray", ("a", "b"), penalties=(1.0, 10.0), weights=({}, {"a": 0.5}), deals=(0, 1),
        hazes=(-1.0,),
    )  # fmt: skip
    space = made_up_space(made_up_rows())
    found = choose(space, recipe, tmp_path)
    first = found[found["haze"].isna()]
    tried = sorted(zip(first["c"], first["weight a"], strict=True))
    assert tried == [(1, 0.5), (1, 1), (10, 0.5), (10, 1)]
    lean = found[found["haze"] == -1].iloc[0]
    top = first.sort_values("mean").iloc[-1]
    assert (lean["c"], lean["weight a"]) == (top["c"], top["weight a"])
    own = first[(first["c"] == 10) & (first["weight a"] == 1)].iloc[0]
    mean = out_of_fold(space, Choice(10.0, {}), (0, 1)).mean(axis=0)  # of both deals
    assert own["pooled"] == pytest.approx(auc(space.labels, 1 / (1 + np.exp(-mean))))
    # what an unfinished run judged is not judged again, for the same images only
    asked = []
    monkeypatch.setattr(choosing, "judge", lambda *given: asked.append(given) or {"mean": 0.5})
    again = choose(space, recipe, tmp_path)
    pd.testing.assert_frame_equal(again, found)
    assert not asked
    with pytest.raises(KeyError):  # made-up judgements lack an error
        choose(made_up_space(made_up_rows(38)), recipe, tmp_path)
    assert len(asked) == 4


def test_the_error_of_the_mean_draws_groups_once_for_all_questions() -> None:
    space = made_up_space(made_up_rows())
    every = np.arange(40)
    answers = out_of_fold(space, Choice(1.0, {}), (0,))[0]
    one = Asked("p", every, answers)
    alone = _summary([[one]], space)
    # The same question asked twice is no more evidence than once; independent, it would be less.
    twice = _summary([[one], [replace(one, name="i")]], space)
    assert twice["mean"] == pytest.approx(alone["mean"])
    assert twice["error"] == pytest.approx(alone["error"])
    low, high = bootstrap_interval(
        auc, space.labels, 1 / (1 + np.exp(-answers)), groups_of(space.rows), replicates=300
    )
    assert alone["error"] == pytest.approx((high - low) / 3.92, rel=0.2)
    # A question and its opposite hold each other: whatever is drawn, their mean is a half.
    opposite = replace(one, name="o", answers=-answers)
    assert _summary([[one], [opposite]], space)["error"] == pytest.approx(0)


def test_a_source_without_both_classes_in_a_draw_says_nothing_there() -> None:
    replicates = [np.array([0.5, np.nan, np.nan]), np.array([0.7, 0.9, np.nan])]
    assert _mean_of_known(replicates) == pytest.approx([0.6, 0.9, np.nan], nan_ok=True)


def test_no_question_is_no_choice() -> None:
    rows = made_up_rows(18).assign(source="a")
    with pytest.raises(ValueError, match="expected a source with both classes"):
        judge(made_up_space(rows), Choice(1.0, {}), (0,), ())


def test_three_questions_weigh_the_same() -> None:
    found = judge(made_up_space(made_up_rows()), Choice(1.0, {}), (0,), ("b",))
    assert set(found) == {"pooled", "inside a", "inside b", "without b", "mean", "error"}
    inside = (found["inside a"] + found["inside b"]) / 2
    assert found["mean"] == pytest.approx((found["pooled"] + inside + found["without b"]) / 3)
    assert 0 < found["error"] < 0.5


def test_one_source_is_judged_inside_alone() -> None:
    rows = made_up_rows().assign(source="a")
    found = judge(made_up_space(rows), Choice(1.0, {}), (0,), ("b",))
    assert set(found) == {"inside a", "mean", "error"}
    assert found["mean"] == found["inside a"]


def test_a_source_of_one_class_is_told_from_the_other_class_elsewhere() -> None:
    rows = made_up_rows()
    rows.loc[rows["source"] == "b", "label"] = 0.0
    space, choice = made_up_space(rows), Choice(1.0, {})
    found = judge(space, choice, (0, 1), ("b",))
    assert set(found) == {"pooled", "inside a", "without b", "mean", "error"}
    a, b = (np.flatnonzero(rows["source"] == name) for name in "ab")
    healthy, ill = np.zeros((2, 5, len(b))), np.zeros((2, len(a)))
    for seed in (0, 1):
        deal = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        groups = groups_of(rows)[a]
        for fold, (learn, rest) in enumerate(deal.split(a, space.labels[a], groups)):
            models = space.fit(choice, a[learn])
            healthy[seed, fold] = answer(space.log_odds(models, b))
            ill[seed, rest] = answer(space.log_odds(models, a[rest]))
    told = np.r_[healthy.mean(axis=(0, 1)), ill.mean(axis=0)[space.labels[a] == 1]]
    labels = np.repeat([0.0, 1.0], [len(b), int(space.labels[a].sum())])
    assert found["without b"] == pytest.approx(auc(labels, 1 / (1 + np.exp(-told))))


def test_too_few_to_tell_give_no_error() -> None:
    rows = made_up_rows()
    rows["patient_id"] = rows["label"].map({0.0: "well", 1.0: "ill"})  # half of the draws hold one
    space = made_up_space(rows)
    one = Asked("p", np.arange(40), np.linspace(-1, 1, 40))
    assert _summary([[one]], space)["error"] == 0


def test_a_source_left_out_has_no_say_in_weights() -> None:
    weights = ({}, {"a": 0.1}, {"a": 0.1, "b": 2.0})
    recipe = TextureRecipe("t", "xray", ("a", "b"), left_out=("a", "b"), weights=weights)
    assert recipe.without("a").left_out == ("b",)
    assert recipe.without("a").weights == ({}, {"b": 2.0})


def test_kept_judgements_are_of_the_same_way_to_learn(tmp_path: Path) -> None:
    recipe, space = TextureRecipe("t", "xray", ("a", "b")), made_up_space(made_up_rows())
    for one in (recipe, recipe, replace(recipe, joined=True)):
        judge_once(space, one, Choice(1.0, {}), tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
