"""Two drawings that look like a chest X-ray and a CT slice, so that the app works with no data.

They are made by code, hold no patient and say so in a corner. No decision about them means much.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 512
XRAY_TITLE = "Drawn chest X-ray"
CT_TITLE = "Drawn CT slice"
MARK = "DRAWING"

Layer = NDArray[np.float32]  # (512, 512), 0 black to 1 white
Points = list[tuple[float, float]]  # x, y


@cache
def drawings() -> dict[str, bytes]:
    """Title -> PNG bytes, 512 x 512 8-bit grey; the same bytes at every call."""
    return {XRAY_TITLE: _png(_draw_xray()), CT_TITLE: _png(_draw_ct())}


def _png(layer: Layer) -> bytes:
    """Mark as a drawing and encode."""
    import cv2

    pixels = np.rint(np.clip(layer, 0, 1) * 255).astype(np.uint8)
    cv2.putText(pixels, MARK, (8, 504), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 200, 1, cv2.LINE_AA)
    done, data = cv2.imencode(".png", pixels)
    if not done:
        raise RuntimeError("OpenCV could not encode a PNG.")
    return bytes(data)


def _blank() -> Layer:
    return np.zeros((SIDE, SIDE), np.float32)


def _blur(layer: Layer, sigma: float) -> Layer:
    import cv2

    return np.asarray(cv2.GaussianBlur(layer, (0, 0), sigma), np.float32)


def _ellipse(centre: tuple[int, int], axes: tuple[int, int], angle: float = 0) -> Layer:
    """A filled ellipse of ones."""
    import cv2

    layer = _blank()
    cv2.ellipse(layer, centre, axes, angle, 0, 360, 1.0, -1, cv2.LINE_AA)
    return layer


def _smooth(points: Points) -> NDArray[np.int32]:
    """A closed, rounded outline through the points (Chaikin's corner cutting)."""
    outline = np.asarray(points, np.float64)
    for _ in range(4):
        after = np.roll(outline, -1, axis=0)
        cut = np.stack([0.75 * outline + 0.25 * after, 0.25 * outline + 0.75 * after], axis=1)
        outline = cut.reshape(-1, 2)
    return np.rint(outline).astype(np.int32)


def _shape(points: Points) -> Layer:
    """A filled, rounded polygon of ones."""
    import cv2

    layer = _blank()
    cv2.fillPoly(layer, [_smooth(points)], 1.0, cv2.LINE_AA)
    return layer


def _mirror(points: Points) -> Points:
    return [(SIDE - x, y) for x, y in points]


def _line(layer: Layer, points: NDArray[Any], value: float, thickness: int) -> None:
    import cv2

    whole = np.rint(points).astype(np.int32)
    cv2.polylines(layer, [whole], False, value, max(thickness, 1), cv2.LINE_AA)


def _noise(random: np.random.Generator, sigma: float) -> Layer:
    """Grain of unit spread, smooth over `sigma` pixels."""
    grain = _blur(random.standard_normal((SIDE, SIDE)).astype(np.float32), sigma)
    return grain / grain.std()


# --- Chest X-ray -------------------------------------------------------------------------------

TORSO: Points = [
    (256, 20), (310, 30), (330, 70), (440, 95), (500, 150), (478, 230), (470, 330), (475, 430),
    (490, 560), (256, 600), (22, 560), (37, 430), (42, 330), (34, 230), (12, 150), (72, 95),
    (182, 70), (202, 30),
]  # fmt: skip
LUNG: Points = [
    (200, 70), (158, 95), (118, 170), (92, 270), (78, 372), (88, 412), (130, 378), (180, 362),
    (222, 380), (226, 300), (222, 200), (230, 110),
]  # fmt: skip
HEART: Points = [
    (232, 200), (292, 195), (318, 250), (372, 310), (404, 378), (350, 404), (250, 402), (214, 380),
    (212, 320), (228, 260),
]  # fmt: skip


def _draw_xray() -> Layer:
    random = np.random.default_rng(7)
    image = 0.62 * _blur(_shape(TORSO), 9)
    lungs = np.maximum(_shape(LUNG), _shape(_mirror(LUNG)))
    image -= 0.42 * _blur(lungs, 6)
    image += 0.20 * _blur(_ribs(), 1.6) * _blur(_shape(TORSO), 12)
    image += 0.09 * _blur(_airways(random), 1.6) * _blur(lungs, 8)
    image += 0.22 * _blur(_shape(HEART), 5) + 0.09 * _blur(_spine(), 3)
    image += 0.16 * _blur(_clavicles(), 2.5) * _blur(_shape(TORSO), 12)
    image -= 0.16 * _blur(_ellipse((256, 110), (9, 85)), 4)  # the windpipe
    image += 0.10 * _blur(_ellipse((175, 470), (170, 95)), 16)  # the liver under the diaphragm
    image += 0.010 * _noise(random, 0.9) + 0.012 * _noise(random, 9)
    return np.where(image > 0, image, 0).astype(np.float32)


def _ribs() -> Layer:
    """Ten pairs: each falls outwards behind, and less visibly inwards in front."""
    layer = _blank()
    along = np.linspace(0, 1, 40)
    for number in range(10):
        top = 78 + 31 * number
        reach = 205 - 95 * np.exp(-number / 2.0)
        back_x = 24 + (reach - 24) * np.sin(along * np.pi / 2)
        back_y = top - 16 * np.sin(along * np.pi) + (26 + 5 * number) * along**2
        front_x = reach - (reach - 70) * along
        front_y = back_y[-1] + 62 * along**0.8
        for side in (-1, 1):
            rib = _blank()
            _line(rib, np.stack([256 + side * back_x, back_y], 1), 1.0, 9)
            _line(rib, np.stack([256 + side * back_x, back_y], 1), 0.55, 5)
            if number < 7:
                front = _blank()
                _line(front, np.stack([256 + side * front_x, front_y], 1), 0.5, 8)
                rib = np.maximum(rib, front)
            layer += 0.75 * rib
    return np.minimum(layer, 1.3)


def _clavicles() -> Layer:
    layer = _blank()
    along = np.linspace(0, 1, 30)
    for side in (-1, 1):
        x = 256 + side * (20 + 150 * along)
        y = 108 - 34 * along + 10 * np.sin(2 * np.pi * along)
        _line(layer, np.stack([x, y], 1), 1.0, 12)
    return layer


def _spine() -> Layer:
    layer = _ellipse((256, 300), (25, 330))
    for top in range(30, 512, 27):
        layer += 0.5 * _ellipse((256, top), (22, 9))
    return layer


def _airways(random: np.random.Generator) -> Layer:
    """Vessels that branch out of both hila."""
    layer = _blank()
    for side in (-1, 1):
        for angle in np.linspace(-1.25, 1.35, 11):
            _branch(layer, random, (256 + side * 52, 235), angle, side, 5)
    return layer


def _branch(
    layer: Layer,
    random: np.random.Generator,
    start: tuple[float, float],
    angle: float,
    side: int,
    thickness: int,
) -> None:
    """One vessel and, thinner, those that leave it."""
    if thickness < 1:
        return
    length = 17 + 5 * thickness + random.uniform(-5, 5)
    end = (start[0] + side * length * np.cos(angle), start[1] + length * np.sin(angle))
    _line(layer, np.array([start, end]), 0.35 + 0.13 * thickness, thickness)
    for turn in (-0.32, 0.3):
        bend = angle + turn + random.uniform(-0.15, 0.15)
        _branch(layer, random, end, bend, side, thickness - 1)


# --- CT slice ----------------------------------------------------------------------------------

CT_LUNG: Points = [
    (205, 128), (160, 118), (112, 150), (80, 215), (72, 290), (96, 350), (150, 378), (200, 360),
    (224, 318), (216, 270), (206, 220), (216, 170),
]  # fmt: skip
CT_HEART: Points = [
    (238, 150), (290, 148), (330, 180), (352, 232), (330, 280), (290, 296), (240, 292), (212, 250),
    (214, 190),
]  # fmt: skip


def _draw_ct() -> Layer:
    random = np.random.default_rng(11)
    body = _ellipse((256, 256), (232, 168))
    inside = _ellipse((256, 254), (214, 150))
    lungs = np.maximum(_shape(CT_LUNG), _shape(_mirror(CT_LUNG)))
    heart = _shape(CT_HEART)
    lungs *= 1 - heart
    image = 0.52 * _blur(body, 1.2) + 0.22 * _blur(inside, 1.5)
    image -= 0.62 * _blur(lungs, 1.3)
    image += (0.12 + 0.02 * _noise(random, 3)) * _blur(heart, 2)
    image += 0.55 * _blur(_ct_vessels(random, lungs), 0.8)
    image += 0.26 * _blur(_ct_bones(), 1.2)
    image += 0.10 * _blur(_ellipse((294, 318), (21, 21)), 1.5)  # the aorta before the spine
    for x in (226, 282):
        image -= 0.55 * _blur(_ellipse((x, 284), (8, 10)), 1.2)  # both main airways
    image += 0.018 * _noise(random, 0.8) * _blur(body, 2)
    image += 0.30 * _blur(_table(), 1.0)
    return np.where(image > 0, image, 0).astype(np.float32)


def _ct_vessels(random: np.random.Generator, lungs: Layer) -> Layer:
    """Vessels cut across (dots) and along (short branches), thinner towards the rim."""
    layer = _blank()
    for side in (-1, 1):
        for angle in np.linspace(-1.3, 1.2, 8):
            _branch(layer, random, (256 + side * 46, 262), angle, side, 4)
    for _ in range(150):
        x, y = random.uniform(75, 437), random.uniform(120, 375)
        size = int(1 + random.integers(0, 3) * (abs(x - 256) < 120))
        layer = np.maximum(layer, 0.8 * _ellipse((int(x), int(y)), (size, size)))
    return layer * (_blur(lungs, 1.5) > 0.9)


def _ct_bones() -> Layer:
    """Vertebra, breastbone and the ribs that the slice meets."""
    bone = _ellipse((256, 345), (34, 27)) + 0.8 * _ellipse((256, 404), (8, 20))
    for side in (-1, 1):
        bone += 0.9 * _ellipse((256 + side * 46, 380), (34, 8), side * 20)
    bone -= 0.9 * _ellipse((256, 380), (11, 9))  # the spinal canal
    bone += _ellipse((256, 108), (30, 9))
    for degrees in (22, 52, 78, 102, 128, 158, 202, 232, 308, 338):
        turn = np.deg2rad(degrees + 90)
        x, y = 256 + 205 * np.cos(turn), 254 + 141 * np.sin(turn)
        slope = np.rad2deg(np.arctan2(141 * np.cos(turn), -205 * np.sin(turn)))
        bone += _ellipse((int(x), int(y)), (22, 6), float(slope))
    return np.clip(bone, 0, 1)


def _table() -> Layer:
    layer = _blank()
    along = np.linspace(-1, 1, 60)
    for drop in (0, 14):
        x, y = 256 + 210 * along, 462 + drop - 30 * along**2
        _line(layer, np.stack([x, y], 1), 1.0, 2)
    return layer
