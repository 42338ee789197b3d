"""Perceptual hashes of images, kept below RUNS so that each file is hashed once.

A file is known again by its path, size and time of change. Delete RUNS/hashes-16.csv where the
reading of pixels itself has changed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from core.library import HASH_SIDE
from training.features import RUNS
from training.files import pixels_of, whole

COLUMNS = ("file", "hash")


def hash_images(rows: pd.DataFrame, root: Path, runs: Path = RUNS) -> NDArray[np.bool_]:
    """Perceptual hash (DCT) of each image: bool (N, 256).

    Args:
        rows: Manifest rows; path is below root.
        root: Folder with the data sets.
        runs: Where the cache lies.
    """
    cache = runs / f"hashes-{HASH_SIDE}.csv"
    known = _read(cache)
    files = [_name(root, path) for path in rows["path"]]
    new = {name: path for name, path in zip(files, rows["path"], strict=True) if name not in known}
    try:
        for name, path in tqdm(new.items(), "hashing", unit="image", disable=not new):
            known[name] = _hash(root / path)
    finally:  # one that cannot be read costs none of the others
        if new:
            _write(cache, known)
    return np.stack([_bits(known[name]) for name in files])


def _name(root: Path, path: str) -> str:
    state = (root / path).stat()
    return f"{path}|{state.st_size}|{state.st_mtime_ns}"


def _hash(path: Path) -> str:
    """64 hexadecimal digits."""
    import imagehash
    from PIL import Image

    pixels = pixels_of(path)
    return str(imagehash.phash(Image.fromarray(pixels), hash_size=HASH_SIDE))


def _bits(digits: str) -> NDArray[np.bool_]:
    return np.unpackbits(np.frombuffer(bytes.fromhex(digits), np.uint8)).astype(bool)


def _read(cache: Path) -> dict[str, str]:
    if not cache.is_file():
        return {}
    table = pd.read_csv(cache, dtype=str, keep_default_na=False)
    return dict(zip(table["file"], table["hash"], strict=True))


def _write(cache: Path, known: dict[str, str]) -> None:
    with whole(cache) as half:
        pd.DataFrame(list(known.items()), columns=list(COLUMNS)).to_csv(half, index=False)
