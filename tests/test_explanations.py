"""The checks of explanations: resumed where they stopped, weights put back, means by hand."""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from core.artifacts import ArtifactError, read_card
from core.explain import checks
from core.library import read_library
from training import explanations
from training.explanations import base, curves, kept, randomised, summary
from training.explanations.base import Case

PIXELS = np.zeros((4, 4), np.uint8)


def cases(ids):
    return [Case(name, f"patient {name}", 1.0, PIXELS) for name in ids]


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    file = tmp_path / "model" / "check.jsonl"
    asked = []

    def measure(case):
        if case.image_id == "broken":
            raise KeyboardInterrupt
        asked.append(case.image_id)
        return [{"method": "gradcam", "value": len(asked)}]

    with pytest.raises(KeyboardInterrupt):
        kept.measured(file, ["a", "b", "broken"], cases, measure, "first")
    with file.open("a") as stream:
        stream.write('{"id": "c", "rows": [{"meth')  # cut short in the middle of a line
    table = kept.measured(file, ["a", "b", "c", "d"], cases, measure, "again")
    assert asked == ["a", "b", "c", "d"]
    assert table["value"].tolist() == [1, 2, 3, 4]
    assert table["patient"].tolist() == [f"patient {name}" for name in "abcd"]
    again = kept.measured(file, ["d", "a"], cases, measure, "fewer")
    assert again["value"].tolist() == [4, 1]
    assert len(asked) == 4


def test_what_was_kept_is_all_that_is_written(tmp_path: Path) -> None:
    rows = pd.DataFrame({"image_id": ["a", "b"], "patient": ["p", "q"], "label": [0.0, 1.0]})
    card = read_card("vgg16-ct")
    run = explanations.Run(SimpleNamespace(card=card), None, rows, tmp_path, tmp_path, None, True)
    line = {"image_id": "b", "patient": "q", "label": 1.0, "method": "gradcam", "value": 0.5}
    file = tmp_path / card.id / f"check-{kept.key_of(card, 'recipe')}.jsonl"
    file.parent.mkdir()
    file.write_text(json.dumps({"id": "b", "rows": [line]}) + "\n")

    def never(case):
        raise AssertionError("measured anew")

    assert run.each("check", ("recipe",), rows, never).to_dict("records") == [line]
    with pytest.raises(ValueError, match="expected rows of an earlier run in .*, received none"):
        run.each("check", ("another",), rows, never)
    assert summary.curves(pd.DataFrame()) == summary.similarities(pd.DataFrame()) == []


def test_test_images_that_the_catalogue_lacks_are_not_left_out_in_silence() -> None:
    library = read_library()
    whole = base.test_rows("vgg16-ct", library, 0)
    assert len(whole) == 118
    fewer = replace(library, images=library.images[library.images["image_id"] != whole.iloc[0, 0]])
    with pytest.raises(ValueError, match=r"expected 118 test images.*received 117.*catalogue"):
        base.test_rows("vgg16-ct", fewer, 0)


def test_images_are_dealt_by_class_one_a_patient() -> None:
    rows = pd.DataFrame({"label": [0, 0, 0, 1, 1.0], "patient": ["a", "a", "b", "c", "d"]})
    assert base.balanced(rows, 1).index.tolist() == [0, 3]
    assert base.balanced(rows, 9).index.tolist() == [0, 3, 2, 4]


def test_curve_ends() -> None:
    image = np.random.default_rng(0).random((28, 28, 3)).astype(np.float32)
    ends = curves.curve_ends(image, 5.0)
    whole, empty = ends[checks.DELETION]
    assert whole is image
    assert np.allclose(empty, image.mean(axis=(0, 1)))
    soft, sharp = ends[checks.INSERTION]
    assert sharp is image
    assert soft.std() < 0.2 * image.std()
    assert soft.mean() == pytest.approx(image.mean(), abs=0.02)


def test_areas_and_how_far_ahead_by_hand() -> None:
    """Two patients; deletion: the map's area is 0.25 and 0.5, the random one's 0.5 and 1."""
    values = {"gradcam": ([0.5, 0.0], [1.0, 0.0]), "random": ([1.0, 0.0], [1.0, 1.0])}
    values["centre"] = ([0.5, 0.0], [0.5, 0.5])
    rows = pd.DataFrame(
        [
            {
                "check": "deletion", "method": method, "values": one, "image_id": f"i{number}",
                "patient": f"p{number}", "label": float(number),
            }
            for method, both in values.items()
            for number, one in enumerate(both)
        ]
    )  # fmt: skip
    table = summary.table_of("m", summary.curves(rows)).set_index(["check", "method", "group"])
    assert table.loc[("deletion, area", "gradcam", "all"), "value"] == pytest.approx(0.375)
    ahead = table.loc[("deletion, ahead of random", "gradcam", "all")]
    assert ahead["value"] == pytest.approx((0.25 + 0.5) / 2)  # lower areas are better
    assert (ahead["low"], ahead["high"]) == (0.25, 0.5)  # both patients the one, or the other
    assert table.loc[("deletion, ahead of centre", "gradcam", "COVID-19"), "value"] == 0
    assert np.isnan(table.loc[("deletion, area", "gradcam", "other"), "low"])  # a single patient
    drawn = table.loc[("deletion", "gradcam", "all")]
    assert drawn["position"].tolist() == [0, 1]
    assert drawn["value"].tolist() == [0.75, 0]
    assert ("deletion, ahead of centre", "random", "all") not in table.index


