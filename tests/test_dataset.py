from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from samples import picture

from core.schema import MANIFEST_COLUMNS
from training import dataset
from training.sources import all_sources


def rows(**columns):
    count = len(next(iter(columns.values())))
    base = {
        "image_id": [f"i{n}" for n in range(count)],
        "source": ["s"] * count,
        "patient_id": [f"p{n}" for n in range(count)],
        "label": [0.0, 1.0] * (count // 2) + [0.0] * (count % 2),
        "split": [""] * count,
    }
    return pd.DataFrame(base | columns)


def hashes(count, seed=0):
    return np.random.default_rng(seed).random((count, 256)) < 0.5


def flip(hash_, bits):
    other = hash_.copy()
    other[:bits] = ~other[:bits]
    return other


def test_near_pairs_counts_bits():
    h = hashes(3)
    h[2] = flip(h[0], 24)
    assert dataset.near_pairs(h, 24).tolist() == [[0, 2]]
    assert dataset.near_pairs(h, 23).tolist() == []


def test_a_copy_is_dropped_once_and_opposite_labels_drop_both():
    h = hashes(5)
    h[1], h[3] = flip(h[0], 3), flip(h[2], 3)
    table = rows(label=[1.0, 1.0, 0.0, 1.0, 0.0])
    reasons = dataset.find_duplicates(table, h)
    assert reasons[1] == "near-duplicate of i0"
    assert "opposite label" in reasons[2]
    assert "opposite label" in reasons[3]
    assert set(reasons) == {1, 2, 3}


def test_patients_and_lookalikes_share_a_group():
    h = hashes(4)
    h[3] = flip(h[1], 40)
    groups = dataset.groups_of(rows(patient_id=["a", "a", "b", "c"]), h)
    assert groups[0] == groups[1] == groups[3] != groups[2]


def test_no_group_straddles_and_the_seed_decides():
    table = rows(patient_id=[f"p{n // 3}" for n in range(300)])
    groups = pd.factorize(table["patient_id"])[0]
    split = dataset.assign_splits(table, groups, table["split"])
    again = dataset.assign_splits(table, groups, table["split"])
    assert split.equals(again)
    assert (split.groupby(groups).nunique() == 1).all()
    assert set(split) == {"train", "val", "test"}
    assert not split.equals(dataset.assign_splits(table, groups, table["split"], seed=1))


def test_published_lists_stand_and_torn_groups_are_protected():
    pinned = pd.Series(["train"] * 40 + ["val"] * 10 + ["test"] * 10)
    table = rows(patient_id=[f"p{n}" for n in range(60)])
    table.loc[59, "patient_id"] = "p0"  # on the training and on the test list
    groups = pd.factorize(table["patient_id"])[0]
    split = dataset.assign_splits(table, groups, pinned)
    assert split[0] == split[59] == "test"
    assert split[1:].tolist() == pinned[1:].tolist()


def test_validation_list_becomes_test_where_the_test_images_are_absent():
    pinned = pd.Series(["train"] * 80 + ["val"] * 20)
    table = rows(patient_id=[f"p{n}" for n in range(100)])
    split = dataset.assign_splits(table, np.arange(100), pinned)
    assert set(split[80:]) == {"test"}
    assert set(split[:80]) == {"train", "val"}


def test_a_listed_image_is_known_whatever_its_file_ends_in():
    listed = pd.DataFrame(
        {
            "image_id": ["s/one.jpg", "s/2.5-p1.jpg", "s/twin.jpg", "s/twin.png"],
            "split": ["test", "val", "train", "test"],
        }
    )
    here = pd.Series(["s/one.png", "s/2.5-p1.PNG", "s/2.5-p2.jpg", "t/one.png", "s/one.jpg"])
    assert dataset.listed_splits(here, listed).tolist() == ["test", "val", "", "", "test"]
    twins = pd.Series(["s/twin.png", "s/twin.jpg", "s/twin.tif"])
    assert dataset.listed_splits(twins, listed).tolist() == ["test", "train", ""]


def test_upstream_originals_stay_on_the_side_their_converted_copies_are_on(tmp_path):
    from training.data import build

    recorded = pd.read_csv(dataset.SPLITS_FILE)
    nih = recorded[recorded["image_id"].str.startswith("nih/")]
    patients = nih[~nih["image_id"].str.split("_").str[0].duplicated()]
    chosen = patients.groupby("split").head(8)
    assert set(chosen["split"]) == {"train", "val", "test"}
    folder = tmp_path / "nih-chestxray8-sample" / "No_findings"
    folder.mkdir(parents=True)
    names = [Path(image_id).stem + ".png" for image_id in chosen["image_id"]]
    for seed, name in enumerate(names):
        (folder / name).write_bytes(picture(seed))
    manifest, _, _ = build(tmp_path, ["nih"], runs=tmp_path)
    expected = dict(zip((f"nih/{name}" for name in names), chosen["split"], strict=True))
    assert manifest.set_index("image_id")["split"].to_dict() == expected


def test_unknown_source_and_empty_root_are_refused(tmp_path):
    with pytest.raises(ValueError, match="expected sources out of"):
        dataset.read_sources(tmp_path, ["nowhere"])
    with pytest.raises(ValueError, match="get it from https://github.com/ieee8023"):
        dataset.read_sources(tmp_path)


def covid_ct(root):
    """A clone of COVID-CT as upstream ships it: two slices of each class on its lists, zipped."""
    for name in ("COVID", "NonCOVID"):
        lists = root / "COVID-CT" / "Data-split" / name
        lists.mkdir(parents=True)
        (lists / f"trainCT_{name}.txt").write_text(f"{name}-p1-1.png\n")
        (lists / f"testCT_{name}.txt").write_text(f"{name}-p2%7.png\n")
    (root / "COVID-CT" / "Images-processed").mkdir()
    return root / "COVID-CT" / "Images-processed"


def test_slices_still_zipped_are_missing_with_the_order_to_unpack_them(tmp_path):
    covid_ct(tmp_path)
    (tmp_path / "nih-chestxray8-sample").mkdir()  # and nothing in it
    with pytest.raises(ValueError, match="received none") as refused:
        dataset.read_sources(tmp_path)
    said = {line.split(":")[0]: line for line in str(refused.value).splitlines()[1:]}
    assert set(said) == set(all_sources())
    assert f"no image in {tmp_path / 'COVID-CT'};" in said["covid-ct"]
    assert "unpack CT_COVID.zip and CT_NonCOVID.zip" in said["covid-ct"]
    assert f"no image in {tmp_path / 'nih-chestxray8-sample'};" in said["nih"]
    assert f"no folder {tmp_path / 'sarscov2-ctscan'};" in said["sarscov2-ct"]
    assert "put its folders COVID and non-COVID there" in said["sarscov2-ct"]


def test_slices_that_are_listed_and_not_there_are_dropped_with_the_reason(tmp_path):
    images = covid_ct(tmp_path)
    (images / "CT_COVID").mkdir()
    (images / "CT_COVID" / "COVID-p1-1.jpg").write_bytes(picture(1))
    rows, dropped, missing = dataset.read_sources(tmp_path, ["covid-ct"])
    assert rows[["image_id", "split"]].to_numpy().tolist() == [["covid-ct/COVID-p1-1.jpg", "train"]]
    assert missing == []
    absent = "listed upstream, file not here"
    assert dropped.set_index("image_id")["reason"].to_dict() == {
        "covid-ct/COVID-p2%7.png": absent,
        "covid-ct/NonCOVID-p1-1.png": f"{absent}: unpack Images-processed/CT_NonCOVID.zip",
        "covid-ct/NonCOVID-p2%7.png": f"{absent}: unpack Images-processed/CT_NonCOVID.zip",
    }


def test_patients_come_from_upstreams_own_tables_and_a_slice_without_is_dropped(tmp_path):
    images = covid_ct(tmp_path)
    for name, files in (("COVID", ("2020.01.24.9-p7-1",)), ("NonCOVID", ("5", "102", "-p3-8"))):
        (images / f"CT_{name}").mkdir()
        for number, file in enumerate(files):
            (images / f"CT_{name}" / f"{file}.png").write_bytes(picture(number))
    folder = tmp_path / "COVID-CT"
    rows, dropped, _ = dataset.read_sources(tmp_path, ["covid-ct"])
    assert rows["patient_id"].tolist() == ["covid-ct/2020.01.24.9"]  # of a paper, at least
    unknown = dropped[dropped["reason"].str.startswith("patient unknown")]
    assert sorted(unknown["image_id"]) == [f"covid-ct/{file}.png" for file in ("-p3-8", "102", "5")]
    (folder / "COVID-CT-MetaInfo.csv").write_text(
        "File name,Patient ID,Age\n2020.01.24.9-p7-1,Patient 3 ,60\n"
    )
    (folder / "NonCOVID-CT-MetaInfo.csv").write_text(
        "image name,patient id\n5.png,medpix_1\n102.jpg,medpix_1\n-p3-8.png,medpix_2\n"
    )
    rows, _, _ = dataset.read_sources(tmp_path, ["covid-ct"])
    assert rows.set_index("image_id")["patient_id"].to_dict() == {
        "covid-ct/2020.01.24.9-p7-1.png": "covid-ct/Patient 3",
        "covid-ct/-p3-8.png": "covid-ct/medpix_2",
        "covid-ct/102.png": "covid-ct/medpix_1",
        "covid-ct/5.png": "covid-ct/medpix_1",
    }
    (folder / "COVID-CT-MetaInfo.csv").write_text("image,who\n")
    with pytest.raises(ValueError, match="expected columns.*received"):
        dataset.read_sources(tmp_path, ["covid-ct"])


@pytest.mark.parametrize("source", all_sources().values(), ids=lambda s: s.name)
def test_every_source_reads_real_data(source, real_data):
    table = source.read(real_data / source.folder).rows
    assert list(table.columns) == list(MANIFEST_COLUMNS)
    assert len(table) > 20
    assert table["image_id"].is_unique
    assert all((real_data / path).is_file() for path in table["path"])
    assert set(table["label"].dropna()) <= {0.0, 1.0}
    assert (table["patient_id"] == "").all() == source.external


def test_committed_splits_are_the_seeds(real_data):
    from training.data import build

    manifest, dropped, missing = build(real_data)
    assert missing == []
    recorded = pd.read_csv(dataset.SPLITS_FILE).set_index("image_id")["split"]
    assert manifest.set_index("image_id")["split"].to_dict() == recorded.to_dict()
    dealt, _, _ = build(real_data, resplit=True)
    assert dealt["split"].tolist() == manifest["split"].tolist()
    known = manifest[manifest["patient_id"] != ""]
    assert (known.groupby("patient_id")["split"].nunique() == 1).all()
    assert dropped["reason"].str.len().min() > 0


def test_too_few_images_to_deal_say_so():
    rows = pd.DataFrame({"source": "a", "label": [0.0, 1.0] * 6})
    with pytest.raises(ValueError, match="at least 20 images of some source and label.*received 6"):
        dataset.assign_splits(rows, np.arange(12), pd.Series([""] * 12))


def test_no_shipped_prediction_is_of_a_training_patient():
    from core import artifacts

    recorded = pd.read_csv(dataset.SPLITS_FILE).set_index("image_id")["split"]
    heads = artifacts.list_heads()
    assert heads
    for card in heads:
        table = artifacts.read_predictions(card.id)
        own = table[table["source"].isin(card.sources)]
        assert len(own)
        assert (own["split"] == own["image_id"].map(recorded)).all()
        assert "train" not in set(own["split"])
