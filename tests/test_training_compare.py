"""`python -m training compare` on a handful of images: weights fetched and checked, resumed."""

from __future__ import annotations

import argparse
import gc
import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from serving import weights_in
from sklearn.metrics import log_loss

from core import artifacts, zoo
from core.schema import MANIFEST_COLUMNS, Split
from training import compare, publish, scratch
from training.fitting import Data
from training.recipes import RECIPES, Recipe

if TYPE_CHECKING:
    import keras

SOURCE = "covid-chestxray"
SHIPPED = "vgg16-xray-small"
ID = "small-mobilenetv2-imagenet"


def manifest_of(root: Path, size: int = 40) -> pd.DataFrame:
    """Four bright and four dark images for each of training, validation and test."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(24):
        label, split = float(number % 2), tuple(Split)[number // 8]
        pixels = rng.integers(0, 60, (size, size)) + 120 * int(label)
        path = f"{number}.png"
        Image.fromarray(pixels.astype(np.uint8)).save(root / path)
        row = dict.fromkeys(MANIFEST_COLUMNS, "") | {
            "image_id": f"i{number}",
            "path": path,
            "source": SOURCE,
            "patient_id": f"p{number}",
            "modality": "xray",
            "label": label,
            "split": split.value,
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=list(MANIFEST_COLUMNS))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with root/, runs/manifest.csv and models/; short recipes."""
    for name in ("root", "runs", "models"):
        (tmp_path / name).mkdir()
    manifest_of(tmp_path / "root").to_csv(tmp_path / "runs" / "manifest.csv", index=False)
    folder = tmp_path / "models"
    for module in (compare, publish):
        monkeypatch.setattr(module, "MODELS_DIR", folder)
    for name in ("write_card", "read_card", "list_ids"):
        known = partial(getattr(artifacts, name), models_dir=folder)
        monkeypatch.setattr(artifacts, name, known)
    short = replace(RECIPES[SHIPPED], epochs=2, scored_elsewhere=())
    monkeypatch.setitem(RECIPES, SHIPPED, short)
    monkeypatch.setattr(compare, "SEEDS_OF_HEADS", (0, 1))
    return tmp_path


@pytest.fixture
def fetched(
    place: Path, served: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Path]:
    """The same, with MobileNetV2's weights on a local server; the folder and the served file."""
    url, folder = served
    row, _ = weights_in(folder)
    fetch = zoo.fetch_weights
    monkeypatch.setitem(zoo.BACKBONES, "mobilenetv2", row)
    monkeypatch.setattr(zoo, "fetch_weights", lambda backbone: fetch(backbone, url))
    return place, folder / row.weights_file


