"""Compare page: the view as one HTML file, and the format of saved figures."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import streamlit as st

from core import report
from core.charts import matrices
from core.report import Report, Section
from core.schema import threshold_text
from pages.parts import compare_rules, compare_views, compare_words, text
from pages.parts.compare_view import FORMAT, FORMATS, Shown
from pages.parts.switch import switch


def foot(shown: Shown, sections: list[Section]) -> None:
    """Below each view: format of figures, and the report, made when it is clicked."""
    st.divider()
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    with left:
        switch("A figure's camera saves", FORMATS, FORMAT)
    left.caption("With the colours of this page on clear ground; the report is on white.")
    address = _address()
    right.download_button(
        "Report of this view (HTML)",
        lambda: report.report(report_of(shown, sections, address)),
        "lunglens-compare.html",
        "text/html",
        key="compare_report",
        help="One file that opens without a network: choices, matrices, measures, this view.",
        icon=":material/description:",
        on_click="ignore",
    )


def report_of(shown: Shown, sections: list[Section], address: str) -> Report:
    """Matrices, measures and the open view, with every choice."""
    comparison, cuts = shown.comparison, shown.cuts
    first = Section(
        "Confusion matrices",
        matrices.confusion_words(shown.models, cuts.values),
        matrices.confusion_figure(shown.models, cuts.values, across=2),
        note=compare_rules.status_text(cuts.rule),
    )
    measures = compare_views.measures_section(shown)
    rest = [section for section in sections if section.heading != measures.heading]
    return Report(
        f"LungLens: {len(comparison.entrants)} models compared on {comparison.test_set.title}",
        text.DISCLAIMER.replace("**", ""),
        address,
        f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC",
        {
            "Test set": f"{comparison.test_set.title}: {comparison.images} images"
            + compare_words.whose(comparison),
            "Threshold rule": compare_rules.RULES[cuts.rule],
            "Thresholds": "; ".join(
                f"{one.name} {threshold_text(cut)}"
                for one, cut in zip(comparison.entrants, cuts.values, strict=True)
            ),
            "A missed case costs": f"{cuts.cost:g} false alarms",
            "Prevalence": f"{100 * cuts.prevalence:g} %",
        },
        {
            f"{one.name}: {one.contender.card.title}": str(
                one.contender.card.record.get("date", compare_words.UNDEFINED)
            )
            for one in comparison.entrants
        },
        [first, measures, *rest],
    )


def _address() -> str:
    """Where this view can be opened again; empty where the browser does not say."""
    url = st.context.url or ""
    query = urlencode(
        [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]
    )
    return f"{url.split('?')[0]}?{query}" if url.startswith("http") else ""
