"""The tables of README: what is missing is said, and no sentence holds a typed number."""

from pathlib import Path

import pandas as pd
import pytest

from core import artifacts
from core.artifacts import Card
from core.schema import PREDICTION_COLUMNS
from training import evaluate
from training.publish import SEEDS


def head(name: str, **config: str) -> Card:
    return Card(name, "head", name, "vgg16", config=config)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(evaluate, "MODELS_DIR", tmp_path)
    return tmp_path


def test_backbones_without_weights_are_named(folder: Path) -> None:
    cards = [
        head("a", init="imagenet", dataset="small"),
        head("b", init="random start, 160 px", dataset="all"),
    ]
    for card, areas in zip(cards, ([0.5, 0.7], [0.9]), strict=True):
        (folder / card.id).mkdir()
        pd.DataFrame({"test_auc": areas}).to_csv(folder / card.id / SEEDS)
    table = evaluate.comparison(cards).set_index(["network", "start"])
    assert table.loc[("VGG16", "imagenet"), "small"] == "0.60 ± 0.14 (2)"
    assert table.loc[("VGG16", "imagenet"), "ct"] == "not run"
    assert table.loc[("VGG16", "random start, 160 px"), "all"] == "0.90 (1)"
    missing = table[table["small"] == evaluate.NONE].index.get_level_values("network")
    assert len(missing) == 8
    assert "ResNet152V2" in missing
    assert "VGG16" not in missing


def test_sentences_count_what_is_guessing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source one: told apart by every image. Source two: probabilities without any order."""
    size = 40
    labels = [0.0, 1.0] * size
    table = pd.DataFrame(
        {
            "image_id": [f"i{n}" for n in range(2 * size)] * 2,
            "source": ["one"] * 2 * size + ["two"] * 2 * size,
            "patient_id": [f"p{n}" for n in range(4 * size)],
            "split": "test",
            "modality": "xray",
            "label": labels * 2,
            "probability": [*labels, *([0.2, 0.2, 0.8, 0.8] * (size // 2))],
        },
        columns=list(PREDICTION_COLUMNS),
    )
    monkeypatch.setattr(artifacts, "read_predictions", lambda name: table)
    words = evaluate.reading([head("m")])
    assert words.startswith("Pooled AUC: m 0.8")
    assert "Of the 2 rows" in words
    assert "the interval of 1 reaches down to 0.5" in words


def test_readme_and_cards_are_as_the_tables_say() -> None:
    readme = evaluate.README.read_text(encoding="utf-8")
    heads = artifacts.list_heads()
    shipped = [card for card in heads if artifacts.is_shipped(card)]
    assert evaluate.reading(shipped) in readme
    compared = evaluate.comparison([card for card in heads if "dataset" in card.config])
    assert evaluate.to_markdown(compared) in readme
