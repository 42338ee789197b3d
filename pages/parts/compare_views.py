"""Compare page: measures, histograms, ROC and precision-recall, every threshold, calibration."""

from __future__ import annotations

import streamlit as st

from core.charts import compare as charts
from core.charts import tradeoff
from core.metrics import RATIOS
from pages.parts import compare_words, loaders_compare
from pages.parts.compare_view import Shown, figure, table_csv
from pages.parts.switch import switch


def measures(shown: Shown) -> None:
    """Every measure with its interval, and the paper's equations."""
    names = shown.comparison.names
    st.markdown(compare_words.lead_words(shown.comparison))
    table = compare_words.measures_table(names, shown.answers)
    st.dataframe(table, height="content", alt="Each measure with its interval, a column a model")
    st.caption(
        "In brackets: 95 % intervals, patients drawn anew with all their images (1,000 times); a "
        f"{compare_words.UNDEFINED} where nothing is left to divide by. AUC, average precision and "
        "Brier score do not depend on the threshold."
    )
    ids = [one.id for one in shown.comparison.entrants]
    table_csv(lambda: compare_words.measures_csv(ids, shown.answers), "measures")
    with st.expander("The paper's equations 1 to 4, and the other measures"):
        columns = st.columns(4)
        for number, (name, formula) in enumerate(compare_words.EQUATIONS.items(), start=1):
            columns[number - 1].latex(
                rf"\text{{{compare_words.TITLES[name].lower()}}} = {formula} \quad ({number})"
            )
        st.markdown(
            "\n".join(
                f"- **{compare_words.TITLES[name]}**: {words}"
                for name, words in compare_words.MEANINGS.items()
            )
        )


def histograms(shown: Shown) -> None:
    """Predictions by class with the threshold."""
    cuts = shown.cuts.values
    figure(
        charts.histogram_figure(shown.models, cuts, shown.marks),
        charts.histogram_words(shown.models, cuts),
        "histograms",
    )


def curves(shown: Shown) -> None:
    """ROC and precision-recall."""
    cuts = shown.cuts.values
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("ROC")
        figure(
            tradeoff.roc_figure(shown.models, cuts, shown.marks),
            tradeoff.roc_words(shown.models, cuts),
            "roc",
        )
    with right:
        st.subheader("Precision and recall")
        figure(
            tradeoff.precision_recall_figure(shown.models, cuts, shown.marks),
            tradeoff.precision_recall_words(shown.models, cuts),
            "precision-recall",
        )


def sweep(shown: Shown) -> None:
    """One measure at every threshold, with bands."""
    titles = {name: compare_words.TITLES[name] for name in RATIOS}
    metric = switch("Measure", titles, "compare_metric")
    lines = loaders_compare.lines(shown.ids, shown.key, metric)
    cuts = shown.cuts.values
    figure(
        charts.metric_figure(metric, lines, shown.models, cuts, shown.marks),
        charts.metric_words(metric, shown.models, cuts),
        f"threshold-{metric}",
    )
    st.caption("Bands are 95 % intervals over patients, at each threshold by itself.")


def calibration(shown: Shown) -> None:
    """To come."""
