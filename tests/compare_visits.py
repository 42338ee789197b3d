"""Visits to the Compare page, on the shipped tables."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest
from visits import ROOT

from core import cohorts, evaluation
from core.evaluation import Comparison

DEFAULT = (
    "all-vgg16-imagenet",
    "all-xception-imagenet",
    "all-mobilenetv2-imagenet",
    "all-cnn-random160",
)
VIEWS = (
    "histograms",
    "roc",
    "thresholds",
    "calibration",
    "practice",
    "different",
    "images",
    "paper",
    "all",
    "table",
)
PARTS = {
    "table": "measures",
    "different": "measures",
    "all": "measures",
    "roc": "curves",
    "thresholds": "curves",
    "calibration": "curves",
}


def page(**address: str | list[str]) -> AppTest:
    """The page as opened by a link."""
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    at.switch_page("pages/compare.py")
    for name, value in address.items():
        at.query_params[f"compare_{name}"] = value
    at.run()
    assert not at.exception
    return at


def group(at: AppTest, key: str):
    return next(g for g in at.get("button_group") if g.key == f"compare_{key}")


def choose(at: AppTest, key: str, value: str) -> AppTest:
    """Click a button of a group; the part of a view by way of its view."""
    if key == "view" and value in PARTS:
        group(at, "view").set_value(PARTS[value]).run()
        key = PARTS[value]
    group(at, key).set_value(value).run()
    assert not at.exception
    return at


def measured(key: str = "xray", *ids: str) -> Comparison:
    contenders = cohorts.read_contenders()
    sets = cohorts.test_sets(contenders.values())
    return evaluation.compare([contenders[name] for name in ids or DEFAULT], sets[key])
