"""Convolutions that learn behind a trained head: the same answers first, only what is unfrozen."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from optuna.trial import FixedTrial
from scipy.special import expit

from core.images import WHITE
from core.trunks import load_trunk
from core.zoo import FLOAT32
from training.features import DEFAULT_TRUNK
from training.lower import trunk_weights
from training.tuning import space, study, unfreeze
from training.tuning.deal import Problem, sides
from training.tuning.space import DEPTHS, Setting, as_parameters, suggest
from training.tuning.stack import begin
from training.unfrozen import BELOW, BLOCK

LAYERS = (BELOW,)
SMALL = Setting(first=6, second=5, batch=4, epochs=1, unfrozen="block 5", unfrozen_rate=1e-4)


@cache
def problem() -> Problem:
    """Twelve patients: noise, coarse or fine by label."""
    rng = np.random.default_rng(0)
    labels = np.tile([0.0, 1.0], 6)
    images = []
    for label in labels:
        side = 56 if label else 7
        grains = rng.integers(0, WHITE + 1, (side, side), np.uint8)
        images.append(np.kron(grains, np.ones((224 // side, 224 // side), np.uint8)))
    maps = load_trunk(DEFAULT_TRUNK, precision=FLOAT32, layers=LAYERS).all_maps(images)
    lower = np.asarray(maps[BELOW])
    top = np.asarray(next(value for name, value in maps.items() if name != BELOW))
    pooled = top.reshape(12, 7, 2, 7, 2, 512).max((2, 4))
    names = [f"p{number}" for number in range(12)]
    rows = pd.DataFrame({"image_id": names, "group": names, "source": "a", "label": labels})
    features = {"average": pooled.mean((1, 2)), "flatten": pooled.reshape(12, -1)}
    return Problem(rows, features, lower.astype(np.float16))


@pytest.mark.parametrize("pooling", ["average", "flatten"])
def test_before_it_learns_the_network_answers_as_the_head(pooling: str) -> None:
    setting = replace(SMALL, pooling=pooling, activation="leaky_relu")
    known = problem()
    features = known.pooled[pooling]
    together = sides(known, setting, 0)
    head = [np.asarray(one)[1] for one in begin(features.shape[1], together, setting)]
    x = features
    for kernel, bias in zip(head[::2], head[1::2], strict=True):
        x = x @ kernel + bias
        if kernel.shape[1] > 1:
            x = np.where(x > 0, x, 0.2 * x)  # Keras' leaky ReLU
    model = unfreeze.network(setting, head, trunk_weights())
    assert known.lower is not None
    answers = model.predict(known.lower.astype(np.float32), verbose=0)
    np.testing.assert_allclose(answers, expit(x), atol=0.01)  # of float16 maps


@pytest.mark.parametrize("depth", DEPTHS)
def test_only_what_is_unfrozen_learns(depth: str) -> None:
    known = problem()
    setting = replace(SMALL, unfrozen=depth)
    head = [np.asarray(one)[0] for one in begin(512, sides(known, setting, 0), setting)]
    model = unfreeze.network(setting, head, trunk_weights())
    learning = {one.path.split("/")[0] for one in model.trainable_variables} & set(BLOCK)
    assert learning == set(DEPTHS[depth])


def test_epochs_of_the_network_follow_those_of_the_head(monkeypatch: pytest.MonkeyPatch) -> None:
    known = problem()
    together = sides(known, SMALL, 0)
    frozen = list(unfreeze.epochs(known, together, replace(SMALL, unfrozen="nothing")))
    found = list(unfreeze.epochs(known, together, SMALL))
    assert (len(frozen), len(found)) == (1, SMALL.all_passes) == (1, 3)
    for one, other in zip(frozen[0], found[0], strict=True):
        np.testing.assert_array_equal(one, other)
    again = list(unfreeze.epochs(known, together, SMALL))
    for side, one, other in zip(together, found[-1], again[-1], strict=True):
        assert one.shape == (len(side.held),)
        np.testing.assert_allclose(one, other, atol=1e-4)  # seeds, up to the order of sums
    monkeypatch.setattr(unfreeze, "UNFROZEN_EPOCHS", 1)
    still = replace(SMALL, unfrozen_rate=0.0)
    kept = list(unfreeze.epochs(known, together, still))
    for one, other in zip(kept[0], kept[1], strict=True):
        np.testing.assert_allclose(one, other, atol=0.05)  # nothing learned: the head's answers
    assert not np.allclose(found[1][0], kept[1][0], atol=1e-3)


def test_a_problem_without_lower_maps_says_so() -> None:
    known = replace(problem(), lower=None)
    with pytest.raises(ValueError, match="expected maps below block 5"):
        list(unfreeze.epochs(known, sides(known, SMALL, 0), SMALL))


def test_the_space_holds_where_to_unfreeze_on_demand() -> None:
    setting = replace(SMALL, first=256, second=256, batch=32, epochs=5, unfrozen="block 5")
    asked = as_parameters(setting, "ct", unfreeze=True)
    assert suggest(FixedTrial(asked), "ct", unfreeze=True) == replace(setting, weight_decay=1e-4)
    assert not {"unfrozen", "unfrozen_rate"} & set(as_parameters(setting, "ct"))
    plain = suggest(FixedTrial(as_parameters(setting, "ct")), "ct")
    assert plain.unfrozen == space.NOTHING


def test_a_trial_may_unfreeze(tmp_path: Path) -> None:
    found = study.open_study(tmp_path / "j", "heads", 0, unfreeze=True)
    wanted = replace(SMALL, first=256, second=256, batch=16, epochs=5, unfrozen="last convolution")
    first = [as_parameters(wanted, "ct", unfreeze=True)]
    study.search(found, study.head_objective(problem(), "ct", 0), 1, first=first)
    row = study.trials_table(found).iloc[0]
    assert (row["state"], row["unfrozen"]) == ("complete", "last convolution")
    assert row["epochs_run"] == 5 + space.UNFROZEN_EPOCHS
    with pytest.raises(ValueError, match="expected a study of"):
        study.open_study(tmp_path / "j", "heads", 0)
