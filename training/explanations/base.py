"""What the checks share: a model to ask, its maps by every method, images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core import artifacts
from core.artifacts import Card
from core.classifier import Classifier
from core.explain.cam import CAMS, Map
from core.explain.checks import INTEGRATED, SCORE, SMOOTH
from core.explain.covering import score_cam
from core.explain.network import Network, load_network
from core.explain.passes import read_image, scorer
from core.explain.pixels import integrated_gradients, smooth_grad
from core.explain.reading import Reading, open_reader
from core.explain.running import Running
from core.holdings import local_file
from core.images import Grey
from core.images import read_image as read_bytes
from core.intervals import patients_of
from core.library import Library
from core.schema import Split

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Settings:
    """What decides the numbers; kept beside the tables.

    Attributes:
        per_class: Images of each class for the curves and the randomised networks, one a patient.
        deep: Of them, in all, for the methods that need many passes of randomised networks.
        found: Images of each class without a given mask, one a patient, for the found lungs.
        seed: Of the choice of images, random weights, random maps and ties.
        steps: Of a deletion or insertion curve.
        blur: Standard deviation of the blurred image that insertion begins with, in pixels.
        samples: Noisy copies of SmoothGrad.
        points: Of integrated gradients.
        strongest: Maps of Score-CAM.
    """

    per_class: int = 8
    deep: int = 3
    found: int = 20
    seed: int = 0
    steps: int = 7
    blur: float = 10.0
    samples: int = 8
    points: int = 8
    strongest: int = 16


@dataclass(frozen=True)
class Subject:
    """One model, asked about single images.

    Attributes:
        card: Of the head.
        network: The whole classifier in float32.
        read: uint8 (H, W), in the head's first view -> reading at its uppermost layer.
        score: Preprocessed float32 (N, S, S, 3) -> log-odds (N,).
    """

    card: Card
    network: Network
    read: Callable[[Grey], Reading]
    score: Callable[[NDArray[np.float32]], NDArray[np.float32]]

    def show(self, image: Grey) -> Grey:
        """An image in the head's first view, in which it is explained: (H, W) -> (h, w)."""
        return self.network.head.show(image)[0]


def open_subject(classifier: Classifier, model_id: str) -> Subject:
    """A model as the app runs it."""
    head = classifier.heads[model_id]
    reader = open_reader(head)
    return Subject(
        head.card,
        load_network(model_id),
        lambda image: read_image(classifier, reader, image),
        scorer(classifier, reader),
    )


def is_against(subject: Subject, reading: Reading) -> bool:
    """Whether this look by itself is negative, so that the evidence for that is asked for."""
    return reading.probability < subject.card.threshold


def evidence(
    subject: Subject,
    image: Grey,
    methods: Iterable[str],
    settings: Settings,
    against: bool | None = None,
) -> dict[str, Map]:
    """Method -> what speaks for an answer, float32 (h, w) at the method's own grid.

    Class activation and Score-CAM from 0. Integrated gradients are signed: below 0 speaks for the
    other answer. Of SmoothGrad the absolute value is taken, as its authors do: the sign says
    whether a pixel should be brighter, not how much it counts.

    Args:
        subject: The model.
        image: uint8 (H, W), as the head is shown it.
        methods: Names as in core.explain.checks.
        settings: How thoroughly the long methods work.
        against: Evidence for "negative"; None: for what the model calls at its operating point.
    """
    reading, tensor = subject.read(image), subject.network.prepare(image)
    against = is_against(subject, reading) if against is None else against
    sign = -1 if against else 1
    long: dict[str, Callable[[], Map]] = {
        SCORE: lambda: _last(
            score_cam(
                subject.score, tensor, reading.maps, against=against, count=settings.strongest
            )
        ),
        SMOOTH: lambda: np.abs(
            _last(
                smooth_grad(subject.network, tensor, samples=settings.samples, seed=settings.seed)
            )
        ),
        INTEGRATED: lambda: (
            sign * _last(integrated_gradients(subject.network, tensor, steps=settings.points))
        ),
    }
    return {
        name: reading.cam(name, against=against) if name in CAMS else long[name]()
        for name in methods
    }


def _last(running: Iterator[Running]) -> Map:
    *_, end = running
    return np.asarray(end.values, np.float32)


@dataclass(frozen=True)
class Case:
    """One held-out image of a model: its row of the catalogue, its pixels as the head sees them."""

    image_id: str
    patient: str
    label: float
    pixels: Grey


def test_rows(model_id: str, library: Library, seed: int) -> pd.DataFrame:
    """Labelled test images of a model, shuffled; index: rows of the catalogue.

    Images whose patient is unknown count as a patient each.

    Raises:
        ValueError: A test image that the catalogue does not describe.
    """
    table = artifacts.read_predictions(model_id)
    own = table[(table["split"] == Split.TEST) & table["label"].notna()]
    rows = library.images[library.images["image_id"].isin(own["image_id"])]
    if len(rows) < len(own):
        raise ValueError(
            f"expected {len(own)} test images of {model_id} in the catalogue, received "
            f"{len(rows)}; "
            "`python -m training catalogue --root DIR` describes those of a data folder"
        )
    label = own.set_index("image_id")["label"].reindex(rows["image_id"]).to_numpy()
    order = np.random.default_rng(seed).permutation(len(rows))
    return rows.assign(label=label, patient=patients_of(rows)).iloc[order]


def balanced(rows: pd.DataFrame, per_class: int) -> pd.DataFrame:
    """The first images of each class, one a patient, the classes in turn."""
    first = rows.drop_duplicates("patient")
    place = first.groupby("label").cumcount()
    kept = first.assign(place=place)[place < per_class]
    return kept.sort_values(["place", "label"], kind="stable").drop(columns="place")


def load_cases(
    rows: pd.DataFrame, library: Library, root: Path, show: Callable[[Grey], Grey]
) -> Iterator[Case]:
    """Read the images of some rows.

    Args:
        rows: Of the catalogue, with patient and label.
        library: The catalogue.
        root: Data root.
        show: How the model is shown an image (Subject.show).

    Raises:
        FileNotFoundError: One is not below the root.
    """
    for number, row in rows.iterrows():
        path = local_file(library, number, root)
        if path is None:
            raise FileNotFoundError(f"expected {row['path']} in {root}, received no such file")
        pixels = read_bytes(path.read_bytes()).pixels
        yield Case(row["image_id"], row["patient"], float(row["label"]), show(pixels))
