"""The shipped CT model three times: shown slices cut to their lungs, as they are, and both.

And what pages say of a cut image, and which images they take.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import slices, zoo
from core.artifacts import MODELS_DIR, read_card, write_card
from core.classifier import DEFAULT_MODELS
from core.explain import overlay
from core.guard import GUARD_ID
from core.images import read_image
from core.phantoms import CT_TITLE, XRAY_TITLE, drawings
from core.schema import Modality
from core.views import LUNGS, PLAIN

XRAY_ID, CUT_ID = (DEFAULT_MODELS[modality] for modality in (Modality.XRAY, Modality.CT))
PLAIN_ID, BOTH_ID = "plain-twin", "both-twin"
VIEWS_OF = {CUT_ID: (LUNGS,), PLAIN_ID: (PLAIN,), BOTH_ID: (LUNGS, PLAIN)}

XRAY, CT = (read_image(drawings()[title]).pixels for title in (XRAY_TITLE, CT_TITLE))
CUT = slices.cut_to_lungs(CT)

DONE = "Cut to the lungs: air in the lungs set to grey level 60, the tissue around them to 210"
NOT_FOUND = "Cut to the lungs: no lungs were found, so the model is shown the whole image."
Shape = tuple[int, ...]


def write_models(folder: Path) -> Path:
    """Guard, trunk, X-ray model, and the triplets, which differ in their cards alone."""
    for name in (GUARD_ID, "vgg16-imagenet", XRAY_ID):
        (folder / name).symlink_to(MODELS_DIR / name)
    card = read_card(CUT_ID)
    for name, views in VIEWS_OF.items():
        shutil.copytree(MODELS_DIR / CUT_ID, folder / name)
        config = card.config | {"views": list(views)}
        title = f"Shown {' and '.join(views)}"
        write_card(replace(card, id=name, title=title, config=config), folder)
    return folder


def fitted(monkeypatch: pytest.MonkeyPatch) -> list[Shape]:
    """Shapes of all images that are resized to enter a network, from now on."""
    shapes: list[Shape] = []
    fit = zoo.fit

    def spy(pixels: np.ndarray, size: int) -> np.ndarray:
        shapes.append(pixels.shape)
        return fit(pixels, size)

    monkeypatch.setattr(zoo, "fit", spy)
    return shapes


def canvases(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """All images that maps are laid over, from now on."""
    bases: list[np.ndarray] = []
    canvas = overlay.canvas

    def spy(image: np.ndarray, *more: int) -> np.ndarray:
        bases.append(image)
        return canvas(image, *more)

    monkeypatch.setattr(overlay, "canvas", spy)
    return bases
