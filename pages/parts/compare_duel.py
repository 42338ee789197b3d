"""Compare page: are two models really different?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import contest
from core.charts.words import many
from core.contest import Duel
from core.paired import Difference
from core.report import Section
from pages.parts.compare_view import Shown, table_csv
from pages.parts.compare_words import UNDEFINED
from pages.parts.switch import KEPT

FIRST, SECOND = "compare_first", "compare_second"
SURE = 0.05


def show(shown: Shown) -> list[Section]:
    """Two models, paired tests, the answer in a sentence."""
    entrants, titles = shown.comparison.entrants, shown.comparison.titles
    if len(entrants) < 2:
        st.info("Choose a second model above: a difference needs two.")
        return []
    ids = list(titles)
    left, right = st.columns(2)
    named = {"options": ids, "format_func": titles.__getitem__, **KEPT}
    first = ids.index(left.selectbox("One model", key=FIRST, **named))
    second = ids.index(right.selectbox("Another", index=1, key=SECOND, **named))
    if first == second:
        st.info("This is the same model twice: choose another one.")
        return []
    cuts, names = shown.cuts.values, (entrants[first].name, entrants[second].name)
    found = contest.duel(entrants[first], entrants[second], (cuts[first], cuts[second]))
    table = duel_table(*names, found)
    result = Section(
        " and ".join(names),
        sentence(*names, found),
        table=table,
        note="Both models answered the same images, so they are compared image by image. McNemar's "
        "and DeLong's test take images as independent; several images of one patient make them too "
        "sure. The rows over patients do not. Whoever tries many pairs finds a difference by luck "
        f"in one of {1 / SURE:.0f}.",
    )
    st.markdown(result.words)
    st.dataframe(table, hide_index=True, height="content", alt=result.words)
    st.caption(result.note)
    table_csv(lambda: table, "paired")
    return [result]


def sentence(first: str, second: str, found: Duel) -> str:
    """The answer in plain words: calls at the thresholds, then the order of the images."""
    calls = found.calls
    apart = calls.only_first + calls.only_second
    if not apart:
        words = f"At these thresholds {first} and {second} are right on the same images"
    else:
        words = (
            f"Where one of the two is right and the other wrong ({many(apart, 'image')}), {first} "
            f"is right {many(calls.only_first, 'time')} and {second} "
            f"{many(calls.only_second, 'time')}: "
            f"{_verdict(found.accuracy, first, second)}"
        )
    area = found.auc_patients
    if area.value != area.value:
        return f"{words}. Their AUCs cannot be measured on these images."
    if area.low != area.low:
        return f"{words}. The images are too few to compare the AUCs."
    return f"{words}. In AUC they are {abs(area.value):.2f} apart: {_verdict(area, first, second)}."


def duel_table(first: str, second: str, found: Duel) -> pd.DataFrame:
    """One row a test: difference (first minus second), interval, p-value."""
    calls = f"{found.calls.only_first} : {found.calls.only_second}"
    rows = [
        ("Right alone: McNemar, exact", calls, "", _p(found.calls.p_value)),
        ("Accuracy, over patients", *_numbers(found.accuracy)),
        ("AUC: DeLong", *_numbers(found.auc)),
        ("AUC, over patients", *_numbers(found.auc_patients)),
    ]
    return pd.DataFrame(rows, columns=["test", f"{first} minus {second}", "95 % interval", "p"])


def _verdict(apart: Difference, first: str, second: str) -> str:
    """What an interval of a difference says."""
    if apart.low > 0:
        return f"{first} is better, by more than the choice of patients explains"
    if apart.high < 0:
        return f"{second} is better, by more than the choice of patients explains"
    return "no real difference is shown, other patients could turn it round"


def _numbers(apart: Difference) -> tuple[str, str, str]:
    """Difference, interval and p-value as text."""
    if apart.value != apart.value:
        return UNDEFINED, UNDEFINED, UNDEFINED
    span = UNDEFINED if apart.low != apart.low else f"{apart.low:+.3f} to {apart.high:+.3f}"
    return f"{apart.value:+.3f}", span, _p(apart.p_value)


def _p(value: float) -> str:
    if value != value:
        return UNDEFINED
    return "below 0.001" if value < 0.001 else f"{value:.3f}"
