"""Prediction tables that must not be believed are refused, naming file and row."""

import pandas as pd
import pytest

from core import artifacts
from core.artifacts import ArtifactError

ROW = "{id},one,p{id},test,xray,{label},{probability}\n"
HEADER = "image_id,source,patient_id,split,modality,label,probability\n"


def written(folder, rows, header=HEADER):
    (folder / "m").mkdir()
    text = header + "".join(ROW.format(id=i, label=y, probability=p) for i, y, p in rows)
    (folder / "m" / "predictions.csv").write_text(text)
    return folder


def test_a_good_table_with_an_unknown_label(tmp_path):
    table = artifacts.read_predictions("m", written(tmp_path, [("a", "1.0", 0), ("b", "", 1)]))
    assert table["label"].isna().tolist() == [False, True]
    assert table["probability"].tolist() == [0, 1]
    assert pd.api.types.is_float_dtype(table["probability"])


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (("b", 1, 1.2), "a probability in 0..1"),
        (("b", 1, -0.1), "a probability in 0..1"),
        (("b", 1, ""), "a probability in 0..1"),
        (("b", 1, "nan"), "a probability in 0..1"),
        (("b", 1, "high"), "a probability in 0..1"),
        (("a", 1, 0.5), "each image_id once"),
        (("b", "maybe", 0.5), "label 0, 1 or empty"),
        (("b", 2, 0.5), "label 0, 1 or empty"),
    ],
)
def test_bad_rows_are_refused_by_file_and_row(tmp_path, bad, what):
    folder = written(tmp_path, [("a", 1, 0.5), bad])
    with pytest.raises(ArtifactError, match=what) as caught:
        artifacts.read_predictions("m", folder)
    assert f"{folder / 'm' / 'predictions.csv'}, received row 3" in str(caught.value)


def test_missing_columns_are_named(tmp_path):
    folder = written(tmp_path, [], HEADER.replace("patient_id,", "").replace("probability", "p"))
    with pytest.raises(ArtifactError, match=r"no \['patient_id', 'probability'\]"):
        artifacts.read_predictions("m", folder)


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(ArtifactError, match=r"m/predictions\.csv"):
        artifacts.read_predictions("m", tmp_path)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2,3,4\n", b"\xff\xfe\x00"])
def test_what_is_no_table_is_named(tmp_path, content):
    folder = written(tmp_path, [])
    (folder / "m" / "predictions.csv").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"expected .*m/predictions\.csv"):
        artifacts.read_predictions("m", folder)
