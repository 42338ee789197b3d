"""One image opened on the data page: its facts, its picture from a folder or its address."""

import shutil
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pooch
import pytest
import streamlit as st
from samples import picture
from visits import data_page, words
from webs import Web

from core import examples, library
from core.classifier import DEFAULT_MODELS
from core.schema import Modality
from pages.parts import loaders_data


def test_an_opened_image_names_author_licence_and_relatives(
    no_folder: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = library.read_library().images
    row = int(images.index[(images["licence"] == "CC BY 3.0") & (images["reference"] != "")][0])

    def offline(example: examples.Example) -> bytes:
        raise examples.ExampleError("It cannot be had from here.")

    monkeypatch.setattr(examples, "download", offline)
    loaders_data._picture.clear()
    text = words(data_page("map", data_row=row))
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
    at = data_page("browse", data_row=row)
    path = "/" + quote(name)
    assert web.asked == [f"{path}.jpg", f"{path}.png"]
    assert not at.error
    assert len(at.image) == 1
    assert "Wang" in words(at)
    at.button("data_take").click().run()
    assert at.session_state["predict_items"][0].data == picture(1)
    loaders_data._picture.clear()  # another visit: from the cache, no ending asked for again
    assert len(data_page("browse", data_row=row).image) == 1
    assert web.asked.count(f"{path}.png") == 1


def test_another_picture_at_the_address_is_refused(fetched: tuple[Web, int, str]) -> None:
    web, row, name = fetched
    for ending in ("png", "jpg", "jpeg", "JPG", "PNG"):
        (web.folder / f"{name}.{ending}").write_bytes(picture(2))
    at = data_page("browse", data_row=row)
    assert not at.image
    assert "does not look like" in at.info[-1].value
    assert "Licence" in words(at)


def test_nothing_at_the_address_is_one_sentence(fetched: tuple[Web, int, str]) -> None:
    at = data_page("browse", data_row=fetched[1])
    assert not at.image
    assert "cannot be had from 127.0.0.1" in at.info[-1].value


def test_opened_image_is_shown_where_the_folder_is(real_data: Path) -> None:
    at = data_page("browse", data_row=0)
    assert len(at.image) > 8  # the picture, its neighbours, the gallery
    at.button("data_take").click().run()
    assert not at.exception
    taken = at.session_state["predict_items"]
    assert library.read_library().images.loc[0, "image_id"] in taken[0].note
    assert "waits on the Predict page" in words(at)


@pytest.mark.parametrize("modality", Modality)
def test_explain_opens_an_image_with_the_model_of_its_kind(
    no_folder: None, monkeypatch: pytest.MonkeyPatch, modality: Modality
) -> None:
    links: list[dict[str, str]] = []
    monkeypatch.setattr(loaders_data, "picture", lambda row: picture(1))
    monkeypatch.setattr(st, "switch_page", lambda page, query_params: links.append(query_params))
    images = library.read_library().images
    row = int((images["modality"] == modality).argmax())
    at = data_page("map", data_row=row)
    next(b for b in at.button if b.label == "See what the network looked at").click().run()
    assert not at.exception
    model = DEFAULT_MODELS[modality]
    assert links == [{"model": model, "image": images["image_id"].iloc[row]}]


def test_neighbour_of_the_same_patient_is_in_both_rows(real_data: Path) -> None:
    images = library.read_library().images
    row = next(
        row
        for row in images.index[images["patient_id"] != ""]
        if (library.neighbours(images, row)["patient_id"] == images.loc[row, "patient_id"]).any()
    )
    at = data_page("browse", data_row=int(row))
    assert "more of the same patient" in words(at)
    near = library.neighbours(images, row)
    at.button(f"data_open_near_{near.index[0]}").click().run()
    assert not at.exception
    assert at.session_state["data_row"] == near.index[0]
