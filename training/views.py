"""How an image is shown to the trunk: as it is, mirrored, with other contrast, trimmed, larger."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from core import slices, views
from core.alter import jpeg
from core.images import WHITE, Grey
from core.slices import lines_that_show
from core.views import LARGER, LARGER_EQUALISED, LUNGS, PLAIN

MIRROR = "mirror"
EQUALISED = "equalised"
LUNGS_ONLY = "lungs only"
CLAHE_LIMIT, CLAHE_TILES = 2.0, (8, 8)
INK = 250  # burnt-in letters and arrows are nearly white ...
INK_SHARE = 0.004  # ... and small: share of the image that one of them covers at most
REPAIR_RADIUS = 3  # pixels
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
WORD_HEIGHT = (0.03, 0.10)  # of the image's height
WORD_GREY = (180, 256)
FRAMES = 0.4  # share of stamped images that get a frame
FRAME = (0.0, 0.08)  # its width, of the image's
QUALITY = (5, 40)  # of a coarse JPEG, of 100
TURN, SCALE = 8.0, (0.92, 1.12)  # degrees; factor
GAMMA, CONTRAST, SOFTNESS = (0.75, 1.35), (0.85, 1.15), (0.5, 2.0)
JITTERS = ("lungs, jittered 1", "lungs, jittered 2", "lungs, jittered 3")
WHOLE_JITTERS = ("jittered 1", "jittered 2")
STAMPS = ("stamped 1", "stamped 2")
FRAMED, RECOMPRESSED = "framed", "recompressed"


@dataclass(frozen=True)
class View:
    """One way to show images.

    Attributes:
        alter: uint8 (H, W) -> uint8 (h, w).
        size: Pixels of both sides of the trunk's input; 0 for the backbone's own.
    """

    alter: Callable[[Grey], Grey]
    size: int = 0


def clahe(pixels: Grey) -> Grey:
    """Contrast-limited adaptive histogram equalisation (Zuiderveld 1994)."""
    return np.asarray(cv2.createCLAHE(CLAHE_LIMIT, CLAHE_TILES).apply(pixels), np.uint8)


def trim(pixels: Grey) -> Grey:
    """Even margins cut off, small nearly white marks (letters, arrows) painted over.

    Marks are filled from around them (Telea 2004). An image that is even throughout stays.
    """
    rows, columns = lines_that_show(pixels)
    if not len(rows) or not len(columns):
        return pixels.copy()
    inside = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
    return np.asarray(cv2.inpaint(inside, _ink(inside), REPAIR_RADIUS, cv2.INPAINT_TELEA), np.uint8)


def lungs_only(pixels: Grey) -> Grey:
    """A CT slice cut to its lungs, all outside their outline painted in the grey of tissue.

    An unchanged copy where no lungs are found.
    """
    inside = slices.inside_margins(pixels)
    mask = slices.find(pixels, inside)
    if mask is None:
        return pixels.copy()
    evened = slices.even_out(pixels, mask, inside)
    return np.where(mask, evened, np.uint8(slices.TISSUE))[slices.window_around(mask)]


def stamped(pixels: Grey, number: int) -> Grey:
    """Random marks that have nothing to do with the lungs: letters near an edge, or a plain frame.

    The same image and number always give the same marks.

    Args:
        pixels: uint8 (H, W).
        number: Which of many versions.
    """
    random = _random_of(pixels, number)
    changed = _frame(pixels, random) if random.random() < FRAMES else pixels.copy()
    for _ in range(int(random.integers(1, 3))):
        _write(changed, random)
    return changed


def framed(pixels: Grey) -> Grey:
    """A plain black or white frame, of random width at each side; always the same for an image."""
    return _frame(pixels, _random_of(pixels))


def recompressed(pixels: Grey) -> Grey:
    """Saved as JPEG of a random low quality and read back; always the same for an image."""
    return jpeg(pixels, int(_random_of(pixels).integers(*QUALITY, endpoint=True)))


def jittered(pixels: Grey, number: int) -> Grey:
    """A lung as another scanner or patient might have given it: the same image, the same jitter.

    Turned and scaled a little, other gamma and contrast, blurred or sharpened, maybe mirrored;
    never upside down.

    Args:
        pixels: uint8 (H, W).
        number: Which of many versions.
    """
    random = _random_of(pixels, number)
    height, width = pixels.shape
    middle = (width / 2, height / 2)
    turn = cv2.getRotationMatrix2D(middle, random.uniform(-TURN, TURN), random.uniform(*SCALE))
    moved = cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    curved = (moved.astype(np.float32) / WHITE) ** random.uniform(*GAMMA)
    levels = (curved - 0.5) * random.uniform(*CONTRAST) + 0.5
    soft = cv2.GaussianBlur(levels, (0, 0), random.uniform(*SOFTNESS))
    levels = levels + random.uniform(-1, 1) * (levels - soft)  # blurred below 0, sharpened above
    changed = np.clip(np.rint(levels * WHITE), 0, WHITE).astype(np.uint8)
    return np.ascontiguousarray(changed[:, ::-1] if random.random() < 0.5 else changed)


def _random_of(pixels: Grey, number: int = 0) -> np.random.Generator:
    """A source of chance that an image and a number always give again."""
    return np.random.default_rng((zlib.crc32(pixels.tobytes()), number))


def _frame(pixels: Grey, random: np.random.Generator) -> Grey:
    deep = random.uniform(*FRAME, 4) * np.tile(pixels.shape, 2)  # top, left, bottom, right
    top, left, bottom, right = deep.astype(int)
    changed = np.full_like(pixels, random.choice((0, WHITE)))
    inside = slice(top, len(pixels) - bottom), slice(left, pixels.shape[1] - right)
    changed[inside] = pixels[inside]
    return changed


def _write(pixels: Grey, random: np.random.Generator) -> None:
    """One random word near the upper or the lower edge, drawn into the image."""
    height, width = pixels.shape
    word = "".join(random.choice(list(LETTERS), int(random.integers(1, 10))))
    font, thick = cv2.FONT_HERSHEY_SIMPLEX, max(round(height / 128), 1)
    tall = random.uniform(*WORD_HEIGHT) * height
    scale = tall / cv2.getTextSize("R", font, 1.0, thick)[0][1]
    room = max(width - cv2.getTextSize(word, font, scale, thick)[0][0], 1)
    near = random.uniform(0.0, 0.08) * height
    place = (int(random.uniform(0, room)), int(random.choice((tall + near, height - near))))
    grey = int(random.integers(*WORD_GREY))
    cv2.putText(pixels, word, place, font, scale, grey, thick, cv2.LINE_AA)


def _ink(pixels: Grey) -> Grey:
    """Mask (255) of small nearly white parts and the pixels next to them."""
    _, names, facts, _ = cv2.connectedComponentsWithStats((pixels >= INK).astype(np.uint8))
    small = facts[:, cv2.CC_STAT_AREA] <= INK_SHARE * pixels.size
    small[0] = False  # the rest of the image
    mask = np.where(small[names], WHITE, 0).astype(np.uint8)
    return np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)), np.uint8)


def mirror_of(name: str) -> str:
    """The name of a view's mirror image."""
    return MIRROR if name == PLAIN else f"{name}, mirrored"


