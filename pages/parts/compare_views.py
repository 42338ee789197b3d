"""Compare page: measures, histograms, ROC and precision-recall, every threshold, calibration."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.charts import calibrated, tradeoff
from core.charts import compare as charts
from core.metrics import RATIOS
from core.report import Section
from pages.parts import compare_words, loaders_compare
from pages.parts.compare_view import STARS, Shown, draw, table_csv
from pages.parts.compare_words import TITLES
from pages.parts.switch import switch


def measures_section(shown: Shown) -> Section:
    """Every measure with its interval, a column a model."""
    table = compare_words.measures_table(shown.comparison.titles, shown.answers)
    return Section(
        "Measures",
        compare_words.lead_words(shown.comparison),
        table=table.reset_index(names="measure"),
        note="In brackets: 95 % intervals, patients drawn anew with all their images (1,000 "
        f"times); {compare_words.UNDEFINED} where nothing is left to divide by. AUC, average "
        "precision and Brier score do not depend on the threshold.",
    )


def measures(shown: Shown) -> list[Section]:
    """The table of measures, and the paper's equations."""
    result = measures_section(shown)
    st.markdown(result.words)
    if result.table is not None:
        st.dataframe(
            result.table.set_index("measure"),
            height="content",
            # Ids are longer than numbers, and would press the names of the measures together.
            column_config={"measure": st.column_config.TextColumn(width=140)},
            alt=f"Each measure, a column a model. {result.words}",
        )
    st.caption(result.note)
    ids = [one.id for one in shown.comparison.entrants]
    table_csv(lambda: compare_words.measures_csv(ids, shown.answers), "measures")
    with st.expander("The paper's equations 1 to 4, and the other measures"):
        _equations()
    return [result]


def _equations() -> None:
    columns = st.columns(2)
    for number, (name, formula) in enumerate(compare_words.EQUATIONS.items(), start=1):
        title = TITLES[name].lower()
        columns[number % 2 - 1].latex(rf"\text{{{title}}} = {formula} \quad ({number})")
    meanings = compare_words.MEANINGS.items()
    st.markdown("\n".join(f"- **{TITLES[name]}**: {words}" for name, words in meanings))


def histograms(shown: Shown) -> list[Section]:
    """Predictions by class with the threshold."""
    cuts = shown.cuts.values
    result = Section(
        "Predictions by class",
        charts.histogram_words(shown.models, cuts),
        charts.histogram_figure(shown.models, cuts, shown.marks),
        note=STARS,
    )
    return [draw(result, "histograms", heading=False)]


def curves(shown: Shown) -> list[Section]:
    """ROC and precision-recall."""
    cuts = shown.cuts.values
    roc = Section(
        "ROC",
        tradeoff.roc_words(shown.models, cuts),
        tradeoff.roc_figure(shown.models, cuts, shown.marks),
    )
    precision = Section(
        "Precision and recall",
        tradeoff.precision_recall_words(shown.models, cuts),
        tradeoff.precision_recall_figure(shown.models, cuts, shown.marks),
        note=STARS,
    )
    return [draw(roc, "roc"), draw(precision, "precision-recall")]


def sweep(shown: Shown) -> list[Section]:
    """One measure at every threshold, with bands."""
    titles = {name: TITLES[name] for name in RATIOS}
    metric = switch("Measure", titles, "compare_metric", wrap=True)
    lines = loaders_compare.lines(shown.ids, shown.key, metric)
    cuts = shown.cuts.values
    result = Section(
        f"{titles[metric]} at every threshold",
        charts.metric_words(metric, shown.models, cuts),
        charts.metric_figure(metric, lines, shown.models, cuts, shown.marks),
        note=f"Bands are 95 % intervals over patients, at each threshold by itself. {STARS}",
    )
    return [draw(result, f"threshold-{metric}", heading=False)]


def calibration(shown: Shown) -> list[Section]:
    """Reliability before and after temperature scaling."""
    found = loaders_compare.calibrations(shown.ids, shown.key)
    temperatures = [one.temperature for one in found]
    errors = [one.errors for one in found]
    table = pd.DataFrame(
        {
            "model": shown.comparison.names,
            "temperature": temperatures,
            "calibration error before": [one.errors[0] for one in found],
            "after": [one.errors[1] for one in found],
            "of perfect answers": [one.perfect for one in found],
            "log loss before": [one.losses[0] for one in found],
            "log loss after": [one.losses[1] for one in found],
        }
    )
    result = Section(
        "Calibration",
        calibrated.reliability_words(
            shown.models, temperatures, errors, [one.perfect for one in found]
        ),
        calibrated.reliability_figure(
            shown.models, [one.before for one in found], [one.after for one in found]
        ),
        table.round(3),
        note="One temperature divides the log-odds; it is fitted on validation patients alone, so "
        "it may help or harm on test patients. The order of the images, and the AUC, stay. What "
        "luck alone leaves is the error, on average, where every probability is exactly right: on "
        "so few images it is never near zero.",
    )
    draw(result, "calibration", heading=False)
    table_csv(lambda: table, "calibration")
    return [result]
