"""Search over heads on cached features: the paper's choices and beyond.

    python -m training tune --dataset xray --root DIR [--trials N] [--timeout SECONDS] [--unfreeze]
    python -m training tune --dataset xray --root DIR --pairs [--unfreeze]

The goal is the mean AUC over three folds of patients, at the last epoch, each fold's head with a
seed of its own; for X-ray it is the mean of the AUC over all sources and inside the one source with
enough of both classes. Only training and validation patients take part. Trials that fall behind the
median are stopped. The study lies in RUNS/tune and goes on where it stopped;
models/tuning/<dataset>/ gets every trial as a row (trials.csv), what mattered (importances.csv) and
who was in which fold (folds.csv).

--pairs makes controlled comparisons instead, for each of the paper's findings: two settings that
differ in one choice, over five deals of patients (pairs.csv), each optimiser at several learning
rates first (rates.csv); and the search's best trial so far against the paper's heads.

--unfreeze searches (compares) as well whether the last convolution or all of block 5 goes on
learning behind the trained head; such a trial takes minutes where others take seconds.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from core.tuning import (
    DATASETS,
    FOLDS,
    IMPORTANCES,
    PAIRS,
    RATES,
    RECORD,
    TRIALS,
    TUNING_DIR,
)
from training.data import load_manifest
from training.features import RUNS
from training.files import whole
from training.record import run_record
from training.tuning.deal import SEARCHED, Problem, load_problem, sides
from training.tuning.space import Setting, as_parameters

if TYPE_CHECKING:
    from optuna.study import Study

SEED = 0
# The paper's heads (core.tuning.PAPERS of them), and one that learns more slowly.
FIRST = (Setting(), Setting(pooling="flatten"), Setting(learning_rate=1e-4))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--dataset", choices=DATASETS, required=True)
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches and the study")
    parser.add_argument("--trials", type=int, default=100, help="in all, earlier runs counted")
    parser.add_argument("--timeout", type=float, default=float("inf"), help="seconds")
    parser.add_argument("--threads", type=int, default=1, help="of TensorFlow")
    parser.add_argument("--pairs", action="store_true", help="controlled comparisons instead")
    parser.add_argument("--unfreeze", action="store_true", help="block 5 may learn too: minutes")


def run(args: argparse.Namespace) -> int:
    """Search or compare; the tables are written after every trial (comparison).

    Raises:
        ValueError: The tables that are there are of the other space.
    """
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(args.threads)
    manifest = load_manifest(args.root, args.runs)
    problem = load_problem(args.dataset, manifest, args.root, args.runs, args.unfreeze)
    folder = TUNING_DIR / args.dataset
    folder.mkdir(parents=True, exist_ok=True)
    same_space(folder, "pairs" if args.pairs else "search", args.unfreeze)
    return (_compare if args.pairs else _search)(args, problem, manifest, folder)


def _search(
    args: argparse.Namespace, problem: Problem, manifest: pd.DataFrame, folder: Path
) -> int:
    from training.tuning.study import head_objective, importances, open_study, search, trials_table

    space = f"{args.dataset}-unfreeze" if args.unfreeze else args.dataset
    journal = args.runs / "tune" / f"{space}.journal"
    study = open_study(journal, data_hash(problem), SEED, args.unfreeze)
    folds_table(problem).to_csv(folder / FOLDS, index=False)
    record = _record(_command(args, f"--trials {args.trials}"), problem, manifest)

    def write(study: Study) -> None:
        _replace(trials_table(study), folder / TRIALS)
        note(folder, "search", record)

    search(
        study,
        head_objective(problem, args.dataset, SEED),
        args.trials,
        first=[as_parameters(setting, args.dataset, args.unfreeze) for setting in FIRST],
        timeout=args.timeout,
        after=write,
    )
    write(study)
    _replace(importances(study), folder / IMPORTANCES)
    table = trials_table(study)
    print(table.sort_values("value", ascending=False).head(10).to_string(index=False))
    return 0


def _compare(
    args: argparse.Namespace, problem: Problem, manifest: pd.DataFrame, folder: Path
) -> int:
    from training.tuning.pairs import SEEDS, Bench, compare, rates_table
    from training.tuning.plan import planned, searched

    bench = Bench(problem, data_hash(problem), args.runs / "tune" / "scores")
    record = _record(_command(args, "--pairs"), problem, manifest) | {"seeds": list(SEEDS)}
    rates = rates_table(bench)
    _replace(rates, folder / RATES)
    pairs = planned(rates, args.unfreeze)
    if (folder / TRIALS).is_file():
        pairs += searched(pd.read_csv(folder / TRIALS))
    table = compare(bench, pairs)
    _replace(table, folder / PAIRS)
    note(folder, "pairs", record)
    print(table.to_string(index=False))
    return 0


def folds_table(problem: Problem) -> pd.DataFrame:
    """image_id and fold (from 1) of every image that the study reads."""
    folds = pd.Series(0, index=problem.rows.index)
    for number, side in enumerate(sides(problem, Setting(), SEED), start=1):
        folds.iloc[side.held] = number
    return problem.rows[["image_id"]].assign(fold=folds)


def data_hash(problem: Problem) -> str:
    """sha256 of the images with their labels and groups."""
    table = problem.rows[["image_id", "label", "group"]].sort_values("image_id")
    return hashlib.sha256(table.to_csv(index=False).encode()).hexdigest()


def same_space(folder: Path, part: str, unfreeze: bool) -> None:
    """Tables of a search that may unfreeze must not give way to one that may not, or turned round.

    Raises:
        ValueError: They would.
    """
    path = folder / RECORD
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    command = known.get(part, {}).get("command", "")
    if command and ("--unfreeze" in command) != unfreeze:
        received = "received it" if unfreeze else "received none"
        raise ValueError(
            f"expected --unfreeze or none as in `{command}`, which made {folder}, {received}; "
            "move the folder away to begin anew"
        )


def note(folder: Path, part: str, record: dict[str, Any]) -> None:
    """Put one part's record into record.json beside the other's."""
    path = folder / RECORD
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    path.write_text(json.dumps(known | {part: record}, indent=2) + "\n", encoding="utf-8")


def _command(args: argparse.Namespace, own: str) -> str:
    words = f"python -m training tune --dataset {args.dataset} --root DIR {own}"
    return f"{words} --unfreeze" if args.unfreeze else words


def _record(command: str, problem: Problem, manifest: pd.DataFrame) -> dict[str, Any]:
    record = run_record(command, manifest)
    record["packages"]["optuna"] = version("optuna")
    rows = problem.rows
    return record | {
        "seed": SEED,
        "splits": [str(split) for split in SEARCHED],
        "images": len(rows),
        "positives": int(rows["label"].sum()),
        "groups": int(rows["group"].nunique()),
        "tests": list(problem.tests),
        "data_sha256": data_hash(problem),
    }


def _replace(table: pd.DataFrame, path: Path) -> None:
    with whole(path) as half:
        table.to_csv(half, index=False)
