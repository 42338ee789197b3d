"""The table that `python -m training predict` writes while it scores."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from core.phantoms import drawings
from core.schema import SCORE_COLUMNS
from training import predict as verb
from training.__main__ import main
from training.predict import find_files
from training.scores import kept_rows, shown, written

PICTURES = list(drawings().values())
ROW = {
    "path": "a.png",
    "modality": "xray",
    "probability": 0.25,
    "decision": "negative",
    "threshold": 0.3,
    "model": "m",
    "in_scope": True,
    "error": "",
}


@pytest.fixture(autouse=True)
def loaded(classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    """One classifier for all runs: loading it is tested in test_predict.py."""
    monkeypatch.setattr(verb, "load_classifier", lambda **options: classifier)


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, keep_default_na=False)


def test_a_run_that_is_cut_off_leaves_what_it_scored(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    rows = written(iter([ROW, ROW | {"path": "b.png"}]), out, kept_rows(None))
    assert next(rows) == ROW
    assert read(out).to_dict("records") == [ROW]


def test_what_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    bad = ROW | {"path": "bad.png", "probability": "", "in_scope": "", "error": "There is no such"}
    pd.DataFrame([ROW, bad], columns=list(SCORE_COLUMNS)).to_csv(out, index=False)
    with out.open("a") as file:
        file.write("cut.png,xray,0.9,posi")
    assert kept_rows(out)["path"].tolist() == ["a.png"]
    assert kept_rows(tmp_path / "none.csv").empty


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", 'path,"x\n1,2,3,4\n', "\xff\xfe"])
def test_another_file_is_not_gone_on_with(tmp_path: Path, text: str) -> None:
    out = tmp_path / "out.csv"
    out.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=r"expected .*out\.csv"):
        kept_rows(out)
    assert out.read_bytes() == text.encode("latin-1")


def test_resume_scores_the_rest_and_tries_again_what_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = tmp_path / "scans", tmp_path / "out.csv"
    folder.mkdir()
    for name in ("a.png", "c.png"):
        (folder / name).write_bytes(PICTURES[0])
    (folder / "b.png").write_bytes(b"")
    words = ["predict", str(folder), "--out", str(out)]
    assert main(words) == 1
    whole = read(out)
    out.write_text("\n".join(out.read_text().splitlines()[:3]) + "\n")  # a and b
    (folder / "b.png").write_bytes(PICTURES[1])
    asked: list[str] = []
    score = verb.score_files

    def watched(files, *rest):  # type: ignore[no-untyped-def]
        asked.extend(path.name for path in files)
        return score(files, *rest)

    monkeypatch.setattr(verb, "score_files", watched)
    capsys.readouterr()
    assert main([*words, "--resume"]) == 0
    assert asked == ["b.png", "c.png"]
    assert "1 of 3 are scored already" in capsys.readouterr().err
    resumed = read(out)
    assert [Path(path).name for path in resumed["path"]] == ["a.png", "b.png", "c.png"]
    assert (resumed["error"] == "").all()
    assert resumed.iloc[0].astype(str).tolist() == whole.iloc[0].astype(str).tolist()
    assert main([*words, "--resume"]) == 0  # nothing left to score
    pd.testing.assert_frame_equal(read(out), resumed)


def test_names_that_are_no_text_and_dead_links_are_rows(tmp_path: Path) -> None:
    folder, out = tmp_path / "scans", tmp_path / "out.csv"
    folder.mkdir()
    (folder / os.fsdecode(b"odd\xff.png")).write_bytes(PICTURES[0])
    (folder / "two\nlines.png").write_bytes(PICTURES[0])
    (folder / "dead.png").symlink_to("nowhere")
    assert main(["predict", str(folder), "--out", str(out)]) == 1
    table = read(out)
    names = [path.rsplit("/", 1)[1] for path in table["path"]]
    assert sorted(names) == ["dead.png", "odd\\xff.png", "two\nlines.png"]
    errors = dict(zip(names, table["error"], strict=True))
    assert errors["dead.png"] == "There is no such file."
    assert not errors["odd\\xff.png"]
    assert shown(Path("肺 a.png")) == "肺 a.png"


def test_folders_are_searched_through_links_but_not_in_circles(tmp_path: Path) -> None:
    inner = tmp_path / "scans" / "inner"
    other = tmp_path / "other"
    for folder in (inner, other):
        folder.mkdir(parents=True)
        (folder / "a.png").touch()
    (inner / "linked").symlink_to(other)
    (inner / "circle").symlink_to(tmp_path / "scans")
    (tmp_path / "scans" / "notes.txt").touch()
    found = find_files([tmp_path / "scans", inner / "a.png"])
    names = [str(path.relative_to(tmp_path / "scans")) for path in found]
    assert names == ["inner/a.png", "inner/linked/a.png"]


def test_a_folder_that_cannot_be_opened_is_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = tmp_path / "scans", tmp_path / "out.csv"
    (folder / "locked").mkdir(parents=True)
    (folder / "a.png").write_bytes(PICTURES[0])
    look = os.scandir

    def scandir(path: str):  # type: ignore[no-untyped-def]
        if Path(path).name == "locked":  # rights do not stop an administrator
            raise PermissionError(13, "Permission denied", path)
        return look(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert main(["predict", str(folder), "--out", str(out)]) == 1
    table = read(out).set_index("path")
    assert table.loc[str(folder / "a.png"), "error"] == ""
    assert table.loc[str(folder / "locked"), "error"].startswith("The folder cannot be opened (")


def test_a_folder_without_images_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").touch()
    out = tmp_path / "out.csv"
    assert main(["predict", str(tmp_path), "--out", str(out)]) == 2
    assert f"expected images in {tmp_path}, received none" in capsys.readouterr().err
    assert not out.exists()


def test_an_image_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = tmp_path / "a.png"
    image.write_bytes(PICTURES[0])
    (tmp_path / "link.png").symlink_to(image)
    assert main(["predict", str(image), "--out", str(tmp_path / "link.png")]) == 2
    assert "expected another file for --out" in capsys.readouterr().err
    assert image.read_bytes() == PICTURES[0]


def test_kept_rows_are_not_lost_while_they_are_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.csv"
    pd.DataFrame([ROW], columns=list(SCORE_COLUMNS)).to_csv(out, index=False)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    kept = kept_rows(out)
    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(OSError, match="No space left"):
        next(written(iter([ROW | {"path": "b.png"}]), out, kept))
    assert read(out).to_dict("records") == [ROW]


def test_rows_of_another_model_or_threshold_are_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = tmp_path / "scans", tmp_path / "out.csv"
    folder.mkdir()
    (folder / "a.png").write_bytes(PICTURES[0])
    words = ["predict", str(folder), "--out", str(out), "--model", "vgg16-xray"]
    assert main(words) == 0
    first = read(out)
    elsewhere = first.assign(path="elsewhere/b.png")
    pd.concat([first, elsewhere]).to_csv(out, index=False)
    capsys.readouterr()
    assert main([*words, "--threshold", "0.9", "--resume"]) == 0
    assert "1 by another model or threshold: made again" in capsys.readouterr().err
    table = read(out).set_index("path")
    assert table.loc[str(folder / "a.png"), "threshold"] == 0.9
    assert table.loc["elsewhere/b.png", "threshold"] == first["threshold"][0]  # not asked for now
    assert main([*words, "--threshold", "0.9", "--resume"]) == 0
    assert "made again" not in capsys.readouterr().err
