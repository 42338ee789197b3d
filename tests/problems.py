"""A problem made up for searches over heads."""

import numpy as np
import pandas as pd

from training.tuning.deal import Problem


def made_up(count: int = 60, signal: float = 3.0) -> Problem:
    """Two sources of 1 and 2 images a patient; the label shifts one of eight features."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "image_id": [f"i{n}" for n in range(count)],
            "source": np.repeat(["a", "b"], count // 2),
            "group": np.arange(count) // 2,
            "label": (np.arange(count) // 2 % 2).astype(float),
        }
    )
    maps = rng.random((count, 2, 2, 8), np.float32)
    maps[..., 0] += signal * rows["label"].to_numpy(np.float32)[:, None, None]
    return Problem(rows, {"average": maps.mean((1, 2)), "flatten": maps.reshape(count, -1)})
