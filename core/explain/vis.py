"""tf-keras-vis, imported here alone, and the names of it that are used."""

from __future__ import annotations

import warnings
from typing import Any


def load() -> Any:
    """The package tf_keras_vis with its submodules.

    It imports a place that SciPy 2 removes, which is why SciPy is pinned below 2.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import tf_keras_vis
        import tf_keras_vis.activation_maximization
        import tf_keras_vis.gradcam
        import tf_keras_vis.gradcam_plus_plus
        import tf_keras_vis.saliency
    return tf_keras_vis


def wrap(model: Any) -> Any:
    """The same graph with its input in a list, which is how tf-keras-vis calls it."""
    import keras

    return keras.Model([model.input], model.output)
