"""The results of each experiment, behind its question. Every number is read from a table."""

from __future__ import annotations

import streamlit as st

from core.charts import lab as charts
from core.schema import MODALITY_TITLES, Modality
from pages.parts import lab_guess, loaders_data

CONFIG = {"displayModeBar": False}
BOX = "lungs blacked out (rectangle)"
WHOLE = "whole image"
POOLED = "all four sources"


def hospital() -> None:
    """Tell the hospital."""
    table = loaders_data.lab_table("hospital").set_index("setting")
    first = table.iloc[0]
    guess = lab_guess.ask_number(
        "hospital",
        f"{first['images']} X-rays of {len(first['sources'].split(', '))} sources: for what share "
        f"does it name the right source? (Always naming the largest: {first['commonest']:.2f})",
        0.0,
        1.0,
        0.5,
    )
    if guess is None:
        return
    st.markdown(lab_guess.verdict(guess, *first[["accuracy", "low", "high"]]))
    rows = table.reset_index().rename(columns={"setting": "name", "accuracy": "value"})
    _draw(
        charts.interval_figure(
            rows.assign(group="accuracy"),
            "share named correctly",
            guess=(table.index[0], guess),
            span=(0.0, 1.0),
        ),
        "; ".join(f"{row.name}: {row.value:.0%}" for row in rows.itertuples()),
    )
    clean = table.loc["chest X-rays without COVID-19"]
    st.markdown(
        f"Even among images **without** COVID-19, where the disease cannot help, the source is "
        f"named correctly for {clean['accuracy']:.0%} ({clean['low']:.0%} to {clean['high']:.0%}; "
        f"always naming the larger: {clean['commonest']:.0%}). Counting every source the same, "
        f"recall over the four is {first['mean_recall']:.2f}: the two small ones are often taken "
        "for the large one they resemble."
    )
    matrix = loaders_data.lab_table("hospital_matrix")
    matrix = matrix[matrix["setting"] == table.index[0]].copy()
    matrix["value"] = matrix["images"] / matrix.groupby("source")["images"].transform("sum")
    matrix["text"] = matrix["images"].astype(str)
    matrix = matrix.rename(columns={"source": "row", "named": "column"})
    matrix["words"] = [f"{m.row} named as {m.column}: {m.images}" for m in matrix.itertuples()]
    _draw(
        charts.matrix_figure(matrix, ("true source", "named")),
        "Confusion matrix of the sources: " + "; ".join(matrix["words"]),
    )


def lungs() -> None:
    """Black out the lungs."""
    table = loaders_data.lab_table("lungs")
    pooled = table[table["scope"] == POOLED].set_index("version")
    guess = lab_guess.ask_number(
        "lungs",
        f"With the whole image the AUC is {pooled.loc[WHOLE, 'auc']:.2f} over all four sources "
        "(0.5 is guessing). What is it with the lungs blacked out?",
        0.4,
        1.0,
        0.6,
    )
    if guess is None:
        return
    st.markdown(lab_guess.verdict(guess, *pooled.loc[BOX, ["auc", "low", "high"]]))
    rows = table.rename(columns={"version": "name", "scope": "group", "auc": "value"})
    boxed = rows[rows["group"] != "images with a lung mask"]
    _draw(
        charts.interval_figure(boxed, "AUC, new patients", chance=0.5, guess=(BOX, guess)),
        "; ".join(f"{row.name}, {row.group}: {row.value:.2f}" for row in boxed.itertuples()),
    )
    st.markdown(
        f"**{pooled.loc['8 x 8 pixels', 'auc']:.2f}** is left when the image is shrunk to 8 x 8 "
        "pixels, in which nobody could see a lung."
    )
    masked = rows[rows["group"] == "images with a lung mask"].set_index("name")
    box = loaders_data.lab_table("lungs_box").iloc[0]
    if not masked.empty:
        black = masked.loc["lungs blacked out (outline)"]
        only = masked.loc["only the lungs (outline)"]
        st.markdown("**With true lung outlines**")
        _draw(
            charts.interval_figure(masked.reset_index(), "AUC, new patients", chance=0.5),
            "; ".join(f"{name}: {row.value:.2f}" for name, row in masked.iterrows()),
        )
        st.markdown(
            f"Without the lungs {black['value']:.2f} ({black['low']:.2f} to {black['high']:.2f}), "
            f"with nothing but the lungs {only['value']:.2f} ({only['low']:.2f} to "
            f"{only['high']:.2f})."
        )
    st.caption(
        f"Outlines exist upstream for {box['masks']:.0f} of these X-rays, all of covid-chestxray, "
        "so the last picture covers those alone. The rectangle, used for all others, holds "
        f"{box['lung_inside_box']:.0%} of the lungs of those images and {box['box_area']:.0%} of "
        "the picture. Lateral images are not in it."
    )


