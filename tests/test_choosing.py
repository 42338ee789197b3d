"""Choosing among members: what knowledge may cost, by hand."""

from __future__ import annotations

from spaces import made_up_choices

from training.choosing import best
from training.members import Choice
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
