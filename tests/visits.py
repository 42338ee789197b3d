"""Visits to pages on made-up models: no weights, no network."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.classifier import DEFAULT_MODELS
from core.examples import DATA_VARIABLE
from core.guard import Verdict
from core.images import Grey
from core.opinions import Look, Opinion
from core.schema import PREDICTION_COLUMNS, Modality
from pages.parts import loaders

ROOT = Path(__file__).resolve().parent.parent
PREDICT = str(ROOT / "pages" / "predict.py")
XRAY_ID, CT_ID = (DEFAULT_MODELS[modality] for modality in (Modality.XRAY, Modality.CT))
IN_SCOPE = Verdict(True, Modality.XRAY, 0.98, 10.0, 30.0, False)


def opinion(probability: float, *members: float) -> Opinion:
    """Of a head that looks once and makes one judgement."""
    look = Look(
        probability, float(np.log(probability / (1 - probability))), members, (probability,)
    )
    return Opinion(probability, (look,))


class FakeClassifier:
    """Answers 0.8 for X-ray, out of 0.7 and 0.9, and 0.2 for CT, whatever the image."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict

    def all_opinions(
        self, image: Grey, modality_for: Callable[[Verdict], Modality] | None = None
    ) -> tuple[Verdict, dict[str, Opinion]]:
        assert image.dtype == np.uint8
        return self.verdict, {XRAY_ID: opinion(0.8, 0.7, 0.9), CT_ID: opinion(0.2, 0.2)}

    def mirrored(self, image: Grey, name: str) -> Opinion:
        assert image.dtype == np.uint8
        return {XRAY_ID: opinion(0.6, 0.5, 0.66), CT_ID: opinion(0.35, 0.35)}[name]


def made_up_predictions(model_id: str) -> pd.DataFrame:
    modality = "ct" if model_id == CT_ID else "xray"
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


def modules_after(code: str) -> set[str]:
    """All that a new Python has imported once it has run code without error and data folder."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        cwd=ROOT,
        env=os.environ | {DATA_VARIABLE: os.devnull},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def answer_with(monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> None:
    monkeypatch.setattr(loaders, "_classifier", lambda models_dir: FakeClassifier(verdict))


def png(value: int = 128) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.full((64, 48), value, np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def opened(page: str, **state: object) -> AppTest:
    """A page by its name, drawn without an exception, with this in the session beforehand."""
    at = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=300)
    for name, value in state.items():
        at.session_state[name] = value
    at.run()
    assert not at.exception
    return at


def data_page(view: str, **state: object) -> AppTest:
    return opened("data", data_view=view, **state)


def predict_page() -> AppTest:
    return AppTest.from_file(PREDICT, default_timeout=30).run()


def drawn(title: str = "Drawn chest X-ray") -> AppTest:
    at = predict_page()
    at.button(f"drawing_{title}").click().run()
    return at


def words(at: AppTest) -> str:
    """Everything that a page says in words."""
    kinds = ("markdown", "caption", "info", "warning", "error", "subheader")
    return "\n".join(one.value for kind in kinds for one in at.get(kind))
