"""X-rays cropped or masked to the lungs that the network finds, and what the trunk sees in them.

Where the found mask is not trusted, the lab's fixed rectangle stands in for it: leaving such an
image whole would mark it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.alter import LUNG_BOX, black_out
from core.artifacts import MODELS_DIR, read_card
from core.classifier import pool_maps
from core.head import MEAN_STD, pooling_layer
from core.images import Grey
from core.lab import WHOLE
from core.lungs import LUNGS_ID, Lungs, crop_to_lungs, load_lungs, only_lungs
from core.masks import Mask
from core.trunks import load_trunk
from core.zoo import FLOAT32
from training.cache import Compute, cached
from training.features import DEFAULT_TRUNK
from training.files import pixels_of

LOWER = "block4_conv3"
LAST, BELOW = "block5", "block4"  # names of the two kinds of features

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Version:
    """One way to show the lungs to the classifier."""

    title: str
    alter: Callable[[Grey, Mask], Grey]


VERSIONS = {
    "whole": Version(WHOLE, lambda pixels, _: pixels),
    "crop": Version("cropped to the lungs", crop_to_lungs),
    "only": Version("only the lungs, rest black", only_lungs),
    "crop-only": Version(
        "cropped, rest black", lambda pixels, mask: crop_to_lungs(only_lungs(pixels, mask), mask)
    ),
    "black": Version("lungs blacked out", black_out),
}


def lung_region(lungs: Lungs, pixels: Grey) -> Mask:
    """The found mask, or the rectangle where it is not trusted."""
    found = lungs.find(pixels)
    return found.mask if found.trusted else LUNG_BOX.inside(pixels.shape)


def lung_features(name: str, rows: pd.DataFrame, root: Path, runs: Path) -> dict[str, Floats]:
    """The trunk's maps of one version, pooled; cached by the hashes of trunk and lungs.

    Args:
        name: Of VERSIONS.
        rows: image_id, path.
        root: Data root.
        runs: Where the cache lies.

    Returns:
        LAST (N, 512) means of the last maps, BELOW (N, 1024) means and deviations.
    """
    hashes = [next(iter(read_card(i).files.values()))[:8] for i in (DEFAULT_TRUNK, LUNGS_ID)]
    folder = runs / "lab" / f"lungs-{name}-{'-'.join(hashes)}"

    def start() -> Compute:
        lungs, alter = load_lungs(), VERSIONS[name].alter
        trunk = load_trunk(DEFAULT_TRUNK, MODELS_DIR, FLOAT32, (LOWER,))
        pool = pooling_layer(MEAN_STD)

        def compute(part: pd.DataFrame) -> dict[str, NDArray[Any]]:
            images = [pixels_of(root / path) for path in part["path"]]
            altered = [alter(pixels, lung_region(lungs, pixels)) for pixels in images]
            maps = trunk.all_maps(altered)
            return {
                LAST: pool_maps(maps[trunk.backbone.cam_layer]),
                BELOW: np.asarray(pool(maps[LOWER])),
            }

        return compute

    return cached(folder, rows, start, VERSIONS[name].title)
