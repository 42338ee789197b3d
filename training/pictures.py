"""One pass over the pixels: size, brightness, a hash to check downloads by, and average images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from core import zoo
from core.examples import phash
from core.images import Grey, read_image
from core.library import AVERAGES

AVERAGE_SIDE = 160
LEAST = 40  # images; averages of fewer still show single patients' ribs and markers


@dataclass(frozen=True)
class Average:
    """The mean image of one source, modality and label.

    Attributes:
        row: source, modality, label, images, file.
        pixels: uint8 (160, 160).
    """

    row: dict[str, Any]
    pixels: Grey


def measure(manifest: pd.DataFrame, root: Path) -> tuple[pd.DataFrame, list[Average]]:
    """Read every image once.

    Args:
        manifest: Rows with path, source, modality, label.
        root: Data root.

    Returns:
        Frame width, height, mean, sd (grey levels 0..255) and phash, indexed 0..N-1; and the
        averages.
    """
    facts, small = [], []
    for path in tqdm(manifest["path"], "measuring", unit="image"):
        data = (root / path).read_bytes()
        pixels = read_image(data).pixels
        height, width = pixels.shape
        facts.append(
            {
                "width": width,
                "height": height,
                "mean": round(float(pixels.mean()), 1),
                "sd": round(float(pixels.std()), 1),
                "phash": phash(data),
            }
        )
        small.append(zoo.fit(pixels, AVERAGE_SIDE))
    rows = manifest.reset_index(drop=True)
    return pd.DataFrame(facts), list(averages(rows, np.stack(small)))


def averages(rows: pd.DataFrame, images: NDArray[np.uint8]) -> Iterator[Average]:
    """Mean image of each source, modality and known label with at least LEAST images.

    Args:
        rows: source, modality, label; indexed 0..N-1.
        images: uint8 (N, S, S).
    """
    for (source, modality, label), part in rows.groupby(["source", "modality", "label"]):
        if len(part) < LEAST:
            continue
        mean = images[part.index].mean(axis=0)
        name = f"{AVERAGES}/{source}-{modality}-{int(label)}.png"
        row = {"source": source, "modality": modality, "label": int(label), "images": len(part)}
        yield Average(row | {"file": name}, np.rint(mean).astype(np.uint8))


def save_averages(made: list[Average], folder: Path) -> None:
    """Write the averages below a folder, in place of earlier ones."""
    (folder / AVERAGES).mkdir(parents=True, exist_ok=True)
    for old in (folder / AVERAGES).glob("*.png"):
        old.unlink()
    for average in made:
        Image.fromarray(average.pixels).save(folder / average.row["file"], optimize=True)
