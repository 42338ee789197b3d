"""X-rays with a lung mask, by split; read once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.images import Grey
from core.lungs import SIZE, enlarge, prepare
from core.masks import Mask
from core.schema import Modality, Split
from training.files import pixels_of
from training.lab.lungs import MASKS, fitted, read_masks

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Examples:
    """Images and their masks at the images' own sizes, in one order."""

    rows: pd.DataFrame
    images: list[Grey]
    masks: list[Mask]

    def of(self, *splits: Split) -> Examples:
        """Those of some splits."""
        places = np.flatnonzero(self.rows["split"].isin(splits))
        rows = self.rows.iloc[places].reset_index(drop=True)
        return Examples(rows, [self.images[i] for i in places], [self.masks[i] for i in places])

    def inputs(self) -> Floats:
        """What the network is given: float32 (N, SIZE, SIZE) in 0..1."""
        return np.stack([prepare(pixels) for pixels in self.images])

    def targets(self) -> Floats:
        """Masks at the network's size: float32 (N, SIZE, SIZE) in 0..1, soft at the edges."""
        return np.stack([enlarge(_smooth(mask), (SIZE, SIZE)) for mask in self.masks])

    def counts(self) -> dict[str, dict[str, int]]:
        """Images and patients of each split."""
        groups = self.rows.groupby("split")["patient_id"]
        return {
            str(split): {"images": len(ids), "patients": int(ids.nunique())}
            for split, ids in groups
        }


def _smooth(mask: Mask) -> Floats:
    """Smoothed so that a later reduction keeps thin parts."""
    import cv2

    sigma = max(max(mask.shape) / SIZE / 2, 0.5)
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma), np.float32)


def read_examples(manifest: pd.DataFrame, root: Path) -> Examples:
    """Frontal X-rays of the manifest that have a mask.

    Raises:
        ValueError: No masks below the root.
    """
    xray = manifest[manifest["modality"] == Modality.XRAY]
    masks = read_masks(xray, root)
    if not masks:
        raise ValueError(f"expected lung masks in {root / MASKS}, received none")
    rows = xray[xray["image_id"].isin(masks)].reset_index(drop=True)
    images = [pixels_of(root / path) for path in rows["path"]]
    pairs = zip(rows["image_id"], images, strict=True)
    return Examples(rows, images, [fitted(masks[name], pixels.shape) for name, pixels in pairs])
