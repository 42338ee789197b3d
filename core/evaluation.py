"""Models on one test set: prepared once, then answered at any threshold by look-up.

All models stand on the same images in one order and share the draws of patients, so that their
differences are paired. What validation patients decide is in validated.py, tests of differences in
contest.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core import cohorts, intervals, metrics
from core.cohorts import Contender, TestSet
from core.curves import Ranking, below, confusion_at, rank
from core.intervals import AREA_MEASURES, AREAS, Bootstrap
from core.metrics import RATIOS, Confusion

if TYPE_CHECKING:
    import pandas as pd

MEASURES = (*RATIOS, *AREAS)


@dataclass(frozen=True)
class Estimate:
    """A measured value with its patient-level 95 % interval; NaN where undefined."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Entrant:
    """One model on one test set.

    Attributes:
        contender: The model.
        name: Short; without its data where all entrants learned from the same.
        rows: (N) predictions in the order shared by all entrants.
        ranking: The same, sorted.
        boot: Replicates over patients.
        areas: AREAS -> estimate.
        validation: Its validation patients, sorted; without the source that must not be seen.
        left_out: Whether the same recipe trained without the source answers here.
        own_images: How many images of the test set it has, shared or not.
    """

    contender: Contender
    name: str
    rows: pd.DataFrame
    ranking: Ranking
    boot: Bootstrap
    areas: dict[str, Estimate]
    validation: Ranking
    left_out: bool
    own_images: int

    @property
    def id(self) -> str:
        """Of the model."""
        return self.contender.card.id

    @property
    def operating_point(self) -> float:
        """The threshold of its card."""
        return self.contender.card.threshold


@dataclass(frozen=True)
class Comparison:
    """Models on the images that all of them share.

    Attributes:
        test_set: What was asked for.
        entrants: In the order asked for.
        absent: Models without predictions on the test set.
        images: N.
        positives: COVID-19 images among them.
        patients: How many; images without a patient id count as one each.
        named: Whether any image has a patient id; intervals are too narrow where none has.
    """

    test_set: TestSet
    entrants: tuple[Entrant, ...]
    absent: tuple[Contender, ...]
    images: int
    positives: int
    patients: int
    named: bool = True

    @property
    def names(self) -> list[str]:
        """Short names in order."""
        return [one.name for one in self.entrants]

    @property
    def titles(self) -> dict[str, str]:
        """Short names by id, in order."""
        return {one.id: one.name for one in self.entrants}


@dataclass(frozen=True)
class Answer:
    """One model at one threshold.

    Attributes:
        threshold: 0..1.
        counts: The confusion matrix.
        measures: MEASURES -> estimate.
    """

    threshold: float
    counts: Confusion
    measures: dict[str, Estimate]


def compare(contenders: Sequence[Contender], test_set: TestSet) -> Comparison:
    """Prepare everything that a moved threshold needs.

    Args:
        contenders: Models, each once.
        test_set: Images to compare on.

    Raises:
        ArtifactError: Two models disagree about the label of an image.
    """
    own = {one.card.id: cohorts.rows_on(one, test_set) for one in contenders}
    present = [one for one in contenders if len(own[one.card.id])]
    tables = cohorts.shared({one.card.id: own[one.card.id] for one in present})
    absent = tuple(one for one in contenders if one.card.id not in tables)
    if not tables or tables[present[0].card.id].empty:
        return Comparison(test_set, (), tuple(contenders), 0, 0, 0)
    rows = tables[present[0].card.id]
    patients = intervals.patients_of(rows)
    draws = intervals.patient_draws(patients)
    names = _names(present)
    entrants = tuple(
        _entrant(one, names, tables[one.card.id], draws, test_set, len(own[one.card.id]))
        for one in present
    )
    positives = int(rows["label"].sum())
    count, named = int(patients.nunique()), bool((rows["patient_id"] != "").any())
    return Comparison(test_set, entrants, absent, len(rows), positives, count, named)


def answer(entrants: Sequence[Entrant], thresholds: Sequence[float]) -> list[Answer]:
    """Every measure with its interval at one threshold a model: look-ups only.

    Args:
        entrants: M models of one comparison.
        thresholds: (M,) in 0..1.
    """
    if not entrants:
        return []
    places = [int(below(one.ranking, cut)) for one, cut in zip(entrants, thresholds, strict=True)]
    replicates = intervals.ratios_at([one.boot for one in entrants], places)
    ends = intervals.percentiles(np.stack([replicates[name] for name in RATIOS]))  # (7, M, 2)
    answers = []
    for number, (one, cut) in enumerate(zip(entrants, thresholds, strict=True)):
        counts = confusion_at(one.ranking, cut)
        values = metrics.ratios(counts.tp, counts.fp, counts.fn, counts.tn)
        found = {
            name: Estimate(float(values[name]), *map(float, ends[row, number]))
            for row, name in enumerate(RATIOS)
        }
        answers.append(Answer(float(cut), counts, found | one.areas))
    return answers


def _names(contenders: Sequence[Contender]) -> dict[str, str]:
    cards = [one.card for one in contenders]
    return cohorts.short_names(cards, with_data=len(set(map(cohorts.data_name, cards))) > 1)


def _entrant(
    contender: Contender,
    names: dict[str, str],
    rows: pd.DataFrame,
    draws: NDArray[np.signedinteger],
    test_set: TestSet,
    own_images: int,
) -> Entrant:
    ranking = rank(rows["label"], rows["probability"])
    boot = intervals.prepare(ranking, draws)
    areas = {
        name: Estimate(
            measure(ranking.labels, ranking.probabilities),
            *map(float, intervals.percentiles(boot.areas[name])),
        )
        for name, measure in AREA_MEASURES.items()
    }
    valid = contender.validation
    valid = valid[valid["source"] != test_set.unseen]
    return Entrant(
        contender,
        names[contender.card.id],
        rows,
        ranking,
        boot,
        areas,
        rank(valid["label"], valid["probability"]),
        cohorts.uses_left_out(contender, test_set),
        own_images,
    )
