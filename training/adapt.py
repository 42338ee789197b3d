"""Adapt blocks 4 and 5 of VGG16 to lungs without any label: does that carry over?

    python -m training adapt --root DIR [--modality {ct,xray}]

CT slices of COVID-CT cut to their lungs, or X-rays of all sources as they are, also those that have
no label; of training and validation patients. SimCLR (training/simclr.py) on views that are as the
image is, mirrored, or turned, scaled, brightened and blurred a little; the last epoch counts, since
without labels there is nothing to stop by. What lies below the blocks runs once an image and view
and is cached.

Then linear members on the adapted blocks are scored as in the ablation (patients and papers unseen,
though not their images without labels; CT also on SARS-CoV-2 CT-scan, which is scored only), beside
the same members on the frozen blocks. Epochs and descriptors are kept in RUNS/adapt as they come;
models/adapted/ holds a table for each kind of image. No network of this command is shipped.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.artifacts import MODELS_DIR
from core.ensemble import Member
from core.head import pooling_layer
from core.schema import Modality
from core.views import LUNGS, PLAIN
from training.ablation import FIT_ON, rows_of, tests
from training.ablation.changes import SOURCES, Change
from training.ablation.scoring import space_of
from training.cache import Compute, cached
from training.data import load_manifest
from training.descriptors import packed
from training.features import RUNS
from training.gains import gain_row
from training.lower import lower_maps, trunk_weights
from training.record import split_hash
from training.simclr import Maps, adapt, build
from training.upper import BELOW, SHOWN, TRAINED

if TYPE_CHECKING:
    import keras

FOLDER = MODELS_DIR / "adapted"


@dataclass(frozen=True)
class Lesson:
    """What is learned from on one kind of image, and how that is measured.

    Attributes:
        epochs: As many as make about a hundred steps.
        measured: The members, as the ablation knows them.
    """

    epochs: int
    measured: Change


LESSONS = {
    Modality.CT: Lesson(
        epochs=8,
        measured=Change(
            "blocks 4 and 5; cut to the lungs; learned from mirror images too",
            TRAINED,
            (LUNGS,),
            mirrored=True,
        ),
    ),
    Modality.XRAY: Lesson(
        epochs=3,
        measured=Change(
            "blocks 4 and 5; learned from mirror images too", TRAINED, (PLAIN,), mirrored=True
        ),
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches and finished epochs")
    names = [modality.value for modality in Modality]
    parser.add_argument("--modality", choices=names, default=Modality.CT.value)


def run(args: argparse.Namespace) -> int:
    """Adapt, score frozen and adapted, write the table."""
    lesson = LESSONS[Modality(args.modality)]
    manifest = load_manifest(args.root, args.runs)
    rows, learned = rows_of(args.modality, manifest), learned_from(args.modality, manifest)
    plan = f"{args.modality}-{lesson.epochs}-epochs"  # other epochs, another rate at each step
    kept = args.runs / "adapt" / split_hash(manifest)[:12] / plan
    model = build()
    frozen = features(model, rows, args, kept / "frozen")
    weights = trunk_weights()
    views = SHOWN[Modality(args.modality)]
    maps = [lower_maps(learned, args.root, args.runs, BELOW, weights, view) for view in views]
    losses = adapt(model, maps, kept, lesson.epochs)
    adapted = features(model, rows, args, kept / "adapted")
    table = table_of(rows, lesson, len(learned), frozen, adapted, losses)
    FOLDER.mkdir(parents=True, exist_ok=True)
    table.to_csv(FOLDER / f"{args.modality}.csv", index=False)
    print(table.to_string(index=False))
    return 0


def learned_from(modality: str, manifest: pd.DataFrame) -> pd.DataFrame:
    """Rows of training and validation patients, whether labelled or not."""
    wanted = (
        (manifest["modality"] == modality)
        & manifest["source"].isin(SOURCES[Modality(modality)])
        & manifest["split"].isin(FIT_ON)
    )
    return manifest[wanted].reset_index(drop=True)


def features(
    model: keras.Model, rows: pd.DataFrame, args: argparse.Namespace, kept: Path
) -> dict[tuple[str, Member], Maps]:
    """(view, member) -> descriptors float16 (N, F) by the model's blocks as they are now.

    What is kept of them in a folder is not made again: one folder, one state of the blocks.
    """
    found: dict[tuple[str, Member], Maps] = {}
    for view in SHOWN[Modality(args.modality)][:2]:

        def start(view: str = view) -> Compute:
            below = lower_maps(rows, args.root, args.runs, BELOW, trunk_weights(), view)
            place = {image_id: number for number, image_id in enumerate(rows["image_id"])}

            def compute(part: pd.DataFrame) -> dict[str, Maps]:
                own = below[[place[image_id] for image_id in part["image_id"]]]
                maps = model(own.astype(np.float32), training=False)
                return {  # the projection is left out
                    one.name: packed(one, np.asarray(pooling_layer(one.pooling)(seen)))
                    for one, seen in zip(TRAINED, maps, strict=False)
                }

            return compute

        own = cached(kept / view, rows, start, f"{kept.name} blocks, {view}")
        found |= {(view, one): own[one.name] for one in TRAINED}
    return found


def table_of(
    rows: pd.DataFrame,
    lesson: Lesson,
    learned: int,
    frozen: dict[tuple[str, Member], Maps],
    adapted: dict[tuple[str, Member], Maps],
    losses: list[float],
) -> pd.DataFrame:
    """A row a test: AUC by frozen and by adapted blocks and the paired gain.

    Args:
        rows: As in training.ablation.rows_of.
        lesson: What was done.
        learned: From how many images.
        frozen: (view, member) -> descriptors of the rows.
        adapted: The same by the blocks as they became.
        losses: Mean of each epoch.
    """
    change = lesson.measured
    scores = [
        tests(space_of(rows, change, lambda view, one, own=own: own[view, one]), change)  # type: ignore[misc]
        for own in (frozen, adapted)
    ]
    lines = []
    for name, (places, found) in scores[1].items():
        before = scores[0][name][1]
        own = rows.iloc[places]
        facts = {"test": name, "learned_from": learned, "epochs": len(losses)}
        facts |= {"loss": round(losses[0], 3), "last_loss": round(losses[-1], 3)}
        facts |= {"frozen": gain_row(own, before, before.mean(axis=0))["auc"]}
        lines.append(facts | gain_row(own, found, before.mean(axis=0)))
    return pd.DataFrame(lines)
