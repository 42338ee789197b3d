"""Do lungs alone help, and where are they trusted: the comparison across sources, the counts."""

import numpy as np
import pandas as pd
import pytest

from core.schema import Split


@pytest.fixture
def two_sources():
    """40 images of 20 patients; the first feature is the label."""
    random = np.random.default_rng(0)
    labels = np.tile([0.0, 0.0, 1.0, 1.0], 10)
    rows = pd.DataFrame(
        {
            "label": labels,
            "group": np.repeat(np.arange(20), 2),
            "source": np.repeat(["covid-chestxray", "actualmed"], 20),
        }
    )
    signal = labels[:, None] + random.normal(0, 0.01, (40, 1))
    return rows, np.hstack([signal, random.normal(size=(40, 3))]), random.normal(size=(40, 4))


def test_across_sees_what_helps_and_what_does_not(two_sources):
    from training.lab.found import BELOW, LAST, WHOLE
    from training.lungs.across import across

    rows, good, noise = two_sources
    found = {WHOLE: {LAST: noise, BELOW: good}, "x": {LAST: good, BELOW: good}}
    table = across(rows, found)
    table = table[table["version"] == "x"].set_index("test")
    helped = table[table["features"] == "block 5, mean"]
    assert (helped["auc"] == 1).all()
    assert (helped["gain_low"] > 0).all()
    same = table[table["features"] == "block 4, mean and deviation"]
    assert (same[["gain", "gain_low", "gain_high"]] == 0).all(axis=None)
    assert set(helped.index) == {
        "pooled",
        "inside covid-chestxray, same heads",
        "covid-chestxray alone",
        "actualmed left out",
    }


def test_a_source_left_out_is_not_fitted_on(two_sources, monkeypatch):
    from training.lungs import across

    rows, good, _ = two_sources
    seen = []
    head = across.new_head

    class Spy:
        def fit(self, x, y):
            seen.extend(x[:, 0])
            return head().fit(x, y)

    monkeypatch.setattr(across, "new_head", Spy)
    there = np.flatnonzero(rows["source"] == "actualmed")
    scores = across._left_out(rows, good, there)
    assert scores.shape == (len(across.SEEDS), 20)
    assert seen
    assert not set(seen) & set(good[there, 0])


def test_the_experiment_used_no_test_patient():
    from core.library import DATA_DIR, read_library

    images = read_library().images
    known = images[(images["modality"] == "xray") & images["label"].notna()]
    across = pd.read_csv(DATA_DIR / "lungs" / "across.csv")
    pooled = across[across["test"] == "pooled"]
    assert set(pooled["images"]) == {int((known["split"] != Split.TEST).sum())}
    whole = across[across["version"] == "whole image"]
    assert len(whole)
    assert (whole["gain"] == 0).all()


def test_trust_is_counted_by_kind_and_source():
    from training.lungs.trust import summary

    seen = pd.DataFrame(
        {
            "kind": ["a", "a", "b"],
            "source": "s",
            "trusted": [True, False, True],
            "area": [0.2, 0.4, 0.3],
        }
    )
    first = summary(seen).iloc[0]
    assert (first["images"], first["trusted"], first["share"]) == (2, 1, 0.5)
    assert first["median_area"] == pytest.approx(0.3)
