"""Lung masks as plain arrays: how well two agree, what to cut out, whether one is plausible.

Masks are bool (H, W), True inside the lungs; nothing here knows the network that found them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from core.alter import Box

PARTS = 2  # a left and a right lung

Mask = NDArray[np.bool_]  # (H, W)


@dataclass(frozen=True)
class Shape:
    """What a mask looks like, all without unit.

    Attributes:
        area: Share of the picture, 0..1.
        balance: Smaller part over larger part, 0..1; 0 where there is only one part.
        apart: Distance of the two parts' centres along the width, over the width, 0..1.
    """

    area: float
    balance: float
    apart: float


@dataclass(frozen=True)
class Limits:
    """What counts as plausible: a range of areas and the least of the rest."""

    area_low: float
    area_high: float
    balance: float
    apart: float
    certainty: float


def dice(first: Mask, second: Mask) -> float:
    """Twice the overlap over the sum of both areas (Dice 1945), 0..1; 1 where both are empty.

    Raises:
        ValueError: Two shapes.
    """
    if first.shape != second.shape:
        raise ValueError(f"expected masks of one shape, received {first.shape}, {second.shape}")
    both = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / both if both else 1.0


def largest_parts(mask: Mask, parts: int = PARTS) -> list[Mask]:
    """The largest connected parts (8 neighbours), largest first; fewer where there are fewer."""
    import cv2

    count, names, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = stats[1:count, cv2.CC_STAT_AREA]
    order = np.argsort(-areas, kind="stable")[:parts] + 1  # 0 is the ground
    return [np.asarray(names == name) for name in order]


def clean(mask: Mask) -> Mask:
    """The two largest parts alone, holes in them filled."""
    import cv2

    filled = np.zeros(mask.shape, np.uint8)
    for part in largest_parts(mask):
        lines, _ = cv2.findContours(part.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(filled, lines, -1, 1, cv2.FILLED)
    return filled > 0


def describe(mask: Mask) -> Shape:
    """Area, balance and distance of the two largest parts."""
    parts = largest_parts(mask)
    if len(parts) < PARTS:
        return Shape(float(mask.mean()), 0.0, 0.0)
    larger, smaller = (float(part.sum()) for part in parts)
    centres = [np.flatnonzero(part.any(axis=0)).mean() for part in parts]
    apart = abs(centres[0] - centres[1]) / mask.shape[1]
    return Shape(float(mask.mean()), smaller / larger, float(apart))


def doubts(shape: Shape, certainty: float, limits: Limits) -> tuple[str, ...]:
    """Why a mask should not be trusted, in words; empty where nothing speaks against it.

    Args:
        shape: Of the mask.
        certainty: Mean probability inside the mask, 0..1; 0 where it is empty.
        limits: Learned from the masks that the network was made with.
    """
    if not shape.area:
        return ("no lung was found",)
    found = []
    if not limits.area_low <= shape.area <= limits.area_high:
        found.append(
            f"it covers {shape.area:.0%} of the picture; "
            f"{limits.area_low:.0%} to {limits.area_high:.0%} is usual"
        )
    if not shape.balance:
        found.append("it is one part, where two lungs were expected")
    elif shape.balance < limits.balance:
        found.append(f"one part is only {shape.balance:.0%} as large as the other")
    elif shape.apart < limits.apart:
        found.append("its two parts do not lie side by side")
    if certainty < limits.certainty:
        found.append(f"its edges are vague (mean probability inside {certainty:.2f})")
    return tuple(found)


def crop_box(mask: Mask, margin: float = 0.05) -> Box:
    """The smallest rectangle around a mask, widened by a share of the picture on each side.

    Args:
        mask: bool (H, W).
        margin: Of the picture's width and height, 0..1; cut off at the picture's edge.

    Raises:
        ValueError: An empty mask, or a margin outside 0..1.
    """
    if not 0 <= margin <= 1:
        raise ValueError(f"expected a margin in 0..1, received {margin}")
    if not mask.any():
        raise ValueError("expected a mask with a lung in it, received an empty one")
    height, width = mask.shape
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(
        left=max(0.0, float(columns[0] / width) - margin),
        top=max(0.0, float(rows[0] / height) - margin),
        right=min(1.0, float((columns[-1] + 1) / width) + margin),
        bottom=min(1.0, float((rows[-1] + 1) / height) + margin),
    )


def learn_limits(shapes: list[Shape], certainties: list[float], slack: float = 0.2) -> Limits:
    """The range of known masks, widened by a share of its ends.

    Args:
        shapes: Of masks that are known to be lungs.
        certainties: Mean probability inside masks found on images not fitted on.
        slack: Share by which each end is moved outwards, 0..1.
    """
    columns = {name: [asdict(shape)[name] for shape in shapes] for name in asdict(shapes[0])}
    return Limits(
        area_low=round(min(columns["area"]) * (1 - slack), 4),
        area_high=round(max(columns["area"]) * (1 + slack), 4),
        balance=round(min(columns["balance"]) * (1 - slack), 4),
        apart=round(min(columns["apart"]) * (1 - slack), 4),
        certainty=round(1 - (1 - min(certainties)) * (1 + slack), 4),
    )
