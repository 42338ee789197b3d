"""The drawings on Home, by their parts."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from pages.parts import home_paper, pictures


@pytest.mark.parametrize("theme", ["light", "dark", None])
def test_pipeline_is_a_drawing_of_thirteen_convolutions(theme: str | None) -> None:
    root = ElementTree.fromstring(pictures.pipeline(theme))
    assert root.tag.endswith("svg")
    assert len(root.findall(".//*[@class='convolution']")) == 13
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert {"1. Image", "2. Frozen VGG16", "3. Small head", "4. Number"} <= set(texts)


@pytest.mark.parametrize("theme", ["light", "dark", None])
@pytest.mark.parametrize("step", home_paper.STEPS, ids=lambda step: step.title)
def test_every_step_of_the_paper_has_a_drawing_and_a_page(
    step: home_paper.Step, theme: str | None
) -> None:
    root = ElementTree.fromstring(step.drawing(theme))
    assert root.get("viewBox") == "0 0 160 72"
    assert len(list(root.iter())) > 6
    assert (Path(__file__).parents[1] / step.page).is_file()


def test_drawings_count_what_the_paper_counts() -> None:
    drawn = ElementTree.fromstring(pictures.networks("light"))
    bars = drawn.findall(".//*[@class='network']")
    assert len(bars) == 9
    assert sum(bar.get("fill") == pictures.ORANGE for bar in bars) == 1
    top = ElementTree.fromstring(pictures.unfrozen("light"))
    layers = top.findall(".//*[@class='convolution']")
    assert [bar.get("fill") for bar in layers] == [pictures.BLUE] * 10 + [pictures.ORANGE] * 3
