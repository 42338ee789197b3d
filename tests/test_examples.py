"""core.examples and training.examples, with a web server of their own and no network."""

from __future__ import annotations

import argparse
import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pooch
import pytest
from pydicom.data.download import get_cached_filehash, get_url
from samples import picture
from webs import Web

from core import examples
from core.artifacts import sha256_of
from core.examples import Example, ExampleError, catalogue, data_root, load, phash
from core.schema import Modality
from core.seen import distances
from training import examples as command
from training.probes import dicom_file


@pytest.fixture
def site(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Address of right.png, wrong.png and page.png; the cache is a new folder."""
    (web.folder / "right.png").write_bytes(picture(1))
    (web.folder / "wrong.png").write_bytes(picture(2))
    (web.folder / "page.png").write_bytes(b"<html>not found</html>")
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache")
    return web.url.removesuffix("/")


def example(url: str = "http://127.0.0.1:9/right.png", sha256: str = "") -> Example:
    return Example(
        name="one",
        title="One",
        modality=Modality.XRAY,
        source="set",
        attribution="someone",
        licence="CC BY 4.0",
        url=url,
        path="set/images/one.png",
        sha256=sha256,
        phash=phash(picture(1, 64)),
    )


def test_catalogue() -> None:
    rows = catalogue()
    assert len(rows) == len({row.name for row in rows}) == 11
    assert sum(row.modality == Modality.CT for row in rows) == 2
    for row in rows:
        assert re.fullmatch(r"[0-9a-f]{16}", row.phash)
        assert re.fullmatch(r"([0-9a-f]{64})?", row.sha256)
        assert re.search(r"githubusercontent\.com/[^/]+/[^/]+/[0-9a-f]{40}/", row.url)
        assert row.licence and row.attribution and row.title
        assert "ND" not in row.licence


def test_the_dicom_example_is_the_file_that_pydicom_records() -> None:
    row = next(one for one in catalogue() if one.name == "chest-dicom")
    file = dicom_file(Path(row.path).name)
    assert row.sha256 == get_cached_filehash(file.name) == sha256_of(file)
    assert phash(file.read_bytes()) == row.phash
    repository, commit = re.findall(r"github\.com/([^/]+/[^/]+)/raw/(\w+)/", get_url(file.name))[0]
    assert f"{repository}/{commit}/data/{file.name}" in row.url


def test_save_and_read_again(tmp_path: Path) -> None:
    examples.save_catalogue(catalogue(), tmp_path / "list.csv")
    assert (tmp_path / "list.csv").read_bytes() == examples.LIST.read_bytes()


def test_data_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUNGLENS_DATA", str(tmp_path))
    assert data_root() == tmp_path
    monkeypatch.setenv("LUNGLENS_DATA", str(tmp_path / "none"))
    assert data_root() is None


@pytest.mark.parametrize("name", ["one.png", "one.jpg"])
def test_folder_first(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "set" / "images"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(b"bytes")
    assert load(example(), tmp_path) == b"bytes"


def test_recorded_hashes_are_of_these_images(real_data: Path) -> None:
    here = [row for row in catalogue() if examples.in_folder(row, real_data)]
    if not here:
        pytest.skip("no example in the data folder")
    for row in here:
        apart = distances(phash(load(row, real_data)), pd.Series([row.phash]))
        assert apart <= examples.NEAR_BITS, row.name


def test_download_by_sha256(site: str, tmp_path: Path) -> None:
    digest = hashlib.sha256(picture(1)).hexdigest()
    assert load(example(f"{site}/right.png", digest), tmp_path) == picture(1)
    with pytest.raises(ExampleError, match="not the expected file"):
        load(example(f"{site}/wrong.png", digest), None)


def test_download_by_look(site: str, tmp_path: Path) -> None:
    assert load(example(f"{site}/right.png"), None) == picture(1)
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_downloaded_before_is_on_this_machine(site: str, tmp_path: Path) -> None:
    right, wrong = example(f"{site}/right.png"), example(f"{site}/wrong.png")
    assert examples.on_this_machine(right, tmp_path) is None
    load(right, tmp_path)
    with pytest.raises(ExampleError):
        load(wrong, tmp_path)
    found = examples.on_this_machine(right, tmp_path)
    assert found is not None
    assert found.read_bytes() == picture(1)
    assert examples.on_this_machine(wrong, tmp_path) is None


@pytest.mark.parametrize(
    ("name", "words"), [("wrong.png", "does not look like"), ("page.png", "is not an image")]
)
def test_what_looks_different_is_not_kept(site: str, tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(ExampleError, match=words):
        load(example(f"{site}/{name}"), None)
    assert not list((tmp_path / "cache").iterdir())


def test_no_such_file(site: str) -> None:
    with pytest.raises(ExampleError, match="cannot be had"):
        load(example(f"{site}/nowhere.png"), None)


def test_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise ConnectionError("no route")

    monkeypatch.setattr(pooch, "retrieve", fail)
    with pytest.raises(ExampleError, match="take one of the drawings"):
        load(example(), None)


def test_pin(site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "list.csv"
    good = example(f"{site}/right.png")
    examples.save_catalogue([good, replace(good, name="two", url=f"{site}/wrong.png")], path)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(parser.parse_args(["--pin", "--list", str(path)])) == 1
    first, second = catalogue(path)
    assert first.sha256 == hashlib.sha256(picture(1)).hexdigest()
    assert second.sha256 == ""
    assert "1 of 2 recorded" in capsys.readouterr().out
    assert command.run(parser.parse_args(["--list", str(path)])) == 0
    assert "perceptual hash only" in capsys.readouterr().out
