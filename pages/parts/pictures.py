"""What the paper did as drawings (SVG), for st.image."""

from __future__ import annotations

BLOCKS = ((2, 224), (2, 112), (3, 56), (3, 28), (3, 14))  # convolutions, pixels a side, of VGG16
UNITS = (6, 8, 1)  # drawn for the 256, 512 and 1 units of the head
WIDTH, HEIGHT, MIDDLE = 720, 236, 96  # of the drawing, and the height its parts are centred on
NETWORKS, CHOSEN = 9, 3  # drawn side by side, and the place of the one that won
LABELS = ((58, "1. Image"), (248, "2. Frozen VGG16"), (454, "3. Small head"), (632, "4. Number"))
BLUE, ORANGE = "#3f8fc9", "#e08214"
INK = {"light": "#16302e", "dark": "#e3f1ef"}
NEUTRAL = "#7d8f8d"  # read on both grounds; where the browser has not yet told the theme
ALT = (
    "A lung image goes through the 13 frozen convolutions of VGG16, which shrink it from 224 to 14 "
    "pixels a side, then through a small head of 256, 512 and 1 units, the only part that learns, "
    "to a number between 0 and 1; a threshold on it makes the answer."
)


def pipeline(theme: str | None) -> str:
    """SVG: image, thirteen frozen convolutions, small head, a number from 0 to 1.

    Args:
        theme: "light" or "dark"; None where it is not known.
    """
    ink = INK.get(theme or "", NEUTRAL)
    words = "".join(
        f'<text x="{x}" y="{HEIGHT - 14}" text-anchor="middle" fill="{ink}">{word}</text>'
        for x, word in LABELS
    )
    parts = (_image(), _arrow(114, ink), _trunk(), _arrow(362, ink), _head(), _arrow(522, ink))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="20">' + "".join(parts) + _scale(ink) + words + "</svg>"
    )


def _image() -> str:
    """A chest, as an X-ray shows it: bright body, dark lungs, ribs across them."""
    lung = "M46 58c-16 8-24 34-24 66 0 8 3 12 9 11l17-5c4-1 6-4 6-9V66c0-6-3-10-8-8z"
    ribs = "".join(f'<path d="M20 {y}q19-10 38 4q19-14 38-4"/>' for y in (76, 92, 108, 124))
    return (
        '<g><rect x="8" y="46" width="100" height="100" rx="8" fill="#1a1f24"/>'
        '<rect x="14" y="50" width="88" height="96" rx="26" fill="#8e979d"/>'
        f'<path d="{lung}" fill="#22282e"/>'
        f'<path d="{lung}" fill="#22282e" transform="matrix(-1 0 0 1 116 0)"/>'
        '<path d="M58 96c14-2 22 14 24 34H56z" fill="#b9c0c4"/>'
        '<rect x="54" y="50" width="8" height="94" rx="3" fill="#c8ced1"/>'
        f'<g fill="none" stroke="#b3bbc0" stroke-opacity=".45" stroke-width="3">{ribs}</g></g>'
    )


def _trunk(last: str = BLUE) -> str:
    """One bar a convolution, as tall as its picture has pixels, in groups between poolings.

    Args:
        last: Colour of the last group.
    """
    bars, x = [], 150
    for block, (count, side) in enumerate(BLOCKS, start=1):
        colour = last if block == len(BLOCKS) else BLUE
        height = 22 + 130 * side / BLOCKS[0][1]
        for _ in range(count):
            bars.append(
                f'<rect class="convolution" x="{x}" y="{MIDDLE - height / 2:.0f}" width="10" '
                f'height="{height:.0f}" rx="2" fill="{colour}"/>'
            )
            x += 13
        x += 8
    return "".join(bars)


def _head() -> str:
    """Three layers of units, each joined to all of the next."""
    layers = [
        [(410 + 44 * layer, MIDDLE + (unit - (units - 1) / 2) * 17) for unit in range(units)]
        for layer, units in enumerate(UNITS)
    ]
    lines = "".join(
        f'<path d="M{x1} {y1}L{x2} {y2}"/>'
        for before, after in zip(layers, layers[1:], strict=False)
        for x1, y1 in before
        for x2, y2 in after
    )
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="6"/>' for layer in layers for x, y in layer)
    return (
        f'<g stroke="{ORANGE}" stroke-opacity=".35" fill="none">{lines}</g>'
        f'<g fill="{ORANGE}">{dots}</g>'
    )


