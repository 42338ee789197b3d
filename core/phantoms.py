"""Two drawings that look like a chest X-ray and a CT slice, so that the app works with no data.

They are made by code, hold no patient and say so in a corner. No decision about them means much.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.brush import MIDDLE, Layer, Points, blank, blur, both_sides, ellipse, line, noise, shape

XRAY_TITLE = "Drawn chest X-ray"
CT_TITLE = "Drawn CT slice"
MARK = "DRAWING"


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
    image = 0.62 * blur(shape(TORSO), 9)
    lungs = both_sides(LUNG)
    image -= 0.42 * blur(lungs, 6)
    image += 0.20 * blur(_ribs(), 1.6) * blur(shape(TORSO), 12)
    image += 0.09 * blur(_airways(random), 1.6) * blur(lungs, 8)
    image += 0.22 * blur(shape(HEART), 5) + 0.09 * blur(_spine(), 3)
    image += 0.16 * blur(_clavicles(), 2.5) * blur(shape(TORSO), 12)
    image -= 0.16 * blur(ellipse((256, 110), (9, 85)), 4)  # the windpipe
    image += 0.10 * blur(ellipse((175, 470), (170, 95)), 16)  # the liver under the diaphragm
    image += 0.010 * noise(random, 0.9) + 0.012 * noise(random, 9)
    return np.where(image > 0, image, 0).astype(np.float32)


def _ribs() -> Layer:
    """Ten pairs: each falls outwards behind, and less visibly inwards in front."""
    layer = blank()
    along = np.linspace(0, 1, 40)
    for number in range(10):
        top = 78 + 31 * number
        reach = 205 - 95 * np.exp(-number / 2.0)
        back_x = 24 + (reach - 24) * np.sin(along * np.pi / 2)
        back_y = top - 16 * np.sin(along * np.pi) + (26 + 5 * number) * along**2
        front_x = reach - (reach - 70) * along
        front_y = back_y[-1] + 62 * along**0.8
        for side in (-1, 1):
            rib = blank()
            line(rib, MIDDLE + side * back_x, back_y, 1.0, 9)
            line(rib, MIDDLE + side * back_x, back_y, 0.55, 5)
            if number < 7:
                front = blank()
                line(front, MIDDLE + side * front_x, front_y, 0.5, 8)
                rib = np.maximum(rib, front)
            layer += 0.75 * rib
    return np.minimum(layer, 1.3)


def _clavicles() -> Layer:
    layer = blank()
    along = np.linspace(0, 1, 30)
    for side in (-1, 1):
        y = 108 - 34 * along + 10 * np.sin(2 * np.pi * along)
        line(layer, MIDDLE + side * (20 + 150 * along), y, 1.0, 12)
    return layer


def _spine() -> Layer:
    layer = ellipse((256, 300), (25, 330))
    for top in range(30, 512, 27):
        layer += 0.5 * ellipse((256, top), (22, 9))
    return layer


def _airways(random: np.random.Generator) -> Layer:
    """Vessels that branch out of both hila."""
    layer = blank()
    _grow(layer, random, (52, 235), np.linspace(-1.25, 1.35, 11), 5)
    return layer


def _grow(
    layer: Layer,
    random: np.random.Generator,
    root: tuple[float, float],
    angles: NDArray[np.float64],
    thickness: int,
) -> None:
    """Vessels out of both hila, `root` pixels beside the middle and below the top."""
    for side in (-1, 1):
        for angle in angles:
            _branch(layer, random, (MIDDLE + side * root[0], root[1]), angle, side, thickness)


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
    line(layer, (start[0], end[0]), (start[1], end[1]), 0.35 + 0.13 * thickness, thickness)
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
    body = ellipse((256, 256), (232, 168))
    inside = ellipse((256, 254), (214, 150))
    lungs = both_sides(CT_LUNG)
    heart = shape(CT_HEART)
    lungs *= 1 - heart
    image = 0.52 * blur(body, 1.2) + 0.22 * blur(inside, 1.5)
    image -= 0.62 * blur(lungs, 1.3)
    image += (0.12 + 0.02 * noise(random, 3)) * blur(heart, 2)
    image += 0.55 * blur(_ct_vessels(random, lungs), 0.8)
    image += 0.26 * blur(_ct_bones(), 1.2)
    image += 0.10 * blur(ellipse((294, 318), (21, 21)), 1.5)  # the aorta before the spine
    for x in (226, 282):
        image -= 0.55 * blur(ellipse((x, 284), (8, 10)), 1.2)  # both main airways
    image += 0.018 * noise(random, 0.8) * blur(body, 2)
    image += 0.30 * blur(_table(), 1.0)
    return np.where(image > 0, image, 0).astype(np.float32)


def _ct_vessels(random: np.random.Generator, lungs: Layer) -> Layer:
    """Vessels cut across (dots) and along (short branches), thinner towards the rim."""
    layer = blank()
    _grow(layer, random, (46, 262), np.linspace(-1.3, 1.2, 8), 4)
    for _ in range(150):
        x, y = random.uniform(75, 437), random.uniform(120, 375)
        size = int(1 + random.integers(0, 3) * (abs(x - 256) < 120))
        layer = np.maximum(layer, 0.8 * ellipse((int(x), int(y)), (size, size)))
    return layer * (blur(lungs, 1.5) > 0.9)


def _ct_bones() -> Layer:
    """Vertebra, breastbone and the ribs that the slice meets."""
    bone = ellipse((256, 345), (34, 27)) + 0.8 * ellipse((256, 404), (8, 20))
    for side in (-1, 1):
        bone += 0.9 * ellipse((256 + side * 46, 380), (34, 8), side * 20)
    bone -= 0.9 * ellipse((256, 380), (11, 9))  # the spinal canal
    bone += ellipse((256, 108), (30, 9))
    for degrees in (22, 52, 78, 102, 128, 158, 202, 232, 308, 338):
        turn = np.deg2rad(degrees + 90)
        x, y = 256 + 205 * np.cos(turn), 254 + 141 * np.sin(turn)
        slope = np.rad2deg(np.arctan2(141 * np.cos(turn), -205 * np.sin(turn)))
        bone += ellipse((int(x), int(y)), (22, 6), float(slope))
    return np.clip(bone, 0, 1)


def _table() -> Layer:
    layer = blank()
    along = np.linspace(-1, 1, 60)
    for drop in (0, 14):
        line(layer, MIDDLE + 210 * along, 462 + drop - 30 * along**2, 1.0, 2)
    return layer
