"""Would more patients help: a section of docs/results.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from core.artifacts import LEARNING_CURVE
from core.learning_curve import (
    command,
    doublings_to,
    last_doublings,
    read_curve,
    summary,
    surely,
)
from scripts.goals import AUC, GOALS
from training.markdown import to_markdown
from training.recipes import TEXTURES

WORDS = {0.125: "an eighth", 0.25: "a quarter", 0.5: "half", 1.0: "all"}


def more_patients(models_dir: Path) -> str:
    """Learning curves of the second-order heads; empty without tables."""
    names = [name for name in TEXTURES if (models_dir / name / LEARNING_CURVE).is_file()]
    if not names:
        return ""
    return f"""## Would more patients help?

The recipe of each default learns from a share of the training and validation patients (papers,
where known) of four folds in five, and is asked about the fifth; a source never seen is asked about
after a share of all. Mean AUC of single models ± standard deviation over deals of the patients
(patients learned from). Settings are the shipped ones at every share, and were chosen on these
patients; descriptors are scaled by all of them, without labels. Intervals are over the patients
scored; over those learned from, `more in` counts the deals in which twice the patients did better
(all patients can be learned from in one way only). NIH has no COVID-19: without it, its images are
set against the COVID-19 of the other sources. `to the goal` says how often the patients would have
to double, were each doubling worth the last one; curves flatten, so it takes more. Goals are for
test patients; here others answer.

{chr(10).join(_curve(name, models_dir) for name in names)}"""


def _curve(name: str, models_dir: Path) -> str:
    table = read_curve(name, models_dir)
    return f"""### More patients for {name}

{to_markdown(pd.DataFrame([_row(own) for _, own in table.groupby("test", sort=False)]))}

{summary(table)} `{command(name)}` (commit {table["commit"].iloc[0]})
"""


def _row(own: pd.DataFrame) -> dict[str, object]:
    last = last_doublings(own).iloc[0]
    shown = {WORDS[line.share]: _cell(line) for line in own.itertuples()}
    gain = f"{last['gain']:+.3f} ({last['gain_low']:+.3f} to {last['gain_high']:+.3f})"
    return {
        "test": last["test"],
        **shown,
        "95 % of all": f"{last['low']:.3f}-{last['high']:.3f}",
        "gain of the last doubling": gain,
        "more in": f"{last['rising']:.0f} of {last['deals']:.0f} deals",
        "goal": _goal(last["kind"], last["group"]) or "-",
        "to the goal": _doublings(last),
    }


def _cell(line: Any) -> str:
    """AUC with its spread, none where nothing is drawn at random."""
    spread = f" \u00b1 {line.deviation:.3f}" if line.deviation else ""
    return f"{line.auc:.3f}{spread} ({line.patients:.0f})"


def _goal(kind: str, group: str) -> float | None:
    """The AUC that a test should reach; None where none was set."""
    found = [goal.goal for goal in GOALS if goal.measure == AUC and (kind, group) in goal.groups]
    return found[0] if found else None


def _doublings(last: pd.Series) -> str:
    goal = _goal(last["kind"], last["group"])
    if goal is None:
        return "-"
    if last["auc"] >= goal:
        return "reached here"
    if not surely(last.to_frame().T).all():
        return "not known"
    count = doublings_to(goal, last["auc"], last["gain"])
    return f"{count} doubling{'s' * (count > 1)}"
