"""The data page as a user reads it, on the shipped catalogue: no TensorFlow, no network."""

import shutil
import time
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pooch
import pytest
from samples import picture
from streamlit.testing.v1 import AppTest
from visits import modules_after, words
from webs import Web

from core import artifacts, examples, library
from core.classifier import DEFAULT_MODELS
from core.schema import Modality
from pages.parts import data_browse, data_card, loaders, loaders_data

ROOT = Path(__file__).resolve().parent.parent


def page(view: str, **state: object) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "data.py"), default_timeout=120)
    at.session_state["data_view"] = view
    for name, value in state.items():
        at.session_state[name] = value
    at.run()
    assert not at.exception
    return at


def test_sources_say_what_the_source_alone_gives(no_folder: None) -> None:
    at = page("sources")
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
    table = page("sources", data_modality="ct").table[0].value
    assert table.loc["patients", "sarscov2-ct"] == "unknown"


def test_no_folder_is_said_in_words(no_folder: None) -> None:
    assert "not on this machine" in page("built").info[0].value


def test_newer_folder_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "nih-chestxray8-sample" / "Pneumonia"
    folder.mkdir(parents=True)
    (folder / "new.jpg").touch()
    monkeypatch.setattr(examples, "data_root", lambda: tmp_path)
    at = page("built")
    assert "holds 0 of" in at.info[0].value
    assert "1 files in it are not listed here" in at.info[1].value


def test_filters_narrow_the_table(no_folder: None) -> None:
    at = page("browse")
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


def test_filtering_all_rows_is_instant() -> None:
    images = library.read_library().images
    start = time.perf_counter()
    library.select(images, {"source": ["nih"], "sex": [""]}, {"mean": (50, 200)}, "pneu")
    assert time.perf_counter() - start < 0.1


