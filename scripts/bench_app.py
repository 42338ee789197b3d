"""Speed of the app as a visitor meets it: the server's start, and one visit from page to page.

Part of `python -m scripts.bench`.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPException
from urllib.request import ProxyHandler, build_opener

APP = "streamlit_app.py"
START_S = 120  # after which a server that does not answer is given up
STOP_S = 10
ANSWER_S = 2
PAUSE_S = 0.05  # between two questions, so that asking takes little from the server's start
# One visitor in a process of its own, as after `streamlit run`. Streamlit is imported before the
# first step; what the pages import counts.
VISIT = """
import sys, time, psutil
from streamlit.testing.v1 import AppTest
visit = AppTest.from_file("streamlit_app.py", default_timeout=120)

def step(name, act):
    begun = time.perf_counter()
    shown = act()
    taken = time.perf_counter() - begun
    assert not shown.exception, shown.exception
    memory = psutil.Process().memory_info().rss / 1e6
    loaded = "with TensorFlow" if "tensorflow" in sys.modules else "without TensorFlow"
    print(f"  {name:38} {taken:8.2f} s {memory:8.0f} MB   {loaded}")

def drawing():
    button = next(b for b in visit.button if b.key and b.key.startswith("drawing_"))
    return button.click().run()

step("Home, first visit", visit.run)
step("Home again", visit.run)
step("Compare, first visit", lambda: visit.switch_page("pages/compare.py").run())
step("Data, first visit", lambda: visit.switch_page("pages/data.py").run())
step("Shortcut lab, first visit", lambda: visit.switch_page("pages/lab.py").run())
step("Predict, first visit", lambda: visit.switch_page("pages/predict.py").run())
step("Predict, first image, models loaded", drawing)
step("Predict, the same again", visit.run)
step("Explain, the same image", lambda: visit.switch_page("pages/explain.py").run())
"""


def measurements() -> Iterator[str]:
    """Lines of the table."""
    yield "\n`python -m streamlit run` until its server answers; a first visit comes on top"
    yield f"  server ready after {seconds_to_ready():.2f} s"
    yield "\none visitor of a fresh server: computation, memory of the process"
    visit = [sys.executable, "-c", VISIT]
    done = subprocess.run(visit, capture_output=True, text=True, check=True)
    yield done.stdout.rstrip()


def seconds_to_ready(app: str = APP) -> float:
    """Seconds from starting a server to its first answer that it is well; it is stopped then.

    Raises:
        RuntimeError: The server ended, or did not answer within START_S.
    """
    port = _free_port()
    options = ["--server.headless", "true", "--server.port", str(port)]
    begun = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", app, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _answers(port):
            if server.poll() is not None:
                raise RuntimeError(f"expected a server of {app}, it ended with {server.returncode}")
            if time.perf_counter() - begun > START_S:
                raise RuntimeError(f"expected an answer within {START_S} s, received none")
            time.sleep(PAUSE_S)
        return time.perf_counter() - begun
    finally:
        _stop(server)


def _answers(port: int) -> bool:
    """Whether the server on a port of this machine says that it is well."""
    direct = build_opener(ProxyHandler({}))
    try:
        with direct.open(f"http://127.0.0.1:{port}/_stcore/health", timeout=ANSWER_S) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException):  # not listening yet, or not ready
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
