"""Speed ratios, measured side by side in one run: `make bench`.

Prints a table with the machine named. Nothing here is a test: numbers of different runs or machines
do not compare, ratios within a run do.
"""

from __future__ import annotations

import io
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from PIL import Image

from core.images import read_image
from core.phantoms import drawings

ROUNDS = 15
FILES = 64
START = """
import sys, time, psutil
start = time.perf_counter()
from streamlit.testing.v1 import AppTest
begun = time.perf_counter()
AppTest.from_file(sys.argv[1], default_timeout=120).run()
memory = psutil.Process().memory_info().rss / 1e6
print(f"{time.perf_counter() - begun:.2f} s; {memory:.0f} MB; TensorFlow loaded: "
      + str("tensorflow" in sys.modules))
"""


def main() -> None:
    """Run all measurements and print them."""
    print(f"machine: {_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    for page in ("pages/home.py", "pages/predict.py"):
        print(f"{page}: first run {_page(page)}")
    _passes()


def _passes() -> None:
    import keras

    from core.classifier import load_classifier
    from training.predict import score_files

    classifier = load_classifier()
    trunk = classifier.trunk
    data = next(iter(drawings().values()))
    tensor = np.zeros((1, 224, 224, 3), np.float32)
    full = keras.applications.VGG16(weights=None)  # the speed does not depend on the weights
    one = _side_by_side(
        {
            "bare trunk pass": lambda: np.asarray(trunk.run(tensor)[0]),
            "bytes to probability": lambda: classifier.score([read_image(data).pixels]),
            "model.predict, full VGG16, float32": lambda: full.predict(tensor, verbose=0),
        }
    )
    print(f"\none image ({trunk.precision}), median of {ROUNDS} alternating rounds")
    _table(one, "bare trunk pass")
    batch = np.zeros((16, 224, 224, 3), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        files = _files(Path(folder), data)
        many = _side_by_side(
            {
                "bare trunk, batches of 16": lambda: [
                    np.asarray(trunk.run(batch)[0]) for _ in range(FILES // 16)
                ],
                "files to rows": lambda: list(score_files(files, classifier, None, None)),
            },
            rounds=3,
        )
    print(f"\n{FILES} files ({trunk.precision})")
    _table(many, "bare trunk, batches of 16")


def _side_by_side(calls: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Median seconds of each call, taken in turns so that a slow minute hits all alike."""
    for call in calls.values():
        call()
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - start)
    return {name: float(np.median(times)) for name, times in taken.items()}


def _files(folder: Path, data: bytes) -> list[Path]:
    """JPEG files of the size of the public data sets."""
    image = Image.open(io.BytesIO(data)).convert("L")
    for number in range(FILES):
        image.save(folder / f"{number}.jpg", quality=92)
    return sorted(folder.iterdir())


def _table(seconds: dict[str, float], reference: str) -> None:
    for name, value in seconds.items():
        print(f"  {name:38} {value * 1000:8.1f} ms   x {value / seconds[reference]:.2f}")


def _page(page: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", START, page], capture_output=True, text=True, check=True
    )
    return done.stdout.strip().splitlines()[-1]


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if not info.is_file():
        return platform.processor()
    lines = info.read_text(encoding="utf-8").splitlines()
    return next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), "unknown")


if __name__ == "__main__":
    main()
