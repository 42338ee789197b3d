"""The table of README that sets the backbones of `python -m training compare` side by side."""

from __future__ import annotations

import pandas as pd

from core.artifacts import MODELS_DIR, Card
from core.zoo import BACKBONES, IMAGENET, NETWORKS
from training.publish import SEEDS

NONE = "no weights here"


def comparison(cards: list[Card]) -> pd.DataFrame:
    """A row a network and start, a column a data set: test AUC over the seeds."""
    rows = [
        {
            "network": NETWORKS[card.backbone],
            "start": card.config["init"],
            "dataset": card.config["dataset"],
            "auc": _over_seeds(pd.read_csv(MODELS_DIR / card.id / SEEDS)["test_auc"]),
        }
        for card in cards
    ]
    table = pd.DataFrame(rows, columns=["network", "start", "dataset", "auc"])
    wide = table.pivot(index=["start", "network"], columns="dataset", values="auc")
    wide = wide.reindex(columns=["small", "all", "ct"]).astype(object).fillna("not run")
    wide = wide.reset_index()[["network", "start", "small", "all", "ct"]]
    pretrained = set(wide.loc[~wide["start"].str.startswith("random"), "network"])
    missing = [row.name for row in BACKBONES.values() if row.name not in pretrained]
    absent = pd.DataFrame({"network": missing}).assign(
        start=IMAGENET, small=NONE, all=NONE, ct=NONE
    )
    return pd.concat([wide, absent], ignore_index=True)


def _over_seeds(areas: pd.Series) -> str:
    spread = f" \u00b1 {areas.std():.2f}" if len(areas) > 1 else ""
    return f"{areas.mean():.2f}{spread} ({len(areas)})"
