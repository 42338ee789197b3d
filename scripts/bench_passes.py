"""Speed of an answer beside a bare trunk pass: one image, and many files.

Part of `python -m scripts.bench`. One kind of image is not the other: the default models look twice
(docs/adr/008 and 010), each in its own way, so each has rows and goals of its own.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from core import zoo
from core.classifier import DEFAULT_MODELS, Classifier
from core.images import read_image
from core.phantoms import CT_TITLE, XRAY_TITLE, drawings
from core.schema import Modality
from core.trunks import load_trunk
from core.views import PLAIN, VIEWS
from scripts.bench_timing import ROUNDS, goal, side_by_side, table
from training.predict import BATCH, score_files

FILES = 64
# Kind of image -> the drawing that stands for it, and the model that must answer it.
KINDS = {
    "X-ray": (XRAY_TITLE, DEFAULT_MODELS[Modality.XRAY]),
    "CT slice": (CT_TITLE, DEFAULT_MODELS[Modality.CT]),
}


def measurements(classifier: Classifier, rounds: int = ROUNDS, files: int = FILES) -> Iterator[str]:
    """Lines of the table."""
    yield from _one_image(classifier, rounds)
    yield from _many_files(classifier, files)


def passes_of(classifier: Classifier, model_id: str) -> tuple[int, ...]:
    """Sizes of the passes of an answer: the guard's, and one for each look that cannot share it."""
    shares = classifier.trunk_of(model_id) is classifier.trunk
    own = [view for view in classifier.heads[model_id].views if not (shares and view == PLAIN)]
    size = classifier.trunk.backbone.size
    return (size, *(VIEWS[view].size or size for view in own))


def _one_image(classifier: Classifier, rounds: int) -> Iterator[str]:
    import keras

    trunk = classifier.trunk
    plain = load_trunk(trunk.card.id, precision=zoo.FLOAT32)
    tensor = np.zeros((1, 224, 224, 3), np.float32)
    full = keras.applications.VGG16(weights=None)  # the speed does not depend on the weights
    bare, usual = "bare trunk pass", "model.predict, full VGG16, float32"
    ready = {kind: f"bytes to probability, {kind}" for kind in KINDS}
    alone = {kind: f"bare passes of its looks, {kind}" for kind in KINDS}
    calls: dict[str, Callable[[], object]] = {bare: lambda: np.asarray(trunk.run(tensor)[0])}
    for kind in KINDS:
        calls[ready[kind]] = partial(_answer, classifier, kind)
        calls[alone[kind]] = partial(_bare_passes, classifier, kind, 1)
    calls["bare trunk pass, plain float32"] = lambda: np.asarray(plain.run(tensor)[0])
    calls[usual] = lambda: full.predict(tensor, verbose=0)
    taken = side_by_side(calls, rounds)
    yield f"\none image ({trunk.precision}), median of {rounds} alternating rounds"
    yield from table(taken, bare)
    for kind in KINDS:
        ratio = taken[ready[kind]] / taken[bare]
        yield goal(f"times a bare pass, {_looks(classifier, kind)}", ratio, most=1.15)
        yield f"    which is {taken[ready[kind]] / taken[alone[kind]]:.2f} times its bare passes"
    for kind in KINDS:
        words = f"times as fast as model.predict, {kind}"
        yield goal(words, taken[usual] / taken[ready[kind]], least=3)


def _many_files(classifier: Classifier, number: int) -> Iterator[str]:
    trunk = classifier.trunk
    batch = np.zeros((BATCH, 224, 224, 3), np.float32)
    bare = f"bare trunk, batches of {BATCH}"
    ready = {kind: f"files to rows, {kind}" for kind in KINDS}
    alone = {kind: f"bare passes of its looks, {kind}" for kind in KINDS}
    calls: dict[str, Callable[[], object]] = {
        bare: lambda: [np.asarray(trunk.run(batch)[0]) for _ in range(number // BATCH)]
    }
    with tempfile.TemporaryDirectory() as folder:
        for kind, (title, _) in KINDS.items():
            files = _files(Path(folder) / kind, drawings()[title], number)
            calls[ready[kind]] = partial(_score, classifier, files)
            calls[alone[kind]] = partial(_bare_passes, classifier, kind, BATCH, number // BATCH)
        taken = side_by_side(calls, rounds=3)
    yield f"\n{number} files of each kind ({trunk.precision})"
    yield from table(taken, bare)
    for kind in KINDS:
        words = f"of the trunk's own throughput in images, {_looks(classifier, kind)}"
        yield goal(words, taken[bare] / taken[ready[kind]], least=0.85)
        yield f"    which is {taken[alone[kind]] / taken[ready[kind]]:.2f} of that of its passes"


def _answer(classifier: Classifier, kind: str) -> None:
    """From the bytes of a drawing to its probability, as the kind that it is."""
    title, model_id = KINDS[kind]
    (scored,) = classifier.score([read_image(drawings()[title]).pixels])
    if scored.model_id != model_id:
        raise RuntimeError(f"expected {model_id} for the drawing, received {scored.model_id}")


def _bare_passes(classifier: Classifier, kind: str, images: int, times: int = 1) -> None:
    """The trunk alone, at every size that the model of a kind asks for."""
    for size in passes_of(classifier, KINDS[kind][1]):
        batch = np.zeros((images, size, size, 3), np.float32)
        for _ in range(times):
            found = classifier.trunk.run_raw(batch)
            np.asarray(found[classifier.trunk.backbone.cam_layer])


def _score(classifier: Classifier, files: list[Path]) -> list[object]:
    return list(score_files(files, classifier, None, None))


def _looks(classifier: Classifier, kind: str) -> str:
    """A kind of image, and what its model asks of the trunk."""
    sizes = passes_of(classifier, KINDS[kind][1])
    words = "passes" if len(sizes) > 1 else "pass"
    return f"{kind} ({len(sizes)} trunk {words}, {' and '.join(map(str, sizes))} px)"


def _files(folder: Path, data: bytes, number: int) -> list[Path]:
    """JPEG files of the size of the public data sets."""
    folder.mkdir()
    image = Image.open(io.BytesIO(data)).convert("L")
    for name in range(number):
        image.save(folder / f"{name}.jpg", quality=92)
    return sorted(folder.iterdir())
