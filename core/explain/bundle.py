"""All maps of one image as a ZIP: pictures, and a JSON that says what each of them is."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import numpy as np

from core.explain.cam import CAM_TITLES, CAMS, Map
from core.explain.overlay import png
from core.explain.reading import Reading
from core.explain.sheets import sheet
from core.images import WHITE, Grey
from core.views import PLAIN

LIST, IMAGE = "maps.json", "image.png"
HOW = (
    "Each map is an 8-bit grey PNG on the grid of its layer; its value at a cell is the grey level "
    "/ 255 x maximum. A maximum of 0 is an empty map."
)
FEATURE, CAM = "feature map", "class activation"
UNITS = {
    FEATURE: "activation after ReLU, no unit",
    CAM: "activation x change of the log-odds with it; comparable within one map",
}


@dataclass(frozen=True)
class About:
    """What the maps are of.

    Attributes:
        model: Its id.
        image: Its name.
        probability: What the model answers, all its looks together, 0..1.
        threshold: Of the model, 0..1.
        probability_of_look: What the look that the maps explain says by itself, 0..1.
        notice: The line that this is not for diagnosis.
        view: How the model is shown the image at that look (core/views.py).
    """

    model: str
    image: str
    probability: float
    threshold: float
    probability_of_look: float
    notice: str
    view: str = PLAIN


def bundle(image: Grey, about: About, readings: Mapping[str, Reading]) -> bytes:
    """ZIP of the image, all feature maps and all class activation maps, and their list.

    Args:
        image: uint8 (H, W), as the head is shown it.
        about: What goes into the list's head.
        readings: Layer -> reading, from the input on.

    Returns:
        The file's bytes; the same for the same arguments.
    """
    stream = io.BytesIO()
    files: list[dict[str, object]] = []
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:  # PNG is packed already
        _write(archive, IMAGE, png(image))
        for entry, picture in _pictures(readings):
            _write(archive, str(entry["file"]), png(picture))
            files.append(entry)
        head = {**asdict(about), "image_file": IMAGE, "how": HOW, "units": UNITS}
        text = json.dumps({**head, "files": files}, indent=1)
        _write(archive, LIST, text.encode())
    return stream.getvalue()


def _pictures(readings: Mapping[str, Reading]) -> Iterator[tuple[dict[str, object], Grey]]:
    for layer, reading in readings.items():
        for method in CAMS:
            for against in (False, True):
                values = reading.cam(method, against=against)
                side = "against" if against else "for"
                name = f"class-activation/{layer}/{method}-{side}.png"
                entry = _entry(name, CAM, layer, values.shape, float(values.max()))
                yield (
                    entry | {"method": CAM_TITLES[method], "speaks": f"{side} COVID-19"},
                    _grey(values),
                )
        own = sheet(reading)
        for number in range(own.count):
            name = f"feature-maps/{layer}/{number:03}.png"
            entry = _entry(name, FEATURE, layer, own.levels.shape[:2], float(own.tops[number]))
            yield entry | {"map": number}, own.levels[..., number]


def _entry(
    name: str, kind: str, layer: str, shape: tuple[int, ...], maximum: float
) -> dict[str, object]:
    return {"file": name, "kind": kind, "layer": layer, "shape": list(shape), "maximum": maximum}


def _grey(values: Map) -> Grey:
    top = float(values.max(initial=0))
    return np.rint(values * (WHITE / top if top > 0 else 0)).astype(np.uint8)


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name), data)  # no clock: the same maps are the same bytes
