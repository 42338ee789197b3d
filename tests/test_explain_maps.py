"""Feature maps on the Explain page: rankings, single maps, what excites them, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from explain_visits import MAPS, TEXTURE, group, visit
from visits import words

from core import artifacts
from core.explain import maximise
from core.explain.running import Running
from core.opinions import layer_of
from pages.parts import loaders_data, loaders_kernel
from pages.parts.text import plain

LOWER = "vgg16-xray-texture"  # reads nothing above block 4
pytestmark = pytest.mark.usefixtures("no_folder")


def test_three_rankings_of_the_last_block() -> None:
    at = visit(explain_view=MAPS)
    assert "to first order" in words(at)
    assert "#### Map" in words(at)
    group(at, "Rank the maps by").set_value("bright").run()
    assert "more light pixels" in words(at)
    group(at, "Rank the maps by").set_value("removal").run()
    assert "taken out" in words(at)
    assert "without it the probability of this look changes by" in words(at)


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
    assert f"There is no map {plain(asked)} in block5_conv3" in words(at)
    assert "#### Map" in words(at)


@pytest.mark.parametrize("view", ["Class activation", MAPS])
def test_a_layer_that_does_not_exist_is_named(view: str) -> None:
    at = visit(explain_view=view, explain_block="block9_conv1")
    assert f"reads nothing at {plain('block9_conv1')}" in words(at)
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
    assert f"reads nothing at {plain('block5_conv3')}" in words(at)
    assert "Shown is block4_conv3" in words(at)
    assert "of block4_conv3" in words(at)
    named = words(visit(explain_view=MAPS, explain_block="block5_conv3", model=LOWER))
    assert f"reads nothing at {plain('block5_conv3')}" in named


@pytest.mark.parametrize("view", ["Class activation", MAPS])
def test_a_block_that_nobody_chose_follows_the_model(view: str) -> None:
    at = visit(explain_view=view)
    for model in (LOWER, "vgg16-xray"):
        at.selectbox(key="explain_model").set_value(model).run()
        assert not at.exception
        assert "reads nothing" not in words(at)
        assert group(at, "Block, from the input on").value == layer_of(artifacts.read_card(model))
    group(at, "Block, from the input on").set_value("block4_conv3").run()
    for model in (LOWER, "vgg16-xray"):
        at.selectbox(key="explain_model").set_value(model).run()
        assert group(at, "Block, from the input on").value == "block4_conv3"


def test_a_ranking_that_nobody_chose_follows_the_model() -> None:
    at = visit(model=TEXTURE, explain_view=MAPS)
    assert group(at, "Rank the maps by").value == "removal"
    at.selectbox(key="explain_model").set_value("vgg16-ct").run()
    assert group(at, "Rank the maps by").value == "worth"
    group(at, "Rank the maps by").set_value("bright").run()
    at.selectbox(key="explain_model").set_value(TEXTURE).run()
    assert group(at, "Rank the maps by").value == "bright"


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
    found = loaders_kernel.most_excited(card, "block5_conv3", 113)
    assert found
    images = loaders_data.catalogue().images
    assert [b.label for b in fetch] == [f"Fetch {images.loc[x.row, 'image_id']}" for x in found]
    assert "one a patient" in words(at)


def test_climb_is_kept_for_everyone(monkeypatch: pytest.MonkeyPatch) -> None:
    climbs = []

    def excite(network: object, layer: str, channel: int):
        climbs.append((layer, channel))
        yield Running(1, 1, np.full((8, 8, 3), 90, np.uint8))

    monkeypatch.setattr(maximise, "excite", excite)
    loaders_kernel.shelf().clear()
    try:
        at = visit(explain_view=MAPS, explain_kernel="7")
        next(b for b in at.button if b.label == "Climb to an input").click().run()
        assert not at.exception
        assert climbs == [("block5_conv3", 7)]
        other = visit(explain_view=MAPS, explain_kernel="7")
        assert not [b for b in other.button if b.label == "Climb to an input"]
        assert len(climbs) == 1
    finally:
        loaders_kernel.shelf().clear()
