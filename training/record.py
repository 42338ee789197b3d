"""What a run leaves behind so that it can be repeated: command, versions, commit, data."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import pandas as pd

PACKAGES = ("tensorflow-cpu", "keras", "numpy", "pandas", "pillow", "opencv-python-headless")


def run_record(command: str, manifest: pd.DataFrame | None = None) -> dict[str, Any]:
    """Command, date, Python and package versions, git commit and the split's hash."""
    record: dict[str, Any] = {
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "commit": _commit(),
    }
    if manifest is not None:
        record["split_sha256"] = split_hash(manifest)
    return record


def split_hash(manifest: pd.DataFrame) -> str:
    """sha256 of the sorted (image_id, split) pairs."""
    pairs = manifest[["image_id", "split"]].sort_values("image_id")
    return hashlib.sha256(pairs.to_csv(index=False).encode()).hexdigest()


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
