"""The views of the explain page as a user meets them, for every shipped model."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from explain_visits import MAPS, TEXTURE, downloads, group, visit
from PIL import Image
from streamlit.testing.v1 import AppTest
from visits import IN_SCOPE, ROOT, words

from core import artifacts, examples
from core.charts.ready import MOST
from core.classifier import DEFAULT_MODELS
from core.cohorts import FIRST
from core.opinions import layer_of
from core.schema import Modality
from pages.parts import (
    explain_download,
    explain_image,
    explain_several,
    loaders_data,
    loaders_explain,
    loaders_kernel,
    state,
)
from pages.parts.loaders_explain import Look

STEPS = "Step by step"
HEADS = [card.id for card in artifacts.list_heads() if artifacts.is_shipped(card)]
pytestmark = pytest.mark.usefixtures("no_folder")


def tables(at: AppTest) -> list:
    return [one.value for one in at.dataframe]


@pytest.mark.parametrize("model", HEADS)
@pytest.mark.parametrize("view", ["Class activation", MAPS, STEPS])
def test_every_view_of_every_model(model: str, view: str) -> None:
    at = visit(model=model, explain_view=view)
    assert not at.error
    text = words(at)
    assert "reads nothing" not in text
    assert "nan" not in text.lower()
    expected = {
        "Class activation": "where the model looked",
        MAPS: "Test images that excite it most",
        STEPS: "through the network, from 150,528, three for each pixel",
    }
    assert expected[view] in text


def test_only_layers_of_the_model_are_offered() -> None:
    for model in HEADS:
        card = artifacts.read_card(model)
        names = loaders_explain.block_names(card)
        assert names[-1] == layer_of(card)
        for name in names:  # every layer on offer is in the shipped table
            assert any(loaders_kernel.most_excited(card, name, number) for number in range(8))


# --- step by step --------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["vgg16-xray", TEXTURE])
def test_the_last_sum_ends_at_the_probability_shown(model: str) -> None:
    at = visit(model=model, explain_view=STEPS, explain_step="Last sum")
    looks = [one.value for one in at.caption if one.value.startswith("This look")]
    shown = looks[0].split("**")[1] if looks else at.metric[0].value
    assert f"= **{shown}**" in words(at)
    sums = tables(at)[-1]
    last = float(sums["sum so far"].iloc[-1])
    assert sums["input"].iloc[-1] == "bias"
    assert f"{1 / (1 + np.exp(-last)):.3f}" == shown


def test_every_step_opens_by_a_click() -> None:
    at = visit(explain_view=STEPS)
    for button in [b.key for b in at.button if b.key and b.key.startswith("explain_to_block")]:
        at.button(button).click().run()
        assert not at.exception
        table = tables(at)[0]
        assert table["layer"].iloc[-1] == button.removeprefix("explain_to_")
    assert table["hands on"].iloc[-1] == "14 x 14 x 512 = 100,352 numbers"
    at.button("explain_to_dense").click().run()
    assert tables(at)[0]["hands on"].tolist() == ["256 numbers", "512 numbers"]


def test_a_step_that_another_model_lacks() -> None:
    at = visit(explain_view=STEPS, model="vgg16-ct", explain_step="Block 5")
    at.selectbox(key="explain_model").set_value(TEXTURE).run()
    assert not at.exception
    assert "Block 5" not in words(at)


# --- several images, files, links ----------------------------------------------------------------


def test_one_method_over_several_images() -> None:
    at = visit(explain_row="One method, several images")
    assert "This image: Drawn chest X-ray" in words(at)
    assert "Drawn CT slice" not in words(at)  # not this model's kind
    group(at, "Method").set_value("layercam").run()
    assert not at.exception
    assert "stays sharp" in words(at)


def test_files_of_one_name_each_have_a_tile(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [state.Item(name, "image.dcm", b"") for name in ("a", "b")]
    monkeypatch.setattr(state, "items", lambda: files)
    drawing = explain_image.load("drawing-xray")
    assert explain_several._ids(drawing, artifacts.read_card("vgg16-xray")) == {
        "drawing-xray": f"This image: {drawing.name}",
        "file-a": "image.dcm",
        "file-b": "image.dcm (2)",
    }


def test_one_method_over_the_test_set(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "data_root", lambda: real_data)
    at = visit(explain_row="One method, several images", image="drawing-xray")
    titles = list(explain_image.picks(artifacts.read_card("vgg16-xray")))
    assert titles
    assert all(f"**{title}**" in words(at) for title in titles)


def test_zip_of_all_maps_says_what_they_are() -> None:
    assert "All maps (ZIP)" in downloads(visit(model=TEXTURE, image="drawing-ct"))
    card = artifacts.read_card(TEXTURE)
    drawing = explain_image.load("drawing-ct")
    own = SimpleNamespace(probability=0.125)
    data = explain_download.packed(drawing, card, Look(IN_SCOPE, own, 0.25))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        about = json.loads(archive.read("maps.json"))
        names = set(archive.namelist())
        listed = {one["file"] for one in about["files"]}
        assert names == listed | {"maps.json", "image.png"}
        assert (about["model"], about["image"], about["probability"]) == (
            TEXTURE, drawing.name, 0.25,
        )  # fmt: skip
        assert about["probability_of_look"] == 0.125
        assert "not for diagnosis" in about["notice"]
        maps = [one for one in about["files"] if one["kind"] == "feature map"]
        blocks = {"block4_conv3": 4, "block5_conv3": 5}[layer_of(card)]
        assert len(maps) == sum((64, 128, 256, 512, 512)[:blocks])
        one = max(maps, key=lambda entry: entry["maximum"])
        picture = np.asarray(Image.open(io.BytesIO(archive.read(one["file"]))))
        assert list(picture.shape) == one["shape"]
        assert picture.max() == 255


def test_constant_image(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.BytesIO()
    Image.fromarray(np.full((60, 60), 128, np.uint8)).save(stream, "PNG")
    monkeypatch.setattr(loaders_data, "picture", lambda row: stream.getvalue())
    image = loaders_data.catalogue().images["image_id"].iloc[0]
    at = visit(image=image)
    assert "does not look like" in words(at)
    assert not at.metric  # explained only after a click
    at.toggle(f"explain_anyway_{image}").set_value(True).run()
    assert at.metric
    for view in ("maps", "steps"):
        group(at, "View").set_value(view).run()
        assert not at.exception
        assert "nan" not in words(at).lower()


def test_from_explain_to_other_pages() -> None:
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=300).run()
    at.query_params["explain_view"] = MAPS
    at.switch_page("pages/explain.py").run()
    assert "#### Map" in words(at)
    at.button("explain_to_compare").click().run()
    assert not at.exception
    assert at.title[0].value == "Compare"
    shown = at.multiselect("compare_models_xray").value
    assert shown[0] == DEFAULT_MODELS[Modality.XRAY]
    assert len(shown) == MOST
    at.switch_page("pages/explain.py")
    at.query_params["model"] = "vgg16-ct"
    at.run().button("explain_to_compare").click().run()  # whatever was compared before
    assert at.selectbox("compare_set").value == "ct"
    assert at.multiselect("compare_models_ct").value == ["vgg16-ct", *FIRST[Modality.CT]]
    at.switch_page("pages/explain.py").run()
    at.button("explain_to_predict").click().run()
    assert not at.exception
    assert at.title[0].value == "Predict"
    assert at.subheader[0].value == "Drawn CT slice"


def test_without_a_catalogue_the_drawings_are_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaders_data, "DATA_DIR", tmp_path)
    assert not visit(explain_view=STEPS).error
    at = visit(explain_view=MAPS)
    assert "python -m training catalogue" in at.info[0].value
    assert "An input that would excite it" in words(at)


def test_images_of_the_catalogue_lead_to_their_entry(
    real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "data_root", lambda: real_data)
    at = visit(image=loaders_data.catalogue().images["image_id"].iloc[0])
    assert [b.key for b in at.button if b.key == "explain_to_data"]
    assert not [b.key for b in visit(image="drawing-ct").button if b.key == "explain_to_data"]
