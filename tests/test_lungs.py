"""The shipped lung network, its split, and what is made with it."""

import numpy as np
import pandas as pd
import pytest

from core import lungs
from core.artifacts import MODELS_DIR, ArtifactError, read_card
from core.images import read_image
from core.lungs import LUNGS_ID, SIZE, load_lungs
from core.masks import Limits
from core.phantoms import CT_TITLE, XRAY_TITLE, drawings
from core.schema import Split

LIMITS = Limits(area_low=0.1, area_high=0.5, balance=0.4, apart=0.25, certainty=0.8)


@pytest.fixture(scope="module")
def network():
    return load_lungs()


@pytest.fixture(scope="module")
def drawn():
    return read_image(drawings()[XRAY_TITLE]).pixels


def test_lungs_of_the_drawn_xray_are_found_on_both_sides(network, drawn):
    found = network.find(drawn)
    assert found.probability.shape == drawn.shape
    assert found.probability.dtype == np.float32
    assert 0 <= found.probability.min() <= found.probability.max() <= 1
    assert found.trusted, found.doubts
    assert 0.15 < found.shape.area < 0.45
    assert found.mask[250, 150], "the left half's lung"
    assert found.mask[250, 400], "the right half's lung"
    assert not found.mask[470, 256], "below the lungs"


def test_any_size_is_taken_and_given(network, drawn):
    wide = np.hstack([drawn, drawn])[:200]
    assert network.segment(wide).shape == wide.shape
    assert network.segment(wide, (14, 14)).shape == (14, 14)
    assert network.segment_all([drawn, wide]).shape == (2, SIZE, SIZE)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_plain_picture_is_not_trusted(network, level):
    found = network.find(np.full((64, 80), level, np.uint8))
    assert np.isfinite(found.probability).all()
    assert not found.trusted
    assert found.doubts


def test_empty_masks_leave_the_image_whole(drawn):
    nothing = np.zeros(drawn.shape, bool)
    assert np.array_equal(lungs.crop_to_lungs(drawn, nothing), drawn)
    assert np.array_equal(lungs.only_lungs(drawn, nothing), drawn)


def test_cropped_and_masked_by_hand():
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    mask = np.zeros((8, 8), bool)
    mask[2:4, 3:6] = True
    assert np.array_equal(lungs.crop_to_lungs(pixels, mask, margin=0), pixels[2:4, 3:6])
    assert lungs.crop_to_lungs(pixels, mask, margin=1 / 8).shape == (4, 5)
    only = lungs.only_lungs(pixels, mask)
    assert only[2, 3] == 19
    assert only.sum() == pixels[2:4, 3:6].sum()


def test_a_probability_becomes_a_mask_of_two_parts():
    probability = np.zeros((20, 20), np.float32)
    probability[4:16, 2:8] = probability[4:16, 12:18] = 0.9
    probability[0, 0] = 0.6  # a speck
    found = lungs.found(probability, LIMITS)
    assert found.trusted
    assert found.mask.sum() == 2 * 12 * 6
    assert found.shape.balance == 1
    assert not lungs.found(np.zeros((20, 20), np.float32), LIMITS).trusted


def test_another_kind_of_artefact_is_refused(tmp_path):
    folder = tmp_path / LUNGS_ID
    folder.mkdir()
    card = (MODELS_DIR / LUNGS_ID / "card.json").read_text(encoding="utf-8")
    (folder / "card.json").write_text(card.replace('"kind": "lungs"', '"kind": "guard"'))
    with pytest.raises(ArtifactError, match="guard"):
        load_lungs(tmp_path)


def test_no_test_patient_was_fitted_on_or_stopped_on():
    """From the committed lists, the card and the table of what was measured."""
    card = read_card(LUNGS_ID)
    scores = pd.read_csv(MODELS_DIR / LUNGS_ID / "dice.csv", dtype={"patient_id": str})
    listed = pd.read_csv(MODELS_DIR.parent / "training" / "splits.csv").set_index("image_id")
    assert (scores["image_id"].map(listed["split"]) == scores["split"]).all()
    patients = scores.groupby("split")["patient_id"].agg(set)
    assert not patients[Split.TEST] & (patients[Split.TRAIN] | patients[Split.VAL])
    for split, counts in card.record["masks"].items():
        part = scores[scores["split"] == split]
        assert counts == {"images": len(part), "patients": part["patient_id"].nunique()}