def _scale(ink: str) -> str:
    """From 0 to 1, with a threshold."""
    return (
        f'<defs><linearGradient id="scale"><stop stop-color="{BLUE}"/>'
        f'<stop offset="1" stop-color="{ORANGE}"/></linearGradient></defs>'
        f'<rect x="560" y="{MIDDLE - 11}" width="144" height="22" rx="11" fill="url(#scale)"/>'
        f'<path d="M622 {MIDDLE - 22}v44" stroke="{ink}" stroke-width="3" stroke-dasharray="6 4"/>'
        f'<g fill="{ink}" text-anchor="middle"><text x="566" y="{MIDDLE + 42}">0</text>'
        f'<text x="698" y="{MIDDLE + 42}">1</text>'
        f'<text x="622" y="{MIDDLE - 32}">threshold</text></g>'
    )


def _arrow(x: int, ink: str) -> str:
    return (
        f'<path d="M{x} {MIDDLE}h22m-8-7l8 7-8 7" stroke="{ink}" stroke-width="2.5" fill="none" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def networks(theme: str | None) -> str:
    """SVG: nine frozen networks of which one is chosen, and a home-made one."""
    ink = INK.get(theme or "", NEUTRAL)
    bars = "".join(
        f'<rect class="network" x="{4 + 15 * place}" y="12" width="11" height="48" rx="2" '
        f'fill="{ORANGE if place == CHOSEN else BLUE}"/>'
        for place in range(NETWORKS)
    )
    own = (
        f'<rect x="{10 + 15 * NETWORKS}" y="13" width="11" height="46" rx="2" fill="none" '
        f'stroke="{ink}" stroke-dasharray="4 3"/>'
    )
    return _small(bars + own)


def unfrozen(theme: str | None) -> str:
    """SVG: the thirteen convolutions, the upper ones learning, and the head."""
    trunk = f'<g transform="translate(-63 -8) scale(.46)">{_trunk(last=ORANGE)}</g>'
    dots = "".join(f'<circle cx="116" cy="{y}" r="4"/>' for y in (18, 30, 42, 54))
    return _small(f'{trunk}<g fill="{ORANGE}">{dots}</g>')


def more_data(theme: str | None) -> str:
    """SVG: a small balanced set of images, and a large one with few positives."""
    ink = INK.get(theme or "", NEUTRAL)
    small = "".join(
        _tile(6 + 11 * column, 20 + 11 * row, ORANGE if column < 2 else BLUE)
        for row in range(3)
        for column in range(4)
    )
    large = "".join(
        _tile(82 + 8 * column, 8 + 8 * row, ORANGE if column == 0 else BLUE, 6)
        for row in range(7)
        for column in range(9)
    )
    arrow = f'<path d="M56 36h16m-5-5l5 5-5 5" stroke="{ink}" stroke-width="2" fill="none"/>'
    return _small(small + arrow + large)


def feature_maps(theme: str | None) -> str:
    """SVG: maps of two images, bright where something was found."""
    spots = ((0.9, 0.3, 0.6, 0.1, 0.8), (0.2, 0.7, 0.1, 0.4, 0.3))
    tiles = "".join(
        f'<rect x="{6 + 30 * column}" y="{8 + 30 * row}" width="26" height="26" rx="3" '
        'fill="#1a1f24"/>'
        f'<circle cx="{16 + 30 * column + 6 * (column % 2)}" cy="{21 + 30 * row}" r="7" '
        f'fill="{colour}" fill-opacity="{spot}"/>'
        for row, colour in enumerate((ORANGE, BLUE))
        for column, spot in enumerate(spots[row])
    )
    return _small(tiles)


def _tile(x: int, y: int, colour: str, side: int = 9) -> str:
    return f'<rect x="{x}" y="{y}" width="{side}" height="{side}" rx="1.5" fill="{colour}"/>'


def _small(inside: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 72">{inside}</svg>'
