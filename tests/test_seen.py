"""core.seen: copies are found, and held-out images are not taken for training images."""

import io

import numpy as np
import pandas as pd
from PIL import Image

from core import holdings, library
from core.images import read_image
from core.schema import Modality, Split
from core.seen import SAME_BITS, Known, distances, find_known, hash_pixels


def coarse(seed: int, side: int = 160) -> np.ndarray:
    cells = np.random.default_rng(seed).integers(0, 256, (8, 8), np.uint8)
    return np.asarray(Image.fromarray(cells).resize((side, side), Image.Resampling.BICUBIC))


def table(seeds: list[int], splits: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image_id": [f"one/{seed}" for seed in seeds],
            "source": "one",
            "modality": "ct",
            "split": splits,
            "phash": [hash_pixels(coarse(seed)) for seed in seeds],
        }
    )


def test_distances_by_hand() -> None:
    others = pd.Series(["0000000000000000", "000000000000000f", "ffffffffffffffff"])
    assert distances("0000000000000001", others).tolist() == [1, 3, 63]


def test_a_copy_is_found_and_another_image_is_not() -> None:
    images = table([1, 2], ["train", "test"])
    known = find_known(coarse(2, side=300), images)
    assert known == Known("one/2", "one", Modality.CT, Split.TEST)
    assert find_known(coarse(3), images) is None
    assert find_known(coarse(3), images.iloc[:0]) is None


def test_no_held_out_image_is_taken_for_a_training_image() -> None:
    images = library.read_library().images
    for modality in Modality:
        same = images[images["modality"] == modality]
        learned = same.loc[same["split"] == Split.TRAIN, "phash"]
        others = same.loc[same["split"] != Split.TRAIN, "phash"]
        assert min(distances(phash, learned).min() for phash in others) > SAME_BITS


def test_copies_reduced_and_saved_again_are_found(real_data) -> None:
    shelf = library.read_library()
    found = 0
    rows = range(0, len(shelf.images), 60)
    for row in rows:
        path = holdings.local_file(shelf, row, real_data)
        assert path is not None
        image = Image.fromarray(read_image(path.read_bytes()).pixels)
        image.thumbnail((300, 300))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=80)
        known = find_known(read_image(buffer.getvalue()).pixels, shelf.images)
        found += known is not None and known.image_id == shelf.images.loc[row, "image_id"]
    assert found / len(rows) >= 0.95
