"""The honest numbers of the shipped models, from their prediction tables alone.

    python -m training evaluate [--write]

Pooled test patients, inside each source, and sources that the scoring head never saw, at the
model's own operating point, with 95 % intervals from 1000 resamplings of patients. --write puts
the tables into README.md and each MODEL_CARD.md. No image and no TensorFlow is needed.
The second table holds the backbones of `python -m training compare`: pooled test AUC, mean over the
seeds and (from two on) its standard deviation. A backbone of the paper whose ImageNet weights were
not at hand has a row that says so.
"""

from __future__ import annotations

import argparse
import math
import re
from pathlib import Path
from typing import Any

import pandas as pd

from core import artifacts
from core.areas import POOLED, areas
from core.artifacts import LEFT_OUT, MODELS_DIR, Card
from core.intervals import patients_of
from core.metrics import auc, bootstrap_interval, confusion
from core.schema import MODALITY_TITLES, PREDICTION_COLUMNS, Modality, Split
from core.zoo import BACKBONES, IMAGENET, NETWORKS
from training.publish import SEEDS

README = Path(__file__).resolve().parent.parent / "README.md"
CHANCE = 0.5
NONE = "no weights here"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--write", action="store_true", help="update README.md and model cards")


def run(args: argparse.Namespace) -> int:
    """Print, and write where asked."""
    heads = artifacts.list_heads()
    cards = [card for card in heads if artifacts.is_shipped(card)]
    compared = comparison([card for card in heads if "dataset" in card.config])
    table = pd.DataFrame([row for card in cards for row in evaluate(card)])
    print(table.to_string(index=False), compared.to_string(index=False), sep="\n\n")
    if args.write:
        text = README.read_text(encoding="utf-8")
        text = fill_block(text, "results", to_markdown(table))
        text = fill_block(text, "reading", reading(cards))
        text = fill_block(text, "comparison", to_markdown(compared))
        README.write_text(text, encoding="utf-8")
        for card in cards:
            own = table[table["model"] == card.id].drop(columns="model")
            path = MODELS_DIR / card.id / "MODEL_CARD.md"
            path.write_text(model_card(card, to_markdown(own)), encoding="utf-8")
    return 0


def fill_block(text: str, name: str, content: str) -> str:
    """Replace what stands between <!-- name:begin --> and <!-- name:end -->.

    Raises:
        ValueError: No such block.
    """
    block = re.compile(rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)", re.DOTALL)
    filled, count = block.subn(rf"\g<1>{content}\n\g<2>", text)
    if not count:
        raise ValueError(f"expected a block {name}:begin in the text, received none")
    return filled


def comparison(cards: list[Card]) -> pd.DataFrame:
    """A row a network and start, a column a data set: test AUC over the seeds."""
    rows = [
        {
            "network": NETWORKS[card.backbone],
            "start": card.config["init"],
            "dataset": card.config["dataset"],
            "auc": _over_seeds(pd.read_csv(MODELS_DIR / card.id / SEEDS)["test_auc"]),
        }
        for card in cards
    ]
    table = pd.DataFrame(rows, columns=["network", "start", "dataset", "auc"])
    wide = table.pivot(index=["start", "network"], columns="dataset", values="auc")
    wide = wide.reindex(columns=["small", "all", "ct"]).astype(object).fillna("not run")
    wide = wide.reset_index()[["network", "start", "small", "all", "ct"]]
    pretrained = set(wide.loc[~wide["start"].str.startswith("random"), "network"])
    missing = [row.name for row in BACKBONES.values() if row.name not in pretrained]
    absent = pd.DataFrame({"network": missing}).assign(
        start=IMAGENET, small=NONE, all=NONE, ct=NONE
    )
    return pd.concat([wide, absent], ignore_index=True)


def reading(cards: list[Card]) -> str:
    """The first table in two sentences, so that no number has to be typed."""
    found = [
        (card.id, area)
        for card in cards
        for area in areas(artifacts.read_predictions(card.id), _left_out(card))
    ]
    pooled = [f"{name} {area.auc:.2f}" for name, area in found if area.name == POOLED]
    lows = [area.low for _, area in found if area.name != POOLED and not math.isnan(area.low)]
    return (
        f"Pooled AUC: {', '.join(pooled) or 'none'}. Of the {len(lows)} rows inside one source or "
        "on a source not trained on where an AUC exists, the interval of "
        f"{sum(low <= CHANCE for low in lows)} reaches down to {CHANCE:g}, which is guessing."
    )


