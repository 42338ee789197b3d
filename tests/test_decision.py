"""Worth of thresholds, by hand and by trying all of them."""

import math

import numpy as np
import pytest

from core import decision
from core.curves import rank
from core.metrics import confusion

LABELS = [0, 0, 0, 1, 1]
SCORES = [0.1, 0.2, 0.6, 0.4, 0.9]


def test_predictive_values_published_example():
    # Altman and Bland 1994 (BMJ 309:102): liver scans, prevalence 0.75 as seen, then 0.25
    ppv, npv = decision.predictive_values(231 / 258, 54 / 86, 0.75)
    assert (float(ppv), float(npv)) == pytest.approx((231 / 263, 54 / 81))
    ppv, npv = decision.predictive_values(231 / 258, 54 / 86, 0.25)
    assert (round(float(ppv), 2), round(float(npv), 2)) == (0.45, 0.95)


def test_predictive_values_at_the_ends():
    ppv, npv = decision.predictive_values([0.9, 0.0], [0.8, 1.0], 0.01)
    assert ppv[0] == pytest.approx(0.009 / (0.009 + 0.198))
    assert math.isnan(ppv[1])
    assert float(npv[1]) == pytest.approx(0.99)
    with pytest.raises(ValueError, match="prevalence"):
        decision.shares(0.5, 0.5, 1.5)


def test_people_add_up():
    assert decision.people(0.9, 0.8, 0.05) == [45, 5, 190, 760]
    assert decision.people(math.nan, 0.8, 0.0) == [0, 0, 200, 800]
    with pytest.raises(ValueError, match="recall"):
        decision.people(math.nan, 0.8, 0.05)


def expense(y, p, threshold, cost, prevalence):
    c = confusion(y, p, threshold)
    return prevalence * cost * (1 - c.recall) + (1 - prevalence) * (1 - c.specificity)


@pytest.mark.parametrize("cost", [0.2, 1, 5, 50])
@pytest.mark.parametrize("prevalence", [0.01, 0.5])
def test_cost_threshold_beats_all_others(cost, prevalence):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 60)
    p = np.clip(rng.normal(0.3 + 0.3 * y, 0.2), 0, 1).round(2)
    best = decision.cost_threshold(rank(y, p), cost, prevalence)
    cheapest = min(expense(y, p, t, cost, prevalence) for t in np.linspace(0, 1, 1001))
    assert expense(y, p, best, cost, prevalence) == pytest.approx(cheapest)


def test_thresholds_by_hand():
    ranking = rank(LABELS, SCORES)
    assert decision.youden_threshold(ranking) == pytest.approx(0.3)
    assert decision.cost_threshold(ranking, 0.01, 0.5) == pytest.approx(0.75)
    assert decision.cost_threshold(ranking, 100, 0.5) == pytest.approx(0.3)
    assert decision.youden_threshold(rank([1, 0], [0.5, 0.5])) == pytest.approx(0.75)
    for labels in ([1, 1], [0, 0]):
        with pytest.raises(ValueError, match="both classes"):
            decision.youden_threshold(rank(labels, [0.1, 0.2]))
    with pytest.raises(ValueError, match="cost"):
        decision.cost_threshold(ranking, 0, 0.5)


def test_net_benefit_by_hand():
    ranking = rank(LABELS, SCORES)
    # at 0.5: one found, one false alarm at odds 1; at 0.2: two found, two alarms at odds 1/4
    assert decision.net_benefit(ranking, [0.5, 0.2]) == pytest.approx([0, (2 - 0.5) / 5])
    assert decision.net_benefit_of_all(0.4, [0.0, 0.4]) == pytest.approx([0.4, 0])
