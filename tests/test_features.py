"""Cached features: pooled and averaged by hand, computed once an image."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from training.features import INVERTED, FeatureStore, Source


@pytest.fixture
def rows(tmp_path: Path) -> pd.DataFrame:
    for name, grey in (("a", 10), ("b", 200), ("c", 30)):
        Image.new("L", (32, 32), grey).save(tmp_path / f"{name}.png")
    return pd.DataFrame({"image_id": list("abc"), "path": ["a.png", "b.png", "c.png"]})


def source(seen: list[int], average: bool = False) -> Source:
    """Maps (2, 2, 1) of an image: its grey level g, then 0, 0, 0."""

    def compute(images):
        seen.extend(int(image[0, 0]) for image in images)
        maps = np.zeros((len(images), 2, 2, 1), np.float32)
        maps[:, 0, 0, 0] = [image[0, 0] for image in images]
        return maps

    return Source("toy", "recipe", lambda: compute, pool=not average, average=average)


def test_features_are_pooled_averaged_and_kept(tmp_path: Path, rows: pd.DataFrame) -> None:
    seen: list[int] = []
    FeatureStore(tmp_path, source(seen)).get(rows[:2], tmp_path)
    pooled, means = FeatureStore(tmp_path, source(seen)).get(rows[::-1], tmp_path)
    assert seen == [10, 200, 30]
    assert pooled.tolist() == [[[[30]]], [[[200]]], [[[10]]]]
    assert (pooled.dtype, means.dtype) == (np.float16, np.float32)
    assert means.tolist() == [[7.5], [50], [2.5]]


def test_variants_and_averages_have_features_of_their_own(
    tmp_path: Path, rows: pd.DataFrame
) -> None:
    seen: list[int] = []
    _, turned = FeatureStore(tmp_path, source(seen), INVERTED).get(rows[:1], tmp_path)
    assert turned.tolist() == [[245 / 4]]
    averaged, _ = FeatureStore(tmp_path, source(seen, average=True)).get(rows[:1], tmp_path)
    assert averaged.tolist() == [[[[10 / 4]]]]
