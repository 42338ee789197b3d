"""Data page, first view: the sources side by side."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import overview
from core.charts import data as charts
from core.library import Library
from core.schema import MODALITY_TITLES, Modality
from pages.parts import loaders, loaders_data, widgets
from pages.parts.switch import switch

AVERAGE_WIDTH = 165  # two beside each other on a phone
CONFIG = {"displayModeBar": False}
NAMES = {
    "view": "view",
    "sex": "sex",
    "country": "country",
    "year": "year taken",
    "finding": "finding",
    "licence": "licence",
    "split": "training, validation, test",
}
NUMBERS = {
    "mean": "mean grey level (0 black, 255 white)",
    "sd": "contrast (standard deviation of grey levels)",
    "width": "width of the copy measured, pixels",
    "height": "height of the copy measured, pixels",
    "age": "age, years",
}


def show(library: Library) -> None:
    """Confounding first, then what else differs, then average images."""
    modality = _modality()
    images = library.images[library.images["modality"] == modality]
    _confounding(images, modality)
    _differences(images, modality)
    _averages(library, modality)


def _modality() -> Modality:
    titles = {kind.value: f"{MODALITY_TITLES[kind]}s" for kind in Modality}
    return Modality(switch("Images", titles, "data_modality"))


def _confounding(images: pd.DataFrame, modality: Modality) -> None:
    st.subheader("Is it the disease, or the place it came from?")
    rule = loaders_data.source_rule(modality)
    counts = overview.label_counts(images)
    pure = [name for name in counts.index if not counts.loc[name, overview.COVID]]
    words = (
        f"**Look at no image at all, only at where it came from,** and always say the commoner "
        f"label of that source: you are right for **{rule.accuracy:.0%}** of the {rule.images} "
        f"labelled {MODALITY_TITLES[modality]}s."
    )
    if rule.test_images and rule.test_auc == rule.test_auc and counts.shape[0] > 1:
        words += f" On the {rule.test_images} test images that is an AUC of {rule.test_auc:.2f}."
    st.markdown(words)
    left, right = st.columns([3, 2], gap="large")
    left.plotly_chart(
        charts.mosaic_figure(counts),
        width="stretch",
        config=CONFIG,
        alt="A column a source; height: share of each label. "
        + "; ".join(
            f"{name}: {row[overview.COVID]} of {row.sum()} COVID-19"
            for name, row in counts.iterrows()
        ),
    )
    with right:
        st.metric("Right without looking", f"{rule.right} of {rule.images}")
        if pure:
            st.markdown(f"Not one COVID-19 image in **{', '.join(pure)}**.")
        with widgets.told():
            st.markdown(_model_line(modality))
        st.caption(
            "The wider a column, the larger the source (width: square root of its images). Where a "
            "column has one colour, a model need not know lungs: it is enough to know the machine, "
            "the crop or the letters in the corner."
        )


def _model_line(modality: Modality) -> str:
    """The shipped model's test accuracy beside the rule, from its own table."""
    from core.classifier import DEFAULT_MODELS
    from core.metrics import auc, confusion

    name = DEFAULT_MODELS[modality]
    card = loaders.heads().get(name)
    if card is None:
        return ""
    test = loaders.test_set(name)
    counts = confusion(test["label"], test["probability"], card.threshold)
    area = auc(test["label"], test["probability"])
    return (
        f"For comparison, the shipped model, which does look, is right for "
        f"{counts.accuracy:.0%} of its {len(test)} test images (AUC {area:.2f})."
    )


def _differences(images: pd.DataFrame, modality: Modality) -> None:
    st.subheader("What else differs between the sources")
    options = {**NAMES, **NUMBERS}
    column = st.selectbox(
        "Compare them by",
        list(options),
        format_func=options.__getitem__,
        key="data_column",
        bind="query-params",
    )
    if column in NUMBERS:
        figure = charts.spread_figure(images, column, NUMBERS[column])
        medians = images.groupby("source")[column].median().dropna()
        words = "; ".join(f"{name}: median {value:.0f}" for name, value in medians.items())
    else:
        table = overview.shares(images, column)
        figure = charts.share_figure(table)
        words = "; ".join(f"{name}: mostly {row.idxmax()}" for name, row in table.iterrows())
    st.plotly_chart(
        figure, width="stretch", config=CONFIG, alt=f"{options[column]} by source: {words}"
    )
    st.caption(f"{words}.")
    if column in ("width", "height"):
        st.caption("Sizes are those of the copies measured here, at most 512 pixels a side.")
    st.table(loaders_data.summary(modality).set_index("source").T.astype(str))


def _averages(library: Library, modality: Modality) -> None:
    st.subheader("The average image")
    st.markdown(
        "The mean of all images of a source and class, grey level by grey level. What stays sharp "
        "in an average is the same in every image: frames, letters, the way patients are placed."
    )
    table = library.averages[library.averages["modality"] == modality]
    grid = st.container(horizontal=True)
    for row in table.sort_values(["source", "label"]).itertuples():
        name = overview.COVID if row.label else overview.OTHER
        grid.image(
            str(library.folder / row.file),
            width=AVERAGE_WIDTH,
            caption=f"{row.source}, {name}: mean of {row.images}",
            alt=f"Average of {row.images} images of {row.source}, {name}",
        )
    st.caption(
        "Groups of fewer than forty images are left out: their average still shows single patients."
    )
