"""Maps of a lower layer of VGG16, computed once an image and view, for what learns above it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core import artifacts, zoo
from core.artifacts import sha256_of
from core.trunks import compile_model
from core.views import PLAIN
from training.cache import Compute, cached
from training.features import BACKBONE, DEFAULT_TRUNK
from training.files import pixels_of
from training.views import VIEWS


def lower_maps(
    rows: pd.DataFrame, root: Path, runs: Path, layer: str, weights: Path, view: str = PLAIN
) -> NDArray[np.float16]:
    """Maps of a layer, float16 (N, h, w, C), in the order of the rows; cached in RUNS.

    Args:
        rows: With image_id and path.
        root: Data root the paths are relative to.
        runs: Folder of caches.
        layer: Of the trunk.
        weights: File of ImageNet weights.
        view: Key of training.views.VIEWS, of the backbone's own size.
    """

    def start() -> Compute:
        import keras

        backbone = zoo.get_backbone(BACKBONE)
        trunk = zoo.build_trunk(backbone, weights)
        lower = keras.Model(trunk.input, trunk.get_layer(layer).output)
        run = compile_model(lower, (backbone.size, backbone.size, 3))

        def compute(part: pd.DataFrame) -> dict[str, NDArray[Any]]:
            images = [pixels_of(root / path) for path in part["path"]]
            shown = [VIEWS[view].alter(image) for image in images]
            return {"maps": np.asarray(run(zoo.prepare(backbone, shown))[0], np.float16)}

        return compute

    named = view.replace(", ", "-").replace(" ", "-")
    folder = runs / "features" / f"{layer}-{named}-{sha256_of(weights)[:16]}"
    return cached(folder, rows, start, f"{layer}, {view}")["maps"]


def trunk_weights() -> Path:
    """The shipped trunk's file.

    Raises:
        ArtifactError: It is missing or altered.
    """
    card = artifacts.read_card(DEFAULT_TRUNK)
    return artifacts.checked_file(card, artifacts.weights_name(card))