def test_an_opened_image_names_author_licence_and_relatives(
    no_folder: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = library.read_library().images
    row = int(images.index[(images["licence"] == "CC BY 3.0") & (images["reference"] != "")][0])

    def offline(example: examples.Example) -> bytes:
        raise examples.ExampleError("It cannot be had from here.")

    monkeypatch.setattr(examples, "download", offline)
    loaders_data._picture.clear()
    text = words(page("map", data_row=row))
    assert "It cannot be had from here." in text
    assert "Licence: CC BY 3.0" in text
    assert images.loc[row, "reference"] in text
    assert "come from the same source" in text
    assert "Nearest neighbours" in text


@pytest.fixture
def fetched(
    web: Web, no_folder: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Web, int, str]:
    """The catalogue with one image's data set on a server here; its row; its name without ending.

    Its perceptual hash becomes that of a made picture, since the real one may not lie here.
    """
    data = tmp_path / "data"
    shutil.copytree(library.DATA_DIR, data)
    images = pd.read_csv(data / "images.csv", dtype=str, keep_default_na=False)
    row = int(images.index[images["path"].str.endswith(".jpg") & (images["source"] == "nih")][0])
    images.loc[row, "phash"] = examples.phash(picture(1))
    images.to_csv(data / "images.csv", index=False)
    sources = pd.read_csv(data / "sources.csv", dtype=str, keep_default_na=False)
    sources.loc[sources["source"] == "nih", "raw"] = web.url + "a%20set/"
    sources.to_csv(data / "sources.csv", index=False)
    monkeypatch.setattr(loaders_data, "DATA_DIR", data)
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache")
    _, folder, file = images.loc[row, "path"].split("/")
    (web.folder / "a set" / folder).mkdir(parents=True)
    return web, row, f"a set/{folder}/{file.removesuffix('.jpg')}"


def test_single_image_is_fetched_checked_and_kept(fetched: tuple[Web, int, str]) -> None:
    web, row, name = fetched
    (web.folder / f"{name}.png").write_bytes(picture(1))  # listed as .jpg, published as .png
    at = page("browse", data_row=row)
    path = "/" + quote(name)
    assert web.asked == [f"{path}.jpg", f"{path}.png"]
    assert not at.error
    assert len(at.image) == 1
    assert "Wang" in words(at)
    at.button("data_take").click().run()
    assert at.session_state["predict_items"][0].data == picture(1)
    loaders_data._picture.clear()  # another visit: from the cache, no ending asked for again
    assert len(page("browse", data_row=row).image) == 1
    assert web.asked.count(f"{path}.png") == 1


def test_another_picture_at_the_address_is_refused(fetched: tuple[Web, int, str]) -> None:
    web, row, name = fetched
    for ending in ("png", "jpg", "jpeg", "JPG", "PNG"):
        (web.folder / f"{name}.{ending}").write_bytes(picture(2))
    at = page("browse", data_row=row)
    assert not at.image
    assert "does not look like" in at.info[-1].value
    assert "Licence" in words(at)


def test_nothing_at_the_address_is_one_sentence(fetched: tuple[Web, int, str]) -> None:
    at = page("browse", data_row=fetched[1])
    assert not at.image
    assert "cannot be had from 127.0.0.1" in at.info[-1].value


def test_opened_image_is_shown_where_the_folder_is(real_data: Path) -> None:
    at = page("browse", data_row=0)
    assert len(at.image) > 8  # the picture, its neighbours, the gallery
    at.button("data_take").click().run()
    assert not at.exception
    taken = at.session_state["predict_items"]
    assert library.read_library().images.loc[0, "image_id"] in taken[0].note
    assert "waits on the Predict page" in words(at)


def test_neighbour_of_the_same_patient_is_in_both_rows(real_data: Path) -> None:
    images = library.read_library().images
    row = next(
        row
        for row in images.index[images["patient_id"] != ""]
        if (library.neighbours(images, row)["patient_id"] == images.loc[row, "patient_id"]).any()
    )
    at = page("browse", data_row=int(row))
    assert "more of the same patient" in words(at)
    near = library.neighbours(images, row)
    at.button(f"data_open_near_{near.index[0]}").click().run()
    assert not at.exception
    assert at.session_state["data_row"] == near.index[0]


def test_map_answers_its_question_in_words(no_folder: None) -> None:
    at = page("map")
    assert "Inside covid-chestxray" in words(at)
    for colour in ("source", "view", "split", "probability"):
        group = next(g for g in at.get("button_group") if g.label == "Colour by")
        group.set_value(colour).run()
        assert not at.exception


def test_look_alikes_and_patients_are_counted(no_folder: None) -> None:
    at = page("copies")
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
    at = page("copies")
    assert sum(str(b.key).startswith("data_open_pair_") for b in at.button) == shown
    assert "First: covid-chestxray" in words(at)
    assert (f"{pairs['second'].iloc[row]} was dropped" in words(at)) == (shown == 1)


def test_every_small_picture_names_author_and_licence(real_data: Path) -> None:
    at = page("browse")
    credits = [c.value for c in at.caption if c.value.startswith("[author](https://")]
    assert len(credits) == data_browse.GALLERY
    images = library.read_library().images
    row = int(
        images.index[images["reference"].str.startswith("10.") & (images["licence"] != "")][0]
    )
    own = images.loc[row]
    expected = f"[author](https://doi.org/{own['reference']}), {own['licence']}"
    assert data_card.credit(library.read_library(), row) == expected


def test_missing_catalogue_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaders_data, "DATA_DIR", tmp_path)
    assert "python -m training catalogue --root DIR" in page("sources").error[0].value


def test_missing_predictions_of_the_shipped_model_are_said(
    no_folder: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = DEFAULT_MODELS[Modality.XRAY]
    artifacts.write_card(artifacts.read_card(name), tmp_path)
    monkeypatch.setattr(loaders, "MODELS_DIR", tmp_path)
    at = page("sources")
    assert f"{name}/predictions.csv, received no such file" in at.error[0].value
    assert "The average image" in words(at)


def test_page_needs_no_tensorflow() -> None:
    code = (
        "from streamlit.testing.v1 import AppTest; "
        "at = AppTest.from_file('pages/data.py', default_timeout=120).run(); "
        "assert not at.exception"
    )
    assert not {"tensorflow"} & modules_after(code)
