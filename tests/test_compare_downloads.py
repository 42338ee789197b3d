"""What the Compare page gives away: every table as a CSV file, every view as a report."""

from __future__ import annotations

import io

import pandas as pd
import pytest
import streamlit as st
from compare_visits import DEFAULT, VIEWS, choose, measured, page

from core import evaluation

pytestmark = pytest.mark.usefixtures("no_folder")


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Name of a file -> what its button gives, filled while pages run."""
    made: dict[str, str] = {}

    def button(label: str, data: object, name: str, *args: object, **options: object) -> bool:
        assert callable(data)  # made on a click, not at every move of a slider
        made[name] = data()
        return False

    monkeypatch.setattr(st, "download_button", button)
    monkeypatch.setattr(
        st.delta_generator.DeltaGenerator, "download_button", lambda self, *a, **o: button(*a, **o)
    )
    return made


def test_every_table_is_a_csv(downloads: dict[str, str]) -> None:
    at = page()
    for view in VIEWS:
        choose(at, "view", view)
    tables = {
        name: pd.read_csv(io.StringIO(text))
        for name, text in downloads.items()
        if name.endswith(".csv")
    }
    assert set(tables) == {
        "lunglens-measures.csv",
        "lunglens-calibration.csv",
        "lunglens-predictive-values.csv",
        "lunglens-paired.csv",
        "lunglens-all-vgg16-imagenet-FN.csv",
        "lunglens-models-xray.csv",
    }
    measures = tables["lunglens-measures.csv"]
    assert len(measures) == len(DEFAULT) * len(evaluation.MEASURES)
    (found,) = evaluation.answer(measured().entrants[:1], [measured().entrants[0].operating_point])
    row = measures[(measures["model"] == DEFAULT[0]) & (measures["measure"] == "mcc")].iloc[0]
    assert row["value"] == pytest.approx(found.measures["mcc"].value)
    assert (row["tp"], row["fn"]) == (found.counts.tp, found.counts.fn)
    assert len(tables["lunglens-all-vgg16-imagenet-FN.csv"]) == found.counts.fn


def test_a_report_holds_the_view(downloads: dict[str, str]) -> None:
    page(view="measures", measures="different", cut="0.3")
    text = downloads["lunglens-compare.html"]
    assert text.startswith("<!doctype html>")
    assert "not for diagnosis" in text
    assert "Exploratory: moved by hand" in text
    assert "VGG16 0.3" in text
    assert "VGG16 and Xception" in text
    assert "random start, 160 px" in text
    assert "http://" not in text.split("<body>")[1].split("<script>")[0].replace(
        "http://www.w3.org", ""
    )
