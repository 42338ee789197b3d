"""What a run leaves behind: command, versions, commit, data, and which images it used for what."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from core.artifacts import USED, sha256_of

# One of them is installed: the second on macOS, and where there is a GPU.
TENSORFLOW = ("tensorflow-cpu", "tensorflow")
PACKAGES = ("keras", "numpy", "pandas", "pillow", "opencv-python-headless")
UNKNOWN = "unknown"
# Fitted on; stopped early by; settings chosen by; calibrated on; operating point or limits set on.
STAGES = ("fit", "stop", "choose", "calibrate", "threshold")


def run_record(
    command: str, manifest: pd.DataFrame | None = None, precision: str = ""
) -> dict[str, Any]:
    """Command, date, Python and package versions, git commit and the split's hash.

    Args:
        command: What repeats the run.
        manifest: Whose split to hash.
        precision: Policy that Keras trained under (training/precision.py), where it did.
    """
    record: dict[str, Any] = {
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "packages": _packages(),
        "commit": commit(),
    }
    if precision:
        record["precision"] = precision
    if manifest is not None:
        record["split_sha256"] = split_hash(manifest)
    return record


def write_used(folder: Path, stages: dict[str, pd.Series]) -> dict[str, Any]:
    """Write used.csv: every image that had a say in a model, and in what.

    Args:
        folder: Of the model.
        stages: STAGES (those that the model has) -> image_id of the rows that were handed to it.

    Returns:
        For the record: "used", holding the file's sha256 and how many images each stage had.

    Raises:
        ValueError: An unknown stage.
    """
    unknown = sorted(set(stages) - set(STAGES))
    if unknown:
        raise ValueError(f"expected stages out of {STAGES}, received {unknown}")
    rows = [
        pd.DataFrame({"image_id": stages[name], "used_for": name})
        for name in STAGES
        if name in stages
    ]
    table = pd.concat(rows).groupby("image_id")["used_for"].agg(" ".join).reset_index()
    path = folder / USED
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False)
    counts = {name: len(ids) for name, ids in stages.items()}
    return {"used": {"sha256": sha256_of(path), "images": counts}}


def split_hash(manifest: pd.DataFrame) -> str:
    """sha256 of the sorted (image_id, split) pairs."""
    pairs = manifest[["image_id", "split"]].sort_values("image_id")
    return hashlib.sha256(pairs.to_csv(index=False).encode()).hexdigest()


def _packages() -> dict[str, str]:
    """Name -> version; TensorFlow under the name that it is installed by."""
    found = {}
    for name in TENSORFLOW:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return (found or {TENSORFLOW[-1]: UNKNOWN}) | {name: version(name) for name in PACKAGES}


def commit() -> str:
    """Of the code that runs, wherever it is called from; unknown without git or a repository."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parent,
        )
    except FileNotFoundError:
        return UNKNOWN
    return done.stdout.strip() or UNKNOWN
