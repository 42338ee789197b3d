"""Linear members: what they learn from, which patients stay together, which judgement answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from spaces import made_up_rows, made_up_space

from training import linear
from training.members import Choice, Space, answer, groups_of, joined, out_of_fold
from training.trained import train


def test_rows_of_weight_zero_are_left_out() -> None:
    space = made_up_space(made_up_rows())
    used = np.arange(40)
    only = space.fit(Choice(1.0, {"b": 0.0}), used)["one"]
    same = space.fit(Choice(1.0, {}), used[:20])["one"]
    np.testing.assert_allclose(only.weights, same.weights, atol=1e-6)


def test_papers_hold_patients_together() -> None:
    rows = pd.DataFrame(
        {
            "image_id": ["a", "b", "c", "d"],
            "patient_id": ["p1", "p2", "p3", ""],
            "path": [
                "C/CT_COVID/2020.02.13.20022673-p13-77.jpg",
                "C/CT_COVID/2020.02.13.20022673-p14-78.jpg",
                "C/CT_NonCOVID/1.jpg",
                "C/CT_NonCOVID/2.jpg",
            ],
        }
    )
    assert groups_of(rows).tolist() == ["2020.02.13.20022673"] * 2 + ["p3", "d"]


def test_unseen_scores_do_not_know_their_labels() -> None:
    """Without signal, fitting on the same rows separates them; unseen scores must not."""
    rows = made_up_rows(80)
    noise = np.random.default_rng(2).normal(size=(80, 2, 200)).astype(np.float16)
    space = Space.of(rows, {"one": noise})
    choice = Choice(100.0, {})
    seen = answer(space.log_odds(space.fit(choice, np.arange(80)), np.arange(80)))
    unseen = out_of_fold(space, choice, (0, 1)).mean(axis=0)
    assert ((seen > 0) == (space.labels == 1)).all()
    assert ((unseen > 0) == (space.labels == 1)).mean() < 0.7


def test_a_steady_head_is_moved_less_by_what_was_changed() -> None:
    rows = made_up_rows()
    rng = np.random.default_rng(3)
    features = rng.normal(size=(40, 3, 9)) + rows["label"].to_numpy()[:, None, None]
    features[:, 2] = features[:, 0]
    features[:, 2, 4] += 2.0  # the change: one feature goes up
    space = Space.of(rows, {"one": features.astype(np.float16)})
    used = np.arange(40)

    def moved(steady: float) -> float:
        model = space.fit(Choice(10.0, {}, steady=steady), used)["one"]
        return float(np.abs(space.changes["one"][0] @ model.weights[:, 0]).mean())

    assert moved(1000.0) < 0.1 * moved(0.0)


def test_the_second_judgement_tells_the_measure_and_the_smaller_answers() -> None:
    rows = made_up_rows()
    rng = np.random.default_rng(4)
    features = rng.normal(size=(40, 2, 9))
    haze = features.mean(axis=1)[:, 0].copy()
    haze[:3] = np.nan  # no lungs found there
    space = Space.of(rows, {"one": features.astype(np.float16)}, haze)
    used = np.arange(40)
    plain = space.log_odds(space.fit(Choice(1.0, {}), used), used)
    both = space.log_odds(space.fit(Choice(1.0, {}, haze=0.5), used), used)
    assert plain.shape == (40, 1, 1, 1)  # rows, looks, members, judgements
    assert both.shape == (40, 1, 1, 2)
    np.testing.assert_allclose(both[..., 0], plain[..., 0], atol=1e-9)
    known = (haze[3:] - haze[3:].mean()) / haze[3:].std()
    assert np.corrcoef(both[3:, 0, 0, 1], known)[0, 1] > 0.6
    np.testing.assert_allclose(answer(both), both[:, 0, 0].min(axis=1))
    without = Space.of(rows, space.features)
    none = without.log_odds(without.fit(Choice(1.0, {}, haze=0.5), used), used)
    assert none.shape == (40, 1, 1, 1)  # nothing measured, no second judgement


def test_looks_are_all_learned_from_and_their_mean_answers() -> None:
    rows = made_up_rows()
    signal = 0.3 * rows["label"].to_numpy()[:, None, None]
    features = np.random.default_rng(5).normal(size=(40, 4, 9)) + signal
    space = Space.of(rows, {"one": features.astype(np.float16)}, looks=2)
    used = np.arange(30)
    found = space.log_odds(space.fit(Choice(1.0, {}), used), np.arange(40))
    assert found.shape == (40, 2, 1, 1)
    x = space.bases["one"].coordinates
    learned = np.concatenate([used + 40 * view for view in range(4)])
    model = linear.fit(x[learned], np.tile(space.labels[used], 4), np.ones(120), 1.0)
    for look in range(2):
        expected = model.decision_function(x[40 * look : 40 * (look + 1)])
        np.testing.assert_allclose(found[:, look, 0, 0], expected, atol=1e-6)
    np.testing.assert_allclose(answer(found), found[:, :, 0, 0].mean(axis=1))
    trained = train(space, Choice(1.0, {}), (0,))
    each = trained.answers(space.features)
    assert each.shape == (40, 2)  # one member at two looks; mirrors are not asked
    log_odds = np.log(each / (1 - each))
    mean = 1 / (1 + np.exp(-log_odds.mean(axis=1)))
    np.testing.assert_allclose(trained.score(space.features), mean, atol=1e-6)


def test_the_smaller_judgement_answers_each_look() -> None:
    log_odds = np.array([[[[1.0, 4.0], [3.0, 0.0]], [[-1.0, 0.0], [-1.0, 2.0]]]])  # (1, 2, 2, 2)
    assert answer(log_odds).tolist() == [(2.0 - 1.0) / 2]  # min(2, 2), min(-1, 1)


def test_joined_looks_answer_by_the_mean_of_their_log_odds() -> None:
    random = np.random.default_rng(5)
    features = random.normal(size=(40, 6, 6)).astype(np.float16)  # 2 looks, mirrors, changes
    labels = np.arange(40) % 2
    rows = pd.DataFrame(
        {"image_id": [f"i{n}" for n in range(40)], "patient_id": "", "path": "", "source": "one"}
    ).assign(label=labels)
    features[labels == 1] += np.float16(0.8)
    space = Space.of(rows, {"one": joined(features, 2)})
    trained = train(space, Choice(1.0, {}), (0,), looks=2)
    kernel, bias = trained.machines["one"]
    each = features[:, :2].astype(float) @ kernel[:, 0] + bias
    assert trained.score({"one": features}) == pytest.approx(expit(each.mean(axis=1)))
    own = space.fit(Choice(1.0, {}), np.arange(40))
    assert answer(space.log_odds(own, np.arange(40))) == pytest.approx(
        (each.mean(axis=1) - trained.offset) / trained.slope, abs=2e-2
    )


def test_looks_mirrors_and_changes_are_each_joined() -> None:
    features = np.array([[[1.0], [3.0], [5.0], [7.0], [2.0], [8.0]]], np.float16)
    assert joined(features, 2)[0, :, 0].tolist() == [2.0, 6.0, 5.0]
