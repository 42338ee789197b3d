"""The shipped catalogue: its tables agree with one another; filters and folders by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core import examples, holdings, library
from core.artifacts import ArtifactError
from core.library import Library


@pytest.fixture(scope="module")
def shipped() -> Library:
    return library.read_library()


def test_shipped_tables_agree(shipped: Library) -> None:
    images = shipped.images
    recorded = pd.read_csv(Path(library.__file__).parents[1] / "training" / "splits.csv")
    split = recorded.set_index("image_id")["split"]
    assert images["image_id"].is_unique
    assert images["image_id"].isin(split.index).all()
    assert (images["split"] == images["image_id"].map(split)).all()
    gone = shipped.dropped[shipped.dropped["reason"] != "listed twice upstream"]
    assert not images["image_id"].isin(gone["image_id"]).any()
    assert set(images["source"]) == set(shipped.sources["source"])
    assert images["probability"].between(0, 1).all()


def test_kept_look_alikes_are_on_one_side(shipped: Library) -> None:
    split = shipped.images.set_index("image_id")["split"]
    kept = shipped.pairs[shipped.pairs["done"] == "kept on one side of the split"]
    kept = kept[kept["first"].isin(split.index) & kept["second"].isin(split.index)]
    assert len(kept)
    assert (kept["first"].map(split) == kept["second"].map(split)).all()


def test_averages_count_the_table_and_never_fewer_than_forty(shipped: Library) -> None:
    assert len(shipped.averages)
    for row in shipped.averages.itertuples():
        part = shipped.images[
            (shipped.images["source"] == row.source)
            & (shipped.images["modality"] == row.modality)
            & (shipped.images["label"] == row.label)
        ]
        assert len(part) == row.images >= 40
        with Image.open(shipped.folder / row.file) as picture:
            assert picture.size == (160, 160)


def test_neighbours_are_others_in_order(shipped: Library) -> None:
    near = library.neighbours(shipped.images, 5)
    assert len(near) == 8
    assert 5 not in near.index
    assert near["similarity"].is_monotonic_decreasing


def test_select_by_value_range_and_text() -> None:
    images = pd.DataFrame(
        {
            "image_id": ["a/1", "a/2", "b/3"],
            "patient_id": ["a/p", "a/p", "b/q"],
            "finding": ["COVID-19", "SARS", "COVID-19"],
            "source": ["a", "a", "b"],
            "age": [30.0, np.nan, 70.0],
        }
    )
    assert library.select(images, {"source": ["a"]})["image_id"].tolist() == ["a/1", "a/2"]
    assert library.select(images, {"source": []}, {"age": (30, 60)})["image_id"].tolist() == ["a/1"]
    assert library.select(images, {}, text=" covid")["image_id"].tolist() == ["a/1", "b/3"]
    with pytest.raises(ValueError, match="hospital"):
        library.select(images, {"hospital": ["x"]})


def test_missing_table_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="python -m training catalogue --root DIR"):
        library.read_library(tmp_path)


def test_folder_missing_partly_there_and_newer(shipped: Library, tmp_path: Path) -> None:
    total = len(shipped.images)
    nowhere = holdings.presence(shipped, None)
    assert (nowhere.found, sum(nowhere.missing.values()), nowhere.unknown) == (0, total, 0)
    folder = tmp_path / Path(shipped.images["path"].iloc[0]).parent
    folder.mkdir(parents=True)
    (folder / Path(shipped.images["path"].iloc[0]).name).with_suffix(".png").touch()
    (folder / "brand-new.jpg").touch()
    partly = holdings.presence(shipped, tmp_path)
    assert (partly.found, sum(partly.missing.values()), partly.unknown) == (1, total - 1, 1)


def test_whole_folder_is_known(shipped: Library, real_data: Path) -> None:
    here = holdings.presence(shipped, real_data)
    assert here.found == len(shipped.images)
    assert here.missing == {}
    assert here.unknown == 0


def test_image_from_folder_then_by_address_then_in_words(
    shipped: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = int(shipped.images.index[shipped.images["source"] == "nih"][0])
    tries: list[str] = []

    def offline(example: examples.Example) -> bytes:
        tries.append(example.url)
        if example.url.endswith(".png"):
            return b"found"
        raise examples.ExampleError("offline")

    monkeypatch.setattr(examples, "download", offline)
    assert holdings.load_image(shipped, row, None) == b"found"
    assert all(address.startswith("https://raw.githubusercontent.com/") for address in tries)
    path = tmp_path / shipped.images["path"][row]
    path.parent.mkdir(parents=True)
    path.write_bytes(b"local")
    assert holdings.load_image(shipped, row, tmp_path) == b"local"
    ct = int(shipped.images.index[shipped.images["source"] == "covid-ct"][0])
    with pytest.raises(examples.ExampleError, match="inside an archive only"):
        holdings.load_image(shipped, ct, None)
