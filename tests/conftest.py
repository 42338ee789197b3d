"""What tests share: where real images are, and a loaded classifier."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from webs import Web, serve

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
pytest.register_assert_rewrite("compare_visits", "explain_visits", "visits")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with the public data sets; skips where there is none."""
    for folder in (os.environ.get("LUNGLENS_DATA"), ROOT.parent / "shared" / "data"):
        if folder and Path(folder).is_dir():
            return Path(folder)
    pytest.skip("no data folder: set LUNGLENS_DATA")


@pytest.fixture(scope="session")
def classifier():
    from core.classifier import load_classifier

    return load_classifier(precision="float32")


@pytest.fixture
def no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages find no images on this machine."""
    from core import examples

    monkeypatch.setattr(examples, "data_root", lambda: None)


@pytest.fixture(scope="module")
def base():
    """The trunk as a float32 graph that can be differentiated."""
    from core.explain.network import load_base

    return load_base("vgg16-imagenet")


@pytest.fixture(scope="session")
def viewed_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models, two of them twins that ask for different views of an image."""
    from viewed import write_models

    return write_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def viewed(viewed_models: Path):
    """The same, loaded."""
    from core.classifier import load_classifier

    return load_classifier(viewed_models, precision="float32")


@pytest.fixture
def viewed_pages(
    viewed, viewed_models: Path, no_folder: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that answer with them."""
    from pages.parts import loaders

    monkeypatch.setattr(loaders, "_classifier", lambda models_dir: viewed)
    monkeypatch.setattr(loaders, "MODELS_DIR", viewed_models)


@pytest.fixture(scope="session")
def judged_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models, some of them heads with a second judgement."""
    from judged import write_models

    return write_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def judged(judged_models: Path):
    """The same, loaded."""
    from core.classifier import load_classifier

    return load_classifier(judged_models, precision="float32")


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """A web server of a new folder."""
    with serve(tmp_path / "web") as web:
        yield web


@pytest.fixture
def served(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Path]:
    """URL of a local server and its folder; Keras caches elsewhere."""
    import keras

    fetch = keras.utils.get_file
    cached = partial(fetch, cache_dir=str(tmp_path / "cache"))
    monkeypatch.setattr(keras.utils, "get_file", cached)
    return web.url, web.folder


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of made-up models that the pages read instead of models/."""
    from visits import IN_SCOPE, answer_with, made_up_predictions

    from core import artifacts
    from core.artifacts import Card
    from core.classifier import DEFAULT_MODELS
    from core.schema import Modality
    from pages.parts import loaders

    for modality in (Modality.XRAY, Modality.CT):
        artifacts.write_card(
            Card(
                DEFAULT_MODELS[modality],
                "head",
                f"VGG16 {modality}",
                "vgg16",
                modality=modality,
                sources=("one", "two"),
                threshold=0.4,
                threshold_rule="95 % recall",
                files={"head.weights.h5": "0" * 64},
            ),
            tmp_path,
        )
    artifacts.write_card(Card("guard", "guard", "Guard", "vgg16"), tmp_path)
    shutil.copy(artifacts.MODELS_DIR / "guard" / "probes.csv", tmp_path / "guard")
    monkeypatch.setattr(loaders, "MODELS_DIR", tmp_path)
    monkeypatch.setattr(
        artifacts, "read_predictions", lambda model_id, models_dir: made_up_predictions(model_id)
    )
    answer_with(monkeypatch, IN_SCOPE)
    return tmp_path
