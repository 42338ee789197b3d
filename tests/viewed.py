"""The shipped CT model three times: shown slices cut to their lungs, as they are, and both."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from core import slices
from core.artifacts import MODELS_DIR, read_card, write_card
from core.classifier import DEFAULT_MODELS
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
