"""Try one change at a time: what carries over to patients and hospitals never seen?

    python -m training ablation --root DIR

Linear heads on descriptors of the frozen trunk, every row with the same penalty, over three seeds.
Training and validation patients only, since the answer decides what is kept: papers and patients
are dealt into folds together (COVID-CT; X-ray pooled and inside covid-chestxray), or a whole source
is left out. sarscov2-ct has no patients and was never trained on: it is scored by heads on
COVID-CT. Two gains are paired on the same images: over the reference, and over the row that a
change differs from in one thing; intervals draw patients. Writes models/ablation/{xray,ct}.csv,
each row as soon as it is there; rows that are there are not made again unless --again. Descriptors
and scores are cached in RUNS.
"""

from __future__ import annotations

import argparse
import json
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from core.artifacts import MODELS_DIR
from core.ensemble import Member
from core.schema import Modality, Split
from training.ablation.changes import (
    REFERENCE,
    SCORED,
    SOURCES,
    Change,
    cached_with,
    changes_for,
)
from training.ablation.kept import Kept, Scores
from training.ablation.scoring import SEEDS, C, Space, dealt, left_out, space_of
from training.data import load_manifest, need_sources
from training.descriptors import described
from training.features import RUNS
from training.gains import gain_row
from training.haze import measured
from training.leaving import LEFT_OUT, MAIN
from training.members import groups_of
from training.record import run_record, split_hash

FOLDER = MODELS_DIR / "ablation"
COMMAND = "python -m training ablation --root DIR --again"
SPLIT = "split"  # column: hash of the split lists that a row was made with
FIT_ON = (Split.TRAIN, Split.VAL)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches")
    names = [modality.value for modality in Modality]
    parser.add_argument("--modality", nargs="+", choices=names, default=names)
    parser.add_argument("--again", action="store_true", help="make rows again that are there")


def run(args: argparse.Namespace) -> int:
    """Every change on every modality."""
    manifest = load_manifest(args.root, args.runs)
    FOLDER.mkdir(parents=True, exist_ok=True)
    record = run_record(COMMAND, manifest) | {"c": C, "seeds": list(SEEDS)}
    for modality in args.modality:
        table = measure(modality, manifest, args, record["commit"])
        print(table.to_string(index=False))
    (FOLDER / "record.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return 0


def measure(
    modality: str, manifest: pd.DataFrame, args: argparse.Namespace, commit: str
) -> pd.DataFrame:
    """All rows of a modality, written as they come, each with the commit that made it.

    A row stays until a new one takes its place; one of other splits counts as not there.
    """
    path = FOLDER / f"{modality}.csv"
    known = pd.read_csv(path) if path.is_file() else pd.DataFrame(columns=["change", SPLIT])
    rows, split = rows_of(modality, manifest), split_hash(manifest)[:12]
    done = set() if args.again else set(known.loc[known[SPLIT] == split, "change"])
    every = {one.title: one for one in changes_for(modality)}
    kept = Kept(
        args.runs / "ablation",
        rows,
        lambda change: tests(_space(rows, change, args), change),
        args.again,
    )
    todo = [change for title, change in every.items() if title not in done]
    for change in tqdm(todo, f"{modality}: changes", unit="change"):
        start = time.perf_counter()
        found = kept.scores(change)
        made = {"seconds": round(time.perf_counter() - start, 1), "commit": commit, SPLIT: split}
        parent = every.get(change.parent, REFERENCE)
        fixed = {"change": change.title, "parent": parent.title, "passes": change.passes} | made
        lines = gains(rows, found, kept.scores(REFERENCE), kept.scores(parent))
        others = known[known["change"] != change.title].to_dict("records")
        known = in_order([*others, *(fixed | line for line in lines)], list(every))
        known.to_csv(path, index=False)
    return known


def in_order(lines: list[dict[str, Any]], titles: list[str]) -> pd.DataFrame:
    """Lines in the order of the changes that they are of; a change that is no more is left out."""
    place = {title: number for number, title in enumerate(titles)}
    own = [line for line in lines if line["change"] in place]
    return pd.DataFrame(sorted(own, key=lambda line: place[line["change"]]))


def gains(
    rows: pd.DataFrame, found: Scores, reference: Scores, parent: Scores
) -> list[dict[str, Any]]:
    """A line a test: what a change gains over the reference, and (step) over its parent."""
    lines = []
    for test, (places, scores) in found.items():
        own = rows.iloc[places]
        step = gain_row(own, scores, parent[test][1].mean(axis=0))
        line = {"test": test} | gain_row(own, scores, reference[test][1].mean(axis=0))
        lines.append(line | {f"step{end}": step[f"gain{end}"] for end in ("", "_low", "_high")})
    return lines


def rows_of(modality: str, manifest: pd.DataFrame) -> pd.DataFrame:
    """Labelled rows without test patients; group, and fit: whether heads may learn from them.

    Raises:
        ValueError: A source is missing.
    """
    sources, scored = SOURCES[Modality(modality)], SCORED[Modality(modality)]
    need_sources(manifest, (*sources, *scored))
    wanted = (
        (manifest["modality"] == modality)
        & manifest["label"].notna()
        & manifest["source"].isin((*sources, *scored))
        & (manifest["split"] != Split.TEST)
    )
    rows = manifest[wanted].reset_index(drop=True)
    fit = rows["source"].isin(sources) & rows["split"].isin(FIT_ON)
    return rows.assign(fit=fit, group=groups_of(rows))


def tests(space: Space, change: Change) -> Scores:
    """Test -> places of its rows, and scores (seeds, n)."""
    places, scores = dealt(space, change)
    sources = space.rows["source"].to_numpy()
    if not (sources[places] == MAIN).any():
        found = {"COVID-CT, patients unseen": (places, scores)}
        return found | {
            f"{source}, never seen": left_out(space, change, source)
            for source in SCORED[Modality.CT]
        }
    inside = sources[places] == MAIN
    found = {
        "X-ray pooled": (places, scores),
        f"inside {MAIN}": (places[inside], scores[:, inside]),
    }
    return found | {f"{source}, left out": left_out(space, change, source) for source in LEFT_OUT}


def _space(rows: pd.DataFrame, change: Change, args: argparse.Namespace) -> Space:
    """Descriptors of a change, read or computed."""

    @lru_cache(maxsize=2)  # a view and its mirror
    def together(view: str, members: tuple[Member, ...]) -> dict[str, NDArray[np.float16]]:
        return described(rows, args.root, args.runs, members, view)

    haze = measured(rows, args.root, args.runs) if change.haze is not None else None
    return space_of(
        rows, change, lambda view, one: together(view, cached_with(one, view))[one.name], haze
    )
