"""Speed of the explanations: read out of the pass that answers, and those of many passes.

Part of `python -m scripts.bench`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.classifier import Classifier
from core.explain import covering
from core.explain.cam import CAMS
from core.explain.network import load_network
from core.explain.passes import read_image, scorer
from core.explain.ranking import RANKINGS, order, scores
from core.explain.reading import Reading, open_reader
from core.explain.vis import load
from core.images import read_image as read_image_file
from core.phantoms import XRAY_TITLE, drawings
from scripts.bench_timing import ROUNDS, goal, side_by_side, table

MODEL = "vgg16-xray"  # whose answers are explained


def measurements(classifier: Classifier) -> Iterator[str]:
    """Reading an image out of the pass that answers, and the methods that need many passes."""
    pixels = read_image_file(drawings()[XRAY_TITLE]).pixels
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
    one = side_by_side(
        {
            bare: lambda: np.asarray(trunk.run(tensor)[0]),
            ours: lambda: _read(read_image(classifier, reader, pixels)),
            theirs: usual,
        }
    )
    rounds = f"median of {ROUNDS} alternating rounds"
    yield f"\none image explained, {MODEL} ({trunk.precision}), {rounds}"
    yield from table(one, bare)
    yield goal("times a bare pass", one[ours] / one[bare], most=1.25)
    yield goal("times as fast as the usual way", one[theirs] / one[ours], least=8)
    batch = np.repeat(tensor, 16, axis=0)
    bare, many = "bare trunk pass", "bare trunk, a batch of 16"
    faster, patches = "Score-CAM, 32 strongest maps", "occlusion, 14 x 14 positions"
    long = side_by_side(
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
    yield from table(long, bare)
    yield goal("trunk passes for Score-CAM", long[faster] / long[bare], most=40)
    share = long[many] / 16 * positions / long[patches]
    yield goal("of batched throughput for occlusion", share, least=0.85)


def _read(reading: Reading) -> None:
    """All that the explain page shows at once: four maps, and three orders of the feature maps."""
    for method in CAMS:
        reading.cam(method)
    for ranking in RANKINGS:
        order(scores(reading, ranking))
