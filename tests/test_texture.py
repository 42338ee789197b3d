"""The recipe of linear members: what cards say was learned from, sources left out of a choice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from spaces import made_up_choices, made_up_rows

from core import artifacts
from core.library import read_library
from core.schema import PREDICTION_COLUMNS
from training import texture
from training.dataset import SPLITS_FILE
from training.members import Space
from training.recipes import TEXTURES, TextureRecipe


@pytest.mark.parametrize("model_id", ["vgg16-xray-texture", "vgg16-ct-texture"])
def test_cards_name_the_splits_fitted_on(model_id: str) -> None:
    card = artifacts.read_card(model_id)
    assert card.learned_from == ("train", "val")
    recorded = pd.read_csv(SPLITS_FILE)
    source = recorded["image_id"].str.split("/").str[0]
    mine = recorded[source.isin(card.sources)]["split"].value_counts()
    counted = pd.DataFrame(card.record["trained_on"]).groupby("split")["images"].sum()
    for split in card.learned_from:
        assert 0 < counted[split] <= mine[split]


def test_held_out_patients_are_shown_as_models_that_never_saw_them_scored_them() -> None:
    """Compare chooses thresholds on the validation patients, which the head itself learned from."""
    splits = ["train", "val", "test", "external", "val"]
    rows = made_up_rows(20)[:5].assign(modality="xray", split=splits)
    rows = rows.reindex(columns=list(dict.fromkeys([*rows.columns, *PREDICTION_COLUMNS])))
    fitted_on = rows["split"].isin(["train", "val"])
    seen, unseen = np.full(5, 0.9), np.array([0.1, 0.2, 0.3])

    class Known:
        def __init__(self) -> None:
            self.unseen = unseen

        def score(self, features: object) -> np.ndarray:
            return seen.copy()

    table = texture.held_out(rows, {}, fitted_on, Known())  # type: ignore[arg-type]
    assert table["split"].tolist() == ["val", "test", "external", "val"]
    assert table["probability"].tolist() == [0.2, 0.9, 0.9, 0.3]
    assert list(table.columns) == list(PREDICTION_COLUMNS)


def test_sources_are_not_added_to_a_head_that_was_made_otherwise() -> None:
    card, recipe = artifacts.read_card("vgg16-ct-texture"), TEXTURES["vgg16-ct-texture"]
    shelf = read_library().images
    texture._same_recipe(card, recipe, shelf)
    with pytest.raises(ValueError, match="received one made otherwise"):
        texture._same_recipe(card, replace(recipe, looks=("plain",)), shelf)
    with pytest.raises(ValueError, match="received one made otherwise"):
        texture._same_recipe(card, recipe, shelf.assign(split="train"))


def test_a_source_left_out_takes_no_part_in_its_own_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = made_up_rows().assign(modality="xray", split="train")
    rows = rows.reindex(columns=list(dict.fromkeys([*rows.columns, *PREDICTION_COLUMNS])))
    rng = np.random.default_rng(0)
    signal = rows["label"].to_numpy()[:, None, None]
    features = {"one": (rng.normal(size=(len(rows), 2, 9)) + signal).astype(np.float16)}
    recipe = TextureRecipe("t", "xray", ("a", "b"), left_out=("a", "b"))
    asked = []

    def choose(space: Space, others: TextureRecipe, kept: Path) -> pd.DataFrame:
        asked.append((set(space.rows["source"]), others.left_out))
        return made_up_choices((float("nan"), 0.0, 0.9, 0.1))

    monkeypatch.setattr(texture, "choose", choose)
    table = texture.left_out(rows, features, rows["split"] == "train", recipe, tmp_path)
    assert asked == [({"b"}, ("b",)), ({"a"}, ("a",))]
    assert table["source"].tolist() == ["a"] * 20 + ["b"] * 20
    assert table["split"].unique().tolist() == ["external"]
    # one that is left out for the report alone, added to a table that lacks it
    recipe = TextureRecipe("t", "xray", ("a", "b"), left_out=("a",), reported=("b",))
    monkeypatch.setattr(texture, "MODELS_DIR", tmp_path)
    monkeypatch.setattr(artifacts, "MODELS_DIR", tmp_path)
    monkeypatch.setattr(texture, "TEXTURES", {"t": recipe})
    (tmp_path / "t").mkdir()
    path = tmp_path / "t" / artifacts.LEFT_OUT
    table[table["source"] == "a"].to_csv(path, index=False)
    before = path.read_text()
    asked.clear()
    kept = tmp_path / "kept"
    kept.mkdir()
    assert texture._add_left_out("t", rows, features, rows["split"] == "train", kept) == 0
    assert not kept.exists()  # nothing is left of a run that came to its end
    assert asked == [({"a"}, ("a",))]
    assert path.read_text().startswith(before)
    assert pd.read_csv(path)["source"].tolist() == ["a"] * 20 + ["b"] * 20
