"""Verbs with a data folder that lacks something: one sentence, and nothing shipped is touched."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
import pytest

from core.artifacts import MODELS_DIR
from core.schema import MANIFEST_COLUMNS
from training import data, dataset, explanations, tune
from training.__main__ import main
from training.data import need_sources, same_files

VERBS = (
    "train --model vgg16-xray",
    "texture --model vgg16-xray-texture",
    "deals --model vgg16-xray-texture",
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
     "--images 3 --write"],
)  # fmt: skip
def test_options_that_would_be_ignored_are_refused(words: str) -> None:
    assert main(["evaluate", *words.split()]) == 2


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
