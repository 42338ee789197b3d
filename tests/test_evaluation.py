"""core.cohorts and core.evaluation against scikit-learn and numbers worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics as reference
from tables import AREAS, REFERENCES, drawn_rows, write_model

from core import cells, cohorts, contest, evaluation, validated
from core.artifacts import ArtifactError
from core.evaluation import Comparison

# Four test images and four validation images, one a patient.
FOUR = [
    ("a", "one", "pa", "test", 1.0, 0.9),
    ("b", "one", "pb", "test", 1.0, 0.2),
    ("c", "one", "pc", "test", 0.0, 0.4),
    ("d", "two", "pd", "test", 0.0, 0.1),
    ("e", "one", "pe", "val", 1.0, 0.8),
    ("f", "one", "pf", "val", 1.0, 0.6),
    ("g", "two", "pg", "val", 0.0, 0.3),
    ("h", "two", "ph", "val", 0.0, 0.7),
]


def compared(folder: Path, key: str = "xray", *ids: str) -> Comparison:
    contenders = cohorts.read_contenders(folder)
    test_set = cohorts.test_sets(contenders.values())[key]
    return evaluation.compare([contenders[name] for name in ids or contenders], test_set)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    for number, skill in enumerate((0.4, 0.2)):
        rows = drawn_rows(number, 80, skill) + drawn_rows(number, 60, skill, "val", start=80)
        write_model(tmp_path, f"m{number}", rows)
    return tmp_path


@pytest.mark.parametrize("cut", [0.0, 0.3, 0.5, 1.0])
def test_every_measure_is_that_of_scikit_learn(two: Path, cut: float) -> None:
    comparison = compared(two)
    answers = evaluation.answer(comparison.entrants, [cut, 0.5])
    for entrant, found in zip(comparison.entrants, answers, strict=True):
        y = entrant.rows["label"].to_numpy()
        p = entrant.rows["probability"].to_numpy()
        called = (p >= found.threshold).astype(float)
        for name, measure in REFERENCES.items():
            estimate = found.measures[name]
            if math.isnan(estimate.value):  # where scikit-learn says 0 and warns
                assert cut == 1.0 or called.all()
            else:
                assert estimate.value == pytest.approx(measure(y, called))
                assert estimate.low <= estimate.value <= estimate.high
        for name, measure in AREAS.items():
            assert found.measures[name].value == pytest.approx(measure(y, p))
        assert list(found.measures) == list(evaluation.MEASURES)


def test_intervals_are_those_of_drawing_patients_anew(two: Path) -> None:
    comparison = compared(two)
    entrant = comparison.entrants[0]
    (found,) = evaluation.answer([entrant], [0.5])
    rng = np.random.default_rng(0)
    groups = [part.index.to_numpy() for _, part in entrant.rows.groupby("patient_id")]
    y, p = entrant.rows["label"].to_numpy(), entrant.rows["probability"].to_numpy()
    drawn = []
    for _ in range(1000):
        rows = np.concatenate([groups[i] for i in rng.integers(len(groups), size=len(groups))])
        drawn.append(reference.accuracy_score(y[rows], p[rows] >= 0.5))
    low, high = np.percentile(drawn, [2.5, 97.5])
    assert (found.measures["accuracy"].low, found.measures["accuracy"].high) == pytest.approx(
        (low, high)
    )


def test_four_images_by_hand(tmp_path: Path) -> None:
    write_model(tmp_path, "m", FOUR)
    comparison = compared(tmp_path)
    (entrant,) = comparison.entrants
    assert (comparison.images, comparison.positives, comparison.patients) == (4, 2, 4)
    (found,) = evaluation.answer([entrant], [0.4])
    assert (found.counts.tp, found.counts.fn, found.counts.fp, found.counts.tn) == (1, 1, 1, 1)
    assert found.measures["auc"].value == 0.75
    found_in = {
        cell: cells.in_cell(entrant, 0.4, cell)["image_id"].tolist() for cell in cells.CELLS
    }
    assert found_in == {"TP": ["a"], "FN": ["b"], "FP": ["c"], "TN": ["d"]}
    assert cells.changing_sides(entrant, 0.4, 0.15)["image_id"].tolist() == ["b"]
    assert cells.changing_sides(entrant, 0.2, 0.2).empty


def test_worst_come_first(tmp_path: Path) -> None:
    ps = {1.0: (0.1, 0.3, 0.6, 0.9), 0.0: (0.2, 0.4, 0.7, 0.8)}
    rows = [
        (f"{label:g}-{p}", "one", f"{label:g}-{p}", "test", label, p)
        for label, values in ps.items()
        for p in values
    ]
    write_model(tmp_path, "m", rows)
    (entrant,) = compared(tmp_path).entrants
    worst = {cell: cells.in_cell(entrant, 0.5, cell)["probability"].iloc[0] for cell in cells.CELLS}
    assert worst == {"TP": 0.6, "FN": 0.1, "FP": 0.8, "TN": 0.4}


def test_thresholds_are_chosen_on_validation_patients(tmp_path: Path) -> None:
    """f at 0.6 is found while h at 0.7 is a false alarm; test images play no part."""
    write_model(tmp_path, "m", FOUR)
    (entrant,) = compared(tmp_path).entrants
    assert validated.threshold(entrant, "own") == 0.4
    assert validated.threshold(entrant, "recall") == 0.6
    # Recall 1/2 at no false alarm, or all at one: equal, and the higher threshold is taken.
    assert validated.threshold(entrant, "youden") == pytest.approx(0.75)
    assert validated.threshold(entrant, "cost", 10, 0.5) == pytest.approx(0.45)
    assert validated.threshold(entrant, "cost", 0.1, 0.5) == pytest.approx(0.75)
    with pytest.raises(ValueError, match="received 'best'"):
        validated.threshold(entrant, "best")
    moved = [row if row[3] == "val" else (*row[:5], 1 - row[5]) for row in FOUR]
    write_model(tmp_path, "m", moved)
    (entrant,) = compared(tmp_path).entrants
    assert validated.threshold(entrant, "recall") == 0.6


def test_validation_of_one_class_chooses_nothing(tmp_path: Path) -> None:
    write_model(tmp_path, "m", FOUR[:6])
    (entrant,) = compared(tmp_path).entrants
    assert math.isnan(validated.threshold(entrant, "youden"))
    found = validated.calibrate(entrant)
    assert math.isnan(found.temperature)
    assert found.losses[0] == found.losses[1]


def test_calibration_is_fitted_on_validation_patients(two: Path) -> None:
    entrant = compared(two).entrants[1]
    found = validated.calibrate(entrant)
    valid = entrant.validation
    p = np.clip(valid.probabilities, 5e-7, 1 - 5e-7)
    odds = np.log(p / (1 - p))
    grid = np.exp(np.linspace(-3, 3, 2001))
    losses = [reference.log_loss(valid.labels, 1 / (1 + np.exp(-odds / t))) for t in grid]
    assert found.temperature == pytest.approx(grid[int(np.argmin(losses))], rel=0.01)
    assert found.before["images"].sum() == found.after["images"].sum() == 80


def test_models_share_images_and_draws(two: Path) -> None:
    """A model that lacks images narrows the comparison to those that both have."""
    rows = [row for row in drawn_rows(5, 80) if row[1] == "one"]
    write_model(two, "short", rows[::-1])
    comparison = compared(two)
    assert comparison.images == 40
    assert [one.own_images for one in comparison.entrants] == [80, 80, 40]
    ids = [one.rows["image_id"].tolist() for one in comparison.entrants]
    assert ids[0] == ids[1] == ids[2] == sorted(ids[0])
    write_model(two, "twin", rows)
    pair = compared(two, "xray", "short", "twin").entrants
    same = contest.duel(*pair, (0.5, 0.5))
    assert (same.calls.only_first, same.calls.only_second, same.calls.p_value) == (0, 0, 1.0)
    assert (same.accuracy.value, same.accuracy.low, same.accuracy.high) == (0, 0, 0)
    assert same.auc_patients.value == 0


def test_duel_agrees_with_a_count_by_hand(two: Path) -> None:
    first, second = compared(two).entrants
    found = contest.duel(first, second, (0.5, 0.4))
    y = first.rows["label"] == 1
    right = [(one.rows["probability"] >= c) == y for one, c in ((first, 0.5), (second, 0.4))]
    assert found.calls.only_first == int((right[0] & ~right[1]).sum())
    assert found.calls.only_second == int((~right[0] & right[1]).sum())
    assert found.accuracy.value == pytest.approx(right[0].mean() - right[1].mean())
    apart = first.areas["auc"].value - second.areas["auc"].value
    assert found.auc.value == pytest.approx(apart)
    assert found.auc_patients.value == pytest.approx(apart)
    assert found.accuracy.low <= found.accuracy.value <= found.accuracy.high


def test_one_class_only_leaves_the_rest_undefined(tmp_path: Path) -> None:
    write_model(tmp_path, "m", FOUR)
    comparison = compared(tmp_path, "xray-two")
    (found,) = evaluation.answer(comparison.entrants, [0.5])
    assert comparison.positives == 0
    undefined = ("recall", "precision", "balanced_accuracy", "mcc", "auc", "average_precision")
    assert all(math.isnan(found.measures[name].value) for name in undefined)
    assert found.measures["specificity"].value == 1
    assert cells.in_cell(comparison.entrants[0], 0.5, "TP").empty


def test_unknown_labels_do_not_count(tmp_path: Path) -> None:
    write_model(tmp_path, "m", [*FOUR, ("z", "one", "pz", "test", None, 0.5)])
    assert compared(tmp_path).images == 4


def test_labels_that_disagree_are_refused(tmp_path: Path) -> None:
    write_model(tmp_path, "m", FOUR)
    write_model(tmp_path, "n", [("a", "one", "pa", "test", 0.0, 0.9), *FOUR[1:]])
    with pytest.raises(ArtifactError, match="one label for a, received different ones from m"):
        compared(tmp_path)


def test_sets_and_who_answers_on_a_source_never_trained_on(tmp_path: Path) -> None:
    away = [("x", "two", "px", "external", 1.0, 0.7), ("y", "two", "py", "external", 0.0, 0.2)]
    write_model(tmp_path, "all", FOUR, left_out=away)
    small = [row for row in FOUR if row[1] == "one"] + away
    write_model(tmp_path, "small", small, sources=("one",))
    write_model(tmp_path, "none", FOUR)
    contenders = cohorts.read_contenders(tmp_path)
    sets = cohorts.test_sets(contenders.values())
    assert {key: len(found.images) for key, found in sets.items()} == {
        "xray": 4,
        "xray-one": 3,
        "xray-two": 1,
        "unseen-two": 2,
    }
    found = evaluation.compare(list(contenders.values()), sets["unseen-two"])
    assert {one.id: one.left_out for one in found.entrants} == {"all": True, "small": False}
    assert [one.card.id for one in found.absent] == ["none"]
    # Validation images of the source that must not be seen choose nothing.
    sources = {one.id: len(one.validation.labels) for one in found.entrants}
    assert sources == {"all": 2, "small": 2}
    assert evaluation.compare([contenders["none"]], sets["unseen-two"]).entrants == ()


def test_names_are_short_and_never_alike(tmp_path: Path) -> None:
    write_model(tmp_path, "a", FOUR)
    write_model(tmp_path, "b", FOUR)
    write_model(tmp_path, "c", FOUR, sources=("one",), config={"init": "random start, 160 px"})
    write_model(tmp_path, "d", FOUR, backbone="cnn", modality="ct")
    write_model(tmp_path, "e", FOUR, config={"init": "ImageNet weights, then something else"})
    found = {name: one.name for name, one in cohorts.read_contenders(tmp_path).items()}
    assert found == {
        "a": "VGG16 (all) [a]",
        "b": "VGG16 (all) [b]",
        "e": "VGG16 (all, nearly ImageNet)",
        "d": "Home-made CNN (CT)",
        "c": "VGG16 (small, random start, 160 px)",
    }


def test_shipped_models_share_their_test_patients() -> None:
    """Every X-ray model that has a table is tested on the same patients."""
    contenders = cohorts.read_contenders()
    pooled = cohorts.test_sets(contenders.values())["xray"]
    sizes = {
        len(cohorts.rows_on(one, pooled))
        for one in contenders.values()
        if one.card.modality == "xray"
    }
    assert sizes == {len(pooled.images)}


def test_the_leader_names_those_that_are_not_shown_to_be_worse(two: Path) -> None:
    """A model that tells all apart, its twin, and one that only guesses."""
    for name, noise in (("best", 0.0), ("twin", 0.05), ("guess", None)):
        rows = [
            (*row[:5], 0.5 if noise is None else abs(row[4] - noise)) for row in drawn_rows(0, 80)
        ]
        write_model(two, name, rows)
    first, equals = contest.lead(compared(two, "xray", "guess", "best", "twin")) or (None, [])
    assert first is not None
    assert (first.id, [one.id for one in equals]) == ("best", ["twin"])
    write_model(two, "one-class", [row for row in FOUR if row[4] == 0])
    assert contest.lead(compared(two, "xray", "one-class")) is None
