"""Class activation maps out of a layer's maps and the gradient of the log-odds on them.

Formulas on arrays: where the numbers come from is core/explain/reading.py's business. tf-keras-vis
has two of the four; here all four share one gradient, and a test holds them against it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]  # (h, w)
Maps = NDArray[np.float32]  # (h, w, C)


def grad_cam(maps: Maps, gradient: Maps) -> Map:
    """Grad-CAM (Selvaraju et al. 2017, equations 1 and 2): each map weighed by its mean gradient.

    Args:
        maps: Activations of a layer, float32 (h, w, C).
        gradient: Of the log-odds with respect to them, the same shape.

    Returns:
        float32 (h, w), from 0.

    Raises:
        ValueError: Shapes differ or are not (h, w, C).
    """
    _check(maps, gradient)
    return _positive(maps @ gradient.mean(axis=(0, 1)))


def grad_cam_plus_plus(maps: Maps, gradient: Maps) -> Map:
    """Grad-CAM++ (Chattopadhay et al. 2018, equations 10 to 12, for an exponential score).

    The factor exp(log-odds) of the weights, one number for the whole image, is left out: it changes
    no place against another, and overflows. Arguments, result and errors as of grad_cam.
    """
    _check(maps, gradient)
    total = maps.sum(axis=(0, 1))  # (C,)
    square = gradient**2
    below = 2 * square + gradient**3 * total
    share = np.divide(square, below, out=np.zeros_like(square), where=(square > 0) & (below != 0))
    norm = share.sum(axis=(0, 1))
    share /= np.where(norm == 0, 1, norm)
    weights = (_positive(gradient) * share).sum(axis=(0, 1))
    return _positive(maps @ weights)


def layer_cam(maps: Maps, gradient: Maps) -> Map:
    """LayerCAM (Jiang et al. 2021, equations 5 and 6): place by place, rising gradients alone.

    Arguments, result and errors as of grad_cam.
    """
    _check(maps, gradient)
    return _positive(np.einsum("hwc,hwc->hw", _positive(gradient), maps))


def hires_cam(maps: Maps, gradient: Maps) -> Map:
    """HiResCAM (Draelos and Carin 2020): gradient x activation, summed over maps.

    Arguments, result and errors as of grad_cam.
    """
    _check(maps, gradient)
    return _positive(np.einsum("hwc,hwc->hw", gradient, maps))


CAMS: dict[str, Callable[[Maps, Maps], Map]] = {
    "gradcam": grad_cam,
    "gradcam++": grad_cam_plus_plus,
    "layercam": layer_cam,
    "hirescam": hires_cam,
}
CAM_TITLES = {
    "gradcam": "Grad-CAM",
    "gradcam++": "Grad-CAM++",
    "layercam": "LayerCAM",
    "hirescam": "HiResCAM",
    "scorecam": "Score-CAM",
}


def unit(values: NDArray[Any]) -> Map:
    """A map divided by its maximum: 0..1, all zero where nothing is above 0; no NaN."""
    clean = np.maximum(np.nan_to_num(np.asarray(values, np.float32), posinf=0, neginf=0), 0)
    top = float(clean.max(initial=0))
    return np.asarray(clean / top if top > 0 else clean, np.float32)


def _positive(values: NDArray[Any]) -> Map:
    return np.maximum(values, 0).astype(np.float32)


def _check(maps: Maps, gradient: Maps) -> None:
    if maps.ndim != 3 or maps.shape != gradient.shape:
        raise ValueError(
            f"expected maps and gradient of one shape (h, w, C), received {maps.shape} and "
            f"{gradient.shape}"
        )
