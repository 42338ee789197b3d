"""Counts of the catalogue by hand, and its figures by what they draw."""

import numpy as np
import pandas as pd
import pytest

from core import overview
from core.charts import data as charts

IMAGES = pd.DataFrame(
    {
        "image_id": [f"i{n}" for n in range(8)],
        "source": ["a"] * 4 + ["b"] * 4,
        "patient_id": ["a/1", "a/1", "a/2", "a/3", "", "", "", ""],
        "modality": "xray",
        "label": [1.0, 1.0, 0.0, np.nan, 0.0, 0.0, 0.0, 1.0],
        "split": ["train", "train", "train", "train", "train", "test", "train", "test"],
        "sex": ["F", "M", "", "", "", "", "", ""],
        "x": np.arange(8.0),
        "y": 0.0,
        "age": [30.0, 50.0] + [np.nan] * 6,
    }
)


def test_the_source_alone_gives_the_label() -> None:
    rule = overview.source_rule(IMAGES)
    assert (rule.images, rule.right) == (7, 5)  # a: 2 of 3, b: 3 of 4
    assert rule.accuracy == pytest.approx(5 / 7)
    assert rule.test_images == 2
    assert rule.test_auc == 0.5  # both test images are of b, so the shares tie


def test_counts_by_source_and_label() -> None:
    table = overview.label_counts(IMAGES)
    assert table.loc["a"].tolist() == [2, 1, 1]
    assert table.loc["b"].tolist() == [1, 3, 0]


def test_shares_put_rare_values_together() -> None:
    table = overview.shares(IMAGES.assign(sex=list("FFFMMxyz")), "sex", most=2)
    assert table.columns.tolist() == ["F", "M", "other"]
    assert table.loc["b"].tolist() == [0, 1, 3]


def test_patients_of_a_source_that_names_none_are_unknown() -> None:
    texts = {name: "" for name in ("view", "country", "licence", "year")}
    table = overview.summarise(IMAGES.assign(**texts, width=10.0, height=20.0, mean=128.0))
    assert table["source"].tolist() == ["a", "b"]
    assert table["patients"].tolist() == [3, "unknown"]


def test_patients_with_most_images_first() -> None:
    table = overview.patients_of(IMAGES)
    assert table["patient_id"].tolist() == ["a/1", "a/2", "a/3"]
    assert table["images"].tolist() == [2, 1, 1]
    assert table["label"].tolist() == ["COVID-19", "not COVID-19", "unknown"]
    assert table["split"].tolist() == ["train"] * 3


def test_reasons_lose_their_ids() -> None:
    dropped = pd.DataFrame(
        {
            "reason": [
                "near-duplicate of a/1.jpg",
                "near-duplicate of b 2.jpg",
                "same image as a/3.jpg, which has the opposite label",
            ]
        }
    )
    table = overview.reasons(dropped)
    assert table["images"].tolist() == [2, 1]
    assert table["reason"][1] == "same image as another one, which has the opposite label"


def test_mosaic_width_is_the_root_of_a_source() -> None:
    figure = charts.mosaic_figure(overview.label_counts(IMAGES))
    covid, other, unknown = figure.data
    assert list(covid.width) == [2, 2]
    assert list(covid.y) == [0.5, 0.25]
    assert list(other.y) == [0.25, 0.75]
    assert list(unknown.y) == [0.25, 0]


def test_map_colours_by_name_or_number_and_rings_one() -> None:
    names = overview.label_names(IMAGES["label"])
    figure = charts.map_figure(IMAGES, names, overview.LABELS, chosen=3)
    assert [len(trace.x) for trace in figure.data] == [3, 4, 1, 1]
    assert list(figure.data[3].x) == [3.0]
    hovered = [tuple(point) for trace in figure.data[:3] for point in trace.customdata]
    _, image, words = next(point for point in hovered if point[0] == 3)
    own = IMAGES.loc[3]
    assert (image, words) == (own["image_id"], f"source: {own['source']}<br>label: {names[3]}")
    values = pd.Series(np.linspace(0, 1, 8), name="probability")
    numbers = charts.map_figure(IMAGES, values, ())
    assert numbers.data[0].customdata[5][0] == 5
    assert numbers.data[0].customdata[7][2].endswith("<br>probability: 1.00")
    assert numbers.data[0].marker.colorbar.title.text == "probability"
    sources = charts.map_figure(IMAGES, IMAGES["source"], sorted(IMAGES["source"].unique()))
    assert {point[2] for trace in sources.data for point in trace.customdata} == {
        f"source: {name}" for name in IMAGES["source"]
    }


def test_boxes_leave_out_the_unknown() -> None:
    figure = charts.spread_figure(IMAGES, "age", "years")
    assert [list(trace.x) for trace in figure.data] == [[30.0, 50.0]]
