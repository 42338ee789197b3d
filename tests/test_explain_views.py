"""The views of the explain page as a user meets them, for every shipped model."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from test_explain_page import ROOT, group, page
from visits import words

from core import artifacts, examples
from core.explain import covering, maximise, pixels
from core.explain.running import Running
from core.opinions import layer_of
from pages.parts import (
    explain_download,
    explain_image,
    explain_running,
    loaders_data,
    loaders_explain,
)

HEADS = [card.id for card in artifacts.list_heads() if artifacts.is_shipped(card)]
TEXTURE = "vgg16-ct-texture"
LOWER = "vgg16-xray-texture"  # reads nothing above block 4
MAPS, PIXELS, STEPS = "Feature maps", "Pixels", "Step by step"


@pytest.fixture(autouse=True)
def no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "data_root", lambda: None)


def visit(**address: str) -> AppTest:
    """The page on the paper's head, unless another model is named."""
    return page(**({"model": "vgg16-xray"} | address))


def tables(at: AppTest) -> list:
    return [one.value for one in at.dataframe]


def downloads(at: AppTest) -> dict[str, object]:
    return {one.label: one for one in at.get("download_button")}


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


# --- feature maps ------------------------------------------------------------------------------


def test_three_rankings_of_the_last_block() -> None:
    at = visit(explain_view=MAPS)
    assert "to first order" in words(at)
    assert "#### Map" in words(at)
    group(at, "Rank the maps by").set_value("bright").run()
    assert "more light pixels" in words(at)
    group(at, "Rank the maps by").set_value("removal").run()
    assert "taken out" in words(at)
    assert "without it the probability changes by" in words(at)


def test_a_click_opens_a_map_and_the_address_names_it() -> None:
    at = visit(explain_view=MAPS)
    tiles = [b for b in at.button if b.key and b.key.startswith("explain_map_")]
    assert len(tiles) == 24
    number = tiles[5].key.removeprefix("explain_map_")
    tiles[5].click().run()
    assert not at.exception
    assert f"#### Map {number} of block5_conv3" in words(at)
    assert at.number_input(key="explain_kernel").value == int(number)
    assert "".join(at.query_params["explain_kernel"]) == number
    again = visit(explain_view=MAPS, explain_kernel=number)
    assert f"#### Map {number} of block5_conv3" in words(again)


@pytest.mark.parametrize("asked", ["512", "-1", "x"])
def test_a_map_that_does_not_exist_is_named(asked: str) -> None:
    at = visit(explain_view=MAPS, explain_kernel=asked)
    assert f"There is no map {asked} in block5_conv3" in words(at)
    assert "#### Map" in words(at)


@pytest.mark.parametrize("view", ["Class activation", MAPS])
def test_a_layer_that_does_not_exist_is_named(view: str) -> None:
    at = visit(explain_view=view, explain_block="block9_conv1")
    assert "reads nothing at block9_conv1" in words(at)
    assert "Shown is block5_conv3" in words(at)
    group(at, "Question").set_value("against").run()
    assert not at.exception
    assert "reads nothing" not in words(at)  # said once


def test_a_model_without_the_chosen_layer_says_so() -> None:
    at = visit(explain_view=MAPS, explain_block="block4_conv3", model="vgg16-ct")
    group(at, "Block, from the input on").set_value("block5_conv3").run()
    assert "reads nothing" not in words(at)
    at.selectbox(key="explain_model").set_value(LOWER).run()
    assert not at.exception
    assert "reads nothing at block5_conv3" in words(at)
    assert "Shown is block4_conv3" in words(at)
    assert "of block4_conv3" in words(at)
    named = words(visit(explain_view=MAPS, explain_block="block5_conv3", model=LOWER))
    assert "reads nothing at block5_conv3" in named


