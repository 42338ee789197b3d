"""What training computes in: Keras' mixed precision where there is a GPU, float32 elsewhere.

Weights, the last layer and the loss are float32 either way. What is scored and shipped is computed
in float32 throughout, as the app computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

FLOAT32, MIXED_BFLOAT16, MIXED_FLOAT16 = "float32", "mixed_bfloat16", "mixed_float16"
AMPERE = (8, 0)  # the first compute capability of NVIDIA that multiplies bfloat16


def chosen() -> str:
    """The policy for this machine, by Keras' name.

    bfloat16 where every GPU multiplies it: it has the range of float32, so that small gradients are
    not lost. Older GPUs are fast in float16 alone, for which Keras scales the loss.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return FLOAT32
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    oldest = min(one.get("compute_capability", (0, 0)) for one in details)
    return MIXED_BFLOAT16 if oldest >= AMPERE else MIXED_FLOAT16


def build(make: Callable[[], keras.Model]) -> keras.Model:
    """A model made under the chosen policy, which it keeps and names as dtype_policy.name."""
    with _policy(chosen()):
        return make()


def in_float32(model: keras.Model, make: Callable[[], keras.Model]) -> keras.Model:
    """The trained model as it is stored and scored; itself where it is float32 already.

    Args:
        model: Made by build(make).
        make: Makes the same model once more.
    """
    if model.dtype_policy.name == FLOAT32:
        return model
    twin = make()
    twin.set_weights(model.get_weights())
    return twin


@contextmanager
def _policy(name: str) -> Iterator[None]:
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
