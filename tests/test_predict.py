"""The command line on good and bad files, against the shipped models."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.images import read_image
from core.phantoms import drawings
from core.schema import SCORE_COLUMNS, Modality
from training import predict as verb
from training.__main__ import main

PICTURES = list(drawings().values())


def predict(*words):
    return main(["predict", *map(str, words)])


def read(path):
    return pd.read_csv(path, keep_default_na=False)


@pytest.fixture
def loaded(classifier, monkeypatch):
    """One classifier for several runs: the first test loads its own."""
    monkeypatch.setattr(verb, "load_classifier", lambda **options: classifier)


def test_folder_with_bad_files_is_scored_all_the_same(tmp_path, capsys):
    folder = tmp_path / "a folder, scans 肺"
    (folder / "inside").mkdir(parents=True)
    (folder / "one.png").write_bytes(PICTURES[0])
    (folder / "inside" / "two.png").write_bytes(PICTURES[1])
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut short")
    (folder / "empty.png").write_bytes(b"")
    (folder / "notes.txt").write_text("not an image, passed over in a folder")
    out = tmp_path / "out.csv"
    assert predict(folder, "--out", out) == 1
    table = read(out)
    assert list(table.columns) == list(SCORE_COLUMNS)
    assert len(table) == 4
    good = table[table["error"] == ""]
    assert sorted(path.rsplit("/", 1)[1] for path in good["path"]) == ["one.png", "two.png"]
    assert good["probability"].astype(float).between(0, 1).all()
    bad = table[table["error"] != ""].set_index("path")["error"]
    assert "damaged or cut short" in bad[str(folder / "broken.jpg")]
    assert "0 bytes" in bad[str(folder / "empty.png")]
    assert (table.loc[table["error"] != "", "probability"] == "").all()
    assert "Traceback" not in capsys.readouterr().err


def test_nothing_scored_is_exit_code_two(loaded, tmp_path):
    (tmp_path / "words.txt").write_text("words")
    out = tmp_path / "out.csv"
    assert predict(tmp_path / "words.txt", tmp_path / "nowhere.png", "--out", out) == 2
    assert read(out)["error"].tolist()[1] == "There is no such file."


def test_an_inverted_file_is_told_of_and_a_plain_one_is_not(loaded, tmp_path, capsys):
    plain, turned = tmp_path / "plain.png", tmp_path / "turned.png"
    plain.write_bytes(PICTURES[0])
    Image.fromarray(255 - read_image(PICTURES[0]).pixels).save(turned)
    assert predict(plain, turned, "--out", tmp_path / "out.csv") == 0
    printed = capsys.readouterr().err
    assert f"{turned}: If this is a scan, black and white look swapped in it.\n" in printed
    assert f"{plain}: " not in printed
    assert "2 scored, 0 not; 2 do not look like a chest X-ray or a lung CT slice" in printed


def test_closing_line_counts_what_is_out_of_scope():
    from training.predict import _summary

    scored, outside = {"in_scope": True}, {"in_scope": False}
    assert _summary([scored, scored, {"in_scope": ""}], 1) == "2 scored, 1 not"
    assert _summary([scored, outside], 0).startswith("2 scored, 0 not; 1 does not look like a ")


def test_model_and_threshold_can_be_given(loaded, tmp_path):
    (tmp_path / "x.png").write_bytes(PICTURES[0])
    out = tmp_path / "out.csv"
    words = (tmp_path / "x.png", "--out", out, "--model", "vgg16-ct")
    assert predict(*words, "--threshold", 0) == 0
    row = read(out).iloc[0]
    assert (row["model"], row["decision"], float(row["threshold"])) == ("vgg16-ct", "positive", 0)


@pytest.mark.parametrize(
    "extra",
    [
        ("--model", "nobody"),
        ("--model", "small-cnn-random160"),  # tables alone are shipped
        ("--threshold", "1.5"),
    ],
)
def test_wrong_options_are_one_line(tmp_path, capsys, extra):
    assert predict(tmp_path, "--out", tmp_path / "o.csv", *extra) == 2
    message = capsys.readouterr().err
    assert "expected a" in message
    assert message.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "expected a file for --out, received the folder"),
        ("nowhere/out.csv", "expected an existing folder for --out"),
        (f"{'x' * 300}.csv", "can be written"),  # longer than any file system takes
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_scoring(
    tmp_path, capsys, monkeypatch, name, said
):
    (tmp_path / "x.png").write_bytes(PICTURES[0])
    monkeypatch.setattr(verb, "load_classifier", lambda **options: pytest.fail("scored"))
    assert predict(tmp_path / "x.png", "--out", tmp_path / name) == 2
    message = capsys.readouterr().err
    assert said in message
    assert message.count("\n") == 1


def test_looking_whether_it_can_be_written_changes_nothing(tmp_path):
    from training.scores import check_out

    there = tmp_path / "there.csv"
    there.write_text("kept")
    check_out(there)
    check_out(tmp_path / "new.csv")
    assert there.read_text() == "kept"
    assert list(tmp_path.iterdir()) == [there]


def test_shipped_predictions_are_what_the_models_say(real_data, classifier):
    from core import artifacts
    from training.data import build

    paths = build(real_data)[0].set_index("image_id")["path"]
    shipped = [card for card in artifacts.list_heads() if artifacts.is_shipped(card)]
    assert shipped
    for card in shipped:
        table = artifacts.read_predictions(card.id)
        if "members" in card.config:  # validation rows: said by models that had not seen them
            table = table[table["split"] != "val"]
        for _, row in table.sample(4, random_state=0).iterrows():
            pixels = read_image((real_data / paths[row["image_id"]]).read_bytes()).pixels
            probability = classifier.all_opinions(pixels)[1][card.id].probability
            assert probability == pytest.approx(row["probability"], abs=2e-3)


def test_bfloat16_moves_no_real_image_by_more_than_a_hundredth(real_data):
    from core import artifacts
    from core.classifier import DEFAULT_MODELS, load_classifier
    from training.data import build

    half = load_classifier(precision="bfloat16")
    paths = build(real_data)[0].set_index("image_id")["path"]
    for name in DEFAULT_MODELS.values():
        table = artifacts.read_predictions(name)
        table = table[table["split"] != "val"].iloc[::32]  # tables are float32
        images = [
            read_image((real_data / paths[one]).read_bytes()).pixels for one in table.image_id
        ]
        found = [one.probability for one in half.score(images, lambda verdict, name=name: name)]
        np.testing.assert_allclose(found, table["probability"], atol=0.01)


def test_modality_is_found_on_real_images(real_data, classifier):
    xray = sorted((real_data / "nih-chestxray8-sample" / "Pneumonia").iterdir())[:4]
    ct = sorted((real_data / "sarscov2-ctscan" / "COVID").iterdir())[:4]
    images = [read_image(path.read_bytes()).pixels for path in xray + ct]
    found = [answer.verdict.modality for answer in classifier.score(images)]
    assert found == [Modality.XRAY] * 4 + [Modality.CT] * 4


def test_images_resized_beforehand_are_scored_alike(classifier):
    images = [read_image(data).pixels for data in PICTURES]
    fitted = [classifier.fit(image) for image in images]
    assert {image.shape for image in fitted} == {(224, 224)}
    assert classifier.score(images, fitted=fitted) == classifier.score(images)


def test_a_batch_is_scored_like_each_file_alone(classifier, tmp_path):
    from training.predict import score_files

    files = [tmp_path / f"{number}.png" for number in range(len(PICTURES))]
    for path, data in zip(files, PICTURES, strict=True):
        path.write_bytes(data)
    rows = score_files(files, classifier, None, None)
    for row, data in zip(rows, PICTURES, strict=True):
        alone = classifier.score([read_image(data).pixels])[0]
        assert row["probability"] == pytest.approx(alone.probability, abs=1e-5)
        assert (row["model"], row["in_scope"]) == (alone.model_id, alone.verdict.in_scope)


def test_bfloat16_moves_no_probability_by_more_than_a_hundredth(classifier):
    from core.classifier import load_classifier

    half = load_classifier(precision="bfloat16")
    for data in PICTURES:
        pixels = read_image(data).pixels
        verdict, plain = classifier.all_opinions(pixels)
        # score multiplies bfloat16 maps as they are
        scored = half.score([pixels])[0]
        assert scored.probability == pytest.approx(plain[scored.model_id].probability, abs=0.01)
        assert scored.verdict.modality == verdict.modality
        for name, opinion in half.all_opinions(pixels)[1].items():
            assert opinion.probability == pytest.approx(plain[name].probability, abs=0.01)


def test_sixteen_bit_png_scores_like_its_eight_bit_twin(classifier):
    grey = read_image(PICTURES[0]).pixels
    buffer = io.BytesIO()
    Image.fromarray(grey.astype(np.uint16) * 257).save(buffer, "PNG")
    deep = read_image(buffer.getvalue()).pixels
    assert np.abs(deep.astype(int) - grey).max() <= 1
    one, twin = classifier.score([grey, deep])
    assert twin.probability == pytest.approx(one.probability, abs=1e-2)
