"""The ablation of docs/results.md: what was tried, what it gained, what did not pay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from training.ablation import COMMAND
from training.ablation.changes import changes_for
from training.markdown import to_markdown


def ablation(folder: Path) -> str:
    """Changes that were tried, one table a file of models/ablation; empty where there is none."""
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        return ""
    record = folder / "record.json"
    made = ""
    if record.is_file():  # written when all rows are there
        values = json.loads(record.read_text(encoding="utf-8"))
        made = f" ({values['date']}, commit {values['commit']})"
    parts = [
        f"""## Ablation

One change at a time, on training and validation patients: AUC (95 % over patients) \u00b1 standard
deviation over seeds, and below it the gain over the first row, paired on the same images. `cost` is
in trunk passes a prediction.

`{COMMAND}`{made}
"""
    ]
    for path in paths:
        table = pd.read_csv(path)
        parts.append(f"### {path.stem}\n\n{to_markdown(changes(table))}\n\n{verdicts(table)}\n")
        parts.append(pending(path.stem, table))
    return "\n".join(parts)


def changes(table: pd.DataFrame) -> pd.DataFrame:
    """One row a change, one column a test.

    Args:
        table: As training.ablation writes it: change, test, passes, auc, low, high,
            seed_deviation, gain, gain_low, gain_high; the first change is the reference.
    """
    reference = table["change"].iloc[0]
    lines = []
    for change, part in table.groupby("change", sort=False):
        cells = {row.test: _cell(row, change == reference) for row in part.itertuples()}
        lines.append({"change": change, "cost": f"{part['passes'].iloc[0]:g}"} | cells)
    return pd.DataFrame(lines).astype(object).fillna("-")


def verdicts(table: pd.DataFrame) -> str:
    """Which gains are sure, which losses, and what changed nothing for sure."""
    tried = table[table["change"] != table["change"].iloc[0]]
    better, worse = tried[tried["gain_low"] > 0], tried[tried["gain_high"] < 0]
    rest = tried.loc[~tried["change"].isin(better["change"]), "change"].unique()
    lines = ["Better for sure (the interval of the gain lies above zero):\n", *_by_test(better)]
    lines += ["\nWorse for sure:\n", *_by_test(worse)]
    return "\n".join(
        [*lines, f"\nTried without a sure gain on any test: {'; '.join(rest) or 'none'}."]
    )


def pending(modality: str, table: pd.DataFrame) -> str:
    """Which changes have no row yet; empty where all have."""
    done = set(table["change"])
    left = [one.title for one in changes_for(modality) if one.title not in done]
    if not left:
        return ""
    return f"**Not run yet** (the command goes on where it stopped): {'; '.join(left)}.\n"


def _by_test(rows: pd.DataFrame) -> list[str]:
    found = [
        f"- {test}: " + "; ".join(f"{row.change} ({row.gain:+.3f})" for row in part.itertuples())
        for test, part in rows.groupby("test", sort=False)
    ]
    return found or ["- none"]


def _cell(row: Any, reference: bool) -> str:
    auc = f"{row.auc:.3f} ({row.low:.3f}-{row.high:.3f}) \u00b1 {row.seed_deviation:.3f}"
    if reference:
        return auc
    return f"{auc}<br>{row.gain:+.3f} ({row.gain_low:+.3f} to {row.gain_high:+.3f})"
