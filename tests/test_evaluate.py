"""Tables of README and cards follow from the shipped tables; no sentence holds a typed number."""

from pathlib import Path

import pandas as pd
import pytest

from core import artifacts, breakdown, probes
from core.artifacts import Card
from training import comparison, evaluate, evaluation
from training.__main__ import main
from training.cards import model_card
from training.markdown import share, to_markdown
from training.publish import SEEDS

SHIPPED = [card for card in artifacts.list_heads() if artifacts.is_shipped(card)]


def head(name: str, **config: str) -> Card:
    return Card(name, "head", name, "vgg16", config=config)


def row(kind: str, group: str, low: float, measure: str = "auc", value: float = 0.8) -> dict:
    numbers = {"images": 10, "patients": 5, "positives": 4, "value": value, "low": low, "high": 1.0}
    return {"kind": kind, "group": group, "measure": measure} | numbers


def test_backbones_without_weights_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "MODELS_DIR", tmp_path)
    cards = [
        head("a", init="imagenet", dataset="small"),
        head("b", init="random start, 160 px", dataset="all"),
    ]
    for card, areas in zip(cards, ([0.5, 0.7], [0.9]), strict=True):
        (tmp_path / card.id).mkdir()
        pd.DataFrame({"test_auc": areas}).to_csv(tmp_path / card.id / SEEDS)
    table = comparison.comparison(cards).set_index(["network", "start"])
    assert table.loc[("VGG16", "imagenet"), "small"] == "0.60 ± 0.14 (2)"
    assert table.loc[("VGG16", "imagenet"), "ct"] == "not run"
    assert table.loc[("VGG16", "random start, 160 px"), "all"] == "0.90 (1)"
    missing = table[table["small"] == comparison.NONE].index.get_level_values("network")
    assert len(missing) == 8
    assert "ResNet152V2" in missing
    assert "VGG16" not in missing


def test_sentences_count_what_is_guessing() -> None:
    """Of four rows of one source one is undefined and one reaches down to guessing."""
    rows = [
        row("pooled", "", 0.7),
        row("inside", "one", 0.5),
        row("inside", "two", 0.51),
        row("inside", "three", float("nan")),
        row("never seen", "four", 0.6),
        row("sex", "female", 0.1),
        row("inside", "one", 0.2, "recall"),
    ]
    words = evaluate.reading({"m": pd.DataFrame(rows)})
    assert words.startswith("Pooled AUC: m 0.80. Of the 3 rows")
    assert "the interval of 1 reaches down to 0.5" in words
    assert "Trained without" not in words


def test_a_source_without_positives_is_counted_where_it_was_left_out() -> None:
    healthy = row("trained without", "nih", 0.0, "specificity", 0.25) | {"positives": 0}
    mixed = row("trained without", "two", 0.0, "specificity", 0.5)
    words = evaluate.reading({"m": pd.DataFrame([healthy, mixed])})
    assert words.endswith(
        "Trained without nih, which holds no COVID-19, they call this share of its images "
        "positive: m 75%."
    )


def test_a_number_with_and_without_its_interval() -> None:
    assert share(0.756) == "0.76"
    assert share(0.756, 0.5, 0.9) == "0.76 (0.50-0.90)"
    assert share(0.756, float("nan"), float("nan")) == "0.76"
    assert share(float("nan")) == "-"


def test_wide_table_for_people() -> None:
    rows = [row("inside", "nih", 0.7, name) for name in breakdown.MEASURES]
    full = evaluation.wide(pd.DataFrame(rows)).iloc[0]
    assert full["tested on"] == "test patients of nih"
    assert full["recall (95 %)"] == "0.80 (0.70-1.00)"
    brief = evaluation.wide(pd.DataFrame(rows), intervals=False).iloc[0]
    assert (brief["AUC (95 %)"], brief["recall"]) == ("0.80 (0.70-1.00)", "0.80")


def test_unknown_models_and_half_a_readme_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["evaluate", "--write", "--model", "vgg16-ct"]) == 2
    assert "expected --write without --model" in capsys.readouterr().err
    with pytest.raises(ValueError, match="received \\['nobody'\\]"):
        evaluate.chosen(SHIPPED, ["nobody"])
    assert [card.id for card in evaluate.chosen(SHIPPED, ["vgg16-ct", "vgg16-ct"])] == ["vgg16-ct"]


def test_a_model_that_was_not_evaluated_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="evaluate --model m"):
        evaluation.read("m", tmp_path)


@pytest.mark.parametrize("card", SHIPPED, ids=lambda card: card.id)
def test_tables_and_cards_are_as_the_predictions_say(card: Card) -> None:
    table = evaluation.evaluate(card)
    pd.testing.assert_frame_equal(table, evaluation.read(card.id), check_dtype=False)
    written = (artifacts.MODELS_DIR / card.id / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert written == model_card(card, table)


def test_readme_is_as_the_tables_say() -> None:
    readme = evaluate.README.read_text(encoding="utf-8")
    tables = {card.id: evaluation.read(card.id) for card in SHIPPED}
    assert evaluate.reading(tables) in readme
    assert to_markdown(evaluate.results(SHIPPED, tables)) in readme
    heads = artifacts.list_heads()
    compared = comparison.comparison([card for card in heads if "dataset" in card.config])
    assert to_markdown(compared) in readme
    assert probes.in_words(probes.read_probes()) in readme
