"""Weights served by a local server, as Keras publishes them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from core import zoo

QUICK = replace(zoo.BACKBONES["mobilenetv2"], size=32, cam_shape=(1, 1, 1280))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """URL of a local server of a folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
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
