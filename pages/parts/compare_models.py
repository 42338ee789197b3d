"""Compare page: every model on this test set, and those that are missing."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
import streamlit as st

from core.cohorts import Contender, never_pretrained
from core.report import Section
from core.zoo import NETWORKS
from pages.parts import compare_words, loaders_compare
from pages.parts.compare_view import Shown, table_csv

COLUMNS = ("accuracy", "recall", "specificity", "precision", "average_precision", "brier")


def show(shown: Shown) -> list[Section]:
    """The table, and what is not in it."""
    table = loaders_compare.summary(shown.key)
    st.markdown(summary_words(table))
    span = [
        f"{low:.2f} to {high:.2f}" if low == low else compare_words.UNDEFINED
        for low, high in zip(table["auc_low"], table["auc_high"], strict=True)
    ]
    columns = pd.DataFrame(
        {
            "model": table["name"],
            "AUC": table["auc"],
            "95 % interval": span,
            "operating point": table["threshold"],
            **{compare_words.TITLES[name].lower(): table[name] for name in COLUMNS},
            "trained how": table["title"],
            "id": table["id"],
        }
    )
    numbers = list(columns.columns[3:-2])
    st.dataframe(
        columns.style.format("{:.2f}", subset=numbers, na_rep=compare_words.UNDEFINED),
        hide_index=True,
        height="content",
        column_config={
            "AUC": st.column_config.ProgressColumn(format="%.2f", min_value=0, max_value=1),
            "model": st.column_config.TextColumn(width="large"),
        },
        alt=summary_words(table),
    )
    st.caption(
        "Each model at its own operating point, on the images that all in this table share. One "
        "run each, the one of lowest validation loss; the spread over seeds stands in "
        "docs/comparison.md."
    )
    table_csv(lambda: table, f"models-{shown.key}")
    missing = missing_words(loaders_compare.contenders().values(), set(table["id"]))
    st.markdown(missing)
    return [Section("All models", summary_words(table), table=columns.round(3), note=missing)]


def summary_words(table: pd.DataFrame) -> str:
    """The largest and the smallest AUC of the table."""
    found = table.dropna(subset=["auc"])
    if found.empty:
        return "No AUC can be measured on these images: they are of one class only."
    first, last = found.iloc[0], found.iloc[-1]
    chance = int((found["auc_low"] <= 0.5).sum())
    if len(found) == 1:
        words = f"{first['name']} is the only model here, with an AUC of {first['auc']:.2f}"
    else:
        words = (
            f"{first['name']} has the largest AUC of {len(found)} models, {first['auc']:.2f}, "
            f"{last['name']} the smallest, {last['auc']:.2f}"
        )
    return f"{words}. The interval of {chance or 'none'} reaches down to 0.5, which is guessing."


def missing_words(known: Collection[Contender], ids: Collection[str]) -> str:
    """Which models of the paper a table lacks, or shows only from a random start.

    Args:
        known: All models.
        ids: Of those in the table.
    """
    shown = [one for one in known if one.card.id in ids]
    absent = never_pretrained(known)
    parts = []
    if absent:
        begun = any(NETWORKS.get(one.card.backbone) in absent for one in shown)
        parts.append(
            f"{', '.join(absent)} from ImageNet weights, which could not be had where these were "
            "trained" + (": those shown start from random weights at 160 px" if begun else "")
        )
    untested = [name for name in never_pretrained(shown) if name not in absent]
    if not any(one.card.config.get("unfrozen") for one in shown):
        untested.append("VGG16 with its top convolution blocks unfrozen")
    if untested:
        parts.append(f"{', '.join(untested)}: not tested on these images")
    return f"Not in this table: {'; '.join(parts)}." if parts else ""
