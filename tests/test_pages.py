"""The app as a whole: Home, the menu, what stays when pages change."""

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from visits import ROOT, XRAY_ID, made_up_predictions, modules_after, words

from core import artifacts
from core.artifacts import read_predictions
from pages.parts import home_paper, loaders


def test_home_shows_numbers_and_what_they_do_not_mean(models: Path) -> None:
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=30).run()
    assert not at.exception
    assert at.title[0].value == "LungLens"
    assert "the 80 test images" in words(at)
    assert "not for diagnosis" in words(at)
    for step in home_paper.STEPS:
        assert f"**{step.title}** {step.words}" in words(at)
    at.slider(f"home_cut_{XRAY_ID}").set_value(0.0).run()
    assert "Finds **100%**" in words(at)


def test_home_says_which_table_is_bad(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(model_id: str, folder: Path, name: str = artifacts.PREDICTIONS) -> pd.DataFrame:
        made_up = name == artifacts.PREDICTIONS
        return (
            made_up_predictions(model_id) if made_up else read_predictions(model_id, folder, name)
        )

    monkeypatch.setattr(artifacts, "read_predictions", read)
    (models / XRAY_ID / artifacts.LEFT_OUT).write_text("image_id\na\n")
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=30).run()
    assert not at.exception
    assert f"{XRAY_ID}/left_out.csv" in at.error[0].value
    assert "What an answer does not mean" in [header.value for header in at.header]


@pytest.mark.parametrize("page", ["streamlit_app.py", "pages/predict.py"])
def test_missing_models_name_the_command(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaders, "MODELS_DIR", tmp_path)
    at = AppTest.from_file(str(ROOT / page), default_timeout=30).run()
    assert not at.exception
    assert f"python -m training texture --model {XRAY_ID} --root DIR" in at.error[0].value


def test_home_starts_without_tensorflow() -> None:
    code = (
        "from streamlit.testing.v1 import AppTest; "
        "at = AppTest.from_file('streamlit_app.py', default_timeout=30).run(); "
        "assert not at.exception"
    )
    assert not {"tensorflow"} & modules_after(code)


@pytest.mark.parametrize("page", ["predict", "compare", "data", "lab", "tune"])
def test_first_visit_by_a_link_to_a_page_gets_the_menu(page: str) -> None:
    code = (
        "from streamlit.testing.v1 import AppTest; "
        "from streamlit.runtime.pages_manager import PagesManager; "
        "at = AppTest.from_file('streamlit_app.py', default_timeout=60); "
        f"at.switch_page('pages/{page}.py').run(); "
        "assert not at.exception; assert at.title; assert not PagesManager.uses_pages_directory"
    )
    modules_after(code)


def test_no_traceback_is_shown_to_visitors() -> None:
    from streamlit import config

    assert config.get_option("client.showErrorDetails") == "type"


def test_files_survive_a_change_of_page(models: Path) -> None:
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=30).run()
    at.switch_page("pages/predict.py").run()
    at.button("drawing_Drawn CT slice").click().run()
    at.switch_page("pages/home.py").run()
    at.switch_page("pages/predict.py").run()
    assert not at.exception
    assert at.metric[0].value == "0.800"
