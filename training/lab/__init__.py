"""Shortcut experiments: what is a good number made of?

    python -m training lab --experiment NAME [NAME ...] --root DIR
    python -m training lab --experiment all --root DIR

One module an experiment; each writes small tables below models/data/lab/ that the app shows, and
nothing that ships learns from them. All heads here are logistic regressions on the average of the
frozen trunk's last maps, judged out of fold: no image is scored by a head that saw its patient or a
look-alike. Passes of altered images through the trunk are cached in RUNS/lab and resumed. Needs
`python -m training catalogue` to have been run (look-alikes).
"""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path

from core.lab import EXPERIMENTS, LAB_DIR, RECORD
from training.data import load_manifest, need_sources
from training.features import RUNS
from training.lab.base import Context
from training.record import run_record
from training.sources import all_sources

ALL = "all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    names = (*EXPERIMENTS, ALL)
    parser.add_argument("--experiment", nargs="+", choices=names, required=True, metavar="NAME")
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches")


def run(args: argparse.Namespace) -> int:
    """Run the experiments and write their tables and records."""
    names = EXPERIMENTS if ALL in args.experiment else args.experiment
    manifest = load_manifest(args.root, args.runs)
    need_sources(manifest, all_sources())
    context = Context(manifest, args.root, args.runs)
    LAB_DIR.mkdir(parents=True, exist_ok=True)
    for name in names:
        module = importlib.import_module(f"training.lab.{name}")
        for table, rows in module.measure(context).items():
            rows.to_csv(LAB_DIR / f"{table}.csv", index=False)
            print(f"\n{table}.csv\n{rows.to_string(index=False)}")
        _note(name, run_record(f"python -m training lab --experiment {name} --root DIR", manifest))
    return 0


def _note(name: str, record: dict[str, object]) -> None:
    """Keep the record of each experiment's last run."""
    path = LAB_DIR / RECORD
    records = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    path.write_text(json.dumps({**records, name: record}, indent=2) + "\n", encoding="utf-8")
