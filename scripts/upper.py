"""Upper blocks trained further, with labels and without: their part of docs/results.md."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from core.charts.words import many
from core.classifier import DEFAULT_MODELS
from core.schema import Modality
from training import finetune, upper
from training.ablation import scoring
from training.markdown import share as interval
from training.markdown import to_markdown
from training.recipes import TEXTURES

WORDS = {
    Modality.CT: "CT slices of COVID-CT cut to their lungs (SARS-CoV-2 CT-scan took no part)",
    Modality.XRAY: "X-rays of all sources as they are",
}


def finetuned(folder: Path, adapted_ct: Path) -> str:
    """Upper blocks trained with the head; empty where that was not measured.

    Args:
        folder: Of the tables of training.finetune, one a kind of image.
        adapted_ct: Table of training.adapt: the same blocks frozen, behind members held less.
    """
    parts = [
        _with_head(words, pd.read_csv(path), modality)
        for modality, words in WORDS.items()
        if (path := folder / f"{modality}.csv").is_file()
    ]
    if not parts:
        return ""
    return f"""## Upper blocks trained with the head

Second-order pooling of blocks 4 and 5: first the members alone, then convolutions and members
together for up to {upper.EPOCHS} epochs of mirrored and jittered images, stopped by other patients;
each image is scored by a network that had not seen its patient or paper. With several seeds (of the
patients that stop, of the images) their mean answers, frozen and trained. `default` is the default
head's recipe with its settings, fitted on the same folds; `both` is the mean of its log-odds and
the trained network's, each in units of its own deviation, and the last column what that gains over
the default alone.

{chr(10).join(parts)}
{_stronger(adapted_ct)}
No such network is shipped: it would need weights of its own beside the shared trunk.
"""


def _with_head(words: str, table: pd.DataFrame, modality: Modality) -> str:
    first = table[["test", "trained", "images", "seeds"]].rename(columns={"trained": "unfrozen"})
    beside = pd.DataFrame(
        {
            "default": table["shipped"].map("{:.3f}".format),
            "both": table["with_auc"].map("{:.3f}".format),
            "gain of both": [_gain(row, "with_") for _, row in table.iterrows()],
        }
    )
    return f"""{words}.{_older(table, modality)}
{_commands(table, modality)}

{compared(first, table, beside)}
"""


def _older(table: pd.DataFrame, modality: Modality) -> str:
    """What to say where the default had fewer looks when the table was made."""
    then, now = table["default_looks"].iloc[0], len(TEXTURES[DEFAULT_MODELS[modality]].looks)
    if then == now:
        return ""
    return f" `default` is the recipe with {many(then, 'look')}, now it has {now}."


def _commands(table: pd.DataFrame, modality: Modality) -> str:
    """What makes each depth of a table again."""
    depths = table.drop_duplicates("trained")
    command = f"python -m training finetune --root DIR --modality {modality}"
    return "\n".join(
        f'`{command} --depths "{depth}"{f" --seeds {seeds}" if seeds > 1 else ""}`'
        for depth, seeds in zip(depths["trained"], depths["seeds"], strict=True)
    )


def _stronger(other: Path) -> str:
    """What the frozen blocks reach with all that the comparison holds back."""
    if not other.is_file():
        return ""
    frozen = pd.read_csv(other)["frozen"].iloc[0]
    held_back = finetune.INNER
    return f"""`frozen` and `trained` are both held back: a strong penalty (C {finetune.C:g}, to
leave something to learn), and {held_back:.0%} of the other patients only judge the epochs. With
C {scoring.C:g}, mirror images and all other patients the same blocks frozen reach {frozen:.3f} on
CT slices (next section). So `gain` says what training adds where all else is equal, not that it
beats the frozen blocks at their best; `both` says whether it would help the default.
"""


def compared(first: pd.DataFrame, table: pd.DataFrame, last: pd.DataFrame | None = None) -> str:
    """A gain_row a line between other columns: frozen, trained, the paired difference."""
    trained = [interval(r["auc"], r["low"], r["high"], digits=3) for _, r in table.iterrows()]
    gains = [_gain(row) for _, row in table.iterrows()]
    frozen = table["frozen"].map("{:.3f}".format)
    own = first.assign(frozen=frozen, trained=trained, gain=gains)
    return to_markdown(own if last is None else pd.concat([own, last], axis=1))


def _gain(row: pd.Series, prefix: str = "") -> str:
    value, low, high = (row[f"{prefix}gain{end}"] for end in ("", "_low", "_high"))
    return f"{value:+.3f} ({low:+.3f} to {high:+.3f})"


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
on second-order pooling of both blocks, as in the ablation. Images of the folds that judge, and
of sources left out, took part without their labels.

{chr(10).join(parts)}
No such network is shipped.
"""


def _without_labels(words: str, table: pd.DataFrame, modality: Modality) -> str:
    first = table.iloc[0]
    return f"""{words}: {first["learned_from"]} images with or without a label, {first["epochs"]}
epochs (loss {first["loss"]} to {first["last_loss"]}).
`python -m training adapt --root DIR --modality {modality}`

{compared(table[["test", "images"]], table)}
"""
