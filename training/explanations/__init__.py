"""Are the explanations any good? Measured for every shipped model, on its test images.

    python -m training evaluate --explanations --root DIR [--model ID ...]

Writes models/<id>/explanations.csv, and explanations.json with how it was made. Three checks, a
module each: randomised weights, deletion and insertion, lungs. Results of single images are kept
in RUNS/explanations, so that a run goes on where it stopped, and more images add to those there;
--kept writes the tables from what is there.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from core import artifacts
from core.artifacts import MODELS_DIR, Card, weights_name
from core.classifier import load_classifier
from core.explain.checks import COMMAND, FOUND, GIVEN, RECORD, TABLE
from core.library import Library, read_library
from core.lungs import load_lungs
from core.masks import Mask
from core.opinions import views_of
from core.schema import Modality
from core.trunks import WINOGRAD
from core.views import PLAIN
from training.explanations import curves, lungs, randomised, summary
from training.explanations.base import (
    Case,
    Rows,
    Settings,
    Subject,
    balanced,
    load_cases,
    open_subject,
    test_rows,
)
from training.explanations.kept import key_of, known_rows, measured
from training.lab.lungs import read_masks
from training.record import run_record

FOLDER = "explanations"


@dataclass(frozen=True)
class Run:
    """One model, its test images and where results go."""

    subject: Subject
    library: Library
    rows: pd.DataFrame
    root: Path
    folder: Path
    settings: Settings
    kept: bool = False  # measure nothing new

    def cases(self, rows: pd.DataFrame) -> Iterator[Case]:
        """The images of some rows, in the model's first view."""
        return load_cases(rows, self.library, self.root, self.subject.show)

    def each(self, name: str, recipe: tuple[object, ...], rows: pd.DataFrame,
             measure: Callable[[Case], Rows]) -> pd.DataFrame:  # fmt: skip
        """A check on some images, resumable."""
        card = self.subject.card
        file = self.folder / card.id / f"{name}-{key_of(card, *recipe)}.jsonl"
        own = rows.set_index("image_id", drop=False)

        def cases(ids: list[str]) -> Iterable[Case]:
            return self.cases(rows[rows["image_id"].isin(ids)])

        there = known_rows(file) if self.kept else own.index
        if not len(there):
            raise ValueError(f"expected rows of an earlier run in {file}, received none")
        return measured(
            file,
            [name for name in own.index if name in there],
            cases,
            measure,
            f"{card.id}: {name}",
        )


def run(args: argparse.Namespace) -> int:
    """Measure and write, model by model; a table once all checks of it are there.

    Raises:
        ValueError: No root, an unknown model, or nothing kept where --kept asks for it.
        FileNotFoundError: An image is missing; the model's table stays as it was.
    """
    if args.root is None:
        raise ValueError("expected --root, the folder with the data sets, received none")
    settings = Settings() if args.images is None else Settings(per_class=args.images)
    cards = {card.id: card for card in artifacts.list_heads() if artifacts.is_shipped(card)}
    unknown = sorted(set(args.model or ()) - set(cards))
    if unknown:
        raise ValueError(f"expected models out of {sorted(cards)}, received {unknown}")
    classifier = load_classifier(precision=WINOGRAD)
    library = read_library()
    for model_id in args.model or cards:
        subject = open_subject(classifier, model_id)
        rows = test_rows(model_id, library, settings.seed)
        own = Run(subject, library, rows, args.root, args.runs / FOLDER, settings, args.kept)
        found = [line for check in (_lungs, _quick, _curves, _deep) for line in check(own)]
        table = summary.table_of(model_id, found)
        table.to_csv(MODELS_DIR / model_id / TABLE, index=False)
        _record(subject.card, settings, args)
        print(f"wrote {model_id}/{TABLE}: {len(table)} rows")
    return 0


def _curves(run: Run) -> list[dict[str, Any]]:
    chosen = balanced(run.rows, run.settings.per_class)
    measure = partial(curves.measure, run.subject, settings=run.settings)
    return summary.curves(run.each("curves", curves.recipe(run.settings), chosen, measure))


def _quick(run: Run) -> list[dict[str, Any]]:
    settings = run.settings
    chosen = balanced(run.rows, settings.per_class)
    cascade = randomised.open_cascade(run.subject, settings.seed)
    first, second = run.cases(chosen.iloc[:2])

    def measure(case: Case) -> Rows:
        other = second if case.image_id == first.image_id else first
        return randomised.quick(cascade, case, other, settings)

    recipe = randomised.recipe(settings, randomised.QUICK)
    return summary.similarities(run.each("randomised", recipe, chosen, measure))


def _deep(run: Run) -> list[dict[str, Any]]:
    settings = run.settings
    chosen = balanced(run.rows, settings.per_class).iloc[: settings.deep]
    cascade = randomised.open_cascade(run.subject, settings.seed)
    measure = partial(randomised.deep, cascade, settings=settings)
    recipe = randomised.recipe(settings, randomised.DEEP)
    return summary.similarities(run.each("randomised-deep", recipe, chosen, measure))


def _lungs(run: Run) -> list[dict[str, Any]]:
    """Given masks, then found lungs on other test images; nothing for CT.

    Nor for a model whose first view is another than the whole image, of which the masks are.
    """
    card = run.subject.card
    if card.modality != Modality.XRAY or views_of(card)[0] != PLAIN:
        return []
    masks = read_masks(run.rows, run.root)
    has_mask = run.rows["image_id"].isin(masks)
    network = load_lungs()
    made_by = network.card.files[weights_name(network.card)]

    def find(case: Case) -> Mask | None:
        found = network.find(case.pixels)
        return found.mask if found.trusted else None

    def look(name: str, rows: pd.DataFrame, outline: Callable[[Case], Mask | None]) -> pd.DataFrame:
        def measure(case: Case) -> Rows:
            return lungs.measure(run.subject, case, outline(case))

        return run.each(name, (lungs.METHODS, made_by), rows, measure)

    given = look("lungs-given", run.rows[has_mask], lambda case: masks[case.image_id])
    found = look("lungs-found", balanced(run.rows[~has_mask], run.settings.found), find)
    return summary.lungs(given, GIVEN) + summary.lungs(found, FOUND)


def _record(card: Card, settings: Settings, args: argparse.Namespace) -> None:
    images = "" if args.images is None else f" --images {args.images}"
    record = run_record(f"{COMMAND} --model {card.id}{images}{' --kept' if args.kept else ''}")
    record |= {"settings": asdict(settings), "weights": card.files[weights_name(card)]}
    path = MODELS_DIR / card.id / RECORD
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
