"""training.hashes: the hashes of a library, each made once."""

from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from training import hashes

ROWS = pd.DataFrame({"path": ["a.png", "b.png"]})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number, name in enumerate(ROWS["path"]):
        noise = np.random.default_rng(number).integers(0, 255, (8, 8), np.uint8)
        Image.fromarray(np.kron(noise, np.ones((16, 16), np.uint8))).save(tmp_path / name)
    return tmp_path


def test_as_the_library_makes_them(root: Path) -> None:
    found = hashes.hash_images(ROWS, root, root / "runs")
    for bits, name in zip(found, ROWS["path"], strict=True):
        expected = imagehash.phash(Image.open(root / name), hash_size=16).hash.ravel()
        assert (bits == expected).all()


def test_kept_until_the_file_changes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = root / "runs"
    first = hashes.hash_images(ROWS, root, runs)
    read: list[str] = []
    make = hashes._hash
    monkeypatch.setattr(hashes, "_hash", lambda path: read.append(path.name) or make(path))
    assert (hashes.hash_images(ROWS, root, runs) == first).all()
    assert read == []
    (root / "a.png").write_bytes((root / "b.png").read_bytes())
    changed = hashes.hash_images(ROWS, root, runs)
    assert read == ["a.png"]
    assert (changed[0] == first[1]).all()
