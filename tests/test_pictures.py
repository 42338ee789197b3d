"""The drawing on Home, by its parts."""

from xml.etree import ElementTree

import pytest

from pages.parts import pictures


@pytest.mark.parametrize("theme", ["light", "dark", None])
def test_pipeline_is_a_drawing_of_thirteen_convolutions(theme: str | None) -> None:
    root = ElementTree.fromstring(pictures.pipeline(theme))
    assert root.tag.endswith("svg")
    assert len(root.findall(".//*[@class='convolution']")) == 13
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert {"1. Image", "2. Frozen VGG16", "3. Small head", "4. Number"} <= set(texts)
