"""Pages as a user reads them, on made-up models: no weights, no network."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import artifacts, examples
from core.artifacts import Card
from core.guard import Verdict
from core.images import Grey
from core.schema import PREDICTION_COLUMNS, Modality, Split
from core.seen import Known
from pages.parts import loaders, loaders_data, text

ROOT = Path(__file__).resolve().parent.parent
PREDICT = str(ROOT / "pages" / "predict.py")
IN_SCOPE = Verdict(True, Modality.XRAY, 0.98, 10.0, 30.0, False)


class FakeClassifier:
    """Answers 0.8 for X-ray and 0.2 for CT, whatever the image."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict

    def all_probabilities(self, image: Grey) -> tuple[Verdict, dict[str, float]]:
        assert image.dtype == np.uint8
        return self.verdict, {"vgg16-xray": 0.8, "vgg16-ct": 0.2}


def made_up_predictions(modality: str) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    label = np.repeat([0.0, 1.0], 60)
    values = {
        "image_id": [f"{modality}{n}" for n in range(120)],
        "source": np.tile(["one", "two"], 60),
        "patient_id": [f"p{n // 2}" for n in range(120)],
        "split": np.repeat(["test", "external"], [40, 20]).tolist() * 2,
        "modality": modality,
        "label": label,
        "probability": np.clip(rng.normal(0.25 + 0.5 * label, 0.15), 0, 1),
    }
    return pd.DataFrame(values, columns=list(PREDICTION_COLUMNS))


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for modality in ("xray", "ct"):
        artifacts.write_card(
            Card(
                f"vgg16-{modality}",
                "head",
                f"VGG16 {modality}",
                "vgg16",
                modality=modality,
                sources=("one", "two"),
                threshold=0.4,
                threshold_rule="95 % recall",
                files={"head.weights.h5": "0" * 64},
            ),
            tmp_path,
        )
    artifacts.write_card(Card("guard", "guard", "Guard", "vgg16"), tmp_path)
    monkeypatch.setattr(loaders, "MODELS_DIR", tmp_path)
    monkeypatch.setattr(
        artifacts,
        "read_predictions",
        lambda model_id, models_dir: made_up_predictions(model_id.removeprefix("vgg16-")),
        raising=False,
    )
    answer_with(monkeypatch, IN_SCOPE)
    return tmp_path