def _left_out(card: Card) -> pd.DataFrame:
    """Predictions of the heads trained without each source; empty where there are none."""
    if not (MODELS_DIR / card.id / LEFT_OUT).is_file():
        return pd.DataFrame(columns=list(PREDICTION_COLUMNS))
    return artifacts.read_predictions(card.id, name=LEFT_OUT)


def _over_seeds(areas: pd.Series) -> str:
    spread = f" \u00b1 {areas.std():.2f}" if len(areas) > 1 else ""
    return f"{areas.mean():.2f}{spread} ({len(areas)})"


def evaluate(card: Card) -> list[dict[str, Any]]:
    """One row a test set of one model."""
    table = artifacts.read_predictions(card.id)
    test = table[table["split"] == Split.TEST]
    rows = [_row(card, "test patients, pooled", test)] if test["source"].nunique() > 1 else []
    rows += [_row(card, f"test patients of {name}", part) for name, part in test.groupby("source")]
    unseen = table[table["split"] == Split.EXTERNAL]
    rows += [_row(card, f"{name}, never seen", part) for name, part in unseen.groupby("source")]
    rows += [
        _row(card, f"{name}, same recipe trained without it", part)
        for name, part in _left_out(card).groupby("source")
    ]
    return rows


def _row(card: Card, name: str, part: pd.DataFrame) -> dict[str, Any]:
    y, p = part["label"], part["probability"]
    counts = confusion(y, p, card.threshold)
    low, high = bootstrap_interval(auc, y, p, patients_of(part))
    return {
        "model": card.id,
        "tested on": name,
        "images": len(part),
        "COVID-19": int(y.sum()),
        "AUC (95 %)": _share(auc(y, p)) + ("" if math.isnan(low) else f" ({low:.2f}-{high:.2f})"),
        "accuracy": _share(counts.accuracy),
        "recall": _share(counts.recall),
        "specificity": _share(counts.specificity),
        "precision": _share(counts.precision),
    }


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def to_markdown(table: pd.DataFrame) -> str:
    """A Markdown table."""
    lines = [list(table.columns), ["---"] * table.shape[1], *table.astype(str).to_numpy().tolist()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def model_card(card: Card, numbers: str) -> str:
    """MODEL_CARD.md of a head, from its card and its measured numbers."""
    config = card.config
    return f"""# {card.id}

{card.title}. Generated by `python -m training evaluate --write`.

**Intended use**: teaching and research on how such classifiers behave. **Never for diagnosis.**

**Input**: {MODALITY_TITLES[Modality(card.modality)]}, 8-bit greyscale, resized to
224 x 224 (aspect not kept), three equal channels, BGR minus the ImageNet mean.
**Output**: probability of COVID-19, 0 to 1. Operating point {card.threshold}:
{card.threshold_rule}.

**Trained on**: {", ".join(card.sources)}. **Trunk**: {card.trunk} (frozen). **Head**:
{_members(config) if "members" in config else _paper_head(config)}

**Repeat it**: `{card.record["command"]}` (commit {card.record["commit"]},
split {card.record["split_sha256"][:12]}).

## Measured

{numbers}

"never seen" and "trained without it": no image of that source was used to fit, to choose or to set
the threshold. A dash means that the measure is undefined there (one class only).

## Limits

In these data the label is almost the source: most positives come from one collection and most
negatives from another, so the pooled number flatters the model. Inside a source, and on a source
never seen, is where to look. Ages, hospitals and machines are few and not representative.
"""


def _paper_head(config: dict[str, Any]) -> str:
    return f"""{config["pooling"]} pooling, 256, 512, 1; Adam {config["learning_rate"]:g},
batch {config["batch"]}, class weights, early stopping; seed {config["seed"]} of
{list(config["seeds"])}, the pooling and seed of lowest validation loss out of
{list(config["poolings"])}."""


def _members(config: dict[str, Any]) -> str:
    read = ", ".join(f"{one['pooling']} of {one['layer']}" for one in config["members"])
    weights = ", ".join(f"{name} x {value:g}" for name, value in config["source_weights"].items())
    return f"""logistic regressions on the {read}; their mean log-odds answers. Penalty
C {config["c"]:g}, source weights: {weights or "equal"}, chosen on training and validation patients
(choices.csv). Platt calibration on the same patients, scored unseen: slope {config["slope"]},
offset {config["offset"]}."""
