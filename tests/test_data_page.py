"""The data page as a user reads it, on the shipped catalogue: no TensorFlow, no network."""

from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from visits import data_page, modules_after, words

from core import artifacts, examples, library
from core.classifier import DEFAULT_MODELS
from core.schema import Modality
from pages.parts import data_browse, data_card, data_map, loaders, loaders_data


def test_sources_say_what_the_source_alone_gives(no_folder: None) -> None:
    at = data_page("sources")
    images = library.read_library().images
    labelled = images[(images["modality"] == "xray") & images["label"].notna()]
    counts = labelled.groupby(["source", "label"]).size().unstack(fill_value=0)
    right = int(counts.max(axis=1).sum())
    assert f"**{right / len(labelled):.0%}** of the {len(labelled)} labelled" in words(at)
    assert at.metric[0].value == f"{right} of {len(labelled)}"
    assert "Not one COVID-19 image in **nih**" in words(at)
    assert "nih, not COVID-19: mean of 777" in [i.captions[0] for i in at.image]
    at.selectbox("data_column").set_value("mean").run()
    assert not at.exception
    assert "nih: median" in words(at)


def test_patients_that_nobody_named_are_not_counted(no_folder: None) -> None:
    table = data_page("sources", data_modality="ct").table[0].value
    assert table.loc["patients", "sarscov2-ct"] == "unknown"


def test_kind_and_size_of_an_image_have_one_name(no_folder: None) -> None:
    rows = set(data_page("sources").table[0].value.index)
    assert {"X-ray or CT", "size of the copy measured"} <= rows
    at = data_page("browse", data_row=0)
    assert '"label": "X-ray or CT"' in at.dataframe[0].proto.columns
    assert "size of the copy measured" in set(at.dataframe[1].value["field"])
    names = at.multiselect("data_filters").options
    assert {"X-ray or CT", "width of the copy measured", "height of the copy measured"} <= set(
        names
    )


def test_no_folder_is_said_in_words(no_folder: None) -> None:
    assert "not on this machine" in data_page("built").info[0].value


def test_newer_folder_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "nih-chestxray8-sample" / "Pneumonia"
    folder.mkdir(parents=True)
    (folder / "new.jpg").touch()
    monkeypatch.setattr(examples, "data_root", lambda: tmp_path)
    at = data_page("built")
    assert "holds 0 of" in at.info[0].value
    assert "1 file in it is not listed here" in at.info[1].value


def test_filters_narrow_the_table(no_folder: None) -> None:
    at = data_page("browse")
    total = len(library.read_library().images)
    assert f"**{total}** of {total} images" in words(at)
    at.multiselect("data_filter_source").set_value(["actualmed"]).run()
    at.multiselect("data_filter_label").set_value(["COVID-19"]).run()
    assert not at.exception
    shown = at.dataframe[0].value
    assert set(shown["source"]) == {"actualmed"}
    assert set(shown["label"]) == {"COVID-19"}
    at.text_input("data_search").set_value("no such thing").run()
    assert "No image passes all filters" in at.info[-1].value


def test_filters_stay_while_another_view_is_open(no_folder: None) -> None:
    at = data_page("browse")
    at.multiselect("data_filters").set_value(["source", "age"]).run()
    at.multiselect("data_filter_source").set_value(["nih"]).run()
    at.slider("data_filter_age").set_value((20.0, 60.0)).run()
    at.text_input("data_search").set_value("pneu").run()
    shown = at.dataframe[0].value
    for view in ("sources", "browse"):
        next(g for g in at.get("button_group") if g.label == "Look at").set_value(view).run()
        assert not at.exception
    assert at.text_input("data_search").value == "pneu"
    assert at.dataframe[0].value.equals(shown)


def test_all_filters_together_keep_what_a_loop_over_the_catalogue_keeps() -> None:
    images = library.read_library().images
    found = library.select(images, {"source": ["nih"]}, {"mean": (50, 120)}, "PNEU")
    expected = [
        row["image_id"]
        for row in images.to_dict("records")
        if row["source"] == "nih"
        and 50 <= row["mean"] <= 120
        and "pneu" in f"{row['image_id']} {row['patient_id']} {row['finding']}".lower()
    ]
    assert found["image_id"].tolist() == expected
    assert 0 < len(expected) < (images["source"] == "nih").sum()


def test_map_answers_its_question_in_words(no_folder: None) -> None:
    at = data_page("map")
    assert "Inside covid-chestxray" in words(at)
    for colour in ("source", "view", "split", "probability"):
        group = next(g for g in at.get("button_group") if g.label == "Colour by")
        group.set_value(colour).run()
        assert not at.exception


def test_look_alikes_and_patients_are_counted(no_folder: None) -> None:
    at = data_page("copies")
    pairs = library.read_library().pairs
    assert f"**{len(pairs)}** pairs differ" in words(at)
    assert at.dataframe[1].value["images"].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("done", "shown"), [("kept on one side of the split", 2), ("second dropped", 1)]
)
def test_a_ticked_pair_is_shown_and_what_was_dropped_is_named(
    no_folder: None, monkeypatch: pytest.MonkeyPatch, done: str, shown: int
) -> None:
    pairs = library.read_library().pairs
    row = int((pairs["done"] == done).argmax())
    ticks = {"pairs": row, "patients": None}
    monkeypatch.setattr(data_card, "opening_table", lambda table, name, **_: ticks[name])
    at = data_page("copies")
    assert sum(str(b.key).startswith("data_open_pair_") for b in at.button) == shown
    assert "First: covid-chestxray" in words(at)
    assert (f"{pairs['second'].iloc[row]} was dropped" in words(at)) == (shown == 1)


