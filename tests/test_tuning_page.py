"""The Tuning page as a visitor reads it."""

from pathlib import Path

import pandas as pd
import pytest
import tuned
from streamlit.testing.v1 import AppTest
from visits import modules_after, opened, words

from core import tuning
from core.artifacts import LEARNING_CURVE
from core.classifier import DEFAULT_MODELS
from core.learning_curve import doublings_to
from core.schema import Modality
from core.tuning import CLAIMS
from pages.parts import loaders_tuning


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tuned.write(tmp_path)
    monkeypatch.setattr(loaders_tuning, "TUNING_DIR", tmp_path)


def page(view: str = "findings", **state: object) -> AppTest:
    return opened("tune", tune_view=view, **state)


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_claim_stands_beside_its_evidence(tables: None, claim: str) -> None:
    at = page(tune_claim=claim)
    assert at.subheader[0].value == f"“{CLAIMS[claim].title}”"
    own = tuned.PAIRS[tuned.PAIRS["finding"] == claim]
    assert f"of {len(own)} comparison" in words(at)
    assert f"{own['difference'].iloc[0]:+.3f}" in words(at)
    assert "not for diagnosis" in words(at)


def test_a_claim_not_compared_yet_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuned, "PAIRS", tuned.PAIRS[tuned.PAIRS["finding"] != "batch"])
    tuned.write(tmp_path)
    monkeypatch.setattr(loaders_tuning, "TUNING_DIR", tmp_path)
    assert "--dataset ct --root DIR --pairs" in page(tune_claim="batch").info[0].value


def test_an_optimiser_is_shown_with_its_learning_rates(tables: None) -> None:
    assert "adam: best at 0.001 (AUC 0.740)" in words(page(tune_claim="optimizer"))
    assert "best at" not in words(page(tune_claim="batch"))


def test_what_mattered_and_its_choices(tables: None) -> None:
    at = page("mattered")
    assert "pooling 50%" in words(at)
    assert list(at.dataframe[0].value["choice"]) == ["average", "flatten"]
    at.selectbox("tune_parameter_ct").set_value("batch").run()
    assert not at.exception
    assert list(at.dataframe[0].value["choice"]) == ["16", "32", "64"]


def test_every_trial_is_in_the_table(tables: None) -> None:
    at = page("trials")
    assert "4 trials, 3 completed, 1 pruned" in words(at)
    assert len(at.dataframe[0].value) == 4
    assert at.multiselect("tune_axes_ct").value == ["pooling", "learning_rate", "first", "batch"]
    at.multiselect("tune_axes_ct").set_value(["optimizer"]).run()
    assert not at.exception


def switched(at: AppTest, label: str, value: str) -> None:
    next(g for g in at.get("button_group") if g.label == label).set_value(value).run()
    assert not at.exception


def test_each_data_set_begins_with_what_mattered_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuned.write(tmp_path)
    other = tuned.IMPORTANCES.iloc[::-1]
    other.to_csv(tmp_path / Modality.XRAY / tuning.IMPORTANCES, index=False)
    monkeypatch.setattr(loaders_tuning, "TUNING_DIR", tmp_path)
    at = page("trials")
    at.multiselect("tune_axes_ct").set_value(["optimizer"]).run()
    switched(at, "Images", "xray")
    assert at.multiselect[0].value == ["batch", "first", "learning_rate", "pooling"]
    switched(at, "Look at", "mattered")
    assert at.selectbox[0].value == "batch"
    switched(at, "Images", "ct")
    assert at.selectbox[0].value == "pooling"
    switched(at, "Look at", "trials")
    assert at.multiselect[0].value == ["optimizer"]  # as it was left


def test_method_says_who_took_part(tables: None) -> None:
    text = words(page("method", tune_dataset="ct"))
    assert "419 labelled images (191 COVID-19)" in text
    assert "patient of the test split is read" in text
    assert tuned.RECORD["search"]["command"] in text


def test_missing_tables_name_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders_tuning, "TUNING_DIR", tmp_path)
    assert "python -m training tune --dataset ct --root DIR" in page("trials").error[0].value
    assert "--pairs" in page("findings").error[0].value


CURVE = pd.DataFrame(
    {
        "kind": "inside", "group": "covid-ct", "share": [0.125, 0.25, 0.5, 1.0],
        "patients": [15.0, 30.0, 60.0, 120.0], "auc": [0.7, 0.75, 0.8, 0.84],
        "low": [0.6, 0.65, 0.7, 0.76], "high": [0.8, 0.85, 0.9, 0.92],
        "gain": [None, 0.05, 0.05, 0.04], "gain_low": [None, 0.01, 0.02, 0.01],
        "gain_high": [None, 0.09, 0.08, 0.07], "deals": 4, "rising": [0, 4, 3, 4],
    }
)  # fmt: skip


def test_more_patients_are_said_in_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = DEFAULT_MODELS[Modality.CT]
    (tmp_path / model).mkdir()
    pooled = CURVE.assign(kind="pooled", group="", gain_low=[None, 0.01, 0.02, -0.01])
    away = CURVE.assign(kind="never seen", group="sarscov2-ct", rising=[0, 4, 4, 3])
    pd.concat([CURVE, pooled, away]).to_csv(tmp_path / model / LEARNING_CURVE, index=False)
    monkeypatch.setattr(loaders_tuning, "MODELS_DIR", tmp_path)
    said = words(page("patients", tune_dataset="ct"))
    line = "AUC 0.70 with 15 patients, 0.84 with 120; the last doubling brought +0.040"
    assert f"inside covid-ct: {line} (+0.010 to +0.070), more in 4 of 4 deals" in said
    assert f"pooled: {line} (-0.010 to +0.070)" in said
    assert f"{line} (+0.010 to +0.070), more in 3 of 4 deals" in said
    assert "In 1 of 3 tests the last doubling" in said
    other = page("patients", tune_dataset="xray").error[0].value
    assert "python -m training learning_curve --model vgg16-xray-texture" in other


def test_doublings_by_hand() -> None:
    assert doublings_to(0.95, 0.84, 0.04) == 3  # 0.88, 0.92, 0.96
    assert doublings_to(0.88, 0.84, 0.04) == 1  # not two, whatever floats make of it
    assert doublings_to(0.8, 0.84, 0.04) == 0


def test_page_needs_neither_tensorflow_nor_optuna(tmp_path: Path) -> None:
    tuned.write(tmp_path)
    code = (
        "from pathlib import Path; from streamlit.testing.v1 import AppTest; "
        "from pages.parts import loaders_tuning; "
        f"loaders_tuning.TUNING_DIR = Path({str(tmp_path)!r}); "
        "at = AppTest.from_file('pages/tune.py', default_timeout=60).run(); "
        "assert not at.exception; assert not at.error"
    )
    assert not {"tensorflow", "optuna"} & modules_after(code)
