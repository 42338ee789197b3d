"""Receptive fields, and the images that excite a map: by hand, by gradient, by a pass."""

import numpy as np
import pytest

from core import zoo
from core.artifacts import ArtifactError
from core.explain import exciting, fields
from core.images import read_image as read_bytes
from core.library import read_library
from core.schema import Split
from training.exciting import strongest


@pytest.mark.parametrize(
    ("layer", "side"),
    [("block1_conv2", 5), ("block2_conv2", 14), ("block3_conv3", 40), ("block5_conv3", 196)],
)
def test_receptive_fields_of_vgg16(base, layer, side):
    assert fields.field_side(base, layer) == side


def test_receptive_field_by_gradient(base):
    """Which pixels one cell hangs on: those in the box and no others."""
    import keras
    import tensorflow as tf

    model = keras.Model(base.input, base.get_layer("block2_conv2").output)
    image = tf.Variable(np.random.default_rng(0).normal(0, 50, (1, 224, 224, 3)).astype("f4"))
    with tf.GradientTape() as tape:
        cell = tf.reduce_sum(model(image)[0, 30, 40])
    seen = np.abs(np.asarray(tape.gradient(cell, image))[0]).sum(-1) > 0
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    box = fields.field_box(30 * 112 + 40, 112, 14, 224)
    assert (rows[0], columns[0], rows[-1] + 1, columns[-1] + 1) == box


def test_branches_have_no_single_field():
    import keras

    inputs = keras.Input((8, 8, 1))
    way = keras.layers.Conv2D(1, 3, padding="same", name="way")(inputs)
    joined = keras.layers.Add(name="joined")([inputs, way])
    with pytest.raises(ValueError, match="chain of layers"):
        fields.field_side(keras.Model(inputs, joined), "joined")


def test_boxes_are_cut_at_the_edges():
    assert fields.field_box(0, 4, 6, 16) == (0, 0, 5, 5)  # centre 2, from -1 to 5
    assert fields.field_box(15, 4, 6, 16) == (11, 11, 16, 16)
    with pytest.raises(ValueError, match="expected a cell from 0 to 15"):
        fields.field_box(16, 4, 6, 16)


def test_backbone_sizes_are_whole_multiples_of_their_maps():
    """Where field_box puts cells assumes it."""
    backbone = zoo.get_backbone("vgg16")
    assert backbone.size % backbone.cam_shape[0] == 0


def test_frame_is_drawn_around_the_field():
    picture = fields.framed(np.full((50, 80), 100, np.uint8), (100, 100, 140, 140), 224)
    assert picture.shape == (fields.TILE, fields.TILE, 3)
    first = round(fields.MARGIN * fields.TILE / (40 + 2 * fields.MARGIN))
    assert tuple(picture[first, first]) == fields.FRAME
    assert (picture[: first - 2] == 100).all()
    whole = fields.framed(np.full((50, 80), 100, np.uint8), (0, 0, 224, 224), 224)
    assert tuple(whole[0, 0]) == fields.FRAME


# --- images that excite a map --------------------------------------------------------------------


def test_strongest_takes_one_image_a_patient():
    levels = np.array([3, 9, 8, 0, 5], np.float32)
    patients = np.array(["a", "b", "b", "c", "d"], object)
    assert strongest(levels, patients).tolist() == [1, 4, 0]  # not the second of b, nor zero
    assert strongest(levels, patients, count=2).tolist() == [1, 4]


def test_shipped_table_of_exciting_images():
    table = exciting.read_table("vgg16-imagenet")
    images = read_library().images
    assert set(table.index.get_level_values("modality")) == {"xray", "ct"}
    for modality in ("xray", "ct"):
        found = exciting.most_excited(table, modality, "block5_conv3", 3)
        assert [one.level for one in found] == sorted((one.level for one in found), reverse=True)
        assert all(0 <= one.cell < 14 * 14 for one in found)
        rows = images.loc[[one.row for one in found]]
        assert set(rows["modality"]) == {modality}
        assert set(rows["split"]) == {Split.TEST}
        assert rows["patient_id"].is_unique
    assert exciting.most_excited(table, "xray", "block9", 3) == []


def test_table_agrees_with_a_pass(classifier, real_data):
    """The level in the table is the brightest cell of the map that the trunk makes."""
    images = read_library().images
    one = exciting.most_excited(exciting.read_table("vgg16-imagenet"), "xray", "block5_conv3", 3)[0]
    path = real_data / images.loc[one.row, "path"]
    maps = np.asarray(classifier.trunk.maps([read_bytes(path.read_bytes()).pixels]))[0, ..., 3]
    assert maps.max() == pytest.approx(one.level, rel=1e-3)
    assert maps.argmax() == one.cell


def test_missing_table_names_the_command(tmp_path):
    with pytest.raises(ArtifactError, match="python -m training catalogue"):
        exciting.read_table("vgg16-imagenet", tmp_path)
