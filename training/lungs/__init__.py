"""Train the network that finds the lungs, and ask whether lungs help across sources.

    python -m training lungs --root DIR                # train, measure, write models/lungs/
    python -m training lungs --experiment --root DIR   # cropped or masked to the lungs v. whole

Training: a small U-Net on the lung masks of covid-chestxray-dataset, by the committed patient
split: training patients are fitted on, validation patients stop it and choose the seed, test
patients are only measured. Several seeds; an interrupted run goes on at its last whole epoch (state
in RUNS/lungs). Expected: a mean Dice of 0.90 to 0.96 on test patients.

Experiment: models/data/lungs/across.csv; passes through the trunk are cached in RUNS/lab.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from core import artifacts
from core.artifacts import LUNGS, MODELS_DIR, Card, sha256_of
from core.library import DATA_DIR
from core.lungs import LUNGS_ID, SIZE, WIDTHS, build_unet
from core.masks import describe, learn_limits
from core.schema import Modality, Split
from training.data import load_manifest, need_sources
from training.features import RUNS
from training.lungs.examples import Examples, read_examples
from training.lungs.fit import Recipe, fit_all
from training.lungs.measure import certainties, score_images, summary
from training.record import run_record
from training.sources import all_sources

TABLE_DIR = DATA_DIR / "lungs"
RECORD = "record.json"
SCORES, SEEDS = "dice.csv", "seeds.csv"
COMMAND = "python -m training lungs --root DIR"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches and unfinished runs")
    parser.add_argument("--experiment", action="store_true", help="do lungs help across sources?")


def run(args: argparse.Namespace) -> int:
    """Train, or measure across sources."""
    manifest = load_manifest(args.root, args.runs)
    if not args.experiment:
        return train(manifest, args.root, args.runs)
    from training.lungs.across import measure

    need_sources(manifest, all_sources())
    for name, table in measure(manifest, args.root, args.runs):
        TABLE_DIR.mkdir(parents=True, exist_ok=True)
        table.to_csv(TABLE_DIR / f"{name}.csv", index=False)
        print(f"\n{name}.csv\n{table.to_string(index=False)}")
    record = run_record("python -m training lungs --experiment --root DIR", manifest)
    (TABLE_DIR / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return 0


def train(manifest: pd.DataFrame, root: Path, runs: Path) -> int:
    """Fit every seed, ship the best on validation patients, measure it on test patients."""
    examples = read_examples(manifest, root)
    recipe = Recipe()
    fitted = fit_all(examples, recipe, runs / LUNGS_ID)
    best = fitted[0]
    folder = MODELS_DIR / LUNGS_ID
    weights = folder / f"{LUNGS}.weights.h5"
    folder.mkdir(parents=True, exist_ok=True)
    bare = build_unet()  # without the optimiser's state
    bare.set_weights(best.model.get_weights())
    bare.save_weights(weights)
    # What the limits are learned from: no test patient.
    known = [describe(mask) for mask in examples.of(Split.TRAIN, Split.VAL).masks]
    limits = learn_limits(known, certainties(best.model, examples.of(Split.VAL)))
    config = asdict(recipe) | {"seed": best.seed, "val_dice": round(best.val_dice, 4)}
    config |= {"size": SIZE, "widths": list(WIDTHS), "limits": asdict(limits)}
    record = run_record(COMMAND, manifest) | {"masks": examples.counts()}
    files = {weights.name: sha256_of(weights)}
    rows = [one.row(examples) for one in fitted]
    artifacts.write_card(_card(examples, config, record, files))
    scores = score_images(examples)  # by what is shipped now
    scores.to_csv(folder / SCORES, index=False)
    pd.DataFrame(rows).to_csv(folder / SEEDS, index=False)
    history = pd.concat([one.history.assign(seed=one.seed) for one in fitted])
    history.round(5).to_csv(folder / artifacts.HISTORY, index=False)
    print(pd.DataFrame(rows).to_string(index=False), end="\n\n")
    print(summary(scores).to_string(index=False))
    return 0


def _card(
    examples: Examples,
    config: dict[str, object],
    record: dict[str, object],
    files: dict[str, str],
) -> Card:
    return Card(
        id=LUNGS_ID,
        kind=LUNGS,
        title="The lungs on a frontal chest X-ray",
        backbone="unet",
        modality=Modality.XRAY,
        sources=tuple(sorted(set(examples.rows["source"]))),
        threshold_rule="lung where the probability is at least one half",
        config=config,
        record=record,
        files=files,
    )
