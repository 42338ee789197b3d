"""Backbones: one row each, with everything that differs between them.

Preprocessing belongs to the backbone and is done here, for training and serving alike. Backbones
are flat functional graphs cut at their class-activation layer (the trunk); the pooling that follows
it belongs to the head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.images import Grey

if TYPE_CHECKING:
    import keras

FLOAT32 = "float32"
BFLOAT16 = "bfloat16"


@dataclass(frozen=True)
class Backbone:
    """One row of the zoo.

    Attributes:
        name: Function name in keras.applications.
        module: Module in keras.applications with its preprocess_input.
        size: Input height and width in pixels.
        cam_layer: Last convolutional activation: the trunk ends there. Named, since automatic
            choices miss separable convolutions and land on residual shortcuts.
        cam_shape: Shape (h, w, channels) of its output at that size.
        weights_file: Path of the ImageNet weights without top below zoo.WEIGHTS_URL.
        weights_md5: Hash that Keras publishes for them; empty where it publishes none.
        pool: Name of the max pooling that follows the cam layer; empty where there is none.
        smallest: Smallest input side that the architecture takes.
    """

    name: str
    module: str
    size: int
    cam_layer: str
    cam_shape: tuple[int, int, int]
    weights_file: str
    weights_md5: str
    pool: str = ""
    smallest: int = 32

    @property
    def features_shape(self) -> tuple[int, int, int]:
        """Shape after the pooling that follows the cam layer: what a tail takes."""
        height, width, channels = self.cam_shape
        return (height // 2, width // 2, channels) if self.pool else self.cam_shape


WEIGHTS_URL = "https://storage.googleapis.com/tensorflow/keras-applications/"
_NOTOP = "_weights_tf_dim_ordering_tf_kernels_notop.h5"
# fmt: off
BACKBONES = {
    "vgg16": Backbone(
        "VGG16", "vgg16", 224, "block5_conv3", (14, 14, 512),
        f"vgg16/vgg16{_NOTOP}", "6d6bbae143d832006294945121d1f1fc", pool="block5_pool",
    ),
    "vgg19": Backbone(
        "VGG19", "vgg19", 224, "block5_conv4", (14, 14, 512),
        f"vgg19/vgg19{_NOTOP}", "253f8cb515780f3b799900260a226db6", pool="block5_pool",
    ),
    "densenet121": Backbone(
        "DenseNet121", "densenet", 224, "relu", (7, 7, 1024),
        f"densenet/densenet121{_NOTOP}", "30ee3e1110167f948a6b9946edeeb738",
    ),
    "resnet50v2": Backbone(
        "ResNet50V2", "resnet_v2", 224, "post_relu", (7, 7, 2048),
        f"resnet/resnet50v2{_NOTOP}", "fac2f116257151a9d068a22e544a4917",
    ),
    "resnet152v2": Backbone(
        "ResNet152V2", "resnet_v2", 224, "post_relu", (7, 7, 2048),
        f"resnet/resnet152v2{_NOTOP}", "ed17cf2e0169df9d443503ef94b23b33",
    ),
    "inceptionv3": Backbone(
        "InceptionV3", "inception_v3", 299, "mixed10", (8, 8, 2048),
        f"inception_v3/inception_v3{_NOTOP}", "bcbd6486424b2319ff4ef7d526e38f63", smallest=75,
    ),
    "inceptionresnetv2": Backbone(
        "InceptionResNetV2", "inception_resnet_v2", 299, "conv_7b_ac", (8, 8, 1536),
        f"inception_resnet_v2/inception_resnet_v2{_NOTOP}", "d19885ff4a710c122648d3b5c3b684e4",
        smallest=75,
    ),
    "xception": Backbone(
        "Xception", "xception", 299, "block14_sepconv2_act", (10, 10, 2048),
        f"xception/xception{_NOTOP}", "b0042744bf5b25fce3cb969f33bebb97", smallest=71,
    ),
    "mobilenetv2": Backbone(
        "MobileNetV2", "mobilenet_v2", 224, "out_relu", (7, 7, 1280),
        "mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5", "",
    ),
}
# fmt: on
IMAGENET = "imagenet"
CNN = "cnn"  # the home-made network
NETWORKS = {name: row.name for name, row in BACKBONES.items()} | {CNN: "Home-made CNN"}


def get_backbone(name: str) -> Backbone:
    """The row of a backbone.

    Raises:
        ValueError: No such backbone.
    """
    if name not in BACKBONES:
        raise ValueError(f"expected a backbone out of {sorted(BACKBONES)}, received {name!r}")
    return BACKBONES[name]


def at_size(backbone: Backbone, size: int) -> Backbone:
    """A backbone that takes images of another size; 0 leaves it as it is."""
    if not size:
        return backbone
    height, width, channels = backbone.cam_shape
    grid = (height * size // backbone.size, width * size // backbone.size, channels)
    return replace(backbone, size=size, cam_shape=grid)


def fetch_weights(backbone: Backbone, url: str = WEIGHTS_URL) -> Path:
    """Download a backbone's ImageNet weights into the Keras cache, once, and check their hash.

    Raises:
        ValueError: The download failed, or the file is not the published one.
    """
    import keras

    name = Path(backbone.weights_file).name
    try:
        return Path(
            keras.utils.get_file(
                name,
                url + backbone.weights_file,
                cache_subdir="models",
                file_hash=backbone.weights_md5 or None,
                hash_algorithm="md5",
            )
        )
    except Exception as error:  # get_file raises bare Exception for any failed download
        raise ValueError(
            f"expected the ImageNet weights of {backbone.name} from {url}, received: {error}; "
            "name a file instead where there is no network"
        ) from error


def build_trunk(
    backbone: Backbone,
    weights: str | Path | None = None,
    layers: Sequence[str] = (),
    any_size: bool = False,
) -> keras.Model:
    """Build a backbone up to its cam layer.

    Args:
        backbone: Row of the zoo.
        weights: "imagenet" (downloaded and checked), a path to a `*notop*.h5` file of the whole
            backbone, or None for random ones.
        layers: Lower layers whose maps are wanted as well, out of the same pass.
        any_size: Whether it shall take images of any size, and not of the backbone's own alone.

    Returns:
        Model float32 (N, size, size, 3), preprocessed -> float32 (N, *cam_shape); with `layers` a
        list of maps: the cam layer's, then theirs.

    Raises:
        ValueError: No such layer.
    """
    import keras

    if weights == IMAGENET:
        weights = fetch_weights(backbone)
    side = None if any_size else backbone.size
    base = getattr(keras.applications, backbone.name)(
        include_top=False,
        weights=str(weights) if weights is not None else None,
        input_shape=(side, side, 3),
    )
    outputs = [base.get_layer(name).output for name in (backbone.cam_layer, *layers)]
    return keras.Model(base.input, outputs if layers else outputs[0], name=backbone.module)


def cast(model: keras.Model, precision: str) -> keras.Model:
    """A copy of a functional model that computes and stores its weights in another dtype.

    Up to its first layer with weights it stays as it is: rounded to bfloat16, a pixel of +-150 is
    off by up to half a grey level, the same all over an even region, so that no later layer
    averages it out. That was most of what bfloat16 did to probabilities, and costs hardly any time.
    """
    import keras

    weighted = [place for place, layer in enumerate(model.layers) if layer.weights]
    exact = {layer.name for layer in model.layers[: weighted[0] + 1]} if weighted else set()

    def rebuild(layer: keras.layers.Layer) -> keras.layers.Layer:
        if layer.name in exact:
            return layer.__class__.from_config(layer.get_config())
        return layer.__class__.from_config({**layer.get_config(), "dtype": precision})

    copy = keras.models.clone_model(model, clone_function=rebuild)
    copy.set_weights(model.get_weights())
    return copy


def fit(pixels: Grey, size: int) -> Grey:
    """Resize uint8 (H, W) to (size, size), as the paper does: both sides, aspect not kept."""
    import cv2

    height, width = pixels.shape
    shrinks = height * width > size * size
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (size, size), interpolation=method), np.uint8)


def prepare(backbone: Backbone, images: Sequence[Grey]) -> NDArray[np.float32]:
    """Greyscale images of any size -> the backbone's input tensor.

    Args:
        backbone: Row of the zoo.
        images: uint8 (H, W) each.

    Returns:
        float32 (N, size, size, 3), in the range and channel order that the backbone was trained on.
    """
    import keras

    module: Any = getattr(keras.applications, backbone.module)
    grey = np.stack([fit(image, backbone.size) for image in images])
    colour = np.repeat(grey[..., np.newaxis], 3, axis=-1).astype(np.float32)
    return module.preprocess_input(colour)
