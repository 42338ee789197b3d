"""The questions of the lab and, once the user has guessed, what was found."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import lab
from core.charts import findings
from core.charts.findings import Finding
from core.schema import Modality
from pages.parts import lab_guess, loaders_data

CONFIG = {"displayModeBar": False}


def hospital() -> None:
    """Tell the hospital."""
    tables = _tables("hospital")
    first = tables["hospital"].set_index("setting").loc[lab.FIRST_HOSPITAL]
    guess = lab_guess.ask_number(
        "hospital",
        f"{first['images']} X-rays of {len(first['sources'].split(', '))} sources: for what share "
        f"does it name the right source? (Always naming the largest: {first['commonest']:.2f})",
        0.0,
        1.0,
        0.5,
    )
    if guess is not None:
        st.markdown(lab_guess.verdict(guess, *first[["accuracy", "low", "high"]]))
        show(findings.hospital(tables, guess))


def lungs() -> None:
    """Black out the lungs."""
    tables = _tables("lungs")
    table = tables["lungs"]
    pooled = table[table["scope"] == lab.POOLED].set_index("version")
    guess = lab_guess.ask_number(
        "lungs",
        f"With the whole image the AUC is {pooled.loc[lab.WHOLE, 'auc']:.2f} over all four "
        "sources (0.5 is guessing). What is it with the lungs blacked out?",
        0.4,
        1.0,
        0.6,
    )
    if guess is not None:
        st.markdown(lab_guess.verdict(guess, *pooled.loc[lab.BOX_BLACK, ["auc", "low", "high"]]))
        show(findings.lungs(tables, guess))


def elsewhere() -> None:
    """Another hospital."""
    tables = _tables("elsewhere")
    table = tables["elsewhere"]
    ct = table[table["modality"] == Modality.CT].set_index(["train", "test"])
    guess = lab_guess.ask_number(
        "elsewhere",
        "Trained on COVID-CT, the AUC on new patients of COVID-CT is "
        f"{ct.loc[('covid-ct', 'covid-ct'), 'auc']:.2f}. What is it on the slices of the "
        "SARS-CoV-2 CT-scan set?",
        0.3,
        1.0,
        0.75,
    )
    if guess is not None:
        away = ct.loc[("covid-ct", "sarscov2-ct")]
        st.markdown(lab_guess.verdict(guess, *away[["auc", "low", "high"]]))
        show(findings.elsewhere(tables))


def patients() -> None:
    """Patients or images."""
    tables = _tables("patients")
    table = tables["patients"]
    ct = table[(table["data"] == lab.CT_PATIENTS) & (table["head"] == lab.LEARNER)]
    ct = ct.set_index("split")
    guess = lab_guess.ask_number(
        "patients",
        f"Split by patients, the AUC on COVID-CT is {ct.loc[lab.BY_PATIENTS, 'auc']:.2f}. What "
        "does the same head get if images are split instead?",
        0.5,
        1.0,
        0.85,
    )
    if guess is not None:
        st.markdown(lab_guess.verdict(guess, *ct.loc[lab.BY_IMAGES, ["auc", "low", "high"]]))
        show(findings.patients(tables, guess))


def marks() -> None:
    """Add a mark."""
    tables = _tables("marks")
    everyone = findings.strongest(tables["marks"])
    titles = dict(zip(everyone["mark"], everyone["title"], strict=True))
    guess = lab_guess.ask_choice(
        "marks",
        "Which of these moves the answers most?",
        sorted(titles),
        lambda mark: str(titles[mark]),
    )
    if guess is not None:
        place = list(titles).index(guess) + 1
        st.markdown(f"You said **{titles[guess]}**: place {place} of {len(titles)}.")
        show(findings.marks(tables))


def _tables(experiment: str) -> dict[str, pd.DataFrame]:
    return {name: loaders_data.lab_table(name) for name in findings.TABLES[experiment]}


def show(found: list[Finding]) -> None:
    """Draw the findings, each with its words."""
    for finding in found:
        if finding.words:
            st.markdown(finding.words)
        st.plotly_chart(finding.figure, width="stretch", config=CONFIG, alt=finding.alt)
        if finding.note:
            st.caption(finding.note)
        if finding.details:
            with st.expander("Every value with its interval"):
                st.markdown("\n".join(f"- {line}" for line in finding.details))
