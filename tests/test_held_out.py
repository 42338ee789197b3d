"""No test patient had a say in a shipped model: proved from split lists, run records and tables.

training/splits.csv says what each image may be used for. used.csv of a model lists every image that
the run was handed for fitting, early stopping, choosing, calibration or thresholds; its hash stands
in the run's record.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from core import artifacts, library
from core.artifacts import MODELS_DIR, PREDICTIONS, USED, Card, sha256_of
from core.guard import GUARD_ID
from core.lungs import LUNGS_ID
from core.schema import Split
from training.dataset import SPLITS_FILE
from training.publish import WANTED_RECALL, operating_point
from training.record import STAGES, split_hash, write_used

HEADS = [card for card in artifacts.list_heads() if artifacts.is_shipped(card)]
LEARNERS = [*HEADS, artifacts.read_card(GUARD_ID)]
LEARNED = {Split.TRAIN, Split.VAL}


@pytest.fixture(scope="module")
def splits() -> pd.Series:
    """image_id -> split."""
    return pd.read_csv(SPLITS_FILE, index_col="image_id")["split"]


@pytest.fixture(scope="module")
def shelf() -> library.Library:
    return library.read_library()


def used(card: Card) -> pd.DataFrame:
    return pd.read_csv(MODELS_DIR / card.id / USED)


def held_out(ids: pd.Series, splits: pd.Series) -> set[str]:
    """Those that are not for learning, or in no list."""
    return set(ids[~ids.map(splits).isin(LEARNED)])


def test_what_is_held_out_is_noticed(splits: pd.Series) -> None:
    learned, test = splits[splits == Split.TRAIN].index[0], splits[splits == Split.TEST].index[0]
    ids = pd.Series([learned, test, "nobody/1.png"])
    assert held_out(ids, splits) == {test, "nobody/1.png"}


@pytest.mark.parametrize("card", LEARNERS, ids=lambda card: card.id)
def test_every_image_used_is_one_to_learn_from(card: Card, splits: pd.Series) -> None:
    table = used(card)
    assert table["image_id"].is_unique
    assert held_out(table["image_id"], splits) == set()


@pytest.mark.parametrize("card", LEARNERS, ids=lambda card: card.id)
def test_the_list_is_the_one_that_the_run_recorded(card: Card, splits: pd.Series) -> None:
    recorded = card.record["used"]
    assert recorded["sha256"] == sha256_of(MODELS_DIR / card.id / USED)
    stages = used(card).set_index("image_id")["used_for"].str.split().explode()
    assert stages.value_counts().to_dict() == recorded["images"]
    assert set(stages) <= set(STAGES)
    fitted = set(stages[stages == "fit"].index.map(splits))
    assert fitted == set(card.learned_from)


@pytest.mark.parametrize("card", LEARNERS, ids=lambda card: card.id)
def test_no_patient_used_is_tested_on(card: Card, shelf: library.Library) -> None:
    images = shelf.images.set_index("image_id")
    learned = images.index.isin(used(card)["image_id"])
    tested = images["split"].isin([Split.TEST, Split.EXTERNAL])
    patients = images["patient_id"].where(images["patient_id"] != "", images.index.to_series())
    assert learned.any()
    assert not set(patients[learned]) & set(patients[tested])


@pytest.mark.parametrize("card", HEADS, ids=lambda card: card.id)
def test_no_image_used_is_scored_as_a_test(card: Card, splits: pd.Series) -> None:
    table = artifacts.read_predictions(card.id)
    scored = table[table["split"].isin([Split.TEST, Split.EXTERNAL])]
    assert not set(scored["image_id"]) & set(used(card)["image_id"])
    tests = scored[scored["split"] == Split.TEST]
    assert set(tests["image_id"].map(splits)) == {Split.TEST}


@pytest.mark.parametrize("card", HEADS, ids=lambda card: card.id)
def test_the_record_counts_the_images_fitted_on(card: Card, shelf: library.Library) -> None:
    stages = used(card)
    ids = stages.loc[stages["used_for"].str.split().str[0] == "fit", "image_id"]
    images = shelf.images.set_index("image_id").loc[ids]
    counted = pd.DataFrame(card.record["trained_on"])
    found = images.groupby(["split", "source", "label"]).size()
    recorded = counted.set_index(["split", "source", "label"])["images"]
    if card.config.get("balance"):  # counted before as many were drawn of either class
        assert (found <= recorded.loc[found.index]).all()
        assert images["label"].value_counts().nunique() == 1
    else:
        pd.testing.assert_series_equal(found, recorded, check_names=False, check_index_type=False)
    assert card.record["split_sha256"] == split_hash(shelf.images)


@pytest.mark.parametrize(
    "card", [card for card in HEADS if card.learned_from == ("train",)], ids=lambda card: card.id
)
def test_the_operating_point_follows_from_validation_patients_alone(card: Card) -> None:
    table = artifacts.read_predictions(card.id)
    val = table[table["split"] == Split.VAL]
    assert operating_point(val["label"], val["probability"]) == card.threshold
    positive = val.loc[val["label"] == 1, "probability"]
    assert (positive >= card.threshold).mean() >= WANTED_RECALL
    stages = used(card).set_index("image_id")["used_for"]
    assert set(stages[stages.str.contains("threshold")].index) == set(val["image_id"])


def test_the_lung_network_learned_from_no_test_patient(splits: pd.Series) -> None:
    """Its table lists every mask; a patient's images stand on one side."""
    table = pd.read_csv(MODELS_DIR / LUNGS_ID / "dice.csv")
    assert (table["image_id"].map(splits) == table["split"]).all()
    assert table.groupby("patient_id")["split"].nunique().max() == 1
    counts = {
        split: {"images": len(part), "patients": part["patient_id"].nunique()}
        for split, part in table.groupby("split")
    }
    assert counts == artifacts.read_card(LUNGS_ID).record["masks"]


