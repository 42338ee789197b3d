"""Single pixels: SmoothGrad and integrated gradients, on the whole network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from core.explain.cam import Map, unit
from core.explain.network import Network
from core.explain.running import Running

SAMPLES = 24
NOISE = 0.15  # of the image's range; its authors recommend 0.1 to 0.2
STEPS = 32
BATCH = 4
DRAWN = 0.995  # of all pixels lie below the level that is drawn as the strongest


def smooth_grad(
    network: Network,
    tensor: NDArray[np.float32],
    *,
    samples: int = SAMPLES,
    noise: float = NOISE,
    seed: int = 0,
) -> Iterator[Running]:
    """SmoothGrad (Smilkov et al. 2017): the mean gradient over noisy copies, by tf-keras-vis.

    Args:
        network: The classifier.
        tensor: The image, float32 (1, S, S, 3), preprocessed.
        samples: Copies.
        noise: Standard deviation, of the image's range.
        seed: Of the noise.

    Yields:
        Running, values float32 (S, S): change of the log-odds with the grey level of a pixel, the
        sum over the three equal channels; a step a copy.
    """
    from core.explain.vis import load, wrap

    saliency = load().saliency.Saliency(wrap(network.model), clone=False)
    random = np.random.default_rng(seed)
    spread = noise * float(np.ptp(tensor))
    total = np.zeros(tensor.shape[1:3], np.float64)
    for start in range(0, samples, BATCH):
        count = min(BATCH, samples - start)
        noisy = tensor + random.normal(0, spread, (count, *tensor.shape[1:]))
        gradients = saliency(
            lambda log_odds: log_odds[:, 0],
            noisy.astype(np.float32),
            keepdims=True,
            normalize_map=False,
            gradient_modifier=None,  # the default takes absolute values, which do not cancel
        )
        total += np.asarray(gradients).sum(axis=(0, -1))
        done = start + count
        yield Running(done, samples, (total / done).astype(np.float32))


def integrated_gradients(
    network: Network, tensor: NDArray[np.float32], *, steps: int = STEPS
) -> Iterator[Running]:
    """Integrated gradients (Sundararajan et al. 2017, equation 1), from a black image.

    The integral is taken by the midpoint rule. Where it is exact, the values add up to the
    difference between the log-odds of the image and those of black.

    Args:
        network: The classifier.
        tensor: The image, float32 (1, S, S, 3), preprocessed.
        steps: Points between black and the image.

    Yields:
        Running, values float32 (S, S): what each pixel adds to the log-odds; a step a point. Before
        the last they are an estimate from the points tried, taken evenly over the way.
    """
    black = black_tensor(network)
    way = tensor - black
    order = np.random.default_rng(0).permutation(steps)  # so that a stopped run covers the way
    total = np.zeros(tensor.shape[1:], np.float64)
    for start in range(0, steps, BATCH):
        part = (order[start : start + BATCH] + 0.5) / steps
        points = black + part[:, np.newaxis, np.newaxis, np.newaxis] * way
        total += network.gradient(points.astype(np.float32)).sum(axis=0)
        done = start + len(part)
        yield Running(done, steps, (way[0] * total / done).sum(axis=-1).astype(np.float32))


def strongest(values: NDArray[np.float32], *, against: bool = False) -> Map:
    """One side of a signed map for drawing: 0..1, no NaN; a few outliers do not darken the rest.

    Args:
        values: float32 (h, w), above 0 where a place speaks for COVID-19.
        against: The other side.

    Returns:
        The positive part (or the negative part, turned), divided by a level that 99.5 % of all
        cells do not pass, and cut at 1.
    """
    side = np.maximum(-values if against else values, 0)
    level = float(np.quantile(side, DRAWN)) or float(side.max(initial=0))
    return unit(np.minimum(side, level))


def black_tensor(network: Network) -> NDArray[np.float32]:
    """A black image, preprocessed, float32 (1, S, S, 3)."""
    side = network.backbone.size
    return network.prepare(np.zeros((side, side), np.uint8))
