"""How firm the settings of the second-order heads are: a section of docs/results.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from training.deals import CHOSEN, SHIPPED, TABLE
from training.markdown import to_markdown
from training.recipes import TEXTURES

WORDS = {SHIPPED: "as shipped", CHOSEN: "as the same rule takes them here"}


def firmness(models_dir: Path) -> str:
    """Settings as shipped and as chosen on deals that chose no head; empty without tables."""
    paths = {name: models_dir / name / TABLE for name in TEXTURES}
    tables = {name: pd.read_csv(path) for name, path in paths.items() if path.is_file()}
    if not tables:
        return ""
    rows = pd.DataFrame([row for name, table in tables.items() for row in _rows(name, table)])
    commands = "; ".join(f"`python -m training deals --model {name} --root DIR`" for name in tables)
    chosen = {name: TEXTURES[name].deals for name in tables}
    used = ", ".join(f"{_listed(deals)} for {name}" for name, deals in chosen.items())
    other = {name: str(table["deals"].iloc[0]).split() for name, table in tables.items()}
    judged = ", ".join(f"{_listed(deals)} for {name}" for name, deals in other.items())
    return f"""## How firm the settings are

Settings were chosen on few deals of the training and validation patients into folds (seeds {used}).
Here they are chosen again, by the same rule, on others (seeds {judged}). The mean is what settings
are chosen by (`choices.csv`). Nothing was changed after this: that CT heads with a weaker penalty
do worse on SARS-CoV-2 CT-scan had been seen, so that a change would no longer have been chosen on
COVID-CT alone.

{to_markdown(rows)}

All that was tried: `models/<id>/{TABLE}`. {commands}
"""


def _listed(deals: Sequence[object]) -> str:
    return ", ".join(map(str, deals))


def _rows(name: str, table: pd.DataFrame) -> list[dict[str, object]]:
    weight = [column for column in table.columns if column.startswith("weight ")]
    found = []
    for row in table[table["role"].isin(WORDS)].to_dict("records"):
        extra = [f"{column} {row[column]:g}" for column in weight]
        extra += [] if pd.isna(row["haze"]) else [f"haze {row['haze']:g}"]
        extra += [f"steady {row['steady']:g}"] if row["steady"] else []
        found.append(
            {
                "model": name,
                "settings": WORDS[row["role"]],
                "values": ", ".join([f"C {row['c']:g}", *extra]),
                "mean": f"{row['mean']:.3f}",
                "standard error": f"{row['error']:.3f}",
            }
        )
    return found
