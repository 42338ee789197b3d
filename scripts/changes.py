"""The ablation of docs/results.md: what was tried, what it gained, what was dropped."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from training.markdown import to_markdown


def ablation(folder: Path) -> str:
    """Changes that were tried, one table a file of models/ablation; empty where there is none.

    One row a change and test: change, test, auc, low, high, gain, gain_low, gain_high. Where they
    are there too: seed_deviation, cost (else passes), command (else that of record.json), kept
    ("" where it is what the others are held against), note.
    """
    tables = {path.stem: _read_changes(path) for path in sorted(folder.glob("*.csv"))}
    if not tables:
        return ""
    parts = [
        "## Ablation\n\nOne change at a time: gain in AUC, paired on the same images, with its "
        "interval; then the AUC, its interval and, after \u00b1, its standard deviation over "
        "seeds.\n"
    ]
    parts += [f"### {name}\n\n{to_markdown(changes(table))}\n" for name, table in tables.items()]
    dropped = [
        f"- {row.change} ({name}){f': {row.note}' if row.note else ''}"
        for name, table in tables.items()
        for row in table[table["kept"] == "no"].drop_duplicates("change").itertuples()
    ]
    if dropped:
        parts.append("### Tried and dropped\n\n" + "\n".join(dropped) + "\n")
    return "\n".join(parts)


def _read_changes(path: Path) -> pd.DataFrame:
    """A file of models/ablation with all columns that the page shows, as text where they are."""
    table = pd.read_csv(path)
    if "cost" not in table:
        table["cost"] = table["passes"].map("{:g} x a trunk pass".format)
    if "command" not in table:
        record = json.loads((path.parent / "record.json").read_text(encoding="utf-8"))
        table["command"] = record["command"]
    if "kept" in table:
        table["kept"] = table["kept"].map({True: "yes", False: "no"})
    for name in ("kept", "note"):
        text = table[name] if name in table else pd.Series("", index=table.index)
        table[name] = text.astype(object).fillna("")
    return table


def changes(table: pd.DataFrame) -> pd.DataFrame:
    """One row a change: its gain on each test, cost, whether it was kept, command."""
    lines = []
    for change, part in table.groupby("change", sort=False):
        own = part.set_index("test")
        first = part.iloc[0]
        cells = {
            test: _gain(own.loc[test]) if test in own.index else "-"
            for test in table["test"].unique()
        }
        shared = {"cost": first["cost"], "kept": first["kept"], "command": f"`{first['command']}`"}
        lines.append({"change": change, **cells, **shared})
    return pd.DataFrame(lines)


def _gain(row: pd.Series) -> str:
    seeds = f" \u00b1 {row['seed_deviation']:.3f}" if "seed_deviation" in row else ""
    auc = f"{row['auc']:.3f} ({row['low']:.3f}-{row['high']:.3f}){seeds}"
    if pd.isna(row["gain"]) or row["gain_low"] == row["gain_high"] == 0:  # held against itself
        return auc
    return f"{row['gain']:+.3f} ({row['gain_low']:+.3f} to {row['gain_high']:+.3f}); {auc}"
