"""Data page: the map of all images."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.artifacts import ArtifactError
from core.charts import data as charts
from core.library import Library
from core.overview import LABELS, label_names, shown_values
from core.schema import MODALITY_TITLES, Modality
from pages.parts import data_card, loaders_data
from pages.parts.switch import switch

COLOURS = {
    "label": "label",
    "source": "source",
    "view": "view",
    "split": "split",
    "probability": "probability",
}
SHARED = {"source": "same source", "label": "same label"}


def show(library: Library) -> None:
    """The map, the chosen point, and what neighbours share in numbers."""
    st.subheader("Is it the disease or the hospital that clusters?")
    st.markdown(
        "Each point is an image. Points that lie close look alike to the frozen trunk, which has "
        "never been told label or source. **Colour it by label, then by source.** A click opens "
        "the image."
    )
    first, second = st.columns([2, 3])
    kinds = {"all": "all", **{kind.value: f"{MODALITY_TITLES[kind]}s" for kind in Modality}}
    kind = switch("Images", kinds, "data_map_kind", default=Modality.XRAY.value, place=first)
    colour = switch("Colour by", COLOURS, "data_map_colour", place=second, wrap=True)
    images = library.images
    if kind != "all":
        images = images[images["modality"] == kind]
    _map(images, colour)
    row = data_card.chosen()
    if row is not None:
        data_card.show(library, row)
    _shares(library)


def _map(images: pd.DataFrame, colour: str) -> None:
    if colour == "probability":
        values, order = images["probability"], tuple[str, ...]()
    elif colour == "label":
        values = label_names(images["label"])
        order = tuple(name for name in LABELS if (values == name).any())
    else:
        values = shown_values(images, colour)
        order = tuple(values.value_counts().index)
    event = st.plotly_chart(
        charts.map_figure(images, values, order, data_card.chosen()),
        width="stretch",
        config={"displayModeBar": False},
        on_select="rerun",
        selection_mode="points",
        key=f"data_map_{colour}",
        alt=f"{len(images)} images in two dimensions, coloured by {COLOURS[colour]}",
    )
    points = event["selection"]["points"] if event else []
    rows = [int(point["customdata"][0]) for point in points if "customdata" in point]
    if data_card.choose_from("map", rows[0] if rows else None):
        st.rerun()  # so that the map rings it
    if colour == "probability":
        st.caption(_learned(images))


def _learned(images: pd.DataFrame) -> str:
    """How many of these images the models that answer them learned from; empty if not known."""
    try:
        count = loaders_data.taught(images)
    except ArtifactError:
        return ""
    return f"The models learned from {count} of these {len(images)} images, and answer them too."


def _shares(library: Library) -> None:
    st.subheader("The same in numbers")
    table = library.clusters[library.clusters["shared"].isin(SHARED)].copy()
    kinds = table["modality"].map({"xray": "X-ray", "ct": "CT"})
    table["name"] = kinds + ", " + table["scope"] + ": " + table["shared"].map(SHARED)
    k = int(table["k"].iloc[0])
    titles = {"share": f"of the {k} nearest images of other patients", "chance": "by chance"}
    words = [
        f"{row.name}: {row.share:.0%}, by chance {row.chance:.0%}"
        for row in table[["name", "share", "chance"]]
        .set_index("name", drop=False)
        .itertuples(index=False)
    ]
    st.plotly_chart(
        charts.clusters_figure(table, titles),
        width="stretch",
        config={"displayModeBar": False},
        alt="; ".join(words),
    )
    st.markdown(_finding(library.clusters))
    st.caption(
        "Bars: 95 % intervals over patients. sarscov2-ct does not tell patients apart, so its "
        "neighbours may be slices of one person and its numbers are too high. The map is a t-SNE "
        "of the same features: near points are alike, distances between far groups mean nothing."
    )


def _finding(clusters: pd.DataFrame) -> str:
    """What the table says, in one sentence made from it."""
    xray = clusters[clusters["modality"] == "xray"].set_index(["scope", "shared"])
    pooled = xray.loc["all sources"]
    words = (
        f"Among X-rays {pooled.loc['source', 'share']:.0%} of the nearest images come from the "
        f"same source ({pooled.loc['source', 'chance']:.0%} by chance)."
    )
    for (scope, _), row in xray[xray.index.get_level_values(0) != "all sources"].iterrows():
        sure = "more often than" if row["low"] > row["chance"] else "no more often than"
        words += (
            f" Inside {scope}, where the source cannot give it away, neighbours share the "
            f"label {sure} chance: {row['share']:.0%} ({row['low']:.0%} to {row['high']:.0%}) "
            f"against {row['chance']:.0%}."
        )
    return words
