"""Pictures made of plain boxes, which wrap on a telephone and take the theme's colours."""

from __future__ import annotations

BLOCKS = ((2, 224), (2, 112), (3, 56), (3, 28), (3, 14))  # convolutions, pixels a side, of VGG16
HEAD = (("256", 44), ("512", 64), ("1", 12))  # units and height of the drawn layer
TALLEST = 72
BLUE, ORANGE = "#3f8fc9", "#e08214"


def pipeline() -> str:
    """HTML: image, thirteen frozen convolutions, small head, a number from 0 to 1."""
    image = _bar(TALLEST, TALLEST, "#777", "linear-gradient(90deg,#222 20%,#bbb 50%,#222 80%)")
    layers = "".join(
        _bar(8, 14 + 58 * side / BLOCKS[0][1], BLUE) for count, side in BLOCKS for _ in range(count)
    )
    head = "".join(_bar(12, height, ORANGE) for _, height in HEAD)
    scale = (
        f'<div style="width:120px"><div style="height:14px;border-radius:7px;'
        f'background:linear-gradient(90deg,{BLUE},{ORANGE})"></div>'
        '<div style="display:flex;justify-content:space-between"><span>0</span><span>1</span></div>'
        "</div>"
    )
    boxes = [
        _box(image, "1. Image", "grey, 224 x 224"),
        _box(layers, "2. Frozen VGG16", "13 convolutions, learned on ImageNet photos, unchanged"),
        _box(head, "3. Small head", "256, 512 and 1 units: the only part that learns here"),
        _box(scale, "4. A number", "0 to 1; a threshold makes it yes or no"),
    ]
    return (
        '<div role="img" aria-label="From image through frozen convolutions and a small head to a '
        'number" style="display:flex;flex-wrap:wrap;gap:12px">' + "".join(boxes) + "</div>"
    )


def _box(drawing: str, title: str, words: str) -> str:
    """One station: drawing on top, title and words below."""
    return (
        '<div style="flex:1 1 150px;border:1px solid rgba(128,128,128,.4);border-radius:12px;'
        'padding:12px"><div style="height:80px;display:flex;align-items:center;gap:3px">'
        f'{drawing}</div><div style="font-weight:600;margin-top:8px">{title}</div>'
        f'<div style="font-size:.875rem;opacity:.8">{words}</div></div>'
    )


def _bar(width: float, height: float, colour: str, fill: str = "") -> str:
    """A coloured upright bar."""
    return (
        f'<div style="width:{width:.0f}px;height:{height:.0f}px;border-radius:2px;'
        f'background:{fill or colour}"></div>'
    )
