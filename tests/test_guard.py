import numpy as np
import pandas as pd
import pytest

from core.artifacts import ArtifactError
from core.classifier import load_classifier
from core.guard import class_distances, load_guard, normalise
from core.images import read_image
from core.probes import SWAPPED, error_rates, in_words, read_probes
from core.schema import Modality
from training.probes import dicom_file


def test_normalise_gives_length_one_and_keeps_zeros():
    out = normalise(np.array([[3, 4], [0, 0]], np.float32))
    assert out.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0, 0]]


def test_distance_by_hand():
    # One component along x; two units off the centre there and three off the component's line.
    distance = class_distances(
        np.array([[2.0, 3.0]], np.float32),
        np.array([[1.0, 0.0]], np.float32),
        1.5,
        np.array([[0.0], [2.0]], np.float32),
        np.array([[1.0]], np.float32),
    )
    assert distance.tolist() == [[pytest.approx(np.sqrt(4 + 4)), pytest.approx(2.0)]]


def test_distances_and_logits_equal_those_of_matrix_products():
    guard = load_guard()
    pooled = np.random.default_rng(0).random((16, 512)).astype(np.float32)
    centred = normalise(pooled) - guard.mean
    scores = centred @ guard.components.T
    leftover = ((centred - scores @ guard.components) ** 2).sum(axis=1) / guard.residual_scale**2
    for column, centre in enumerate(guard.centres):
        offset = scores - centre
        inside = np.diag(offset @ guard.precision @ offset.T)
        expected = np.sqrt(inside + leftover)
        np.testing.assert_allclose(guard.distances(pooled)[:, column], expected, rtol=1e-5)
    logits = normalise(pooled) @ guard.modality[:-1] + guard.modality[-1]
    p_ct = 1 / (1 + np.exp(-logits))
    found = [verdict.modality_probability for verdict in guard.judge(pooled)]
    np.testing.assert_allclose(found, np.maximum(p_ct, 1 - p_ct), rtol=1e-5)


def test_features_far_from_training_are_refused():
    guard = load_guard()
    noise = np.random.default_rng(0).random((4, 512)).astype(np.float32)
    assert not any(verdict.in_scope for verdict in guard.judge(noise))


def test_error_rates_by_hand():
    table = pd.DataFrame(
        [
            ("a", "one", True, True, True, True),
            ("b", "one", True, False, False, True),
            ("c", SWAPPED, True, False, True, False),
            ("d", "photographs", False, False, None, None),
            ("e", "photographs", False, True, None, None),
        ],
        columns=["name", "group", "real", "accepted", "modality_right", "inversion_right"],
    )
    rates = error_rates(table).set_index("group")
    assert rates["wrong"].to_dict() == {"one": 1, SWAPPED: 1, "photographs": 1}
    assert rates["modality_wrong"].to_dict() == {"one": 1, SWAPPED: 0, "photographs": 0}
    words = in_words(table)
    assert "Of 2 held-out scans it wrongly refused 1 (95 % interval 9.5% to 90.5%)" in words
    assert "2 other pictures (photographs) it wrongly let through 1 " in words
    assert "refused in 1 of 1 cases" in words


def test_stated_error_rates_follow_from_the_shipped_table():
    table = read_probes()
    out = error_rates(table).set_index("group")
    assert out.loc["photographs", "kind"] == "not a scan"
    assert out["images"].sum() == len(table)
    # Regression bounds, well above what was measured.
    assert table.loc[~table["real"], "accepted"].mean() < 0.15
    assert (~table.loc[table["real"] & (table["group"] == "nih"), "accepted"]).mean() < 0.1


def test_dicom_files_from_elsewhere():
    """A hospital's chest X-ray that is in no source, and other parts of the body."""
    names = ["RG1_J2KR.dcm", "RG3_UNCR.dcm", "693_UNCR.dcm", "explicit_VR-UN.dcm", "US1_UNCR.dcm"]
    images = [read_image(dicom_file(name).read_bytes()).pixels for name in names]
    verdicts = [one.verdict for one in load_classifier().score(images)]
    assert [verdict.in_scope for verdict in verdicts] == [True, False, False, False, False]
    assert verdicts[0].modality == Modality.XRAY
    assert not verdicts[0].looks_inverted


def test_missing_table_is_said(tmp_path):
    with pytest.raises(ArtifactError, match=r"probes\.csv"):
        read_probes(tmp_path)
