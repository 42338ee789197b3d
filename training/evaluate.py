"""The honest numbers of the shipped models, from their prediction tables alone.

    python -m training evaluate [--model ID ...] [--write]
    python -m training evaluate --protocol darkcovidnet --root DIR
    python -m training evaluate --explanations [--model ID ...] --root DIR

Pooled test patients, inside each source, sources that the scoring head never saw, and test patients
by view, sex and age: all measures at the model's own operating point, with 95 % intervals from 1000
resamplings of patients. Writes models/<id>/evaluation.csv and, of a shipped model, MODEL_CARD.md.
--write puts the tables of all shipped models into README.md too. No image and no TensorFlow is
needed.
The second table of README holds the backbones of `python -m training compare`: pooled test AUC,
mean over the seeds and (from two on) its standard deviation. A backbone of the paper whose ImageNet
weights were not at hand has a row that says so.
--protocol repeats a published experiment (training/protocols.py) on the images in DIR, as published
and by patients, and prints its numbers beside the published ones; models/protocols/ keeps them.
--explanations measures how good the explanations are, on the images in DIR
(training/explanations); resumable.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from core import artifacts, probes
from core.artifacts import MODELS_DIR, Card
from core.breakdown import POOLED, WITHOUT
from training.cards import model_card
from training.comparison import comparison
from training.evaluation import BY_SOURCE, evaluate, wide, write
from training.markdown import fill_block, to_markdown

PROTOCOLS = ("darkcovidnet",)
README = Path(__file__).resolve().parent.parent / "README.md"
CHANCE = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--model", nargs="+", metavar="ID", help="default: all shipped")
    parser.add_argument("--write", action="store_true", help="update README.md")
    parser.add_argument("--protocol", choices=PROTOCOLS, help="repeat a published experiment")
    parser.add_argument("--root", type=Path, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="caches")
    parser.add_argument("--explanations", action="store_true", help="measure the explanations")
    own = parser.add_argument_group("with --explanations")
    own.add_argument("--kept", action="store_true", help="write what was measured so far")
    own.add_argument("--images", type=int, help="of each class, default 8")


def run(args: argparse.Namespace) -> int:
    """Measure, print, write."""
    measured = args.explanations or args.protocol
    if (args.write and measured) or (args.explanations and args.protocol):
        raise ValueError("expected one of --write, --protocol and --explanations, received several")
    if (args.kept or args.images is not None) and not args.explanations:
        raise ValueError("expected --kept and --images with --explanations, received them alone")
    if args.images is not None and args.images < 2:
        raise ValueError(f"expected at least 2 --images of each class, received {args.images}")
    if args.protocol:
        return run_protocol(args)
    if args.explanations:
        from training import explanations  # heavier than tables need

        return explanations.run(args)
    heads = artifacts.list_heads()
    shipped = [card for card in heads if artifacts.is_shipped(card)]
    if args.write and args.model:
        raise ValueError("expected --write without --model: README holds all shipped models")
    tables = {card.id: evaluate(card) for card in chosen(heads, args.model)}
    for card in heads:
        if card.id in tables:
            store(card, tables[card.id])
            print(f"\n{card.id}, {card.title}\n{wide(tables[card.id]).to_string(index=False)}")
    compared = comparison([card for card in heads if "dataset" in card.config])
    if not args.model:
        print(f"\n{compared.to_string(index=False)}")
    if args.write:
        text = README.read_text(encoding="utf-8")
        text = fill_block(text, "results", to_markdown(results(shipped, tables)))
        text = fill_block(text, "reading", reading(tables))
        text = fill_block(text, "comparison", to_markdown(compared))
        text = fill_block(text, "guard", probes.in_words(probes.read_probes()))
        README.write_text(text, encoding="utf-8")
    return 0


def run_protocol(args: argparse.Namespace) -> int:
    """A published experiment.

    Raises:
        ValueError: No --root.
    """
    from training import protocols  # heavier than tables need

    if args.root is None:
        raise ValueError("expected --root DIR with --protocol, received none")
    protocols.run(args.root, args.runs)
    return 0


def chosen(heads: list[Card], ids: list[str] | None) -> list[Card]:
    """Those with the ids, else all shipped.

    Raises:
        ValueError: An id that no head has.
    """
    if ids is None:
        return [card for card in heads if artifacts.is_shipped(card)]
    known = {card.id: card for card in heads}
    absent = sorted(set(ids) - set(known))
    if absent:
        raise ValueError(f"expected models out of {sorted(known)}, received {absent}")
    return [known[name] for name in dict.fromkeys(ids)]


def store(card: Card, table: pd.DataFrame) -> None:
    """Write evaluation.csv and, where the weights are shipped, MODEL_CARD.md."""
    write(card.id, table)
    if artifacts.is_shipped(card):
        path = MODELS_DIR / card.id / "MODEL_CARD.md"
        path.write_text(model_card(card, table), encoding="utf-8")


def results(cards: list[Card], tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """README's first table: a row a model and source."""
    parts = []
    for card in cards:
        table = tables[card.id]
        part = wide(table[table["kind"].isin(BY_SOURCE)], intervals=False)
        parts.append(part.assign(model=card.id)[["model", *part.columns]])
    return pd.concat(parts, ignore_index=True)


def reading(tables: dict[str, pd.DataFrame]) -> str:
    """The first table in a few sentences, so that no number has to be typed.

    Args:
        tables: Model id -> what training.evaluation.evaluate returns.
    """
    joined = pd.concat([table.assign(model=name) for name, table in tables.items()])
    areas = joined[(joined["measure"] == "auc") & joined["kind"].isin(BY_SOURCE)]
    pooled = areas[areas["kind"] == POOLED]
    shown = ", ".join(f"{row.model} {row.value:.2f}" for row in pooled.itertuples())
    lows = areas.loc[areas["kind"] != POOLED, "low"].dropna()
    return (
        f"Pooled AUC: {shown or 'none'}. Of the {len(lows)} rows inside one source or "
        "on a source not trained on where an AUC exists, the interval of "
        f"{(lows <= CHANCE).sum()} reaches down to {CHANCE:g}, which is guessing."
        f"{_negatives_never_seen(joined)}"
    )


def _negatives_never_seen(joined: pd.DataFrame) -> str:
    """How many images of a source without positives are called positive by heads made without it.

    Args:
        joined: Rows of several models' evaluations, with their model.
    """
    rows = joined[(joined["kind"] == WITHOUT) & (joined["positives"] == 0)]
    rows = rows[rows["measure"] == "specificity"]
    return "".join(
        f" Trained without {source}, which holds no COVID-19, they call this share of its images "
        "positive: "
        + ", ".join(f"{row.model} {1 - row.value:.0%}" for row in part.itertuples())
        + "."
        for source, part in rows.groupby("group")
    )
