"""Upper blocks trained further, with labels and without: their part of docs/results.md."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from core.schema import Modality
from training import finetune
from training.ablation import scoring
from training.markdown import share as interval
from training.markdown import to_markdown


def finetuned(path: Path, other: Path) -> str:
    """Upper blocks trained with the head; empty where that was not measured.

    Args:
        path: Table of training.finetune.
        other: Table of training.adapt: the same blocks frozen, behind members held less.
    """
    if not path.is_file():
        return ""
    table = pd.read_csv(path)
    folds = [f"{row['folds']} of {row['of']}" for _, row in table.iterrows()]
    first = table[["trained", "images", "seeds"]].rename(columns={"trained": "unfrozen"})
    first.insert(1, "folds", folds)
    return f"""## Upper blocks trained with the head

CT slices cut to their lungs, second-order pooling of blocks 4 and 5: first the members alone, then
convolutions and members together for up to {table["epochs"].max()} epochs of mirrored and jittered
images, stopped by other patients; each image is scored by a network that had not seen its patient
or paper. With several seeds (of the patients that stop, of the images) their mean answers, frozen
and trained.

{compared(first, table)}
{_stronger(other)}
No such network is shipped: it needs weights of its own beside the shared trunk.
`python -m training finetune --root DIR [--depths "block 5" --seeds 3]`
"""


def _stronger(other: Path) -> str:
    """What the frozen blocks reach with all that the comparison holds back."""
    if not other.is_file():
        return ""
    frozen = pd.read_csv(other)["frozen"].iloc[0]
    return f"""
Both sides are held back: a strong penalty (C {finetune.C:g}, so that something is left to learn),
and {finetune.INNER:.0%} of the other patients only judge the epochs. The same blocks frozen reach
{frozen:.3f} (next section) with C {scoring.C:g}, mirror images and all other patients. So this says
what training adds where all else is equal, not that it beats the frozen blocks at their best.
"""


def compared(first: pd.DataFrame, table: pd.DataFrame) -> str:
    """A gain_row a line beside what it is of: frozen, trained, the paired difference."""
    trained = [interval(r["auc"], r["low"], r["high"], digits=3) for _, r in table.iterrows()]
    gains = [
        f"{r['gain']:+.3f} ({r['gain_low']:+.3f} to {r['gain_high']:+.3f})"
        for _, r in table.iterrows()
    ]
    frozen = table["frozen"].map("{:.3f}".format)
    return to_markdown(first.assign(frozen=frozen, trained=trained, gain=gains))


WORDS = {
    Modality.CT: "CT slices of COVID-CT cut to their lungs (SARS-CoV-2 CT-scan took no part)",
    Modality.XRAY: "X-rays of all sources as they are, with or without a label (sources left out "
    "took part)",
}


def adapted(folder: Path) -> str:
    """Blocks 4 and 5 trained without labels; empty where that was not measured.

    Args:
        folder: Of the tables of training.adapt, one a kind of image.
    """
    parts = [
        _without_labels(words, pd.read_csv(path), modality)
        for modality, words in WORDS.items()
        if (path := folder / f"{modality}.csv").is_file()
    ]
    if not parts:
        return ""
    return f"""## Blocks 4 and 5 trained without labels

Self-supervised (SimCLR, Chen et al. 2020) on training and validation patients, then linear members
on second-order pooling of both blocks, as in the ablation. Images of the folds that judge took part
without their labels.

{chr(10).join(parts)}
No such network is shipped.
"""


def _without_labels(words: str, table: pd.DataFrame, modality: Modality) -> str:
    first = table.iloc[0]
    return f"""{words}: {first["learned_from"]} images, {first["epochs"]} epochs (loss
{first["loss"]} to {first["last_loss"]}).
`python -m training adapt --root DIR --modality {modality}`

{compared(table[["test", "images"]], table)}
"""
