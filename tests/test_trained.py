"""Trained members: log-odds to probabilities by hand, stored weights score the same."""

from __future__ import annotations

import numpy as np
import pytest
from spaces import made_up_rows, made_up_space

from training.members import Choice, answer
from training.trained import Trained, machines, platt, train


def test_platt_by_hand() -> None:
    # at log-odds +1 three of four are positive, at -1 one of four: slope ln 3, offset 0
    log_odds = np.repeat([1.0, -1.0], 4)
    labels = np.array([1, 1, 1, 0, 1, 0, 0, 0], float)
    slope, offset = platt(labels, log_odds)
    assert slope == pytest.approx(np.log(3), abs=1e-3)
    assert offset == pytest.approx(0, abs=1e-3)
    with pytest.raises(ValueError, match="received slope -"):
        platt(labels, -log_odds)


def test_members_answer_in_the_judgement_that_answers() -> None:
    # member a: +2, -2; member b: -2, +1; means 0, -0.5: the second answers, so -2 and +1
    machines = {"a": (np.eye(2), np.zeros(2)), "b": (np.eye(2), np.zeros(2))}
    image = {"a": np.array([[[2.0, -2.0]] * 2]), "b": np.array([[[-2.0, 1.0]] * 2])}
    found = Trained(Choice(1.0, {}), machines, 1.0, 0.0, np.zeros(1)).answers(image)
    expected = 1 / (1 + np.exp([2.0, -1.0]))
    np.testing.assert_allclose(found, [np.tile(expected, 2)], atol=1e-6)


def test_stored_weights_score_as_the_members_do() -> None:
    space = made_up_space(made_up_rows())
    choice = Choice(1.0, {"b": 0.5})
    trained = train(space, choice, (0,))
    models = space.fit(choice, np.arange(40))
    raw = answer(space.log_odds(models, np.arange(40)))
    expected = 1 / (1 + np.exp(-(trained.slope * raw + trained.offset)))
    np.testing.assert_allclose(trained.score(space.features), expected, atol=1e-5)
    assert set(machines(space, choice)) == {"one", "two"}
    assert trained.unseen.shape == (40,)
