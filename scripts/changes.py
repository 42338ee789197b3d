"""The ablation of docs/results.md: what was tried, what it gained, what did not pay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from core.intervals import TAILS
from training.ablation import COMMAND
from training.ablation.changes import changes_for
from training.markdown import to_markdown


def ablation(folder: Path) -> str:
    """Changes that were tried, one table a file of models/ablation; empty where there is none."""
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        return ""
    tables = {path: pd.read_csv(path) for path in paths}
    commits = sorted({str(one) for table in tables.values() for one in table["commit"]})
    parts = [
        f"""## Ablation

One change at a time, on training and validation patients: AUC (95 % over patients) \u00b1 standard
deviation over seeds; below it the gain over the first row and, where a row changes another one than
that (`than` has its number), what this one step gains; both paired on the same images. `cost` is in
trunk passes a prediction, the pass of the image as it is, which the guard needs, included.

`{COMMAND}` (commit {", ".join(commits)})
"""
    ]
    for path, table in tables.items():
        parts.append(f"### {path.stem}\n\n{to_markdown(changes(table))}\n\n{verdicts(table)}\n")
        parts.append(pending(path.stem, table))
    return "\n".join(parts)


def changes(table: pd.DataFrame) -> pd.DataFrame:
    """One row a change, one column a test.

    Args:
        table: As training.ablation writes it: change, parent, test, passes, auc, low, high,
            seed_deviation, gain, gain_low, gain_high, step, step_low, step_high; the first change
            is the reference.
    """
    numbers = {change: number for number, change in enumerate(table["change"].unique())}
    lines = []
    for change, part in table.groupby("change", sort=False):
        first = part.iloc[0]
        than = numbers[first["parent"]]
        fixed = {"#": numbers[change], "change": change}
        fixed |= {"than": than if numbers[change] else "-", "cost": f"{first['passes']:g}"}
        lines.append(
            fixed | {row.test: _cell(row, numbers[change], than) for row in part.itertuples()}
        )
    return pd.DataFrame(lines).astype(object).fillna("-")


def verdicts(table: pd.DataFrame) -> str:
    """Which steps gain for sure, which lose, and which change nothing for sure."""
    tried = table[table["change"] != table["change"].iloc[0]]
    luck = len(tried) * TAILS[0]
    better, worse = tried[tried["step_low"] > 0], tried[tried["step_high"] < 0]
    rest = tried.loc[~tried["change"].isin(better["change"]), "change"].unique()
    lines = [
        f"Better than the row it changes: the interval lies above zero (of {len(tried)} steps "
        f"about {luck:.0f} would by luck alone):\n"
    ]
    lines += [*_by_test(better), "\nWorse: it lies below zero:\n", *_by_test(worse)]
    return "\n".join([*lines, f"\nOn no test better: {'; '.join(rest) or 'none'}."])


def pending(modality: str, table: pd.DataFrame) -> str:
    """Which changes have no row yet; empty where all have."""
    done = set(table["change"])
    left = [one.title for one in changes_for(modality) if one.title not in done]
    if not left:
        return ""
    adds = COMMAND.removesuffix(" --again")
    return f"**Not run yet** (`{adds}` adds them): {'; '.join(left)}.\n"


def _by_test(rows: pd.DataFrame) -> list[str]:
    found = [
        f"- {test}: " + "; ".join(f"{row.change} ({row.step:+.3f})" for row in part.itertuples())
        for test, part in rows.groupby("test", sort=False)
    ]
    return found or ["- none"]


def _cell(row: Any, number: int, than: int) -> str:
    lines = [f"{row.auc:.3f} ({row.low:.3f}-{row.high:.3f}) \u00b1 {row.seed_deviation:.3f}"]
    if number:
        lines.append(f"{row.gain:+.3f} ({row.gain_low:+.3f} to {row.gain_high:+.3f})")
    if than:
        lines.append(f"step {row.step:+.3f} ({row.step_low:+.3f} to {row.step_high:+.3f})")
    return "<br>".join(lines)
