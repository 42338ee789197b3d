"""The shipped CT model twice: shown slices cut to their lungs, and shown them as they are."""

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
PLAIN_ID = "plain-twin"

XRAY, CT = (read_image(drawings()[title]).pixels for title in (XRAY_TITLE, CT_TITLE))
CUT = slices.cut_to_lungs(CT)


def write_models(folder: Path) -> Path:
    """Guard, trunk, X-ray model, and both twins, which differ in their cards alone."""
    for name in (GUARD_ID, "vgg16-imagenet", XRAY_ID):
        (folder / name).symlink_to(MODELS_DIR / name)
    card = read_card(CUT_ID)
    for name, view in ((CUT_ID, LUNGS), (PLAIN_ID, PLAIN)):
        shutil.copytree(MODELS_DIR / CUT_ID, folder / name)
        config = card.config | {"view": view}
        write_card(replace(card, id=name, title=f"Shown {view}", config=config), folder)
    return folder
