"""Rows, features and choices made up for linear members."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.members import Space

SIZE = 60  # rows of rows_of_sources


def made_up_rows(count: int = 40) -> pd.DataFrame:
    number = np.arange(count)
    return pd.DataFrame(
        {
            "image_id": [f"i{n}" for n in number],
            "patient_id": [f"p{n // 2}" for n in number],
            "path": [f"x/{n}.png" for n in number],
            "source": np.where(number < count // 2, "a", "b"),
            "label": (number // 2 % 2).astype(float),
        }
    )


def made_up_space(rows: pd.DataFrame) -> Space:
    rng = np.random.default_rng(0)
    signal = rows["label"].to_numpy()[:, None, None]
    features = (rng.normal(size=(len(rows), 2, 9)) + signal).astype(np.float16)
    return Space.of(rows, {"one": features, "two": features[:, :, :4]})


def made_up_choices(*rows: tuple[float, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["haze", "steady", "mean", "error"]).assign(c=1.0)


def rows_of_sources(sources: tuple[str, ...] = ("a", "b")) -> pd.DataFrame:
    number = np.arange(SIZE)
    return pd.DataFrame(
        {
            "source": np.array(sources)[number * len(sources) // SIZE],
            "label": (number // 2 % 2).astype(float),
            "group": [f"p{n // 2}" for n in number],
            "fit": True,
        }
    )
