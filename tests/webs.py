"""A web server on this machine, for what is fetched from public addresses elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True)
class Web:
    """url ends in a slash; folder holds what is served; asked lists the paths asked for."""

    url: str
    folder: Path
    asked: list[str] = field(default_factory=list)


@contextmanager
def serve(folder: Path) -> Iterator[Web]:
    folder.mkdir()
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, *args: object) -> None:
            asked.append(self.path)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Web(f"http://127.0.0.1:{server.server_port}/", folder, asked)
    server.shutdown()
    server.server_close()
    thread.join()
