"""Speed, measured side by side in one run: `make bench`, or with --write also into docs/bench.md.

Prints a table with the machine named. Nothing here is a test: numbers of different runs or machines
do not compare, ratios within a run do.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from PIL import Image

from core.images import read_image as read_image_file
from core.phantoms import drawings
from scripts import bench_compare
from training.evaluate import fill_block

if TYPE_CHECKING:
    from core.classifier import Classifier
    from core.explain.reading import Reading

ROUNDS = 15
MODEL = "vgg16-xray"  # whose answers are explained
FILES = 64
DOCUMENT = Path("docs/bench.md")
# One visitor in a process of its own, as after `streamlit run`.
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


def main() -> None:
    """Run all measurements and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"put the output into {DOCUMENT}")
    parser.add_argument(
        "--only", choices=sorted(PARTS), help="one part; the others stay as written"
    )
    arguments = parser.parse_args()
    for name in [arguments.only] if arguments.only else PARTS:
        lines = []
        for line in (*_machine(), *PARTS[name]()):
            print(line, flush=True)
            lines.append(line)
        if arguments.write:
            written = DOCUMENT.read_text(encoding="utf-8")
            table = "```\n" + "\n".join(lines) + "\n```"
            DOCUMENT.write_text(fill_block(written, name, table), encoding="utf-8")


def _machine() -> Iterator[str]:
    yield f"machine: {_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    yield f"load before the run: {os.getloadavg()[0]:.1f} (on a busy machine even ratios mislead)"


def _measurements() -> Iterator[str]:
    yield "\none visitor of a fresh server: computation, memory of the process"
    visit = [sys.executable, "-c", VISIT]
    done = subprocess.run(visit, capture_output=True, text=True, check=True)
    yield done.stdout.rstrip()
    from core.classifier import load_classifier

    classifier = load_classifier()
    yield from _passes(classifier)
    yield from _explanations(classifier)


def _passes(classifier: Classifier) -> Iterator[str]:
    import keras

    from core import zoo
    from core.trunks import load_trunk
    from training.predict import score_files

    trunk = classifier.trunk
    plain = load_trunk(trunk.card.id, precision=zoo.FLOAT32)
    data = next(iter(drawings().values()))
    tensor = np.zeros((1, 224, 224, 3), np.float32)
    full = keras.applications.VGG16(weights=None)  # the speed does not depend on the weights
    bare, ready, usual = (
        "bare trunk pass",
        "bytes to probability",
        "model.predict, full VGG16, float32",
    )
    one = _side_by_side(
        {
            bare: lambda: np.asarray(trunk.run(tensor)[0]),
            ready: lambda: classifier.score([read_image_file(data).pixels]),
            "bare trunk pass, plain float32": lambda: np.asarray(plain.run(tensor)[0]),
            usual: lambda: full.predict(tensor, verbose=0),
        }
    )
    yield f"\none image ({trunk.precision}), median of {ROUNDS} alternating rounds"
    yield from _table(one, bare)
    yield _goal("times a bare pass", one[ready] / one[bare], most=1.15)
    yield _goal("times faster than model.predict", one[usual] / one[ready], least=3)
    batch = np.zeros((16, 224, 224, 3), np.float32)
    bare, ready = "bare trunk, batches of 16", "files to rows"
    with tempfile.TemporaryDirectory() as folder:
        files = _files(Path(folder), data)
        many = _side_by_side(
            {
                bare: lambda: [np.asarray(trunk.run(batch)[0]) for _ in range(FILES // 16)],
                ready: lambda: list(score_files(files, classifier, None, None)),
            },
            rounds=3,
        )
    yield f"\n{FILES} files ({trunk.precision})"
    yield from _table(many, bare)
    yield _goal("of the trunk's own throughput", many[bare] / many[ready], least=0.85)


def _explanations(classifier: Classifier) -> Iterator[str]:
    """Reading an image out of the pass that answers, and the methods that need many passes."""
    from core.explain import covering
    from core.explain.network import load_network
    from core.explain.passes import read_image, scorer
    from core.explain.reading import open_reader
    from core.explain.vis import load

    pixels = read_image_file(next(iter(drawings().values()))).pixels
    trunk, reader = classifier.trunk_of(MODEL), open_reader(classifier.heads[MODEL])
    network = load_network(MODEL)
    tensor = network.prepare(pixels)
    gradcam = load().gradcam.Gradcam(network.model, clone=False)  # it ends in log-odds already
    maps, score = read_image(classifier, reader, pixels).maps, scorer(classifier, reader)

    def usual() -> None:
        network.model.predict(tensor, verbose=0)
        options = {"penultimate_layer": network.blocks[-1], "seek_penultimate_conv_layer": False}
        gradcam(lambda log_odds: log_odds[:, 0], tensor, **options)

    bare, ours = "bare trunk pass", "answer, 4 CAMs, maps ranked 3 ways"
    theirs = "model.predict, then tf-keras-vis Gradcam"
    one = _side_by_side(
        {
            bare: lambda: np.asarray(trunk.run(tensor)[0]),
            ours: lambda: _read(read_image(classifier, reader, pixels)),
            theirs: usual,
        }
    )
    yield f"\none image explained ({trunk.precision}), median of {ROUNDS} alternating rounds"
    yield from _table(one, bare)
    yield _goal("times a bare pass", one[ours] / one[bare], most=1.25)
    yield _goal("times faster than the usual way", one[theirs] / one[ours], least=8)
    batch = np.repeat(tensor, 16, axis=0)
    bare, many = "bare trunk pass", "bare trunk, a batch of 16"
    faster, patches = "Score-CAM, 32 strongest maps", "occlusion, 14 x 14 positions"
    long = _side_by_side(
        {
            bare: lambda: np.asarray(trunk.run(tensor)[0]),
            many: lambda: np.asarray(trunk.run(batch)[0]),
            faster: lambda: list(covering.score_cam(score, tensor, maps)),
            patches: lambda: list(covering.occlusion(score, tensor)),
        },
        rounds=5,
    )
    positions = covering.POSITIONS**2
    yield f"\nmany passes ({trunk.precision}), median of 5 alternating rounds"
    yield from _table(long, bare)
    yield _goal("trunk passes for Score-CAM", long[faster] / long[bare], most=40)
    share = long[many] / 16 * positions / long[patches]
    yield _goal("of batched throughput for occlusion", share, least=0.85)


def _read(reading: Reading) -> None:
    """All that the explain page shows at once: four maps, and three orders of the feature maps."""
    from core.explain.cam import CAMS
    from core.explain.ranking import RANKINGS, order, scores

    for method in CAMS:
        reading.cam(method)
    for ranking in RANKINGS:
        order(scores(reading, ranking))


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


def _table(seconds: dict[str, float], reference: str) -> Iterator[str]:
    for name, value in seconds.items():
        yield f"  {name:38} {value * 1000:8.1f} ms   x {value / seconds[reference]:.2f}"


def _goal(words: str, found: float, *, least: float = 0, most: float = float("inf")) -> str:
    """A goal and whether this run meets it."""
    wanted = f"at least {least:g}" if least else f"at most {most:g}"
    return f"  {found:.2f} {words}; goal: {wanted}, {'met' if least <= found <= most else 'missed'}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if not info.is_file():
        return platform.processor()
    lines = info.read_text(encoding="utf-8").splitlines()
    return next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), "unknown")


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "bench": _measurements,
    "compare": lambda: bench_compare.measurements(_goal),
}

if __name__ == "__main__":
    main()