def answer_with(monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> None:
    monkeypatch.setattr(loaders, "_classifier", lambda models_dir: FakeClassifier(verdict))


def png(value: int = 128) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.full((64, 48), value, np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def predict_page() -> AppTest:
    return AppTest.from_file(PREDICT, default_timeout=30).run()


def drawn(title: str = "Drawn chest X-ray") -> AppTest:
    at = predict_page()
    at.button(f"drawing_{title}").click().run()
    return at


def words(at: AppTest) -> str:
    return "\n".join(e.value for kind in ("markdown", "caption") for e in at.get(kind))


def test_home_shows_numbers_and_what_they_do_not_mean(models: Path) -> None:
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=30).run()
    assert not at.exception
    assert at.title[0].value == "LungLens"
    assert "the 80 test images" in words(at)
    assert "not for diagnosis" in words(at)
    at.slider("home_cut").set_value(0.0).run()
    assert "Finds **100%**" in words(at)


@pytest.mark.parametrize("page", ["streamlit_app.py", "pages/predict.py"])
def test_missing_models_name_the_command(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaders, "MODELS_DIR", tmp_path)
    at = AppTest.from_file(str(ROOT / page), default_timeout=30).run()
    assert not at.exception
    assert "python -m training train --model vgg16-xray --root DIR" in at.error[0].value


def test_smoke_run_is_announced(models: Path) -> None:
    artifacts.write_card(
        Card(
            "vgg16-ct",
            "head",
            "Tiny",
            "vgg16",
            trained=False,
            modality="ct",
            files={"head.weights.h5": "0"},
        ),
        models,
    )
    assert "smoke run" in predict_page().warning[0].value


def test_empty_page_invites(models: Path) -> None:
    at = predict_page()
    assert not at.exception
    assert "Choose a file" in at.info[0].value
    assert "not for diagnosis" in words(at)


def test_drawing_is_answered_and_named_a_drawing(models: Path) -> None:
    at = drawn()
    assert not at.exception
    assert [m.value for m in at.metric] == ["0.800", "positive"]
    assert "drawn by code, not a patient" in words(at)
    assert "of 40** were COVID-19" in words(at)
    assert "label nearly equals the source" in words(at)
    assert "Resize to 224 x 224" in words(at)


def test_threshold_moves_the_decision(models: Path) -> None:
    at = drawn()
    at.slider("predict_threshold_vgg16-xray").set_value(0.9).run()
    assert at.metric[1].value == "negative"
    at.button("predict_mark_The paper's 0.3").click().run()
    assert not at.exception
    assert (at.metric[1].label, at.metric[1].value) == ("Decision at 0.3", "positive")


def test_modality_can_be_overridden(models: Path) -> None:
    at = drawn()
    group = next(g for g in at.get("button_group") if "Found: chest X-ray" in g.label)
    group.set_value(Modality.CT).run()
    assert not at.exception
    assert at.metric[0].value == "0.200"


def test_inversion_is_proposed_never_silent(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, Verdict(True, Modality.XRAY, 0.9, 1.0, 3.0, True))
    at = drawn()
    assert "look swapped" in at.warning[0].value
    next(b for b in at.button if b.label == "Invert it").click().run()
    assert not at.exception
    assert not at.warning
    assert "black and white swapped, as you asked" in words(at)


def test_out_of_scope_hides_the_number(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, Verdict(False, Modality.XRAY, 0.6, 55.5, 30.0, False))
    at = drawn()
    assert text.OUT_OF_SCOPE in at.warning[0].value
    assert "55.5, the limit 30.0" in at.warning[0].value
    assert not at.metric
    next(t for t in at.toggle if t.label == "Show the number anyway").set_value(True).run()
    assert at.metric[0].value == "0.800"


def test_bad_file_gets_one_sentence_and_the_others_an_answer(models: Path) -> None:
    at = predict_page()
    files = [("a.png", png(), "image/png"), ("b.png", b"no image", "image/png")]
    at.file_uploader[0].set_value([*files, ("c", png(200), "")]).run()
    assert not at.exception
    assert len(at.error) == 1
    assert at.error[0].value.startswith("**b.png**: This is not a PNG")
    table = at.dataframe[0].value
    assert table["path"].tolist() == ["a.png", "b.png", "c"]
    assert table["probability"].round(2).tolist()[::2] == [0.8, 0.8]
    assert at.metric[0].value == "0.800"
    assert at.subheader[-1].value == "c"
    first = at.session_state["predict_items"][0]
    at.selectbox("predict_select").set_value(first.id).run()
    assert not at.exception
    assert at.subheader[-1].value == "a.png"


def test_decisions_of_a_table_follow_the_rule(models: Path) -> None:
    at = predict_page()
    at.file_uploader[0].set_value([("a.png", png(), ""), ("b.png", png(9), "")]).run()
    assert at.dataframe[0].value["decision"].tolist() == ["positive"] * 2
    table = at.dataframe[0].value
    assert table["thumbnail"].str.startswith("data:image/png;base64,").all()


def test_table_hides_numbers_out_of_scope(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, Verdict(False, Modality.XRAY, 0.6, 55.5, 30.0, False))
    at = predict_page()
    at.file_uploader[0].set_value([("a.png", png(), ""), ("b.png", png(9), "")]).run()
    table = at.dataframe[0].value
    assert table["probability"].isna().all()
    assert table["decision"].tolist() == ["", ""]
    assert (table["note"] == text.OUT_OF_SCOPE).all()
    at.toggle("predict_all").set_value(True).run()
    assert at.dataframe[0].value["decision"].tolist() == ["positive"] * 2


def test_table_and_slider_share_the_threshold(models: Path) -> None:
    at = predict_page()
    at.file_uploader[0].set_value([("a.png", png(), ""), ("b.png", png(9), "")]).run()
    rule = next(g for g in at.get("button_group") if g.label == "Decide at")
    assert rule.value == "Operating points"
    rule.set_value("0.5").run()
    assert at.slider("predict_threshold_vgg16-xray").value == 0.5
    at.slider("predict_threshold_vgg16-xray").set_value(0.9).run()
    assert not at.exception
    assert at.dataframe[0].value["decision"].tolist() == ["negative"] * 2
    assert next(g for g in at.get("button_group") if g.label == "Decide at").value is None
    at.button("predict_mark_Operating point").click().run()
    assert at.dataframe[0].value["decision"].tolist() == ["positive"] * 2


def test_frames_are_counted_from_one(models: Path) -> None:
    frames = [Image.fromarray(np.full((64, 64), value, np.uint8)) for value in (10, 100, 200)]
    stream = io.BytesIO()
    frames[0].save(stream, "TIFF", save_all=True, append_images=frames[1:])
    at = predict_page()
    at.file_uploader[0].set_value([("series.tif", stream.getvalue(), "")]).run()
    slider = next(s for s in at.slider if s.label == "Frame")
    assert (slider.value, slider.min, slider.max) == (1, 1, 3)
    slider.set_value(3).run()
    assert not at.exception
    assert "3 of 3" in words(at)


def test_a_model_without_test_images_says_so(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_test(model_id: str, models_dir: Path) -> pd.DataFrame:
        frame = made_up_predictions(model_id.removeprefix("vgg16-"))
        return frame[frame["split"] != "test"]

    monkeypatch.setattr(artifacts, "read_predictions", without_test)
    at = drawn()
    assert not at.exception
    assert "nobody knows how often it is right" in words(at)


@pytest.mark.parametrize(
    ("split", "source", "expected"),
    [
        ("train", "one", "its answer proves nothing"),
        ("val", "one", "used to choose this model's settings"),
        ("test", "one", "held out"),
        ("train", "elsewhere", "a source that this model never saw"),
    ],
)
def test_known_images_are_told(
    models: Path, monkeypatch: pytest.MonkeyPatch, split: str, source: str, expected: str
) -> None:
    known = Known("one/7.png", source, Modality.XRAY, Split(split))
    monkeypatch.setattr(loaders_data, "known_image", lambda pixels: known)
    at = drawn()
    assert not at.exception
    assert expected in at.info[0].value
    assert "one/7.png" in at.info[0].value


def test_examples_are_held_out(models: Path) -> None:
    assert text.NONE_LEARNED.strip() in words(predict_page())


def test_example_out_of_reach_is_one_sentence(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(example: examples.Example, root: Path | None) -> None:
        raise examples.ExampleError("The example cannot be fetched.")

    monkeypatch.setattr(examples, "load", fail)
    monkeypatch.setattr(examples, "data_root", lambda: None)
    at = predict_page()
    at.button(f"example_{examples.catalogue()[0].name}").click().run()
    assert not at.exception
    assert at.error[0].value.startswith("The example cannot be fetched. The drawings below")


def test_home_starts_without_tensorflow() -> None:
    code = (
        "import sys; from streamlit.testing.v1 import AppTest; "
        "at = AppTest.from_file('streamlit_app.py', default_timeout=30).run(); "
        "sys.exit('tensorflow' in sys.modules or bool(at.exception))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("page", ["predict", "data", "lab"])
def test_first_visit_by_a_link_to_a_page_gets_the_menu(page: str) -> None:
    code = (
        "import sys; from streamlit.testing.v1 import AppTest; "
        "from streamlit.runtime.pages_manager import PagesManager; "
        f"at = AppTest.from_file({str(ROOT / 'streamlit_app.py')!r}, default_timeout=60); "
        f"at.switch_page('pages/{page}.py').run(); "
        "sys.exit(PagesManager.uses_pages_directory or bool(at.exception) or not at.title)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_clear_all_forgets(models: Path) -> None:
    at = drawn()
    next(b for b in at.button if b.label == "Clear all").click().run()
    assert not at.exception
    assert not at.metric
    assert at.info


def test_files_survive_a_change_of_page(models: Path) -> None:
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=30).run()
    at.switch_page("pages/predict.py").run()
    at.button("drawing_Drawn CT slice").click().run()
    at.switch_page("pages/home.py").run()
    at.switch_page("pages/predict.py").run()
    assert not at.exception
    assert at.metric[0].value == "0.800"
