"""How much of a map lies in the lungs, over the lungs' share of the picture, on test X-rays.

Two ways of knowing where the lungs are, never mixed: the masks that come with covid-chestxray
(made by another network, lungVAE), and on all other test images what the app's own lung network
finds, where it trusts its outline. The map explains the answer that the model gives. 1 is a map
that does not care for the lungs; a map that only knows the middle of the picture is measured too.
"""

from __future__ import annotations

import numpy as np

from core.explain.cam import CAMS
from core.explain.checks import CENTRE
from core.explain.quality import centre_map, energy_ratio
from core.masks import Mask
from training.explanations.base import Case, Rows, Settings, Subject, evidence
from training.lab.lungs import fitted

METHODS = tuple(CAMS)  # many images: one pass each


def measure(subject: Subject, case: Case, mask: Mask | None) -> Rows:
    """A row a method; none where the lungs are not known or a map is empty."""
    if mask is None:
        return []
    side = subject.network.backbone.size
    inside = fitted(mask, (side, side))  # as the network sees the picture
    maps = evidence(subject, case.pixels, METHODS, Settings()) | {CENTRE: centre_map()}
    ratios = {name: energy_ratio(values, inside) for name, values in maps.items()}
    return [
        {"method": name, "value": round(ratio, 5)}
        for name, ratio in ratios.items()
        if np.isfinite(ratio)
    ]
