"""Tuning page: the paper's findings beside ours, importances, all trials, how it was done."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import tuning, tuning_words
from core.charts import tuning as charts
from core.charts.parallel import parallel_figure
from core.tuning import CLAIMS, IMPORTANCES, MARGIN, PAIRS, RATES, TRIALS
from pages.parts import loaders_tuning
from pages.parts.switch import KEPT, STAYING, switch

COMPARED = {tuning.SEARCH: "(the search's best trial, and the paper's)"}
CONFIG = {"displayModeBar": False}
AXES = 5  # of the parallel coordinates at first
JUDGED = {
    tuning.FOR: ":green-badge[:material/check: for]",
    tuning.AGAINST: ":red-badge[:material/close: against]",
    tuning.OPEN: ":gray-badge[:material/question_mark: open]",
}
MEANS = {
    tuning.SAME: f"For: the whole interval lies within ±{MARGIN}. Against: it leaves out zero.",
    tuning.BETTER: "For: the whole interval lies above zero. Against: it stays below "
    f"+{MARGIN}, so that there is no advantage that matters.",
    tuning.MUCH_BETTER: f"For: the whole interval lies above +{MARGIN}. Against: it stays below.",
}


def findings(dataset: str) -> None:
    """One claim of the paper at a time, with the evidence for and against."""
    pairs = loaders_tuning.table(dataset, PAIRS)
    st.table(tuning.scoreboard(pairs).set_index("the paper says"))
    titles = {name: claim.title for name, claim in CLAIMS.items()}
    name = switch("Claim", titles, "tune_claim")
    st.subheader(f"“{CLAIMS[name].title}”")
    own = pairs[pairs["finding"] == name]
    trials = loaders_tuning.table(dataset, TRIALS)
    if len(own):
        _compared(own, name)
    else:
        command = tuning.command(dataset, PAIRS, unfreeze=name == tuning.UNFROZEN)
        st.info(tuning_words.not_compared(trials, name, command))
    if name in ("optimizer", "pooling"):
        _rates(dataset)
    _searched(trials, name)
    download(pairs, f"pairs-{dataset}", "All comparisons as CSV")


def _compared(pairs: pd.DataFrame, name: str) -> None:
    st.markdown(
        f"**Measured here:** {tuning_words.count_verdicts(pairs)}. Each compares two heads "
        f"{COMPARED.get(name, 'that differ in one choice')}, on the same five deals of patients."
    )
    st.plotly_chart(
        charts.pairs_figure(pairs),
        width="stretch",
        config=CONFIG,
        alt="; ".join(tuning_words.pair_lines(pairs)),
    )
    st.caption(
        f"Dots: mean over deals and folds; lines: 95 % interval over patients; band: ±{MARGIN}, "
        f"too little to matter. {MEANS[CLAIMS[name].kind]} Open: the interval allows both."
    )
    with st.expander("Every comparison in words"):
        st.markdown(
            "\n".join(
                f"- {line} {JUDGED[word]}"
                for line, word in zip(tuning_words.pair_lines(pairs), pairs["verdict"], strict=True)
            )
        )


def _searched(trials: pd.DataFrame, name: str) -> None:
    if name == tuning.SEARCH:
        st.markdown(tuning_words.search_summary(trials))
        return
    if name not in tuning.parameters(trials):
        st.markdown("The search did not try it on these images.")
        return
    words = tuning_words.search_line(trials, name)
    st.markdown("**And in the search,** where everything else changed too:")
    st.plotly_chart(charts.choice_figure(trials, name), width="stretch", config=CONFIG, alt=words)
    st.caption(
        f"Search: {words}. This is the weaker evidence: what looks good is tried more often, so "
        "that a choice keeps good or bad company."
    )


def _rates(dataset: str) -> None:
    rates = loaders_tuning.table(dataset, RATES)
    words = tuning_words.rates_line(rates)
    st.markdown(
        "**A fair race needs a fair start:** an optimiser is only as good as its learning rate, so "
        "each was first tried at several, on one deal of patients."
    )
    st.plotly_chart(charts.rates_figure(rates), width="stretch", config=CONFIG, alt=words)
    st.caption(f"{words}.")
    download(rates, f"rates-{dataset}", "Learning rates as CSV")


def mattered(dataset: str) -> None:
    """Importances, and the choices of one parameter."""
    importances = loaders_tuning.table(dataset, IMPORTANCES)
    trials = loaders_tuning.table(dataset, TRIALS)
    st.markdown(f"**{tuning_words.importance_summary(importances)}**")
    if len(importances):
        _importances(importances, trials)
    name = st.selectbox(
        "Look into",
        importances["parameter"].tolist() or tuning.parameters(trials),
        format_func=tuning.title_of,
        key=f"tune_parameter_{dataset}",
        **KEPT,
    )
    words = tuning_words.search_line(trials, name)
    st.plotly_chart(charts.choice_figure(trials, name), width="stretch", config=CONFIG, alt=words)
    st.dataframe(tuning.by_choice(trials, name).round(3), hide_index=True, alt=words)
    download(importances, f"importances-{dataset}", "Importances as CSV")


def _importances(importances: pd.DataFrame, trials: pd.DataFrame) -> None:
    st.plotly_chart(
        charts.importance_figure(importances),
        width="stretch",
        config=CONFIG,
        alt=tuning_words.importance_summary(importances),
    )
    done = int((trials["state"] == tuning.COMPLETE).sum())
    st.caption(
        f"fANOVA (Hutter, Hoos and Leyton-Brown 2014) on {done} completed trials: a forest learns "
        "the AUC from the parameters, and its variance is split among them. Lines: deviation over "
        "forests with other seeds. With so few trials, read the order, not the digits; what two "
        "parameters do together is not in the bars."
    )


def trials(dataset: str) -> None:
    """History, parallel coordinates, and the table."""
    table = loaders_tuning.table(dataset, TRIALS)
    summary = tuning_words.search_summary(table)
    st.markdown(summary)
    st.plotly_chart(charts.history_figure(table), width="stretch", config=CONFIG, alt=summary)
    st.caption(
        "The best of many noisy numbers is too good: part of its lead is luck with these folds."
    )
    st.markdown("**Parallel coordinates:** a line a completed trial, the thick one the best.")
    names = st.multiselect(
        "Axes",
        tuning.parameters(table),
        default=_main_axes(dataset, table),
        format_func=tuning.title_of,
        key=f"tune_axes_{dataset}",
        **STAYING,
    )
    best = tuning.best_trial(table)
    st.plotly_chart(
        parallel_figure(table, names),
        width="stretch",
        config=CONFIG,
        alt="The best trial's line: "
        + ", ".join(f"{tuning.title_of(name)} {best[name]}" for name in names),
    )
    st.dataframe(table, hide_index=True, alt="One row a trial: outcome, cost and parameters")
    download(table, f"trials-{dataset}", "All trials as CSV")


def _main_axes(dataset: str, table: pd.DataFrame) -> list[str]:
    order = loaders_tuning.table(dataset, IMPORTANCES)["parameter"].tolist()
    return (order or tuning.parameters(table))[:AXES]


def method(dataset: str) -> None:
    """What was searched, on whom, and what was not."""
    parts = loaders_tuning.record(dataset)
    for words in tuning_words.method_lines(parts, loaders_tuning.table(dataset, TRIALS)):
        st.markdown(words)
    for part in parts.values():
        st.caption(f"`{part['command']}` ({part['date']}, commit {part['commit']})")


def download(table: pd.DataFrame, name: str, title: str) -> None:
    """A button for a table as CSV."""
    st.download_button(
        title,
        table.to_csv(index=False),
        f"{name}.csv",
        "text/csv",
        icon=":material/download:",
        key=f"tune_csv_{name}",
        on_click="ignore",
    )