def test_every_small_picture_names_author_and_licence(real_data: Path) -> None:
    at = data_page("browse")
    credits = [c.value for c in at.caption if c.value.startswith("[author](https://")]
    assert len(credits) == data_browse.GALLERY
    images = library.read_library().images
    row = int(
        images.index[images["reference"].str.startswith("10.") & (images["licence"] != "")][0]
    )
    own = images.loc[row]
    expected = f"[author](https://doi.org/{own['reference']}), {own['licence']}"
    assert data_card.credit(library.read_library(), row) == expected


def test_other_filters_begin_on_the_first_page_of_pictures(real_data: Path) -> None:
    at = data_page("browse")
    at.number_input("data_page").set_value(3).run()
    assert at.number_input("data_page").value == 3
    at.multiselect("data_filter_source").set_value(["figure1"]).run()
    assert not at.exception
    assert at.number_input("data_page").value == 1


def test_one_image_is_counted_in_the_singular(no_folder: None) -> None:
    at = data_page("browse", data_search="covid-chestxray/7afaaccc.jpg")
    total = len(library.read_library().images)
    assert f"**1** of {total} images, 1 known patient." in words(at)


def test_one_neighbour_is_told_in_the_singular() -> None:
    known = library.read_library()
    own = known.images.iloc[[0, 0]]
    said = data_card._neighbour_sentence(known, int(known.images.index[0]), own.iloc[:1])
    assert "1 comes from the same source, 1 bears the same label, 1 shows" in said
    said = data_card._neighbour_sentence(known, int(known.images.index[0]), own)
    assert "2 come from the same source, 2 bear the same label, 2 show" in said


def test_missing_catalogue_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaders_data, "DATA_DIR", tmp_path)
    assert "python -m training catalogue --root DIR" in data_page("sources").error[0].value


def test_missing_predictions_of_the_shipped_model_are_said(
    no_folder: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = DEFAULT_MODELS[Modality.XRAY]
    artifacts.write_card(artifacts.read_card(name), tmp_path)
    monkeypatch.setattr(loaders, "MODELS_DIR", tmp_path)
    at = data_page("sources")
    assert f"{name}/predictions.csv, received no such file" in at.error[0].value
    assert "The average image" in words(at)


def test_page_needs_no_tensorflow() -> None:
    code = (
        "from streamlit.testing.v1 import AppTest; "
        "at = AppTest.from_file('pages/data.py', default_timeout=120).run(); "
        "assert not at.exception"
    )
    assert not {"tensorflow"} & modules_after(code)


def test_a_tick_does_not_move_to_another_image(monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[str] = []

    def draw(table: pd.DataFrame, key: str, **_: object) -> None:
        keys.append(key)

    monkeypatch.setattr(st, "dataframe", draw)
    table = pd.DataFrame({"image_id": ["a", "b", "c"]})
    for shown in (table.iloc[:2], table.iloc[1:], table.iloc[:2]):
        assert data_card.opening_table(shown, "table") is None
    assert keys[0] == keys[2] != keys[1]  # other rows, another widget: nothing is ticked there


def test_it_is_said_which_images_the_map_s_model_learned_from(no_folder: None) -> None:
    images = library.read_library().images.set_index("image_id", drop=False)
    learned = "It was trained on this very image."
    assert learned == data_card._learned(images.loc[["covid-chestxray/7afaaccc.jpg"]]).strip()
    ct = images[(images["modality"] == "ct") & (images["source"] == "covid-chestxray")]
    assert len(ct)
    assert not any(data_card._learned(ct.loc[[name]]) for name in ct.index)  # covid-ct's alone
    unlabelled = images[(images["modality"] == "xray") & images["label"].isna()]
    assert not any(data_card._learned(unlabelled.loc[[name]]) for name in unlabelled.index)


def test_the_map_counts_images_that_models_learned_from() -> None:
    listed = pd.DataFrame(
        {"image_id": ["covid-chestxray/7afaaccc.jpg", "nih/no.jpg"], "modality": "xray"}
    )
    assert "learned from 1 of these 2 images" in data_map._learned(listed)


def test_lists_of_images_are_checked(tmp_path: Path) -> None:
    with pytest.raises(artifacts.ArtifactError, match="image_id, used_for"):
        artifacts.read_used("m", tmp_path)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / artifacts.USED).write_text("image_id\na\n")
    with pytest.raises(artifacts.ArtifactError, match="image_id, used_for"):
        artifacts.read_used("m", tmp_path)
    (tmp_path / "m" / artifacts.USED).write_text("image_id,used_for\na/b.png,fit stop\n")
    assert artifacts.read_used("m", tmp_path) == {"a/b": {"fit", "stop"}}
