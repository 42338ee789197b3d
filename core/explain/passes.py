"""Images through a classifier's trunk to the heads that read its maps; passes are shared.

What a reading is, and how a head makes one of maps: core/explain/reading.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.classifier import Classifier, maps_in_view, pool_maps
from core.explain.reading import Reader, Reading
from core.guard import Verdict
from core.images import Grey
from core.views import PLAIN


def read_image(classifier: Classifier, reader: Reader, image: Grey, view: str = PLAIN) -> Reading:
    """One trunk pass and the reading of its maps.

    Args:
        classifier: With the head's trunk.
        reader: The head.
        image: uint8 (H, W), as it is.
        view: How the head is shown it.
    """
    maps = maps_in_view(classifier.trunk_of(reader.head.card.id), view, [image])
    return reader.read(*(maps[layer] for layer in reader.head.layers))


def judge_and_read(
    classifier: Classifier, reader: Reader, image: Grey
) -> tuple[Verdict, tuple[Reading, ...]]:
    """What the guard says and what the head read in each view, one pass where they share it."""
    return judge_then_read(classifier, lambda verdict: reader, image)


def judge_then_read(
    classifier: Classifier, reader_for: Callable[[Verdict], Reader], image: Grey
) -> tuple[Verdict, tuple[Reading, ...]]:
    """The same, where the head to read depends on what the guard says.

    Args:
        classifier: With the heads that may be read.
        reader_for: The head to read.
        image: uint8 (H, W), as it is: the head is shown its own views of it.

    Returns:
        The verdict, and a reading for each of the head's views.
    """
    maps = classifier.trunk.all_maps([image])
    verdict = classifier.guard.judge(pool_maps(maps[classifier.trunk.backbone.cam_layer]))[0]
    reader = reader_for(verdict)
    head = reader.head
    shares = classifier.trunk_of(head.card.id) is classifier.trunk
    return verdict, tuple(
        reader.read(*(maps[layer] for layer in head.layers))
        if shares and view == PLAIN
        else read_image(classifier, reader, image, view)
        for view in head.views
    )


def scorer(classifier: Classifier, reader: Reader) -> Callable[[NDArray[np.float32]], Any]:
    """Preprocessed tensor float32 (N, S, S, 3) -> log-odds float32 (N,), by the classifier's trunk.

    S is any size that the trunk was loaded for.

    For methods that change the image many times: it runs at the speed of the answer itself.
    """
    trunk = classifier.trunk_of(reader.head.card.id)

    def score(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        maps = trunk.run_all(tensor)
        return np.asarray(reader.log_odds(*(maps[layer] for layer in reader.head.layers)))

    return score
