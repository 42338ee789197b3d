"""The search for a better head: what `python -m training tune` wrote, and how to read it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.artifacts import MODELS_DIR, ArtifactError
from core.schema import Modality

if TYPE_CHECKING:
    import pandas as pd

TUNING_DIR = MODELS_DIR / "tuning"
DATASETS = (Modality.CT.value, Modality.XRAY.value)
TRIALS, IMPORTANCES, FOLDS = "trials.csv", "importances.csv", "folds.csv"
PAIRS, RATES = "pairs.csv", "rates.csv"
RECORD = "record.json"

COMPLETE = "complete"
LAST_FIXED = "seed"  # trials.csv: the columns after it are parameters
TITLES = {
    "first": "first layer",
    "second": "second layer",
    "focal": "focal loss",
    "unfrozen_rate": "learning rate once unfrozen",
}
WHOLE = {"all": "all images"}
BY_DECADE = ("learning_rate", "weight_decay", "unfrozen_rate")
PAPERS = 2  # the first trials are the paper's own heads
MARGIN = 0.02  # AUC: less is no difference that matters, more is "a lot"
FOR, AGAINST, OPEN = "for", "against", "open"
SEARCH, UNFROZEN = "search", "unfrozen"
SAME, BETTER, MUCH_BETTER = "same", "better", "much better"


@dataclass(frozen=True)
class Claim:
    """Something the paper says about its head.

    Attributes:
        title: In a few words.
        kind: SAME, BETTER or MUCH_BETTER: of the first choice of a pair against the second.
    """

    title: str
    kind: str


# By the parameter that each is about; the last is the paper's outlook.
CLAIMS = {
    "activation": Claim("Both activations do the same", SAME),
    "pooling": Claim("Average pooling or flatten: no difference", SAME),
    "optimizer": Claim("Adam is better by a lot", MUCH_BETTER),
    "batch": Claim("A batch of 32 is best", BETTER),
    "first": Claim("First layer: 256 units, not 1024", BETTER),
    "second": Claim("Second layer: 512 units, not 256", BETTER),
    UNFROZEN: Claim("Unfreezing the upper convolutions gains little", SAME),
    SEARCH: Claim("A wider search finds a better head", BETTER),
}


def title_of(parameter: str) -> str:
    """A parameter in words."""
    return TITLES.get(parameter, parameter.replace("_", " "))


def command(dataset: str, name: str, unfreeze: bool = False) -> str:
    """What makes a table, with unfrozen convolutions where they are wanted."""
    own = " --pairs" if name in (PAIRS, RATES) else ""
    own += " --unfreeze" if unfreeze else ""
    return f"python -m training tune --dataset {dataset} --root DIR{own}"


def read_table(dataset: str, name: str, folder: Path = TUNING_DIR) -> pd.DataFrame:
    """One table of a data set's search.

    Raises:
        ArtifactError: It is missing; the text names the command.
    """
    import pandas as pd

    path = folder / dataset / name
    if not path.is_file():
        raise ArtifactError(f"expected {name} in {path.parent}: run {command(dataset, name)}")
    return pd.read_csv(path)


def read_record(dataset: str, folder: Path = TUNING_DIR) -> dict[str, dict[str, Any]]:
    """How the tables were made: "search" and "pairs", each where it was run.

    Raises:
        ArtifactError: It is missing.
    """
    path = folder / dataset / RECORD
    if not path.is_file():
        raise ArtifactError(f"expected {RECORD} in {path.parent}: run {command(dataset, TRIALS)}")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def verdict(kind: str, low: float, high: float, margin: float = MARGIN) -> str:
    """What the interval of a difference (first minus second) says about a claim.

    Args:
        kind: SAME: no difference as large as the margin; BETTER: the first is better at all;
            MUCH_BETTER: by more than the margin.
        low: Lower end of the interval, in AUC.
        high: Upper end.
        margin: Smallest difference that matters.

    Returns:
        FOR, AGAINST, or OPEN where the interval allows both.

    Raises:
        ValueError: Another kind of claim.
    """
    if kind not in (SAME, BETTER, MUCH_BETTER):
        raise ValueError(f"expected same, better or much better, received {kind!r}")
    if kind == SAME:
        if -margin < low and high < margin:
            return FOR
        return AGAINST if low > 0 or high < 0 else OPEN
    if low > (margin if kind == MUCH_BETTER else 0.0):
        return FOR
    return AGAINST if high < margin else OPEN


def parameters(trials: pd.DataFrame) -> list[str]:
    """What was searched over, in the order of the table."""
    columns = list(trials.columns)
    return columns[columns.index(LAST_FIXED) + 1 :]


def best_so_far(trials: pd.DataFrame) -> pd.Series:
    """The best value of the trials up to each one, only completed ones counted; NaN before."""
    return trials["value"].where(trials["state"] == COMPLETE).cummax().ffill()


def choices(trials: pd.DataFrame, parameter: str) -> pd.Series:
    """The choice of each trial in words; numbers drawn over decades are put into one each."""
    import numpy as np
    import pandas as pd

    values = trials[parameter]
    if parameter in BY_DECADE:
        decades = np.floor(np.log10(values.to_numpy(float)) + 1e-9).astype(int)
        names = [f"from 1e{decade}" for decade in decades]
    else:
        names = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    return pd.Series(names, index=trials.index)


def by_choice(trials: pd.DataFrame, parameter: str) -> pd.DataFrame:
    """A row a choice: how many trials, how many completed, best and median of these."""
    named = trials.assign(choice=choices(trials, parameter), order=trials[parameter])
    done = named[named["state"] == COMPLETE].groupby("choice")["value"]
    counts = named.groupby("choice").agg(trials=("trial", "size"), order=("order", "min"))
    table = counts.assign(completed=done.size(), best=done.max(), median=done.median())
    table["completed"] = table["completed"].fillna(0).astype(int)
    return table.sort_values("order").drop(columns="order").reset_index()


def scoreboard(pairs: pd.DataFrame) -> pd.DataFrame:
    """A row a claim of the paper: how many comparisons speak for it, against it, or neither."""
    import pandas as pd

    rows = []
    for name, claim in CLAIMS.items():
        verdicts = pairs.loc[pairs["finding"] == name, "verdict"]
        counts = {word: int((verdicts == word).sum()) for word in (FOR, AGAINST, OPEN)}
        rows.append({"the paper says": claim.title, **counts, "comparisons": len(verdicts)})
    return pd.DataFrame(rows)


def papers_own_is_best(trials: pd.DataFrame) -> bool:
    """Whether the search found nothing better than the paper's heads."""
    return bool(best_trial(trials)["trial"] < PAPERS)


def best_trial(trials: pd.DataFrame) -> pd.Series:
    """The completed trial of the highest value."""
    return trials.loc[trials["value"].where(trials["state"] == COMPLETE).idxmax()]
