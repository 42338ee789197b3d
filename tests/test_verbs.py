"""Verbs with a data folder that lacks something: one sentence, and nothing shipped is touched."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
import pytest

from core.artifacts import MODELS_DIR
from core.images import ImageError
from core.schema import MANIFEST_COLUMNS
from training import data, dataset, explanations, tune
from training.__main__ import main
from training.data import load_manifest, need_sources, same_files
from training.files import pixels_of

VERBS = (
    "train --model vgg16-xray",
    "train --model vgg16-ct",
    "texture --model vgg16-xray-texture",
    "texture --model vgg16-ct-texture",
    "deals --model vgg16-xray-texture",
    "learning_curve --model vgg16-ct-texture",
    "lungs --experiment",
    "compare --backbones vgg16 --init random --again",
    "ablation --modality xray",
    "finetune --modality xray",
    "adapt --modality xray",
    "catalogue",
    "lab --experiment marks",
    "evaluate --protocol darkcovidnet",
)


def test_missing_sources_are_named() -> None:
    manifest = pd.DataFrame({"source": ["nih", "covid-ct", "nih"]})
    need_sources(manifest, ("nih", "covid-ct"))
    with pytest.raises(ValueError, match="expected images of actualmed, figure1 in the manifest"):
        need_sources(manifest, ("figure1", "nih", "actualmed"))


@pytest.mark.parametrize("verb", VERBS)
def test_a_model_is_not_made_of_some_of_its_sources(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = list(MANIFEST_COLUMNS)
    one = pd.DataFrame([["CT_COVID/1.png"] * len(columns)], columns=columns)
    one = one.assign(source="covid-ct", modality="ct", label=1.0, split="train", age="")
    one.to_csv(tmp_path / "manifest.csv", index=False)
    before = {path: path.stat().st_mtime_ns for path in MODELS_DIR.rglob("*") if path.is_file()}
    assert main([*verb.split(), "--root", str(tmp_path), "--runs", str(tmp_path)]) == 2
    assert "expected images of" in capsys.readouterr().err
    after = {path: path.stat().st_mtime_ns for path in MODELS_DIR.rglob("*") if path.is_file()}
    assert after == before


def test_one_folder_of_caches_is_of_one_set_of_files(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    manifest = pd.DataFrame({"image_id": ["a", "b"], "path": ["a.png", "b.png"]})
    (tmp_path / "root" / "a.png").write_bytes(b"1234")
    same_files(manifest, tmp_path / "root", tmp_path / "runs")  # b is not there
    (tmp_path / "root" / "b.png").write_bytes(b"12")
    same_files(manifest, tmp_path / "root", tmp_path / "runs")
    assert pd.read_csv(tmp_path / "runs" / "sizes.csv")["bytes"].tolist() == [4, 2]
    (tmp_path / "root" / "a.png").write_bytes(b"12345678")  # the original of the converted copy
    with pytest.raises(ValueError, match="received 1 others, a for one; name another folder"):
        same_files(manifest, tmp_path / "root", tmp_path / "runs")


def test_a_new_deal_wants_all_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lists = tmp_path / "splits.csv"
    lists.write_text("image_id,split\nnih/a.png,test\n")
    monkeypatch.setattr(dataset, "SPLITS_FILE", lists)
    manifest = pd.DataFrame(columns=list(MANIFEST_COLUMNS)).assign(source=["nih"])
    monkeypatch.setattr(data, "build", lambda *_: (manifest, manifest, []))
    asked = ["data", "--root", str(tmp_path), "--runs", str(tmp_path / "runs"), "--resplit"]
    assert main(asked) == 2
    assert lists.read_text() == "image_id,split\nnih/a.png,test\n"


def test_tables_of_one_search_do_not_give_way_to_another(tmp_path: Path) -> None:
    tune.same_space(tmp_path, "search", True)  # nothing there yet
    (tmp_path / tune.RECORD).write_text('{"search": {"command": "tune --trials 4 --unfreeze"}}')
    tune.same_space(tmp_path, "search", True)
    tune.same_space(tmp_path, "pairs", False)
    with pytest.raises(ValueError, match="expected --unfreeze or none as in"):
        tune.same_space(tmp_path, "search", False)


@pytest.mark.parametrize(
    "words",
    ["--write --protocol darkcovidnet", "--explanations --protocol darkcovidnet", "--kept",
     "--images 3 --write", "--explanations --images 1"],
)  # fmt: skip
def test_options_that_would_be_ignored_are_refused(words: str) -> None:
    assert main(["evaluate", *words.split()]) == 2


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ModuleNotFoundError("no", name="sklearn.svm"), "sklearn is not installed; pip install -r"),
        (PermissionError(13, "Permission denied", "models/a.csv"), "models/a.csv: Permission"),
        (OSError("Unable to open file"), "Unable to open file"),
    ],
)
def test_what_the_machine_lacks_is_a_sentence(
    error: Exception,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(_: argparse.Namespace) -> int:
        raise error

    monkeypatch.setattr(data, "run", run)
    assert main(["data", "--root", "."]) == 2
    assert f"python -m training data: {sentence}" in capsys.readouterr().err


def test_a_module_of_ours_that_is_missing_is_no_matter_of_installation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(_: argparse.Namespace) -> int:
        raise ModuleNotFoundError("no", name="training.nowhere")

    monkeypatch.setattr(data, "run", run)
    with pytest.raises(ModuleNotFoundError):
        main(["data", "--root", "."])


def test_a_manifest_older_than_the_lists_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = pd.DataFrame([["x"] * len(MANIFEST_COLUMNS)] * 2, columns=list(MANIFEST_COLUMNS))
    rows = rows.assign(image_id=["nih/a.png", "nih/b.png"], split="train", label=0.0, age="")
    rows.to_csv(tmp_path / "manifest.csv", index=False)
    lists = tmp_path / "splits.csv"
    monkeypatch.setattr(dataset, "SPLITS_FILE", lists)
    lists.write_text("image_id,split\nnih/a.png,train\n")  # b is new
    assert len(load_manifest(tmp_path, tmp_path)) == 2
    lists.write_text("image_id,split\nnih/a.png,test\n")
    with pytest.raises(ValueError, match="received others for 1 images, nih/a.png for one"):
        load_manifest(tmp_path, tmp_path)


def test_an_image_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(ImageError, match=r"a\.png: "):
        pixels_of(tmp_path / "a.png")


def test_no_network_is_no_measure(tmp_path: Path) -> None:
    asked = ["finetune", "--root", str(tmp_path), "--runs", str(tmp_path), "--seeds", "0"]
    assert main(asked) == 2


def test_a_missing_image_leaves_the_table_of_explanations_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(explanations, "MODELS_DIR", folder)
    args = argparse.Namespace(
        root=tmp_path, runs=tmp_path, images=1, model=["vgg16-ct"], kept=False
    )
    with pytest.raises(FileNotFoundError, match="received no such file"):
        explanations.run(args)
    assert not list(folder.rglob("*"))
