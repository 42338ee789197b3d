"""Linear members: the same answers as scikit-learn on all features, no group on both sides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from core import artifacts
from core.ensemble import Member
from core.head import MEAN_STD, SECOND_ORDER
from core.schema import PREDICTION_COLUMNS
from training import linear, texture
from training.choosing import best
from training.descriptors import packed, unpacked_kernel
from training.haze import STEEP, judgement
from training.linear import Basis, Scaler
from training.members import PATIENTS, Choice, Space, answer, groups_of, judge, out_of_fold
from training.recipes import TextureRecipe
from training.trained import Trained, machines, platt, train

PAIRS = Member("block3_conv3", SECOND_ORDER, (1, 2, 3))


def _rows(count: int = 40) -> pd.DataFrame:
    number = np.arange(count)
    return pd.DataFrame(
        {
            "image_id": [f"i{n}" for n in number],
            "patient_id": [f"p{n // 2}" for n in number],
            "path": [f"x/{n}.png" for n in number],
            "source": np.where(number < count // 2, "a", "b"),
            "label": (number // 2 % 2).astype(float),
        }
    )


def _space(rows: pd.DataFrame) -> Space:
    rng = np.random.default_rng(0)
    signal = rows["label"].to_numpy()[:, None, None]
    features = (rng.normal(size=(len(rows), 2, 9)) + signal).astype(np.float16)
    return Space.of(rows, {"one": features, "two": features[:, :, :4]})


def test_packing_keeps_the_weighted_sum() -> None:
    rng = np.random.default_rng(0)
    half = rng.random((4, 3, 3))
    symmetric = (half + half.transpose(0, 2, 1)).reshape(4, 9).astype(np.float32)
    kept = packed(PAIRS, symmetric)
    kernel = rng.normal(size=6)
    assert kept.shape == (4, 6)
    np.testing.assert_allclose(
        symmetric @ unpacked_kernel(PAIRS, kernel), kept @ kernel, rtol=5e-3, atol=5e-3
    )


def test_other_poolings_are_kept_whole() -> None:
    one = Member("block3_conv3", MEAN_STD, (1, 2, 3))
    assert packed(one, np.ones((2, 6), np.float32)).shape == (2, 6)
    np.testing.assert_array_equal(unpacked_kernel(one, np.arange(6.0)), np.arange(6.0))


def test_the_fit_among_images_equals_scikit_learn_on_all_features() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(30, 80)).astype(np.float16)
    labels = (features[:, 0] + rng.normal(size=30) > 0).astype(float)
    scaler = Scaler.of(features)
    scaled = scaler.scale(features)
    basis = Basis.of(scaled)
    model = linear.fit(basis.coordinates, labels, np.ones(30), 3.0)
    kernel, bias = linear.plain(model.coef_.T, model.intercept_, basis, scaled, scaler)
    known = LogisticRegression(C=3.0, class_weight="balanced", tol=1e-8, max_iter=1000)
    known.fit(scaled, labels)
    expected = known.decision_function(scaled)
    np.testing.assert_allclose(model.decision_function(basis.coordinates), expected, atol=1e-3)
    np.testing.assert_allclose((features.astype(float) @ kernel + bias)[:, 0], expected, atol=1e-3)


def test_rows_of_weight_zero_are_left_out() -> None:
    space = _space(_rows())
    used = np.arange(40)
    only = space.fit(Choice(1.0, {"b": 0.0}), used)["one"]
    same = space.fit(Choice(1.0, {}), used[:20])["one"]
    np.testing.assert_allclose(only.weights, same.weights, atol=1e-6)


def test_papers_hold_patients_together() -> None:
    rows = pd.DataFrame(
        {
            "image_id": ["a", "b", "c", "d"],
            "patient_id": ["p1", "p2", "p3", ""],
            "path": [
                "C/CT_COVID/2020.02.13.20022673-p13-77.jpg",
                "C/CT_COVID/2020.02.13.20022673-p14-78.jpg",
                "C/CT_NonCOVID/1.jpg",
                "C/CT_NonCOVID/2.jpg",
            ],
        }
    )
    assert groups_of(rows).tolist() == ["2020.02.13.20022673"] * 2 + ["p3", "d"]
    assert groups_of(rows, PATIENTS).tolist() == ["p1", "p2", "p3", "d"]


def test_unseen_scores_do_not_know_their_labels() -> None:
    """Without signal, fitting on the same rows separates them; unseen scores must not."""
    rows = _rows(80)
    noise = np.random.default_rng(2).normal(size=(80, 2, 200)).astype(np.float16)
    space = Space.of(rows, {"one": noise})
    choice = Choice(100.0, {})
    seen = answer(space.log_odds(space.fit(choice, np.arange(80)), np.arange(80)))
    unseen = out_of_fold(space, choice, (0, 1)).mean(axis=0)
    assert ((seen > 0) == (space.labels == 1)).all()
    assert ((unseen > 0) == (space.labels == 1)).mean() < 0.7


def test_platt_by_hand() -> None:
    # at log-odds +1 three of four are positive, at -1 one of four: slope ln 3, offset 0
    log_odds = np.repeat([1.0, -1.0], 4)
    labels = np.array([1, 1, 1, 0, 1, 0, 0, 0], float)
    slope, offset = platt(labels, log_odds)
    assert slope == pytest.approx(np.log(3), abs=1e-3)
    assert offset == pytest.approx(0, abs=1e-3)
    with pytest.raises(ValueError, match="received slope -"):
        platt(labels, -log_odds)


def test_members_answer_in_the_judgement_that_answers() -> None:
    # member a: +2, -2; member b: -2, +1; means 0, -0.5: the second answers, so -2 and +1
    machines = {"a": (np.eye(2), np.zeros(2)), "b": (np.eye(2), np.zeros(2))}
    image = {"a": np.array([[[2.0, -2.0]] * 2]), "b": np.array([[[-2.0, 1.0]] * 2])}
    found = Trained(Choice(1.0, {}), machines, 1.0, 0.0, np.zeros(1)).answers(image)
    expected = 1 / (1 + np.exp([2.0, -1.0]))
    np.testing.assert_allclose(found, [np.tile(expected, 2)], atol=1e-6)


def test_choices_are_judged_inside_and_on_sources_left_out() -> None:
    found = judge(_space(_rows()), Choice(1.0, {}), (0,), ("b",))
    assert set(found) == {"inside a", "inside b", "without b", "mean", "error"}
    assert found["mean"] == pytest.approx(np.mean([found[k] for k in list(found)[:3]]))
    assert 0 <= found["error"] < 0.5


def test_sources_of_one_class_are_no_criterion() -> None:
    rows = _rows()
    rows.loc[rows["source"] == "b", "label"] = 0.0
    found = judge(_space(rows), Choice(1.0, {}), (0,), ("b",))
    assert set(found) == {"inside a", "mean", "error"}
    assert np.isfinite(found["mean"])


def test_without_a_source_of_both_classes_there_is_no_error_to_spend() -> None:
    rows = _rows()
    rows["source"] = np.where(rows["label"] == 1, "a", "b")  # one class each
    rows.loc[:3, "source"] = "c"
    found = judge(_space(rows), Choice(1.0, {}), (0,), ("c",))
    assert set(found) == {"without c", "mean", "error"}
    assert found["error"] == 0


def _choices(*rows: tuple[float, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["haze", "steady", "mean", "error"]).assign(c=1.0)


def test_what_knowledge_may_cost_by_hand() -> None:
    recipe = TextureRecipe("t", "ct", ("a",), cost=1.0)
    free = TextureRecipe("t", "ct", ("a",))
    none = float("nan")
    hazy = _choices(
        (none, 0, 0.90, 0.03), (-1, 0, 0.89, 0.03), (-0.5, 0, 0.87, 0.03), (0, 0, 0.86, 0.03)
    )
    assert best(hazy, recipe).haze == -0.5  # 0.90 - 0.03 allows 0.87, not 0.86
    assert best(hazy, free) == Choice(1.0, {})
    gain = _choices((-1, 0, 0.91, 0.03), (-0.5, 0, 0.90, 0.03), (none, 0, 0.90, 0.03))
    assert best(gain, free).haze == -0.5
    steady = _choices((none, 0, 0.90, 0.01), (none, 30, 0.895, 0.02))
    assert best(steady, recipe).steady == 30
    nothing = _choices((none, 0, 0.90, 0.01), (none, 0, 0.89, 0.01), (0, 0, 0.88, 0.01))
    assert best(nothing.assign(c=[5, 6, 7]), recipe) == Choice(5.0, {})


def test_steadying_by_hand() -> None:
    # strength 3 along the first axis alone, mean square 1: 1 / sqrt(1 + 3)
    found = linear.steadying(np.array([[1.0, 0.0], [-1.0, 0.0]]), 3.0)
    np.testing.assert_allclose(found, [[0.5, 0.0], [0.0, 1.0]], atol=1e-12)
    np.testing.assert_allclose(linear.steadying(np.ones((2, 2)), 0.0), np.eye(2), atol=1e-12)


def test_a_steady_head_is_moved_less_by_what_was_changed() -> None:
    rows = _rows()
    rng = np.random.default_rng(3)
    features = rng.normal(size=(40, 3, 9)) + rows["label"].to_numpy()[:, None, None]
    features[:, 2] = features[:, 0]
    features[:, 2, 4] += 2.0  # the change: one feature goes up
    space = Space.of(rows, {"one": features.astype(np.float16)})
    used = np.arange(40)

    def moved(steady: float) -> float:
        model = space.fit(Choice(10.0, {}, steady=steady), used)["one"]
        return float(np.abs(space.changes["one"][0] @ model.weights[:, 0]).mean())

    assert moved(1000.0) < 0.1 * moved(0.0)


def test_the_second_judgement_tells_the_measure_and_the_smaller_answers() -> None:
    rows = _rows()
    rng = np.random.default_rng(4)
    features = rng.normal(size=(40, 2, 9))
    haze = features.mean(axis=1)[:, 0].copy()
    haze[:3] = np.nan  # no lungs found there
    space = Space.of(rows, {"one": features.astype(np.float16)}, haze)
    used = np.arange(40)
    plain = space.log_odds(space.fit(Choice(1.0, {}), used), used)
    both = space.log_odds(space.fit(Choice(1.0, {}, haze=0.5), used), used)
    assert plain.shape == (40, 1, 1, 1)  # rows, looks, members, judgements
    assert both.shape == (40, 1, 1, 2)
    np.testing.assert_allclose(both[..., 0], plain[..., 0], atol=1e-9)
    known = (haze[3:] - haze[3:].mean()) / haze[3:].std()
    assert np.corrcoef(both[3:, 0, 0, 1], known)[0, 1] > 0.6
    np.testing.assert_allclose(answer(both), both[:, 0, 0].min(axis=1))
    without = Space.of(rows, space.features)
    none = without.log_odds(without.fit(Choice(1.0, {}, haze=0.5), used), used)
    assert none.shape == (40, 1, 1, 1)  # nothing measured, no second judgement


def test_looks_are_all_learned_from_and_their_mean_answers() -> None:
    rows = _rows()
    signal = 0.3 * rows["label"].to_numpy()[:, None, None]
    features = np.random.default_rng(5).normal(size=(40, 4, 9)) + signal
    space = Space.of(rows, {"one": features.astype(np.float16)}, looks=2)
    used = np.arange(30)
    found = space.log_odds(space.fit(Choice(1.0, {}), used), np.arange(40))
    assert found.shape == (40, 2, 1, 1)
    x = space.bases["one"].coordinates
    learned = np.concatenate([used + 40 * view for view in range(4)])
    model = linear.fit(x[learned], np.tile(space.labels[used], 4), np.ones(120), 1.0)
    for look in range(2):
        expected = model.decision_function(x[40 * look : 40 * (look + 1)])
        np.testing.assert_allclose(found[:, look, 0, 0], expected, atol=1e-6)
    np.testing.assert_allclose(answer(found), found[:, :, 0, 0].mean(axis=1))
    trained = train(space, Choice(1.0, {}), (0,))
    each = trained.answers(space.features)
    assert each.shape == (40, 2)  # one member at two looks; mirrors are not asked
    log_odds = np.log(each / (1 - each))
    mean = 1 / (1 + np.exp(-log_odds.mean(axis=1)))
    np.testing.assert_allclose(trained.score(space.features), mean, atol=1e-6)


def test_the_smaller_judgement_answers_each_look() -> None:
    log_odds = np.array([[[[1.0, 4.0], [3.0, 0.0]], [[-1.0, 0.0], [-1.0, 2.0]]]])  # (1, 2, 2, 2)
    assert answer(log_odds).tolist() == [(2.0 - 1.0) / 2]  # min(2, 2), min(-1, 1)


def test_the_bound_shifts_the_second_judgement() -> None:
    x = np.arange(10.0)[:, None]
    low, high = (judgement(x, 2 * x[:, 0] + 1, np.ones(10), bound) for bound in (0.0, 1.0))
    deviation = x.std()
    assert low[0][0] == pytest.approx(STEEP / deviation, rel=1e-3)
    assert low[1] - high[1] == pytest.approx(STEEP)


def test_stored_weights_score_as_the_members_do() -> None:
    space = _space(_rows())
    choice = Choice(1.0, {"b": 0.5})
    trained = train(space, choice, (0,))
    models = space.fit(choice, np.arange(40))
    raw = answer(space.log_odds(models, np.arange(40)))
    expected = 1 / (1 + np.exp(-(trained.slope * raw + trained.offset)))
    np.testing.assert_allclose(trained.score(space.features), expected, atol=1e-5)
    assert set(machines(space, choice)) == {"one", "two"}
    assert trained.unseen.shape == (40,)


def test_a_validation_image_is_told_to_be_learned_from() -> None:
    from core.artifacts import HEAD, Card
    from core.schema import Modality, Split
    from core.seen import Known
    from pages.parts.text import known_image

    plain = Card("a", HEAD, "A", "vgg16", modality="xray", sources=("nih",))
    both = Card(
        "b", HEAD, "B", "vgg16", modality="xray", sources=("nih",),
        config={"fitted_on": ["train", "val"]},
    )  # fmt: skip
    known = Known("nih/1", "nih", Modality.XRAY, Split.VAL)
    assert "not learned from" in known_image(known, plain)
    assert "among those this model learned from" in known_image(known, both)


@pytest.mark.parametrize("model_id", ["vgg16-xray-texture", "vgg16-ct-texture"])
def test_cards_name_the_splits_fitted_on(model_id: str) -> None:

    card = artifacts.read_card(model_id)
    assert card.learned_from == ("train", "val")
    recorded = pd.read_csv("training/splits.csv")
    source = recorded["image_id"].str.split("/").str[0]
    mine = recorded[source.isin(card.sources)]["split"].value_counts()
    counted = pd.DataFrame(card.record["trained_on"]).groupby("split")["images"].sum()
    for split in card.learned_from:
        assert 0 < counted[split] <= mine[split]


def test_a_source_left_out_takes_no_part_in_its_own_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = _rows().assign(modality="xray", split="train")
    rows = rows.reindex(columns=list(dict.fromkeys([*rows.columns, *PREDICTION_COLUMNS])))
    rng = np.random.default_rng(0)
    signal = rows["label"].to_numpy()[:, None, None]
    features = {"one": (rng.normal(size=(len(rows), 2, 9)) + signal).astype(np.float16)}
    recipe = TextureRecipe("t", "xray", ("a", "b"), left_out=("a", "b"))
    asked = []

    def choose(space: Space, others: TextureRecipe) -> pd.DataFrame:
        asked.append((set(space.rows["source"]), others.left_out))
        return _choices((float("nan"), 0.0, 0.9, 0.1))

    monkeypatch.setattr(texture, "choose", choose)
    table = texture.left_out(rows, features, rows["split"] == "train", recipe)
    assert asked == [({"b"}, ("b",)), ({"a"}, ("a",))]
    assert table["source"].tolist() == ["a"] * 20 + ["b"] * 20
    assert table["split"].unique().tolist() == ["external"]
    # one that is left out for the report alone, added to a table that lacks it
    recipe = TextureRecipe("t", "xray", ("a", "b"), left_out=("a",), reported=("b",))
    monkeypatch.setattr(texture, "MODELS_DIR", tmp_path)
    monkeypatch.setattr(artifacts, "MODELS_DIR", tmp_path)
    monkeypatch.setattr(texture, "TEXTURES", {"t": recipe})
    (tmp_path / "t").mkdir()
    path = tmp_path / "t" / artifacts.LEFT_OUT
    table[table["source"] == "a"].to_csv(path, index=False)
    before = path.read_text()
    asked.clear()
    assert texture._add_left_out("t", rows, features, rows["split"] == "train") == 0
    assert asked == [({"a"}, ("a",))]
    assert path.read_text().startswith(before)
    assert pd.read_csv(path)["source"].tolist() == ["a"] * 20 + ["b"] * 20
