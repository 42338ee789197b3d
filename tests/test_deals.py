"""Choosing settings again on other deals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from spaces import made_up_rows, made_up_space

from core.artifacts import MODELS_DIR, read_card
from training.choosing import best, choose, judge, settings
from training.deals import CHOSEN, OTHERS, SHIPPED, TABLE, TRIED, compared, shipped
from training.members import Choice
from training.recipes import TEXTURES, TextureRecipe

RECIPE = TextureRecipe(
    "t", "xray", ("a", "b"), penalties=(1.0, 10.0), weights=({}, {"a": 0.5}), deals=(2, 3)
)


@pytest.mark.parametrize("hazes", [(), (-1.0,)])
def test_shipped_settings_and_the_choice_stand_above_what_was_tried(
    tmp_path: Path, hazes: tuple[float, ...]
) -> None:
    recipe = replace(RECIPE, hazes=hazes)
    space, own = made_up_space(made_up_rows()), Choice(100.0, {"a": 0.5})
    table = compared(space, recipe, own, tmp_path)
    tried = choose(space, recipe, tmp_path)
    assert table["role"].tolist() == [SHIPPED, CHOSEN, *[TRIED] * (len(tried) - 1)]
    assert (table.loc[0, "c"], table.loc[0, "weight a"]) == (100, 0.5)
    assert table.loc[0, "mean"] == judge(space, own, (2, 3), ())["mean"]
    taken = best(tried, recipe)
    assert (table.loc[1, "c"], table.loc[1, "weight a"]) == (
        taken.c,
        taken.source_weights["a"],
    )
    assert (taken.haze is None) == np.isnan(table.loc[1, "haze"])
    assert sorted(table["mean"][1:]) == sorted(tried["mean"])


@pytest.mark.parametrize("model", TEXTURES)
def test_shipped_tables_are_about_the_shipped_settings(model: str) -> None:
    own, table = shipped(read_card(model)), pd.read_csv(MODELS_DIR / model / TABLE)
    assert table["role"].value_counts()[[SHIPPED, CHOSEN]].tolist() == [1, 1]
    for name, value in settings(own, TEXTURES[model]).items():
        assert table.loc[0, name] == pytest.approx(value, nan_ok=True)
    assert set(table["deals"]) == {" ".join(map(str, OTHERS))}
    assert not set(OTHERS) & set(TEXTURES[model].deals)
