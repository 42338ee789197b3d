"""What a run records of the machine it ran on."""

from __future__ import annotations

import subprocess
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from training import record
from training.record import run_record


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        ({"tensorflow-cpu"}, {"tensorflow-cpu": "1.2"}),
        ({"tensorflow"}, {"tensorflow": "1.2"}),  # macOS, or a GPU
        (set(), {"tensorflow": "unknown"}),
    ],
)
def test_tensorflow_is_recorded_under_the_name_it_is_installed_by(
    monkeypatch: pytest.MonkeyPatch, installed: set[str], expected: dict[str, str]
) -> None:
    def version(name: str) -> str:
        if name.startswith("tensorflow") and name not in installed:
            raise PackageNotFoundError(name)
        return "1.2"

    monkeypatch.setattr(record, "version", version)
    packages = run_record("command")["packages"]
    assert {name: packages[name] for name in packages if "tensorflow" in name} == expected
    assert packages["keras"] == "1.2"


def test_the_commit_is_the_codes_own_from_any_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = run_record("command")["commit"]
    monkeypatch.chdir(tmp_path)
    assert run_record("command")["commit"] == here


def test_no_git_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*words: object, **options: object) -> None:
        raise FileNotFoundError("git")

    monkeypatch.setattr(subprocess, "run", missing)
    assert run_record("command")["commit"] == "unknown"