def test_second_order_members_say_why_gradient_x_activation_is_no_ranking() -> None:
    at = visit(model=TEXTURE, explain_view=MAPS)
    assert "taken out" in words(at)  # removal, unless another is asked for
    assert "zero for every map" not in words(at)
    group(at, "Rank the maps by").set_value("worth").run()
    top = layer_of(artifacts.read_card(TEXTURE))
    assert f"zero for every map of {top}" in words(at)
    assert "taken out" in words(at)
    group(at, "Block, from the input on").set_value("block3_conv3").run()
    assert not at.exception
    assert "zero for every map" not in words(at)


def test_lower_block_removal_runs_when_asked() -> None:
    at = visit(explain_view=MAPS, explain_block="block4_conv3", explain_ranking="Removal")
    assert "the 32 of largest gradient x activation" in words(at)
    assert "#### Map" not in words(at)
    start = next(b for b in at.button if b.label == "Remove maps in turn")
    start.click().run()
    assert not at.exception
    assert len([b for b in at.button if b.key and b.key.startswith("explain_map_")]) == 24
    assert at.selectbox(key="explain_ranks").options == ["1 to 24", "25 to 32"]


def test_images_that_excite_a_map_are_named_where_none_are_here() -> None:
    at = visit(explain_view=MAPS, explain_kernel="113")
    fetch = [b for b in at.button if b.label.startswith("Fetch ")]
    card = artifacts.read_card("vgg16-xray")
    found = loaders_explain.most_excited(card, "block5_conv3", 113)
    images = loaders_data.catalogue().images
    assert [b.label for b in fetch] == [f"Fetch {images.loc[x.row, 'image_id']}" for x in found]
    assert "one a patient" in words(at)


def test_climb_is_kept_for_everyone(monkeypatch: pytest.MonkeyPatch) -> None:
    climbs = []

    def excite(network: object, layer: str, channel: int):
        climbs.append((layer, channel))
        yield Running(1, 1, np.full((8, 8, 3), 90, np.uint8))

    monkeypatch.setattr(maximise, "excite", excite)
    loaders_explain.shelf().clear()
    try:
        at = visit(explain_view=MAPS, explain_kernel="7")
        next(b for b in at.button if b.label == "Climb to an input").click().run()
        assert not at.exception
        assert climbs == [("block5_conv3", 7)]
        other = visit(explain_view=MAPS, explain_kernel="7")
        assert not [b for b in other.button if b.label == "Climb to an input"]
        assert len(climbs) == 1
    finally:
        loaders_explain.shelf().clear()


# --- pixels, and long methods ------------------------------------------------------------------


def halting(monkeypatch: pytest.MonkeyPatch, at_step: int) -> list[int]:
    """Occlusion of four steps; the script ends in the middle, as when the visitor leaves."""
    import streamlit as st

    asked: list[int] = []

    def occlusion(score: object, tensor: np.ndarray):
        for done in range(1, 5):
            asked.append(done)
            yield Running(done, 4, np.full((14, 14), done, np.float32))

    advance = explain_running._advance

    def leaving(*arguments: object):
        for latest in advance(*arguments):
            if latest.done == at_step and asked[-1] == at_step and not leaving.left:
                leaving.left = True
                st.stop()
            yield latest

    leaving.left = False
    monkeypatch.setattr(covering, "occlusion", occlusion)
    monkeypatch.setattr(explain_running, "_advance", leaving)
    return asked


def test_leaving_in_the_middle_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = halting(monkeypatch, 2)
    at = visit(explain_view=PIXELS)
    next(b for b in at.button if b.label == "Slide the patch").click().run()
    assert not at.exception
    assert asked == [1, 2]
    stop = next(b for b in at.button if b.label == "Stop")
    stop.click().run()
    assert "Stopped after 2 of 4" in words(at)
    assert asked == [1, 2]
    next(b for b in at.button if b.label == "Continue").click().run()
    assert asked == [1, 2, 3, 4]  # no step twice
    assert "Stopped" not in words(at)
    assert not [b for b in at.button if b.label in ("Stop", "Continue")]


