"""Another hospital: trained on one source, tested on each other one (DeGrave et al. 2021).

The diagonal is cross-validated by patient. "all others" is trained on every source but the tested
one. NIH holds no positive, so it can only be tested on, and only false alarms can be counted.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from training.lab.base import Context, area, new_head, out_of_fold, share

LEAST = 5  # images of either label, to train on
CUT = 0.5  # classes are weighted the same, so this is the even cut
OTHERS = "all others"


def measure(context: Context) -> dict[str, pd.DataFrame]:
    """elsewhere: one row a modality, training source and test source."""
    rows = []
    for modality in ("xray", "ct"):
        table = context.rows(modality)
        table = table[table["source"].isin(_usable(table))]
        sources = sorted(table["source"].unique())
        others = (OTHERS,) if len(sources) > 2 else ()  # of two, the other one is all others
        for test in sources:
            for train in (*sources, *others):
                rows += _pair(context, table, modality, train, test)
    return {"elsewhere": pd.DataFrame(rows)}


def _usable(table: pd.DataFrame) -> list[str]:
    """Sources with LEAST images of either label, or with one label only."""
    rarer = table.groupby(["source", "label"]).size().unstack(fill_value=0).min(axis=1)
    return list(rarer.index[(rarer >= LEAST) | (rarer == 0)])


def _pair(
    context: Context, table: pd.DataFrame, modality: str, train: str, test: str
) -> list[dict[str, Any]]:
    there = table[table["source"] == test]
    here = table[table["source"] == train] if train != OTHERS else table[table["source"] != test]
    if here["label"].value_counts().reindex([0.0, 1.0], fill_value=0).min() < LEAST:
        return []
    here = here[~here["group"].isin(there["group"])] if train != test else here
    features = context.means
    if train == test:
        groups = here["group"].to_numpy()
        scores = out_of_fold(features[here.index], here["label"].to_numpy(), groups)[:, 1]
    else:
        fitted = new_head().fit(features[here.index], here["label"].to_numpy())
        scores = fitted.predict_proba(features[there.index])[:, 1]
    negative = (there["label"] == 0).to_numpy()
    alarms = share((scores >= CUT)[negative], there.loc[negative, "group"])
    return [
        {"modality": modality, "train": train, "test": test, "trained_on": len(here)}
        | area(there, scores)
        | dict(zip(("false_alarms", "alarms_low", "alarms_high"), alarms, strict=True))
        | {"patients_known": bool((there["patient_id"] != "").all()), "cut": CUT}
    ]
