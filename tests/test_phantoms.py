"""core.phantoms: the drawings look roughly like what they imitate, always in the same way."""

from __future__ import annotations

import numpy as np

from core.images import read_image
from core.phantoms import CT_TITLE, XRAY_TITLE, drawings


def test_size_and_titles() -> None:
    assert list(drawings()) == ["Drawn chest X-ray", "Drawn CT slice"]
    for data in drawings().values():
        scan = read_image(data)
        assert (scan.kind, scan.size) == ("PNG", "512 x 512")
        assert scan.pixels.max() > 200


def test_same_bytes_every_time() -> None:
    first = dict(drawings())
    drawings.cache_clear()
    assert drawings() == first


def test_lungs_are_darker_than_what_is_between_them() -> None:
    xray = read_image(drawings()[XRAY_TITLE]).pixels
    ct = read_image(drawings()[CT_TITLE]).pixels
    for pixels, lung, middle in [
        (xray, np.s_[200:330, 130:180], np.s_[250:330, 245:290]),
        (ct, np.s_[200:300, 100:170], np.s_[200:260, 240:300]),
    ]:
        assert pixels[lung].mean() + 60 < pixels[middle].mean()


def test_marked_as_drawing() -> None:
    ct = read_image(drawings()[CT_TITLE]).pixels
    assert ct[490:508, 5:80].max() > 150
