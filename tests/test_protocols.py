"""The protocol of DarkCovidNet: folds, classes and the source alone, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from training import evaluate, protocols
from training.protocols import COVID, HEALTHY, IMAGES, PATIENTS, PNEUMONIA, SOURCE_ALONE


@pytest.fixture(autouse=True)
def _one_deal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocols, "SEEDS", (0,))


def _manifest() -> pd.DataFrame:
    rows = [
        ("covid-chestxray", "xray", "COVID-19"),
        ("covid-chestxray", "xray", "COVID-19, ARDS"),
        ("covid-chestxray", "xray", "SARS"),
        ("covid-chestxray", "ct", "COVID-19"),
        ("nih", "xray", "No finding"),
        ("nih", "xray", "Pneumonia"),
        ("actualmed", "xray", "COVID-19"),
    ]
    return pd.DataFrame(rows, columns=["source", "modality", "finding"])


def _toy(count: int = 60) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Rows of three classes, two images a patient, features that tell the classes apart."""
    kind = np.tile(np.repeat([HEALTHY, PNEUMONIA, COVID], 2), count // 6)
    rows = pd.DataFrame({"kind": kind, "source": np.where(kind == COVID, "covid-chestxray", "nih")})
    signal = pd.get_dummies(rows["kind"]).to_numpy(float) * 4
    features = signal + np.random.default_rng(0).normal(size=signal.shape)
    return rows, np.arange(count) // 2, features.astype(np.float16)


def test_only_the_three_classes_of_the_two_sources() -> None:
    assert protocols.rows_of(_manifest())["kind"].tolist() == [COVID, COVID, HEALTHY, PNEUMONIA]


def test_folds_of_patients_hold_them_together_and_folds_of_images_do_not() -> None:
    rows, groups, _ = _toy()
    truth = pd.factorize(rows["kind"])[0]
    met = {IMAGES: 0, PATIENTS: 0}
    tested = {IMAGES: [], PATIENTS: []}
    for where, train, test in protocols.deal(truth, groups):
        assert not set(train) & set(test)
        met[where["folds_of"]] += np.isin(groups[test], groups[train]).sum()
        tested[where["folds_of"]] += test.tolist()
    assert met[PATIENTS] == 0
    assert met[IMAGES] > 0
    for places in tested.values():  # each image once a seed
        assert np.bincount(places).tolist() == [len(protocols.SEEDS)] * 60


def test_the_source_alone_by_hand() -> None:
    sources = np.array(["a", "a", "a", "b", "b", "a", "b"], object)
    truth = np.array([0, 0, 1, 1, 1, 0, 0])
    scores = protocols.by_source(sources, truth, np.arange(5), np.array([5, 6]))
    assert scores == pytest.approx(np.array([[2 / 3, 1 / 3], [0, 1]]))


@pytest.mark.parametrize("count", [2, 3])
def test_heads_and_the_source_alone_on_toy_classes(count: int) -> None:
    rows, groups, features = _toy()
    found = protocols.measure(rows, groups, count, {"toy": {"one": features, "two": features}})
    head = found[found["head"] == "toy"]
    assert len(head) == 2 * len(protocols.SEEDS) * protocols.FOLDS
    assert head["accuracy"].mean() > 0.9
    alone = found[found["head"] == SOURCE_ALONE]
    # COVID-19 has a source of its own; the other two classes share one and are a toss-up
    assert alone["accuracy"].mean() == pytest.approx(1 if count == 2 else 2 / 3, abs=0.05)
    assert (alone["auc"] == 1).all()


def test_the_published_number_stands_beside_the_published_folds() -> None:
    rows, groups, features = _toy()
    found = protocols.measure(rows, groups, 2, {"toy": {"one": features}})
    shown = protocols.summary(found).set_index(["head", "folds of"])
    assert shown.loc[("toy", IMAGES), "published accuracy"] == "0.981"
    assert shown.loc[("toy", PATIENTS), "published accuracy"] == "-"
    assert shown.loc[("toy", PATIENTS), "patient trained on"] == "0%"
    assert shown.loc[("toy", PATIENTS), "images"] == 40


def test_a_protocol_needs_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    from training.__main__ import main

    assert main(["evaluate", "--protocol", "darkcovidnet"]) == 2
    assert "expected --root DIR" in capsys.readouterr().err
    assert evaluate.PROTOCOLS == (protocols.DARKCOVIDNET,)