def test_no_patient_and_no_look_alike_stands_on_two_sides(
    splits: pd.Series, shelf: library.Library
) -> None:
    images = shelf.images
    assert images.set_index("image_id")["split"].equals(splits.loc[images["image_id"]])
    named = images[images["patient_id"] != ""]
    assert named.groupby("patient_id")["split"].nunique().max() == 1
    kept = shelf.pairs[shelf.pairs["first"].isin(images["image_id"])]
    kept = kept[kept["second"].isin(images["image_id"])]
    external = kept["first"].map(splits) == Split.EXTERNAL
    assert len(kept)
    assert (kept["first"].map(splits) == kept["second"].map(splits))[~external].all()


def test_what_a_run_used_is_written_once_an_image(tmp_path: Path) -> None:
    stages = {"threshold": pd.Series(["b"]), "fit": pd.Series(["a", "b"])}
    record = write_used(tmp_path / "m", stages)["used"]
    assert (tmp_path / "m" / USED).read_text() == "image_id,used_for\na,fit\nb,fit threshold\n"
    assert record["images"] == {"fit": 2, "threshold": 1}
    assert record["sha256"] == sha256_of(tmp_path / "m" / USED)
    with pytest.raises(ValueError, match="received \\['guess'\\]"):
        write_used(tmp_path, {"guess": pd.Series(["a"])})


def test_every_shipped_table_is_covered() -> None:
    """A new kind of artefact that is fitted on images must come into the lists above."""
    known = {card.id for card in LEARNERS} | {LUNGS_ID, "vgg16-imagenet"}
    cards = [artifacts.read_card(name) for name in artifacts.list_ids()]
    shipped = {card.id for card in cards if card.files}
    assert shipped == known
    assert all((MODELS_DIR / card.id / PREDICTIONS).is_file() for card in HEADS)