def test_coming_back_goes_on_where_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = halting(monkeypatch, 3)
    at = visit(explain_view=PIXELS)
    next(b for b in at.button if b.label == "Slide the patch").click().run()
    assert asked == [1, 2, 3]
    group(at, "View").set_value("cam").run()  # elsewhere
    assert not at.exception
    assert asked == [1, 2, 3]
    group(at, "View").set_value("pixels").run()
    assert asked == [1, 2, 3, 4]


def test_pixel_methods_say_what_their_numbers_are(monkeypatch: pytest.MonkeyPatch) -> None:
    signed = np.linspace(-1, 1, 224 * 224).reshape(224, 224).astype(np.float32)
    for name in ("smooth_grad", "integrated_gradients"):
        monkeypatch.setattr(pixels, name, lambda network, tensor: iter([Running(1, 1, signed)]))
    at = visit(explain_view=PIXELS)
    group(at, "Method").set_value("smoothgrad").run()
    next(b for b in at.button if b.label == "Compute SmoothGrad").click().run()
    assert "with one grey level: 1" in words(at)
    group(at, "Method").set_value("integrated").run()
    next(b for b in at.button if b.label.startswith("Compute Integrated")).click().run()
    assert "for a black image" in words(at)
    assert not at.exception


def test_an_empty_map_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    zero = np.zeros((14, 14), np.float32)
    monkeypatch.setattr(covering, "occlusion", lambda *_: iter([Running(1, 1, zero)]))
    at = visit(explain_view=PIXELS)
    next(b for b in at.button if b.label == "Slide the patch").click().run()
    assert "no place speaks for this answer" in words(at)
    assert "nan" not in words(at).lower()


def test_score_cam_in_the_row_of_methods() -> None:
    at = visit(explain_methods="Score-CAM", model=TEXTURE, image="drawing-ct")
    assert "33 passes" in words(at)
    next(b for b in at.button if b.label == "Compute Score-CAM").click().run()
    assert not at.exception
    assert "**Score-CAM**" in words(at)
    assert "PNG" in downloads(at)


# --- step by step ------------------------------------------------------------------------------


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


# --- several images, files, links --------------------------------------------------------------


def test_one_method_over_several_images() -> None:
    at = visit(explain_row="One method, several images")
    assert "This image: Drawn chest X-ray" in words(at)
    assert "Drawn CT slice" not in words(at)  # not this model's kind
    group(at, "Method").set_value("layercam").run()
    assert not at.exception
    assert "stays sharp" in words(at)


def test_one_method_over_the_test_set(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "data_root", lambda: real_data)
    at = visit(explain_row="One method, several images", image="drawing-xray")
    for title in explain_image.picks(artifacts.read_card("vgg16-xray")):
        assert f"**{title}**" in words(at)


def test_zip_of_all_maps_says_what_they_are() -> None:
    assert "All maps (ZIP)" in downloads(visit(model=TEXTURE, image="drawing-ct"))
    card = artifacts.read_card(TEXTURE)
    drawing = explain_image.load("drawing-ct")
    data = explain_download.packed(drawing, card, 0.25)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        about = json.loads(archive.read("maps.json"))
        names = set(archive.namelist())
        listed = {one["file"] for one in about["files"]}
        assert names == listed | {"maps.json", "image.png"}
        assert (about["model"], about["image"], about["probability"]) == (
            TEXTURE, drawing.name, 0.25,
        )  # fmt: skip
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
    if not at.metric:  # out of scope, as it should be: explained only after a click
        assert "does not look like" in words(at)
        at.toggle(f"explain_anyway_{image}").set_value(True).run()
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
    at.switch_page("pages/explain.py").run()
    at.button("explain_to_predict").click().run()
    assert not at.exception
    assert at.title[0].value == "Predict"
    assert at.subheader[0].value == "Drawn chest X-ray"


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


def test_only_layers_of_the_model_are_offered() -> None:
    for model in HEADS:
        card = artifacts.read_card(model)
        names = loaders_explain.block_names(card)
        assert names[-1] == layer_of(card)
        for name in names:  # every layer on offer is in the shipped table
            assert any(loaders_explain.most_excited(card, name, number) for number in range(8))
