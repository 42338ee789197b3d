"""Write the shipped trunk: VGG16 up to block5_conv3 with ImageNet weights, in float16.

    python -m training export [--weights PATH]

Without --weights Keras downloads the ImageNet weights and checks their published hash.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from core import zoo
from core.artifacts import MODELS_DIR, TRUNK, Card, save_weights, sha256_of, write_card
from training.features import DEFAULT_TRUNK
from training.record import run_record

WEIGHTS = f"{TRUNK}.weights.h5"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--weights", type=Path, help="*_notop.weights.h5; else Keras downloads")


def run(args: argparse.Namespace) -> int:
    """Write models/vgg16-imagenet/."""
    if args.weights is not None and not args.weights.is_file():
        raise ValueError(f"expected a weights file, received {args.weights}: no such file")
    export_trunk("vgg16", DEFAULT_TRUNK, args.weights)
    print(f"wrote {MODELS_DIR.name}/{DEFAULT_TRUNK}")
    return 0


def export_trunk(name: str, trunk_id: str, weights: Path | None) -> Card:
    """Build a trunk from ImageNet weights and store it."""
    backbone = zoo.get_backbone(name)
    model = zoo.build_trunk(backbone, weights or zoo.IMAGENET)
    folder = MODELS_DIR / trunk_id
    save_weights(model, folder / WEIGHTS)
    card = Card(
        id=trunk_id,
        kind=TRUNK,
        title=f"{backbone.name} up to {backbone.cam_layer}, ImageNet weights, float16",
        backbone=name,
        config={
            "input_size": backbone.size,
            "cam_layer": backbone.cam_layer,
            "licence": "CC BY 4.0, Visual Geometry Group, University of Oxford (via Keras)",
        },
        record=run_record("python -m training export"),
        files={WEIGHTS: sha256_of(folder / WEIGHTS)},
    )
    write_card(card)
    return card
