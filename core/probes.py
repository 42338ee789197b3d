"""How often the guard errs: models/guard/probes.csv, one row an image it was not fitted on.

Real scans are test patients and a source never seen, and some of them again with black and white
swapped; the rest is a declared set of other pictures (training/probes.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.artifacts import MODELS_DIR, ArtifactError
from core.guard import GUARD_ID
from core.metrics import wilson

if TYPE_CHECKING:
    import pandas as pd

PROBES = "probes.csv"
SWAPPED = "inverted on purpose"  # the group of scans with black and white swapped


def read_probes(models_dir: Path = MODELS_DIR) -> pd.DataFrame:
    """Columns name, group, real, accepted, relative_distance, modality_right, inversion_right.

    Raises:
        ArtifactError: No such table.
    """
    import pandas as pd

    path = models_dir / GUARD_ID / PROBES
    if not path.is_file():
        raise ArtifactError(f"expected a table {path}, received no such file")
    return pd.read_csv(path)


def error_rates(table: pd.DataFrame) -> pd.DataFrame:
    """By group: false refusals of real scans, false acceptances of the rest."""
    import pandas as pd

    out = []
    for group, part in table.groupby("group", sort=False):
        real = bool(part["real"].iloc[0])
        wrong = ~part["accepted"] if real else part["accepted"]
        out.append(
            {
                "group": group,
                "kind": "real scan" if real else "not a scan",
                "images": len(part),
                "error": "false refusal" if real else "false acceptance",
                "wrong": int(wrong.sum()),
                "rate": round(float(wrong.mean()), 3),
                "modality_wrong": int((part["modality_right"] == False).sum()),  # noqa: E712
                "inversion_wrong": int((part["inversion_right"] == False).sum()),  # noqa: E712
            }
        )
    return pd.DataFrame(out)


def in_words(table: pd.DataFrame) -> str:
    """Both error rates with 95 % intervals, and what was tried."""
    swapped = table["group"] == SWAPPED
    scans, others = table[table["real"] & ~swapped], table[~table["real"]]
    refused = int((~scans["accepted"]).sum())
    passed = int(others["accepted"].sum())
    groups = ", ".join(sorted(others["group"].unique()))
    return (
        f"Of {len(scans)} held-out scans it wrongly refused {_share(refused, len(scans))}; of "
        f"{len(others)} other pictures ({groups}) it wrongly let through "
        f"{_share(passed, len(others))}. Scans with black and white swapped it refused in "
        f"{int((~table.loc[swapped, 'accepted']).sum())} of {int(swapped.sum())} cases."
    )


def _share(count: int, trials: int) -> str:
    low, high = wilson(count, trials)
    return f"{count} (95 % interval {low:.1%} to {high:.1%})"
