"""What tests share: where real images are, and a loaded classifier."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with the public data sets; skips where there is none."""
    for folder in (os.environ.get("LUNGLENS_DATA"), ROOT.parent / "shared" / "data"):
        if folder and Path(folder).is_dir():
            return Path(folder)
    pytest.skip("no data folder: set LUNGLENS_DATA")


@pytest.fixture(scope="session")
def classifier():  # noqa: ANN201
    from core.classifier import load_classifier

    return load_classifier(precision="float32")
