"""Predict with the shipped models and real images, where they are here."""

from pathlib import Path

import pytest
from visits import XRAY_ID, predict_page, words

from core import examples
from core.artifacts import read_card
from core.images import read_image
from core.schema import decide
from pages.parts import loaders


@pytest.mark.parametrize("name", ["covid-xray-1", "no-finding-xray"])
def test_the_page_shows_what_the_classifier_says(real_data: Path, name: str) -> None:
    example = next(one for one in examples.catalogue() if one.name == name)
    path = examples.in_folder(example, real_data)
    if path is None:
        pytest.skip(f"no {example.path} in the data folder")
    at = predict_page()
    at.file_uploader[0].set_value([(path.name, path.read_bytes(), "")]).run(timeout=120)
    assert not at.exception
    assert not at.error
    pixels = read_image(path.read_bytes()).pixels
    verdict, opinions = loaders.classifier().all_opinions(pixels)
    assert verdict.in_scope
    probability = opinions[XRAY_ID].probability
    decision = decide(probability, read_card(XRAY_ID).threshold)
    assert [m.value for m in at.metric] == [f"{probability:.3f}", decision]
    assert "at both looks" in words(at)