@pytest.fixture
def network():
    """Two convolutions in two blocks and a head of two dense layers."""
    import keras

    x = inputs = keras.Input((8, 8, 3))
    for name in ("block1_conv1", "block2_conv1"):
        x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name=name)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dense(5, activation="relu", name="dense_1")(x)
    return SimpleNamespace(
        model=keras.Model(inputs, keras.layers.Dense(1, name="x_log_odds")(x)), blocks=()
    )


def test_steps_go_from_the_answer_to_the_input(network) -> None:
    steps = randomised.cascade_steps(network)
    assert [step.name for step in steps] == [
        "log-odds", "dense_1", "block2_conv1", "block1_conv1",
    ]  # fmt: skip
    assert [step.deep for step in steps] == [False, True, False, True]


def test_weights_become_random_step_by_step_and_are_put_back(network) -> None:
    steps = tuple(randomised.cascade_steps(network))
    layers = [layer for step in steps for layer in step.layers]
    layers[0].bias.assign([7.0])
    before = [layer.get_weights() for layer in layers]
    cascade = randomised.Cascade(None, steps, randomised.random_weights(steps, 0))
    with pytest.raises(RuntimeError, match="stopped"), cascade.randomised() as walk:
        for number, _ in walk:
            changed = [
                not np.array_equal(layer.kernel, own[0])
                for layer, own in zip(layers, before, strict=True)
            ]
            assert changed == [True] * number + [False] * (len(layers) - number)
            assert np.asarray(layers[0].bias) == 0
            if number == 3:
                raise RuntimeError("stopped")
    for layer, own in zip(layers, before, strict=True):
        assert all(np.array_equal(*pair) for pair in zip(layer.get_weights(), own, strict=True))
    same = randomised.random_weights(steps, 0)
    assert all(np.array_equal(same[name][0], cascade.random[name][0]) for name in same)


def test_what_cannot_be_measured_is_said() -> None:
    asked = argparse.Namespace(root=None, model=None, images=None)
    with pytest.raises(ValueError, match="expected --root"):
        explanations.run(asked)
    asked = argparse.Namespace(root=Path(), model=["vgg99"], images=None)
    with pytest.raises(ValueError, match="vgg99"):
        explanations.run(asked)


GOOD = {
    "model": "m", "check": checks.RANKS, "method": "gradcam", "group": "dense_1", "position": 1,
    "images": 4, "patients": 3, "value": 0.5, "low": 0.4, "high": 0.6,
}  # fmt: skip


def written(folder: Path, **changed) -> Path:
    (folder / "m").mkdir(exist_ok=True)
    rows = [GOOD, GOOD | changed]
    pd.DataFrame(rows).to_csv(folder / "m" / checks.TABLE, index=False)
    return folder


def test_a_table_is_read_as_written(tmp_path: Path) -> None:
    assert not checks.has_checks("m", tmp_path)
    table = checks.read_checks("m", written(tmp_path, low=np.nan, high=np.nan))
    assert checks.has_checks("m", tmp_path)
    assert table["value"].tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"model": "n"}, "model m"),
        ({"check": "beauty"}, "a check out of"),
        ({"method": "gradcamm"}, "a method out of"),
        ({"value": 1.5}, "value in -1..1"),
        ({"value": np.nan}, "-1..1"),
        ({"value": "high"}, "-1..1"),
        ({"check": checks.GIVEN, "value": -0.1, "low": -0.2}, "ratio from 0"),
        ({"check": checks.DELETION, "position": 2}, "share of the image"),
        ({"position": -2}, "number of steps"),
        ({"patients": 5}, "as many images"),
        ({"low": 0.55}, "interval around"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, changed, words) -> None:
    with pytest.raises(ArtifactError, match=f"(?s){words}.*row 3"):
        checks.read_checks("m", written(tmp_path, **changed))


def test_a_missing_table_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="evaluate --explanations"):
        checks.read_checks("m", tmp_path)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / checks.TABLE).write_text("a,b\n1,2\n")
    with pytest.raises(ArtifactError, match="expected columns"):
        checks.read_checks("m", tmp_path)
