"""Deletion and insertion: does the answer fall with what a map marks, and come back with it?

The answer is the probability of the class that the model calls at its operating point. Every map is
reduced to 14 x 14 cells, so that all methods uncover the same shapes; the random map is drawn anew
for each image, the centre map is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.explain.cam import CAMS
from core.explain.checks import CENTRE, DELETION, INSERTION, INTEGRATED, RANDOM, SCORE, SMOOTH
from core.explain.quality import CELLS, centre_map, curve, order_of, random_map, to_cells
from core.metrics import sigmoid
from training.explanations.base import Case, Rows, Settings, Subject, evidence, is_against

METHODS = (*CAMS, SCORE, SMOOTH, INTEGRATED)


def measure(subject: Subject, case: Case, settings: Settings) -> Rows:
    """One row a method and curve: values, the answer at each share of the image changed."""
    tensor = subject.network.prepare(case.pixels)
    against = is_against(subject, subject.read(case.pixels))
    maps = evidence(subject, case.pixels, METHODS, settings, against)
    random = np.random.default_rng([settings.seed, *case.image_id.encode()])
    cells = {name: to_cells(values) for name, values in maps.items()}
    cells |= {RANDOM: random_map(random), CENTRE: centre_map()}
    orders = {name: order_of(values, random) for name, values in cells.items()}
    answer = _answer(subject, against)
    rows = []
    for name, ends in curve_ends(tensor[0], settings.blur).items():
        begin, end = answer(np.stack(ends))
        for method, order in orders.items():
            values = curve(answer, ends, order, settings.steps, (float(begin), float(end)))
            rows.append({"check": name, "method": method, "values": values.round(5).tolist()})
    return rows


def curve_ends(image: NDArray[np.float32], blur: float) -> dict[str, tuple[Any, Any]]:
    """Begin and end of both curves: the image and its mean; the image blurred and itself."""
    import cv2

    empty = np.broadcast_to(image.mean(axis=(0, 1)), image.shape)
    soft = np.asarray(cv2.GaussianBlur(image, (0, 0), blur), np.float32)
    return {DELETION: (image, empty), INSERTION: (soft, image)}


def _answer(subject: Subject, against: bool) -> Callable[[NDArray[np.float32]], Any]:
    sign = -1 if against else 1
    return lambda batch: sigmoid(sign * subject.score(batch))


def recipe(settings: Settings) -> tuple[object, ...]:
    """Settings that decide the numbers of one image."""
    return (METHODS, CELLS, settings.seed, settings.steps, settings.blur, *passes(settings))


def passes(settings: Settings) -> tuple[int, ...]:
    """How thoroughly the long methods work."""
    return (settings.samples, settings.points, settings.strongest)