def test_the_seed_was_chosen_on_validation_patients():
    card = read_card(LUNGS_ID)
    seeds = pd.read_csv(MODELS_DIR / LUNGS_ID / "seeds.csv").set_index("seed")
    assert seeds["val_dice"].idxmax() == card.config["seed"]
    assert list(card.config["seeds"]) == sorted(seeds.index)
    history = pd.read_csv(MODELS_DIR / LUNGS_ID / "history.csv")
    best = history[history["seed"] == card.config["seed"]]["val_dice"].max()
    assert best == pytest.approx(card.config["val_dice"], abs=1e-4)


def test_augmentation_keeps_shapes_and_ranges_and_repeats():
    from training.lungs.augment import augmented

    random = np.random.default_rng(1)
    images = random.random((5, SIZE, SIZE)).astype(np.float32)
    targets = np.zeros((5, SIZE, SIZE), np.float32)
    targets[:, : SIZE // 4] = 1  # the upper quarter
    first = augmented(images, targets, np.random.default_rng((0, 3)))
    again = augmented(images, targets, np.random.default_rng((0, 3)))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    x, y = first
    assert x.shape == y.shape == (5, SIZE, SIZE, 1)
    assert 0 <= x.min() <= x.max() <= 1
    assert (y[:, : SIZE // 2].sum(axis=(1, 2, 3)) > y[:, SIZE // 2 :].sum(axis=(1, 2, 3))).all(), (
        "nothing is turned upside down"
    )


def test_real_masks_are_met_again(real_data, tmp_path):
    """Held-out masks, read and measured anew."""
    from training.data import load_manifest
    from training.lungs.examples import read_examples
    from training.lungs.measure import score_images

    manifest = load_manifest(real_data, tmp_path)
    test = manifest[manifest["split"].isin([Split.TEST, Split.TRAIN])]
    examples = read_examples(test, real_data)
    scores = score_images(examples).set_index("image_id")
    shipped = pd.read_csv(MODELS_DIR / LUNGS_ID / "dice.csv").set_index("image_id")
    assert (scores["dice"] - shipped["dice"]).abs().max() < 0.02
    held = scores[scores["split"] == Split.TEST]
    assert held["dice"].mean() > 0.9
    assert held["dice"].mean() > held["fixed_shape"].mean() + 0.05


def test_a_ct_drawing_gives_an_answer_without_failing(network):
    """It is not meant for CT; it must say something finite, trusted or not."""
    found = network.find(read_image(drawings()[CT_TITLE]).pixels)
    assert np.isfinite(found.probability).all()


def test_an_unfinished_fit_goes_on_with_its_own_recipe_and_split_alone(tmp_path, monkeypatch):
    import keras

    from training.lungs import fit

    monkeypatch.setattr(keras.models, "load_model", lambda *names: "where it was")
    images = pd.DataFrame({"image_id": ["a", "b"], "split": ["train", "test"]})
    fresh, recipe = (None, []), fit.Recipe()

    def go_on(images, recipe=recipe):
        left = fit._resume(recipe, images, tmp_path)
        (tmp_path / fit.LOG).write_text("epoch,loss,val_dice\n1,0.5,0.25\n")
        return left

    assert go_on(images) == fresh
    (tmp_path / fit.BEST).touch()
    assert go_on(images) == ("where it was", [{"epoch": 1.0, "loss": 0.5, "val_dice": 0.25}])
    assert (tmp_path / fit.BEST).is_file()
    assert go_on(images.assign(split=["test", "train"])) == fresh
    assert not (tmp_path / fit.BEST).exists()
    assert go_on(images, fit.Recipe(epochs=1)) == fresh