def arguments(place: Path, *more: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    compare.add_arguments(parser)
    folders = ["--root", str(place / "root"), "--runs", str(place / "runs")]
    return parser.parse_args([*folders, *more])


def test_imagenet_weights_are_fetched_checked_and_named(fetched: tuple[Path, Path]) -> None:
    place, weights = fetched
    assert compare.run(arguments(place, "--backbones", "mobilenetv2")) == 0
    card = artifacts.read_card(ID)
    assert card.config["init"] == "imagenet"
    assert card.config["weights_sha256"] == artifacts.sha256_of(weights)
    assert card.config["seeds"] == [0, 1]
    assert card.title == "MobileNetV2, ImageNet weights, frozen (X-ray, one source, balanced)"
    assert card.files == {}
    table = artifacts.read_predictions(ID, place / "models")
    assert set(table["split"]) == {"val", "test"}
    assert len(table) == 16
    seeds = pd.read_csv(place / "models" / ID / publish.SEEDS)
    assert seeds["seed"].tolist() == [0, 1]
    assert card.config["seed"] == seeds.loc[seeds["val_loss"].idxmin(), "seed"]


def test_altered_imagenet_weights_train_nothing(fetched: tuple[Path, Path]) -> None:
    place, weights = fetched
    weights.write_bytes(b"something else")
    with pytest.raises(ValueError, match="expected the ImageNet weights of MobileNetV2"):
        compare.run(arguments(place, "--backbones", "mobilenetv2"))
    assert not (place / "models" / ID).exists()


def test_what_is_done_is_not_done_again(
    fetched: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, _ = fetched
    compare.run(arguments(place, "--backbones", "mobilenetv2"))
    runs: list[str] = []
    monkeypatch.setattr(compare, "_train_heads", lambda card, *_: runs.append(card.id))
    compare.run(arguments(place, "--backbones", "mobilenetv2"))
    assert runs == []
    compare.run(arguments(place, "--backbones", "mobilenetv2", "--again"))
    assert runs == [ID]
    manifest = pd.read_csv(place / "runs" / "manifest.csv")
    manifest.loc[0, "split"] = "test"
    manifest.to_csv(place / "runs" / "manifest.csv", index=False)
    compare.run(arguments(place, "--backbones", "mobilenetv2"))
    assert runs == [ID, ID]


def test_a_named_file_or_folder_of_weights(tmp_path: Path) -> None:
    file = tmp_path / "vgg16_imagenet_notop.weights.h5"
    file.touch()
    assert compare.weights_path("vgg16", str(tmp_path)) == file
    assert compare.weights_path("vgg16", str(file)) == file
    with pytest.raises(ValueError, match="no file vgg19_imagenet_notop"):
        compare.weights_path("vgg19", str(tmp_path))


def test_every_start_is_named() -> None:
    assert compare.name_of("all", "vgg16", "random") == "all-vgg16-random160"
    assert compare.name_of("ct", "cnn", "imagenet") == "ct-cnn-random160"
    assert compare.name_of("ct", "xception", "imagenet") == "ct-xception-imagenet"
    assert "random start, 160 px" in compare.title_of("small", "vgg19", "random", "")
    assert "nearly so" in compare.title_of("small", "vgg16", "FILE", "nearly so")


def test_home_made_network_is_published_with_its_test_curves(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "SIZE", 32)
    monkeypatch.setattr(
        scratch, "schedule", lambda recipe: replace(recipe, epochs=2, batch=4, seeds=(0,))
    )
    words = ("--backbones", "cnn", "--init", "random")
    compare.run(arguments(place, *words))
    compare.run(arguments(place, *words, "--again"))  # from the start, not on top of the first
    card = json.loads((place / "models/small-cnn-random160/card.json").read_text())
    assert card["config"]["init"] == "random start, 32 px"
    history = pd.read_csv(place / "models/small-cnn-random160/history.csv")
    assert history["epoch"].tolist() == [0, 1]
    assert {"auc", "val_auc", "test_auc", "test_loss"} <= set(history)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the open log
def test_an_interrupted_network_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "SIZE", 32)
    manifest = manifest_of(tmp_path)
    images = scratch.small_images(manifest, tmp_path, tmp_path)
    data = Data(manifest, images)
    recipe = replace(scratch.schedule(RECIPES[SHIPPED]), epochs=3, batch=4)
    record = scratch._test_curve

    class Stopped(Exception):
        pass

    def stopping(test: Data) -> keras.callbacks.Callback:
        class Stop(type(record(test))):  # type: ignore[misc]
            def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
                super().on_epoch_end(epoch, logs)
                if epoch == 1:
                    raise Stopped

        return Stop()

    monkeypatch.setattr(scratch, "_test_curve", stopping)
    with pytest.raises(Stopped):
        scratch.fit_network("cnn", data, recipe, tmp_path / "state")
    gc.collect()  # closes the log of the run that was stopped
    log = tmp_path / "state" / "history.csv"
    assert pd.read_csv(log)["epoch"].tolist() == [0]
    monkeypatch.setattr(scratch, "_test_curve", record)
    fitted = scratch.fit_network("cnn", data, recipe, tmp_path / "state")
    assert pd.read_csv(log)["epoch"].tolist() == [0, 1, 2]  # the first was not done again
    assert fitted.val_loss == fitted.history["val_loss"].min()
    val = data.of(Split.VAL)
    y, p = val.rows["label"].to_numpy(), fitted.tail(val.features.astype(np.float32)).numpy()[:, 0]
    assert log_loss(y, p) == pytest.approx(fitted.val_loss, abs=1e-4)


def test_a_run_on_another_split_starts_anew(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders: list[Path] = []

    class Seen(Exception):
        pass

    def fit_network(name: str, data: Data, recipe: Recipe, folder: Path) -> None:
        folders.append(folder)
        raise Seen

    monkeypatch.setattr(scratch, "SIZE", 32)
    monkeypatch.setattr(scratch, "fit_network", fit_network)
    path = place / "runs" / "manifest.csv"
    for split in ("train", "test"):
        manifest = pd.read_csv(path)
        manifest.loc[0, "split"] = split
        manifest.to_csv(path, index=False)
        for _ in range(2):
            with pytest.raises(Seen):
                compare.run(arguments(place, "--backbones", "cnn", "--init", "random"))
    assert folders[0] == folders[1] != folders[2] == folders[3]


def test_images_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "SIZE", 32)
    manifest = manifest_of(tmp_path)
    first = scratch.small_images(manifest, tmp_path, tmp_path)
    assert first.shape == (24, 32, 32, 1)
    assert first.dtype == np.uint8
    for path in tmp_path.glob("*.png"):
        path.unlink()
    np.testing.assert_array_equal(scratch.small_images(manifest, tmp_path, tmp_path), first)


def test_schedule_of_whole_networks_is_short() -> None:
    recipe = scratch.schedule(RECIPES["vgg16-xray"])
    assert (recipe.epochs, recipe.batch, recipe.seeds, recipe.left_out) == (12, 16, (0,), ())


@pytest.mark.parametrize("name", ["cnn", "mobilenetv2"])
def test_networks_learn_in_every_layer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "SIZE", 32)
    model = scratch.build_network(name)
    assert model.input_shape == (None, 32, 32, 1)
    found = model.predict(np.zeros((2, 32, 32, 1), np.float32), verbose=0)
    assert found.shape == (2, 1)
    assert ((found > 0) & (found < 1)).all()
    assert all(layer.trainable for layer in model.layers)
