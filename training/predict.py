"""Score files and folders.

    python -m training predict PATH... --out FILE.csv [--model ID] [--threshold T]

One row a file: path, modality, probability, decision, threshold, model, in_scope, error. Folders
are searched recursively, links to folders followed. X-ray or CT is found out from the image and
picks the model; --model takes one for all. A file or folder that cannot be read is a row with its
error. Rows are written as they come; --resume goes on with a table that was cut off: rows of the
same model and threshold stay, others and those with an error are made again. What was done to an
odd file (a frame or window chosen, transparency laid on black, ...) is a line on standard error, as
is an image whose black and white look swapped. Exit code 0: all scored; 1: some were not; 2: none
was. For teaching and research, never for diagnosis.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from core import artifacts
from core.classifier import DEFAULT_MODELS, Classifier, load_classifier
from core.images import Grey, ImageError, Step, check_length, read_image
from core.schema import MODALITY_TITLES, SCORE_COLUMNS, decide
from core.trunks import AUTO, WAYS
from training.scores import check_out, kept_rows, shown, written

BATCH = 16
AHEAD = 3 * BATCH  # files decoded in advance
# In a folder, what is plainly something else is passed over; a file named outright never is.
NOT_IMAGES = {".csv", ".txt", ".md", ".json", ".html", ".py", ".xlsx", ".pdf", ".ds_store"}


@dataclass(frozen=True)
class _Read:
    """A file: its pixels, the same resized for the trunk and what was done, or why not."""

    path: Path
    pixels: Grey | None = None
    fitted: Grey | None = None
    steps: tuple[Step, ...] = ()
    error: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.csv")
    parser.add_argument("--model", metavar="ID", help="default: by modality")
    parser.add_argument("--threshold", type=float, help="default: the model's operating point")
    parser.add_argument(
        "--precision",
        choices=(AUTO, *WAYS),
        default=AUTO,
        help="how the trunk computes; default: the fastest way here that answers alike",
    )
    parser.add_argument(
        "--resume", action="store_true", help="keep what FILE.csv has scored, add the rest"
    )


def run(args: argparse.Namespace) -> int:
    """Score everything, write the table, tell by the exit code."""
    found = _checked(args)
    kept = kept_rows(args.out if args.resume else None)
    own = kept["path"].isin(list(map(shown, found)))
    again = own & ~_as_asked(kept, args.model, args.threshold)
    kept = kept[~again]
    there = set(kept["path"])
    files = [path for path in found if shown(path) not in there]
    if args.resume:
        print(f"{len(found) - len(files)} of {len(found)} are scored already", file=sys.stderr)
    if again.any():
        print(f"{again.sum()} by another model or threshold: made again", file=sys.stderr)
    scored: Iterator[dict[str, Any]] = iter(())
    if files:
        print("loading the models", file=sys.stderr, flush=True)  # it takes seconds
        classifier = load_classifier(precision=args.precision)
        scored = score_files(files, classifier, args.model, args.threshold)
    rows = list(written(scored, args.out, kept))
    failed = sum(bool(row["error"]) for row in rows)
    print(f"wrote {args.out}: {_summary(rows, failed)}", file=sys.stderr)
    if failed == len(rows) and not len(kept):
        return 2
    return 1 if failed else 0


def _checked(args: argparse.Namespace) -> list[Path]:
    """Files to score.

    Raises:
        ValueError: There are none, or they could not be scored as asked; the text says why.
    """
    if args.threshold is not None and not 0 <= args.threshold <= 1:
        raise ValueError(f"expected a threshold in 0..1, received {args.threshold}")
    heads = [card.id for card in artifacts.list_heads() if artifacts.is_shipped(card)]
    if args.model is not None and args.model not in heads:
        raise ValueError(f"expected a model out of {heads}, received {args.model!r}")
    found = list(find_files(args.paths))
    if not found:
        raise ValueError(f"expected images in {', '.join(map(str, args.paths))}, received none")
    if os.path.realpath(args.out) in map(os.path.realpath, found):
        raise ValueError(f"expected another file for --out than an image, received {args.out}")
    check_out(args.out)
    return found


def _as_asked(kept: pd.DataFrame, model: str | None, threshold: float | None) -> pd.Series:
    """Which rows of an earlier run, (N,), are by the model and at the threshold asked for now."""
    defaults = {modality.value: name for modality, name in DEFAULT_MODELS.items()}
    wanted = kept["modality"].map(defaults) if model is None else model
    own = {card.id: card.threshold for card in artifacts.list_heads()}
    limits = kept["model"].map(own) if threshold is None else threshold
    return (kept["model"] == wanted) & (kept["threshold"].astype(float) == limits)


def _summary(rows: list[dict[str, Any]], failed: int) -> str:
    """How many were scored, how many not, and how many of the scored are out of scope."""
    said = f"{len(rows) - failed} scored, {failed} not"
    outside = sum(row["in_scope"] is False for row in rows)
    if not outside:
        return said
    kinds = " or a ".join(MODALITY_TITLES.values())
    return f"{said}; {outside} {'does' if outside == 1 else 'do'} not look like a {kinds}"


def find_files(paths: list[Path]) -> Iterator[Path]:
    """Files named, and all below the folders named, each once, sorted within a folder.

    Links to folders are followed. A folder that cannot be opened is among the files.
    """
    seen: set[Path] = set()
    for path in paths:
        for file in _inside(path) if _is_folder(path) else [path]:
            if file not in seen:
                seen.add(file)
                yield file


def _inside(folder: Path) -> list[Path]:
    found: list[Path] = []

    def note(error: OSError) -> None:
        found.append(Path(error.filename))

    for top, folders, names in os.walk(folder, onerror=note, followlinks=True):
        real = os.path.realpath(top)
        above = [os.path.realpath(one) for one in Path(top).parents if one.is_relative_to(folder)]
        if real in above:  # a link to a folder that it lies in
            folders.clear()
            continue
        found += [path for path in (Path(top, name) for name in names) if _wanted(path)]
    return sorted(found)


def _wanted(path: Path) -> bool:
    if path.name.startswith(".") or path.suffix.lower() in NOT_IMAGES:
        return False
    try:
        return path.is_file() or not path.exists()  # a dead link gets its row
    except PermissionError:  # so does what lies in a folder that must not be entered
        return True


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except PermissionError:
        return False


def score_files(
    files: list[Path], classifier: Classifier, model: str | None, threshold: float | None
) -> Iterator[dict[str, Any]]:
    """One row a file, in order; decoding runs ahead of the network.

    What was done to a file beyond the routine goes to standard error.
    """
    decoded = _decoded(files, classifier.fit)
    with tqdm(total=len(files), desc="scoring", unit="image") as bar:
        while batch := list(islice(decoded, BATCH)):
            for row, done in _score_batch(batch, classifier, model, threshold):
                if done:
                    tqdm.write(f"{row['path']}: {done}", file=sys.stderr)
                yield row
            bar.update(len(batch))


def _decoded(files: list[Path], fit: Callable[[Grey], Grey]) -> Iterator[_Read]:
    """Files decoded and resized, in order, a bounded number ahead."""
    waiting: deque[Future[_Read]] = deque()
    with ThreadPoolExecutor(2) as pool:
        for path in files:
            waiting.append(pool.submit(_decode, path, fit))
            if len(waiting) >= AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _decode(path: Path, fit: Callable[[Grey], Grey]) -> _Read:
    try:
        check_length(path.stat().st_size)
        scan = read_image(path.read_bytes())
        return _Read(path, scan.pixels, fit(scan.pixels), scan.steps)
    except FileNotFoundError:
        return _Read(path, error="There is no such file.")
    except OSError as error:
        kind = "folder" if _is_folder(path) else "file"
        return _Read(path, error=f"The {kind} cannot be opened ({error.strerror}).")
    except ImageError as error:
        return _Read(path, error=str(error))


def _score_batch(
    batch: list[_Read], classifier: Classifier, model: str | None, threshold: float | None
) -> Iterator[tuple[dict[str, Any], str]]:
    """(row, what was done to the file) of each."""
    images = [one.pixels for one in batch if one.pixels is not None]
    fitted = [one.fitted for one in batch if one.fitted is not None]
    choose = (lambda verdict: model) if model else None
    scored = iter(classifier.score(images, choose, fitted) if images else ())
    for one in batch:
        row: dict[str, Any] = dict.fromkeys(SCORE_COLUMNS, "")
        row |= {"path": shown(one.path), "error": one.error}
        done = [f"{step.title}: {step.detail}" for step in one.steps if not step.routine]
        if one.pixels is not None:
            answer = next(scored)
            done += [answer.verdict.inversion] if answer.verdict.inversion else []
            limit = classifier.heads[answer.model_id].card.threshold
            limit = limit if threshold is None else threshold
            row |= {
                "modality": answer.verdict.modality.value,
                "probability": round(answer.probability, 6),
                "decision": decide(answer.probability, limit),
                "threshold": limit,
                "model": answer.model_id,
                "in_scope": answer.verdict.in_scope,
            }
        yield row, "; ".join(done)
