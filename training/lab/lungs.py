"""Black out the lungs: how much of the AUC is left without any lung?

A head is trained and tested on each altered version. A fixed rectangle stands for the lungs on all
X-rays, as in Maguolo and Nanni (2020); so do the outlines that models/lungs finds. Upstream has
outlines for a part of covid-chestxray-dataset only (annotations/lungVAE-masks, made by another
network), so those rows cover these images alone. The 8 x 8 version needs no trunk: the head gets
the 64 grey levels.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from core import zoo
from core.alter import LUNG_BOX, TINY_SIDE, black_out, keep_only
from core.images import Grey
from core.lab import (
    BOX_BLACK,
    FOUND_BLACK,
    FOUND_ONLY,
    MASKED,
    OUTLINE_BLACK,
    OUTLINE_ONLY,
    POOLED,
    TINY,
    WHOLE,
)
from core.lungs import load_lungs
from training.files import pixels_of
from training.lab.base import Context, area, out_of_fold
from training.lab.found import LAST, lung_features
from training.lab.passes import altered
from training.leaving import MAIN

MASKS = Path("covid-chestxray-dataset") / "annotations" / "lungVAE-masks"
MASKED_SOURCE = MAIN
MASK_LEVEL = 127


def measure(context: Context) -> dict[str, pd.DataFrame]:
    """lungs: one row a version and scope; lungs_box: how well the rectangle covers the lungs."""
    xray = context.rows("xray")
    masks = read_masks(xray, context.root)
    if not masks:
        print(f"no lung masks in {context.root / MASKS}: rows on masked images are left out")
    rows = _boxed(context, xray)
    rows += _masked(context, xray[xray["image_id"].isin(masks)], masks) if masks else []
    covered = [
        float(mask[LUNG_BOX.inside(mask.shape)].sum() / mask.sum()) for mask in masks.values()
    ]
    box = {
        "masks": len(masks),
        "lung_inside_box": round(float(np.mean(covered)), 4) if masks else np.nan,
        "lowest_5_percent": round(float(np.percentile(covered, 5)), 4) if masks else np.nan,
        "found_trusted": _trusted(xray, context.root),
        "box_area": round((LUNG_BOX.right - LUNG_BOX.left) * (LUNG_BOX.bottom - LUNG_BOX.top), 4),
    }
    return {"lungs": pd.DataFrame(rows), "lungs_box": pd.DataFrame([box])}


def read_masks(rows: pd.DataFrame, root: Path) -> dict[str, NDArray[np.bool_]]:
    """Image id -> lung mask (H, W), where there is one that is not empty."""
    found = {}
    for row in rows[rows["source"] == MASKED_SOURCE].itertuples():
        path = root / MASKS / f"{Path(row.path).stem}_mask.png"
        if path.is_file():
            mask = np.asarray(Image.open(path).convert("L")) > MASK_LEVEL
            if mask.any():
                found[row.image_id] = mask
    return found


def _boxed(context: Context, xray: pd.DataFrame) -> list[dict[str, Any]]:
    """Versions that every X-ray can have."""

    def box(keep: bool) -> Callable[[Grey, str], Grey]:
        act = keep_only if keep else black_out
        return lambda pixels, _: act(pixels, LUNG_BOX.inside(pixels.shape))

    def passed(name: str, alter: Callable[[Grey, str], Grey]) -> NDArray[Any]:
        return altered(name, xray, context.root, context.runs, alter)[0]

    versions = {
        WHOLE: context.means[xray.index],
        BOX_BLACK: passed("box-black", box(keep=False)),
        "only the rectangle of the lungs": passed("box-only", box(keep=True)),
        FOUND_BLACK: lung_features("black", xray, context.root, context.runs)[LAST],
        FOUND_ONLY: lung_features("only", xray, context.root, context.runs)[LAST],
        TINY: tiny_pixels(xray, context.root),
    }
    rows = []
    for name, features in versions.items():
        labels = xray["label"].to_numpy()
        scores = out_of_fold(features, labels, xray["group"].to_numpy())[:, 1]
        inside = (xray["source"] == MASKED_SOURCE).to_numpy()
        rows.append({"version": name, "scope": POOLED} | area(xray, scores))
        part = area(xray[inside], scores[inside])
        rows.append({"version": name, "scope": f"inside {MASKED_SOURCE}"} | part)
    return rows


def _masked(
    context: Context, part: pd.DataFrame, masks: dict[str, NDArray[np.bool_]]
) -> list[dict[str, Any]]:
    """Versions that need a lung outline, trained and tested on the masked images alone."""

    def outline(keep: bool) -> Callable[[Grey, str], Grey]:
        act = keep_only if keep else black_out
        return lambda pixels, image_id: act(pixels, fitted(masks[image_id], pixels.shape))

    def passed(name: str, keep: bool) -> NDArray[Any]:
        return altered(name, part, context.root, context.runs, outline(keep))[0]

    versions = {
        WHOLE: context.means[part.index],
        OUTLINE_BLACK: passed("mask-black", keep=False),
        OUTLINE_ONLY: passed("mask-only", keep=True),
        TINY: tiny_pixels(part, context.root),
    }
    labels, groups = part["label"].to_numpy(), part["group"].to_numpy()
    return [
        {"version": name, "scope": MASKED} | area(part, out_of_fold(features, labels, groups)[:, 1])
        for name, features in versions.items()
    ]


def _trusted(xray: pd.DataFrame, root: Path) -> float:
    """Share of the X-rays whose found outline is trusted; the others get the rectangle."""
    lungs = load_lungs()
    images = (pixels_of(root / path) for path in xray["path"])
    return round(float(np.mean([lungs.find(pixels).trusted for pixels in images])), 4)


def fitted(mask: NDArray[np.bool_], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """A mask at the size (H, W) of its image."""
    if mask.shape == shape:
        return mask
    return np.asarray(Image.fromarray(mask).resize(shape[::-1], Image.Resampling.NEAREST))


def tiny_pixels(rows: pd.DataFrame, root: Path) -> NDArray[np.float64]:
    """The 64 grey levels (N, 64) of each image shrunk to 8 x 8."""
    images = (pixels_of(root / path) for path in rows["path"])
    return np.stack([zoo.fit(pixels, TINY_SIDE).ravel() for pixels in images]).astype(np.float64)
