"""Visits to the Explain page."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest
from visits import ROOT

TEXTURE = "vgg16-ct-texture"
MAPS = "Feature maps"


def page(**address: str) -> AppTest:
    """The page as opened by a link."""
    at = AppTest.from_file(str(ROOT / "pages" / "explain.py"), default_timeout=300)
    for name, value in address.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def group(at: AppTest, label: str):
    return next(g for g in at.get("button_group") if g.label == label)


def visit(**address: str) -> AppTest:
    """The page on the paper's head, unless another model is named."""
    return page(**({"model": "vgg16-xray"} | address))


def downloads(at: AppTest) -> dict[str, object]:
    return {one.label: one for one in at.get("download_button")}
