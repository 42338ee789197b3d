"""Heads with a second judgement, of known answers on the drawn CT slice: HAZY's haze answers it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from visits import CT_ID, XRAY_ID, made_up_predictions

from core.artifacts import HEAD, MODELS_DIR, Card, save_weights, sha256_of, write_card
from core.ensemble import HAZE, LABEL, Member, as_config, build_ensemble, part
from core.guard import GUARD_ID
from core.head import MEAN_STD, SECOND_ORDER
from core.images import read_image
from core.phantoms import CT_TITLE, drawings
from core.schema import Modality
from core.trunks import load_trunk

TRUNK_ID = "vgg16-imagenet"
LABELLED, HAZY, CLOSE, SINGLE = "labelled", CT_ID, "close", "single"
# Log-odds of the judgements on the drawing.
TARGETS = {LABELLED: (0.3, 1.2), HAZY: (1.2, 0.3), CLOSE: (0.31, 0.3), SINGLE: (0.3,)}
NAMES = (LABEL, HAZE)
MEMBERS = (
    Member("block3_conv3", MEAN_STD, (56, 56, 256)),
    Member("block4_conv3", SECOND_ORDER, (28, 28, 512)),
    Member("block5_conv3", SECOND_ORDER, (14, 14, 512)),
)
CT = read_image(drawings()[CT_TITLE]).pixels


def write_models(folder: Path) -> Path:
    """Guard, trunk, an X-ray model of one judgement, and a head for each of TARGETS."""
    for name in (GUARD_ID, TRUNK_ID):
        (folder / name).symlink_to(MODELS_DIR / name)
    trunk = load_trunk(TRUNK_ID, precision="float32", layers=[m.layer for m in MEMBERS[:2]])
    maps = trunk.all_maps([CT])
    for name, targets in TARGETS.items():
        _write(folder, name, Modality.CT, targets, maps)
    _write(folder, XRAY_ID, Modality.XRAY, (-1.0,), maps)
    return folder


def _write(
    folder: Path, name: str, modality: str, targets: tuple[float, ...], maps: dict[str, object]
) -> None:
    """A head of random kernels whose biases make its means the targets."""
    units = len(targets)
    model = build_ensemble(MEMBERS, units)
    random = np.random.default_rng(0)
    for member in MEMBERS:
        last = part(model, member).layers[-1]
        wide = last.kernel.shape[0]
        kernel = random.normal(0, 3 / np.sqrt(wide), (wide, 2))[:, :units]
        scale = np.abs(np.asarray(part(model, member).layers[1](maps[member.layer]))).max()
        last.set_weights([kernel / scale, np.zeros(units)])
        own = np.asarray(part(model, member)(maps[member.layer]))[0]
        last.set_weights([kernel / scale, np.asarray(targets) - own])
    path = folder / name / "head.weights.h5"
    save_weights(model, path, "float32")
    config = {"members": as_config(MEMBERS), "judgements": NAMES[:units]}
    files = {path.name: sha256_of(path)}
    card = Card(name, HEAD, f"Judged {name}", "vgg16", True, TRUNK_ID, modality, ("one",))
    write_card(Card(**{**vars(card), "config": config, "files": files}), folder)
    made_up_predictions(CT_ID).to_csv(folder / name / "predictions.csv", index=False)