def in_look(change: str, look: str) -> str:
    """The name of the view in which a look shows a changed version of an image.

    What is equalised in any case looks the same once it was equalised before.
    """
    if (change, look) == (EQUALISED, LARGER_EQUALISED):
        return look
    return change if look == PLAIN else f"{change}, {look}"


def _changed_in(look: str, change: Callable[[Grey], Grey]) -> View:
    view = views.VIEWS[look]
    return View(lambda pixels: view.alter(change(pixels)), view.size)


def _mirrored(view: views.View) -> View:
    return View(lambda pixels: np.ascontiguousarray(np.fliplr(view.alter(pixels))), view.size)


VIEWS = {
    PLAIN: View(lambda pixels: pixels),
    "clahe": View(clahe),
    EQUALISED: View(views.equalise),
    "trimmed": View(trim),
    "larger": View(lambda pixels: pixels, LARGER),
    LUNGS_ONLY: View(lungs_only),
}
# What heads may ask for when they answer comes from core; each has its mirror image.
SHOWN = {name: view.alter for name, view in views.VIEWS.items()}
VIEWS |= {name: View(view.alter, view.size) for name, view in views.VIEWS.items()}
CHANGES: dict[str, Callable[[Grey], Grey]] = {
    name: partial(stamped, number=n) for n, name in enumerate(STAMPS)
} | {FRAMED: framed, RECOMPRESSED: recompressed}
VIEWS |= {
    in_look(name, look): _changed_in(look, change)
    for name, change in CHANGES.items()
    for look in (PLAIN, LARGER_EQUALISED)
}
VIEWS |= {
    name: View(lambda pixels, number=n: jittered(SHOWN[LUNGS](pixels), number))  # type: ignore[misc]
    for n, name in enumerate(JITTERS)
}
VIEWS |= {name: View(partial(jittered, number=n)) for n, name in enumerate(WHOLE_JITTERS)}
VIEWS |= {mirror_of(name): _mirrored(view) for name, view in views.VIEWS.items()}
