"""Tables of a search, made up: small enough to work their numbers out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from core import tuning

TRIALS = pd.DataFrame(
    {
        "trial": [0, 1, 2, 3],
        "state": ["complete", "pruned", "complete", "complete"],
        "value": [0.70, 0.90, 0.80, 0.75],
        "spread": 0.05,
        "auc all": [0.70, 0.90, 0.80, 0.75],
        "epochs_run": [20, 4, 6, 20],
        "seconds": 3.0,
        "cpu_seconds": 2.0,
        "seed": 0,
        "activation": ["relu", "leaky_relu", "relu", "leaky_relu"],
        "pooling": ["average", "flatten", "flatten", "average"],
        "first": [256, 1024, 256, 256],
        "second": [512, 512, 256, 512],
        "batch": [32, 16, 32, 64],
        "optimizer": ["adam", "sgd", "adam", "rmsprop"],
        "learning_rate": [1e-3, 0.05, 2e-4, 3e-4],
    }
)
IMPORTANCES = pd.DataFrame(
    {
        "parameter": ["pooling", "learning_rate", "first", "batch"],
        "fanova": [0.5, 0.3, 0.15, 0.05],
        "fanova_deviation": 0.01,
        "ped_anova": [0.4, 0.3, 0.2, 0.1],
    }
)
RATES = pd.DataFrame(
    {
        "pooling": ["average", "average", "average", "flatten"],
        "optimizer": ["adam", "adam", "sgd", "adam"],
        "learning_rate": [1e-4, 1e-3, 1e-2, 1e-4],
        "value": [0.71, 0.74, 0.73, 0.80],
        "spread": 0.02,
        "seed": 100,
    }
)


def pair(finding: str, difference: float, verdict: str, second: str = "other") -> dict[str, object]:
    return {
        "finding": finding,
        "condition": "all else equal",
        "first": "one",
        "second": second,
        "rate_first": 1e-3,
        "rate_second": 1e-3,
        "test": "all",
        "deals": 5,
        "value_first": 0.7,
        "value_second": round(0.7 - difference, 4),
        "difference": difference,
        "low": round(difference - 0.01, 4),
        "high": round(difference + 0.01, 4),
        "deal_deviation": 0.004,
        "verdict": verdict,
    }


PAIRS = pd.DataFrame(
    [
        pair("activation", 0.001, "for"),
        pair("pooling", -0.05, "against"),
        pair("optimizer", 0.04, "for", "sgd"),
        pair("optimizer", 0.0, "against", "nadam"),
        pair("batch", 0.015, "open"),
        pair("first", 0.0, "against"),
        pair("second", 0.02, "for"),
        pair("unfrozen", 0.005, "for"),
        pair("search", 0.04, "for"),
    ]
)
RECORD = {
    "search": {
        "command": "python -m training tune --dataset ct --root DIR --trials 4",
        "date": "2026-01-01",
        "commit": "abc",
        "images": 419,
        "positives": 191,
        "groups": 136,
        "tests": ["all"],
        "splits": ["train", "val"],
    }
}


def write(folder: Path) -> None:
    """The tables of both data sets."""
    for dataset in tuning.DATASETS:
        own = folder / dataset
        own.mkdir(parents=True)
        TRIALS.to_csv(own / tuning.TRIALS, index=False)
        IMPORTANCES.to_csv(own / tuning.IMPORTANCES, index=False)
        PAIRS.to_csv(own / tuning.PAIRS, index=False)
        RATES.to_csv(own / tuning.RATES, index=False)
        (own / tuning.RECORD).write_text(json.dumps(RECORD))
