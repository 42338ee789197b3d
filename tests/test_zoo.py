"""Backbones: every row builds, and downloaded weights are checked before they are used."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from core import zoo

QUICK = replace(zoo.BACKBONES["mobilenetv2"], size=32, cam_shape=(1, 1, 1280))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """URL of a local server and its folder; Keras caches elsewhere."""
    import keras

    folder = tmp_path / "served"
    folder.mkdir()
    cache = tmp_path / "cache"
    fetch = keras.utils.get_file
    monkeypatch.setattr(keras.utils, "get_file", partial(fetch, cache_dir=str(cache)))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", folder
    server.shutdown()
    server.server_close()


def weights_in(folder: Path) -> tuple[zoo.Backbone, list[np.ndarray]]:
    """A weights file as Keras publishes them, and the row that names it."""
    import keras

    keras.utils.set_random_seed(7)
    model = keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(QUICK.size, QUICK.size, 3)
    )
    path = folder / "tiny.weights.h5"
    model.save_weights(path)
    md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    return replace(QUICK, weights_file=path.name, weights_md5=md5), model.get_weights()


@pytest.mark.parametrize("name", sorted(zoo.BACKBONES))
def test_trunk_ends_at_its_cam_layer(name: str) -> None:
    row = zoo.BACKBONES[name]
    trunk = zoo.build_trunk(row)
    assert trunk.output_shape[1:] == row.cam_shape
    assert trunk.input_shape[1:] == (row.size, row.size, 3)
    low, high = zoo.prepare(row, [np.zeros((9, 9), np.uint8), np.full((9, 9), 255, np.uint8)])
    assert low.shape == (row.size, row.size, 3)
    assert (high > low).all()


def test_downloaded_weights_are_loaded(
    served: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, folder = served
    row, expected = weights_in(folder)
    fetch = zoo.fetch_weights
    monkeypatch.setattr(zoo, "fetch_weights", lambda backbone: fetch(backbone, url))
    trunk = zoo.build_trunk(row, zoo.IMAGENET)
    for received, wanted in zip(trunk.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(received, wanted)


def test_altered_weights_are_refused(served: tuple[str, Path]) -> None:
    url, folder = served
    row, _ = weights_in(folder)
    (folder / row.weights_file).write_bytes(b"something else")
    with pytest.raises(
        ValueError, match=r"expected the ImageNet weights of MobileNetV2 .*received"
    ):
        zoo.fetch_weights(row, url)


def test_missing_weights_are_said(served: tuple[str, Path]) -> None:
    with pytest.raises(ValueError, match="name a file instead"):
        zoo.fetch_weights(replace(QUICK, weights_file="absent.h5"), served[0])