def elsewhere() -> None:
    """Another hospital."""
    table = loaders_data.lab_table("elsewhere")
    ct = table[table["modality"] == Modality.CT].set_index(["train", "test"])
    home, away = ct.loc[("covid-ct", "covid-ct")], ct.loc[("covid-ct", "sarscov2-ct")]
    guess = lab_guess.ask_number(
        "elsewhere",
        f"Trained on COVID-CT, the AUC on new patients of COVID-CT is {home['auc']:.2f}. What is "
        "it on the slices of the SARS-CoV-2 CT-scan set?",
        0.3,
        1.0,
        0.75,
    )
    if guess is None:
        return
    st.markdown(lab_guess.verdict(guess, *away[["auc", "low", "high"]]))
    for modality in (Modality.CT, Modality.XRAY):
        part = table[table["modality"] == modality].rename(
            columns={"train": "row", "test": "column", "auc": "value"}
        )
        part["text"] = [_cell(row.value, f"{row.value:.2f}", f"{row.false_alarms:.0%}*")
                        for row in part.itertuples()]  # fmt: skip
        part["words"] = [
            f"{row.row} to {row.column}: "
            + _cell(
                row.value,
                f"AUC {row.value:.2f} ({row.low:.2f} to {row.high:.2f}), {row.images} images",
                f"false alarms {row.false_alarms:.0%} ({row.alarms_low:.0%} to "
                f"{row.alarms_high:.0%}) of {row.images} images",
            )
            for row in part.itertuples()
        ]
        st.markdown(f"**{MODALITY_TITLES[modality]}s**")
        figure = charts.matrix_figure(part, ("trained on", "tested on"))
        _draw(figure, "; ".join(part["words"]))
        with st.expander("Every cell with its interval"):
            st.markdown("\n".join(f"- {words}" for words in part["words"]))
    st.caption(
        "Out of each source's own patients by cross-validation on the diagonal. sarscov2-ct does "
        "not say whose slices are whose, so its own cell holds memory of patients and is too high. "
        "nih has no COVID-19 image: its cells (*) are false alarms at an even cut."
    )


def _cell(area: float, measured: str, otherwise: str) -> str:
    """What to write where an AUC exists, and where it does not (one class only)."""
    return measured if area == area else otherwise


def patients() -> None:
    """Patients or images."""
    table = loaders_data.lab_table("patients")
    ct = table[table["data"].str.startswith("CT") & (table["head"] == "logistic regression")]
    ct = ct.set_index("split")
    guess = lab_guess.ask_number(
        "patients",
        f"Split by patients, the AUC on COVID-CT is {ct.loc['patients', 'auc']:.2f}. What does "
        "the same head get if images are split instead?",
        0.5,
        1.0,
        0.85,
    )
    if guess is None:
        return
    st.markdown(lab_guess.verdict(guess, *ct.loc["images", ["auc", "low", "high"]]))
    rows = table[table["split"] != "difference"].copy()
    rows["name"] = rows["data"] + "<br>" + rows["head"]
    rows = rows.rename(columns={"auc": "value"})
    rows["group"] = "split by " + rows["split"]
    name = ct.loc["images", "data"] + "<br>logistic regression"
    _draw(
        charts.interval_figure(rows, "AUC", chance=0.5, guess=(name, guess)),
        "; ".join(
            f"{row.data}, {row.head}, {row.group}: {row.value:.2f}" for row in rows.itertuples()
        ),
    )
    gone = table[table["split"] == "difference"]
    st.markdown(
        "What splitting by images adds: "
        + "; ".join(f"**{row.auc:+.2f}** ({row.data}, {row.head})" for row in gone.itertuples())
        + ". The nearest-neighbour head can do nothing but remember, so it gains most."
    )
    st.caption(
        f"Intervals: 95 % of {int(table['repeats'].iloc[0])} deals into five folds, not patients."
    )


def marks() -> None:
    """Add a mark."""
    table = loaders_data.lab_table("marks")
    everyone = table[table["label"] == "all"].sort_values("mean_size", ascending=False)
    titles = dict(zip(everyone["mark"], everyone["title"], strict=True))
    guess = lab_guess.ask_choice(
        "marks",
        "Which of these moves the answers most?",
        sorted(titles),
        lambda mark: str(titles[mark]),
    )
    if guess is None:
        return
    place = list(titles).index(guess) + 1
    top = everyone.iloc[0]
    st.markdown(
        f"You said **{titles[guess]}**: place {place} of {len(titles)}. Most comes from "
        f"**{top['title']}**, which moves the probability by {top['mean_size']:.2f} on average; "
        f"{top['to_positive']} of {top['images']} test images turn positive and "
        f"{top['to_negative']} negative at the threshold {top['cut']:.2f}."
    )
    order = {mark: number for number, mark in enumerate(everyone["mark"])}
    rows = table.sort_values("mark", key=lambda column: column.map(order), kind="stable")
    _draw(
        charts.shift_figure(rows),
        "; ".join(f"{row.title}: moved by {row.mean_size:.2f}" for row in everyone.itertuples()),
    )
    st.caption("Dots: mean over the test images; lines: the middle 80 % of them.")
    shown = everyone[["title", "images", "mean_size", "mean_shift", "low", "high",
                      "to_positive", "to_negative"]]  # fmt: skip
    st.dataframe(
        shown.rename(columns={"title": "mark", "mean_size": "mean size of the change"}),
        hide_index=True,
        alt="Marks, how far they move the probability and how many decisions they turn",
    )


def _draw(figure: object, alt: str) -> None:
    st.plotly_chart(figure, width="stretch", config=CONFIG, alt=alt)
