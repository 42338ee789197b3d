"""Papers on both sides of COVID-CT's published lists: a paragraph of docs/results.md."""

from __future__ import annotations

import pandas as pd

from core import artifacts
from core.artifacts import FIT, Card
from core.metrics import auc
from core.schema import Modality, Split
from training.members import PAPER


def shared_papers(cards: list[Card]) -> str:
    """How many test slices share a paper with slices fitted on, and the AUC without them."""
    own = [card for card in cards if card.modality == Modality.CT]
    if not own:
        return ""
    found = [_without(card) for card in own]
    ill, shared = found[0][1:3]
    areas = "; ".join(f"{name}: {value:.3f} -> {rest:.3f}" for name, _, _, value, rest in found)
    return f"""COVID-CT's lists keep patients apart, not papers: {shared} of its {ill} test slices
with COVID-19 come from a paper that other slices were fitted on, and figures of one paper share
window, size and compression. AUC with and without them: {areas}.
The folds of the second-order heads keep papers together; the validation patients that end the
training of the paper's heads and set their threshold do not."""


def _without(card: Card) -> tuple[str, int, int, float, float]:
    """Id, test positives, those of shared papers, AUC of all test slices and without these."""
    used = artifacts.read_used(card.id)
    fitted = pd.Series([name for name, roles in used.items() if FIT in roles])
    table = artifacts.read_predictions(card.id)
    test = table[(table["split"] == Split.TEST) & table["label"].notna()]
    papers = test["image_id"].str.extract(PAPER)[0]
    shared = papers.isin(set(fitted.str.extract(PAPER)[0].dropna()))
    rest = test[~shared]
    return (
        card.id,
        int(test["label"].sum()),
        int(shared.sum()),
        auc(test["label"], test["probability"]),
        auc(rest["label"], rest["probability"]),
    )
