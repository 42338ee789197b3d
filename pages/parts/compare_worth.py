"""Compare page: what a threshold is worth where the illness is rare and errors cost."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from core import decision
from core.charts import people, worth
from core.evaluation import Answer
from core.report import Section
from core.schema import threshold_text
from pages.parts.compare_view import STARS, Shown, draw, table_csv
from pages.parts.compare_words import UNDEFINED

FIXED = (0.5, 0.05, 0.01)


def show(shown: Shown) -> list[Section]:
    """1,000 people, predictive values, cost, net benefit."""
    if not 0 < shown.comparison.positives < shown.comparison.images:
        st.info(
            "These test images are of one class only. What happens to people who are ill and to "
            "people who are well needs both."
        )
        return []
    cuts, at = shown.cuts.values, shown.cuts.prevalence
    groups = _people(shown)
    crowd = Section(
        f"1,000 people, {100 * at:g} % of them ill",
        people.people_words(shown.models, groups),
        people.people_figure(shown.models, groups),
        note=cost_words(shown, groups),
    )
    draw(crowd, "people")
    values = Section(
        "What a call is worth",
        values_words(shown),
        table=values_table(shown),
        note="Recall and specificity are taken from the test images and kept; only how many of the "
        "people are ill changes (Bayes' rule).",
    )
    draw(values, "values")
    st.dataframe(
        values.table, hide_index=True, height="content", alt=f"A row a model. {values.words}"
    )
    table_csv(lambda: values_table(shown), "predictive-values")
    benefit = Section(
        "Net benefit",
        worth.benefit_words(shown.models, cuts, at),
        worth.benefit_figure(shown.models, cuts, shown.marks, at),
        note="Found cases minus false alarms, each alarm weighted by the odds of the threshold. A "
        "model is worth using where its curve lies above both grey lines; points below the drawn "
        f"range do harm and are left out. {STARS}",
    )
    draw(benefit, "net-benefit")
    return [crowd, values, benefit]


def values_table(shown: Shown) -> pd.DataFrame:
    """Precision and negative predictive value of each model at the fixed prevalences and ours."""
    prevalences = sorted({*FIXED, shown.cuts.prevalence}, reverse=True)
    rows = []
    for name, found in zip(shown.comparison.names, shown.answers, strict=True):
        row = {"model": name}
        for prevalence in prevalences:
            values = decision.predictive_values(*_rates(found), prevalence)
            for word, value in zip(("precision", "NPV"), map(float, values), strict=True):
                text = UNDEFINED if math.isnan(value) else f"{value:.1%}"
                row[f"{word} at {100 * prevalence:g} %"] = text
        rows.append(row)
    return pd.DataFrame(rows)


def values_words(shown: Shown) -> str:
    """How many of those called positive are ill, as the illness gets rare."""
    parts = []
    for name, found in zip(shown.comparison.names, shown.answers, strict=True):
        precisions = [float(decision.predictive_values(*_rates(found), p)[0]) for p in FIXED]
        if any(map(math.isnan, precisions)):
            parts.append(f"{name} calls no one positive")
        else:
            parts.append(f"{name} {', '.join(f'{value:.0%}' for value in precisions)}")
    ends = ", ".join(f"{100 * p:g} %" for p in FIXED)
    return f"Of those called positive are ill, where {ends} of the people are: {'; '.join(parts)}."


def cost_words(shown: Shown, groups: list[list[int]]) -> str:
    """What the errors of 1,000 people cost now, and at the cheapest threshold."""
    cost = shown.cuts.cost
    parts = []
    for one, best, (_, missed, alarms, _) in zip(
        shown.comparison.entrants, shown.cuts.best, groups, strict=True
    ):
        cheapest = (
            "" if math.isnan(best) else f", least at {threshold_text(best)} (chosen on validation)"
        )
        parts.append(f"{one.name} {cost * missed + alarms:g}{cheapest}")
    return (
        f"With a missed case costing as much as {cost:g} false alarms, the errors cost, in false "
        f"alarms: {'; '.join(parts)}."
    )


def _people(shown: Shown) -> list[list[int]]:
    return [decision.people(*_rates(found), shown.cuts.prevalence) for found in shown.answers]


def _rates(found: Answer) -> tuple[float, float]:
    return found.measures["recall"].value, found.measures["specificity"].value
