"""Heads that ask for a view: as their twin answers about the image cut beforehand."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from viewed import BOTH_ID, CT, CUT, CUT_ID, PLAIN_ID, XRAY, XRAY_ID

from core.artifacts import MODELS_DIR, ArtifactError, read_card, write_card
from core.classifier import Classifier
from core.explain.network import load_network
from core.explain.passes import judge_and_read, read_image, scorer
from core.explain.reading import open_reader
from core.opinions import Opinion, fingerprint, load_head, together, views_of
from core.schema import Modality
from core.slices import cut_to_lungs
from core.views import LARGER_EQUALISED, LUNGS, PLAIN, VIEWS, is_changed
from pages.parts import shown

CLOSE = 1e-4  # of a probability: the same sums in batches of other sizes


def alone(classifier: Classifier, image: np.ndarray) -> Opinion:
    """What the twin that takes images as they are says."""
    return classifier.all_opinions(image)[1][PLAIN_ID]


def counted(classifier: Classifier) -> tuple[Classifier, list[int]]:
    """The same classifier, and a list that grows by the images of every pass."""
    sizes: list[int] = []

    def spy(run: Any) -> Any:
        def counting(batch: Any) -> Any:
            sizes.append(len(batch))
            return run(batch)

        return counting

    larger = {size: spy(run) for size, run in classifier.trunk.larger.items()}
    trunk = replace(classifier.trunk, run=spy(classifier.trunk.run), larger=larger)
    return replace(classifier, trunks={trunk.card.id: trunk}), sizes


def test_the_cut_matters_here(viewed: Classifier) -> None:
    assert is_changed(CT, CUT)
    assert abs(alone(viewed, CT).probability - alone(viewed, CUT).probability) > 100 * CLOSE


def test_all_opinions(viewed: Classifier) -> None:
    classifier, passed = counted(viewed)
    verdict, found = classifier.all_opinions(CT)
    assert passed == [1, 1, 1]  # the guard's, one of the view, the X-ray head's larger one
    expected = alone(viewed, CUT)
    assert found[CUT_ID].probability == pytest.approx(expected.probability, abs=CLOSE)
    assert found[CUT_ID].members == pytest.approx(expected.members, abs=CLOSE)
    assert found[PLAIN_ID].probability == alone(viewed, CT).probability
    assert verdict == viewed.all_opinions(CT)[0]


@pytest.mark.parametrize(
    ("image", "taken_for", "kind"),
    [
        (XRAY, None, Modality.XRAY),
        (XRAY, Modality.CT, Modality.CT),
        (CT, None, Modality.CT),
        (CT, Modality.XRAY, Modality.XRAY),
    ],
)
def test_a_view_of_the_other_kind_costs_no_pass(
    viewed: Classifier, image: np.ndarray, taken_for: Modality | None, kind: Modality
) -> None:
    classifier, passed = counted(viewed)
    found = classifier.all_opinions(image, lambda verdict: taken_for or verdict.modality)[1]
    assert passed == [1, 1]  # the guard's, and one of the kind's own view
    assert set(found) == {PLAIN_ID} | ({CUT_ID, BOTH_ID} if kind == Modality.CT else {XRAY_ID})
    whole = viewed.all_opinions(image)[1]
    for name, opinion in found.items():
        assert opinion.probability == pytest.approx(whole[name].probability, abs=CLOSE)


def test_the_guard_sees_the_image_as_it_is(viewed: Classifier) -> None:
    raw = replace(viewed, heads={PLAIN_ID: viewed.heads[PLAIN_ID]})
    expected, cut = raw.all_opinions(CT)[0], raw.all_opinions(CUT)[0]
    assert abs(expected.distance - cut.distance) > 0.1
    verdicts = [
        viewed.all_opinions(CT)[0],
        viewed.score([CT])[0].verdict,
        judge_and_read(viewed, open_reader(viewed.heads[CUT_ID]), CT)[0],
    ]
    for verdict in verdicts:
        assert verdict.distance == pytest.approx(expected.distance, abs=1e-3)
        assert verdict.modality == Modality.CT


def test_scores_of_several_images(viewed: Classifier) -> None:
    found = viewed.score([CT, XRAY, CT])
    assert [one.model_id for one in found] == [CUT_ID, XRAY_ID, CUT_ID]
    both = alone(viewed, CUT).probability, viewed.all_opinions(XRAY)[1][XRAY_ID].probability
    received = [one.probability for one in found]
    assert received == pytest.approx([both[0], both[1], both[0]], abs=CLOSE)
    plain = viewed.score([CT, CT], lambda verdict: PLAIN_ID)[1]
    assert plain.probability == pytest.approx(alone(viewed, CT).probability, abs=CLOSE)


def test_the_mirror_image_is_cut_too(viewed: Classifier) -> None:
    classifier, passed = counted(viewed)
    received = classifier.mirrored(CT, CUT_ID)
    assert passed == [1]
    expected = alone(viewed, cut_to_lungs(np.fliplr(CT)))
    assert received.probability == pytest.approx(expected.probability, abs=CLOSE)
    assert received.members == pytest.approx(expected.members, abs=CLOSE)
    assert viewed.mirrored(CT, PLAIN_ID) == alone(viewed, np.fliplr(CT))


def test_two_looks_answer_by_the_mean_of_their_log_odds(viewed: Classifier) -> None:
    classifier, passed = counted(viewed)
    found = classifier.all_opinions(CT)[1][BOTH_ID]
    assert passed == [1, 1, 1]  # as before: the look at the whole image shares the guard's pass
    own = [alone(viewed, image) for image in (CUT, CT)]
    log_odds = [np.log(one.probability / (1 - one.probability)) for one in own]
    expected = 1 / (1 + np.exp(-np.mean(log_odds)))
    assert found.probability == pytest.approx(expected, abs=CLOSE)
    assert [look.probability for look in found.looks] == pytest.approx(
        [one.probability for one in own], abs=CLOSE
    )
    assert found.members == pytest.approx(own[0].members + own[1].members, abs=CLOSE)
    assert [one.probability for one in viewed.score([CT] * 2, lambda verdict: BOTH_ID)] == (
        pytest.approx([expected] * 2, abs=CLOSE)
    )
    mirrored = viewed.mirrored(CT, BOTH_ID).looks
    assert mirrored[1].probability == alone(viewed, np.fliplr(CT)).probability
    readings = judge_and_read(viewed, open_reader(viewed.heads[BOTH_ID]), CT)[1]
    assert [one.log_odds for one in readings] == pytest.approx(log_odds, abs=1e-3)
    assert together(readings) == pytest.approx(expected, abs=CLOSE)


@pytest.mark.parametrize(
    ("views", "expected"),
    [
        ([LUNGS, PLAIN], "expected one view of a head without members"),
        ([LARGER_EQUALISED], "expected a view of the trunk's own size"),
    ],
)
def test_looks_that_need_members(tmp_path: Path, views: list[str], expected: str) -> None:
    shutil.copytree(MODELS_DIR / "vgg16-ct", tmp_path / "vgg16-ct")
    card = read_card("vgg16-ct")
    write_card(replace(card, config=card.config | {"views": views}), tmp_path)
    with pytest.raises(ArtifactError, match=expected):
        load_head("vgg16-ct", tmp_path)


def test_what_is_kept_of_an_answer_hangs_on_how_the_image_is_shown() -> None:
    card = read_card("vgg16-ct")
    other = replace(card, config=card.config | {"views": [LUNGS]})
    assert fingerprint(card) == fingerprint(replace(card, title="another"))
    assert fingerprint(card) != fingerprint(other)


def test_readings(viewed: Classifier) -> None:
    own, twin = (open_reader(viewed.heads[name]) for name in (CUT_ID, PLAIN_ID))
    (reading,) = judge_and_read(viewed, own, CT)[1]
    expected = read_image(viewed, twin, CUT)
    assert reading.log_odds == pytest.approx(expected.log_odds, abs=1e-3)
    assert reading.probability == pytest.approx(alone(viewed, CUT).probability, abs=1e-3)
    for against in (False, True):
        np.testing.assert_allclose(
            reading.cam("gradcam", against=against),
            expected.cam("gradcam", against=against),
            rtol=1e-3,
            atol=1e-5,
        )
    # what is read directly is taken as shown: it is not cut a second time
    assert read_image(viewed, own, CUT).log_odds == pytest.approx(expected.log_odds, abs=1e-3)


def test_a_slice_without_lungs_is_answered_whole(viewed: Classifier) -> None:
    flat = np.full((60, 60), 90, np.uint8)
    found = viewed.all_opinions(flat)[1]
    assert found[CUT_ID].probability == pytest.approx(found[PLAIN_ID].probability, abs=CLOSE)


def test_the_whole_network_takes_what_is_shown(viewed: Classifier, viewed_models: Path) -> None:
    network = load_network(CUT_ID, viewed_models)
    reader = open_reader(viewed.heads[CUT_ID])
    expected = judge_and_read(viewed, reader, CT)[1][0].log_odds
    blocks = network.read(network.head.show(CT)[0])
    assert [one.log_odds for one in blocks.values()] == pytest.approx(
        [expected] * len(blocks), abs=0.02
    )
    score = scorer(viewed, reader)(network.prepare(CUT))
    assert float(score[0]) == pytest.approx(expected, abs=1e-3)


def test_an_unknown_view_is_named(viewed: Classifier) -> None:
    card = read_card(CUT_ID)
    card = replace(card, config=card.config | {"views": ["sideways"]})
    with pytest.raises(ArtifactError, match=r"'plain'\], received \['sideways'\]"):
        views_of(card)
    with pytest.raises(ArtifactError, match=r"received \[\]"):
        views_of(replace(card, config=card.config | {"views": []}))
    with pytest.raises(ArtifactError, match="sideways"):
        shown.to_model(CT, card)
    head = replace(viewed.heads[CUT_ID], card=card)
    broken = replace(viewed, heads={CUT_ID: head})
    asked: list[Callable[[], object]] = [
        lambda: broken.score([CT]),
        lambda: broken.all_opinions(CT),
        lambda: broken.mirrored(CT, CUT_ID),
        lambda: judge_and_read(broken, open_reader(head), CT),
    ]
    for ask in asked:
        with pytest.raises(ArtifactError, match="sideways"):
            ask()


def test_cards_say_nothing_of_a_plain_view(tmp_path: Path) -> None:
    card = read_card("vgg16-ct")
    assert "views" not in card.config
    assert views_of(card) == (PLAIN,)
    write_card(replace(card, config=card.config | {"views": [LUNGS]}), tmp_path)
    assert views_of(read_card("vgg16-ct", tmp_path)) == (LUNGS,)
    (seen,) = load_head("vgg16-ct").show(CT)
    assert np.array_equal(seen, CT)


def test_what_was_done_in_words() -> None:
    (plain,) = shown.to_model(CT, replace(read_card("vgg16-ct"), config={}))
    assert (plain.title, plain.words) == ("", "")
    assert plain.pixels is CT
    card = replace(read_card("vgg16-ct"), config={"views": [LUNGS]})
    (cut,), (whole,) = (shown.to_model(one, card) for one in (CT, np.zeros((50, 50), np.uint8)))
    assert np.array_equal(cut.pixels, CUT)
    assert cut.words == f"{VIEWS[LUNGS].title}: {VIEWS[LUNGS].detail}."
    assert "no lungs were found" in whole.words
    assert shown.in_turn(cut, cut) == cut.words
    assert shown.in_turn(plain, plain) == ""
    assert shown.in_turn(cut, whole) == f"**Before.** {cut.words} **After.** {whole.words}"
