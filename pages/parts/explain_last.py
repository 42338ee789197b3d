"""The last layer's sum, number by number, down to the probability that the page shows."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.artifacts import Card
from core.charts import explain as charts
from core.explain.arithmetic import LastLayer, Term
from core.metrics import sigmoid
from pages.parts import explain_words, loaders_explain, text
from pages.parts.explain_image import Picture
from pages.parts.loaders_explain import Look

MOST = 10  # single inputs of each sign


def show(picture: Picture, card: Card, look: Look) -> None:
    """The equation, the strongest inputs, the whole table, the curve."""
    last = loaders_explain.last_layer(picture.pixels, card.id, picture.size)
    terms = last.terms(MOST)
    st.markdown("#### The arithmetic of the last layer")
    st.caption(" ".join(explain_words.LAST))
    if last.others:
        found = dict([(last.judgement, last.log_odds), *last.others])
        st.markdown(f"{text.judged(found, 'log-odds {:+.2f}')} {explain_words.SUMMED}")
    st.markdown(equation(last))
    st.plotly_chart(
        charts.sigmoid_figure(last.log_odds, card.threshold),
        width="stretch",
        config={"displayModeBar": False},
        alt=f"Log-odds {last.log_odds:+.2f} become {sigmoid(last.log_odds):.3f}",
        key="explain_sigmoid",
    )
    st.markdown(f"**The {MOST} inputs that push up most, and the {MOST} that push down most**")
    st.plotly_chart(
        charts.terms_figure(terms),
        width="stretch",
        config={"displayModeBar": False},
        alt="; ".join(f"{charts.label(term)} {term.product:+.3f}" for term in terms),
        key="explain_terms",
    )
    st.dataframe(
        table(terms),
        hide_index=True,
        column_config={
            "value": st.column_config.NumberColumn(format="%.4f"),
            "weight": st.column_config.NumberColumn(format="%.4f"),
            "value x weight": st.column_config.NumberColumn(format="%.4f"),
            "sum so far": st.column_config.NumberColumn(format="%.4f"),
        },
        alt="Inputs of the last layer with their weights, products and the running sum",
    )


def equation(last: LastLayer) -> str:
    """The sum in one line, and how it becomes the probability."""
    up = sum(float(part.products[part.products > 0].sum()) for part in last.parts)
    down = sum(float(part.products[part.products < 0].sum()) for part in last.parts)
    lines = [
        f"Of {last.count:,} inputs, those that push up add **{up:+.4f}**, those that push down "
        f"**{down:+.4f}**, the bias **{last.bias:+.4f}**: log-odds **{last.log_odds:+.4f}**. The "
        f"sigmoid makes that 1 / (1 + e^{-last.log_odds:+.4f}) = **{sigmoid(last.log_odds):.3f}**."
    ]
    if len(last.parts) > 1:
        shares = " and ".join(
            f"{part.layer} {part.products.sum() + part.bias:+.3f}" for part in last.parts
        )
        lines.append(f"Of that, {shares} (each member counts as its share of the mean).")
    return " ".join(lines)


def table(terms: list[Term]) -> pd.DataFrame:
    """The rows with a running sum, which ends at the log-odds."""
    frame = pd.DataFrame(
        {
            "input": [charts.label(term) for term in terms],
            "value": [term.value for term in terms],
            "weight": [term.weight for term in terms],
            "value x weight": [term.product for term in terms],
        }
    )
    return frame.assign(**{"sum so far": frame["value x weight"].cumsum()})
