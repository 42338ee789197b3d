"""What is tried: one change a row, each against the same reference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from core import zoo
from core.ensemble import Member
from core.head import MEAN_STD, POOLINGS, SECOND_ORDER
from core.schema import Modality
from core.views import LARGER, LARGER_EQUALISED, LUNGS, PLAIN
from training.features import BACKBONE
from training.recipes import MEMBERS, TOP_MEMBER, XRAY_SOURCES
from training.views import EQUALISED, LUNGS_ONLY, mirror_of

AVERAGE = POOLINGS[1]
MEAN_5 = Member("block5_conv3", AVERAGE, (14, 14, 512))
PAIRS_5 = TOP_MEMBER
SPREAD_4 = Member("block4_conv3", MEAN_STD, (28, 28, 512))
PAIRS_2 = Member("block2_conv2", SECOND_ORDER, (112, 112, 128))
PAIRS_3, PAIRS_4 = MEMBERS
CUT = (PAIRS_3, PAIRS_4, PAIRS_5)
OTHERS = (MEAN_5, PAIRS_5, SPREAD_4, PAIRS_2)
LOWER_3 = tuple(replace(PAIRS_3, layer=f"block3_conv{number}") for number in (1, 2))
LOWER_4 = tuple(replace(PAIRS_4, layer=f"block4_conv{number}") for number in (1, 2))
FIRST_5 = replace(PAIRS_5, layer="block5_conv1")
BETWEEN = (*LOWER_3, *LOWER_4, FIRST_5)

BOTH = "blocks 3, 4 and 5; two looks, cut to the lungs and whole"
BOUNDS = (-1.0, -0.75, -0.5)
EVEN, DRO = "every source alike", "group DRO"


@dataclass(frozen=True)
class Change:
    """One row of the ablation.

    Attributes:
        title: What is changed, in words.
        parent: Title of the change that it differs from in one thing; empty: the reference.
        members: Whose mean log-odds answer.
        views: How images are shown; all are learned from, and their mean log-odds answers.
        joined: Whether the mean of the views' descriptors is learned from, as their mean answers.
        mirrored: Whether mirror images are learned from as well.
        averaged: Whether mirror images are answered as well (test-time augmentation).
        weights: Weight of each source, EVEN or DRO.
        passes: Trunk passes a prediction costs, that of the image as it is for the guard included.
        modality: Tried on this one only; empty for both.
        haze: As in training.members.Choice.
    """

    title: str
    members: tuple[Member, ...] = MEMBERS
    views: tuple[str, ...] = (PLAIN,)
    joined: bool = False
    mirrored: bool = False
    averaged: bool = False
    weights: dict[str, float] | str = ""
    passes: float = 1.0
    modality: str = ""
    haze: float | None = None
    parent: str = ""

    @property
    def looks(self) -> int:
        """Versions of an image that are learned from and answered, mirrors not counted."""
        return 1 if self.joined else len(self.views)


REFERENCE = Change("reference: mean of block 5", (MEAN_5,))
PAIRS_OF_4 = Change("second-order pooling of block 4", (PAIRS_4,))
TEXTURE = Change("second-order pooling of blocks 3 and 4", parent=PAIRS_OF_4.title)
THREE = Change("blocks 3, 4 and 5", (PAIRS_3, PAIRS_4, PAIRS_5), parent=TEXTURE.title)
LARGER_COST = 1 + round((LARGER / zoo.get_backbone(BACKBONE).size) ** 2, 1)
CUT_THREE = Change(
    "blocks 3, 4 and 5; cut to the lungs",
    CUT,
    (LUNGS,),
    passes=2.0,
    modality=Modality.CT,
    parent=THREE.title,
)
PAINTED_THREE = replace(
    CUT_THREE,
    title=f"{CUT_THREE.title}, all around them painted over",
    views=(LUNGS_ONLY,),
    parent=CUT_THREE.title,
)
CUT_MIRRORED = replace(
    CUT_THREE,
    title=f"{CUT_THREE.title}; learned from mirror images too",
    mirrored=True,
    parent=CUT_THREE.title,
)
TWO_LOOKS = replace(
    CUT_MIRRORED,
    title=f"{BOTH}; learned from mirror images too",
    views=(LUNGS, PLAIN),
    parent=CUT_MIRRORED.title,
)


def _beside(title: str, members: tuple[Member, ...] = MEMBERS, **what: Any) -> Change:
    """A change of TEXTURE."""
    return Change(title, members, parent=TEXTURE.title, **what)


def _hazy(parent: Change, words: str, bound: float) -> Change:
    """A parent that also asks how hazy the lungs look."""
    title = f"{words}, and never above how hazy the lungs look; bound {bound:g}"
    return replace(parent, title=title, haze=bound, parent=parent.title)


LARGER_LOOK = _beside(
    "blocks 3 and 4; two looks, as it is and equalised at 320 px",
    views=(PLAIN, LARGER_EQUALISED),
    passes=LARGER_COST,
    modality=Modality.XRAY,
)
CHANGES = (
    REFERENCE,
    Change("mean and deviation of block 4", (SPREAD_4,)),
    Change("second-order pooling of block 5", (PAIRS_5,)),
    PAIRS_OF_4,
    Change("second-order pooling of block 3", (PAIRS_3,)),
    Change("second-order pooling of block 2", (PAIRS_2,)),
    TEXTURE,
    _beside("blocks 3 and 4; NIH weighs 0.1", weights={"nih": 0.1}, modality=Modality.XRAY),
    _beside("blocks 3 and 4; every source weighs the same", weights=EVEN, modality=Modality.XRAY),
    _beside("blocks 3 and 4; group DRO over sources", weights=DRO, modality=Modality.XRAY),
    _beside("blocks 2, 3 and 4", (PAIRS_2, PAIRS_3, PAIRS_4)),
    _beside("blocks 3 and 4; all their convolutions", (*LOWER_3, PAIRS_3, *LOWER_4, PAIRS_4)),
    _beside("blocks 3 and 4, and the first convolution of block 5", (PAIRS_3, PAIRS_4, FIRST_5)),
    Change("blocks 4 and 5", (PAIRS_4, PAIRS_5), parent=PAIRS_OF_4.title),
    THREE,
    _beside("blocks 3 and 4, and the reference", (PAIRS_3, PAIRS_4, MEAN_5)),
    _beside("blocks 3 and 4; learned from mirror images too", mirrored=True),
    _beside("blocks 3 and 4; answer averaged over the mirror image", averaged=True, passes=2.0),
    _beside(
        "blocks 3 and 4; local contrast evened out (CLAHE)", views=("clahe",), passes=2.0
    ),
    _beside("blocks 3 and 4; histogram equalised", views=(EQUALISED,), passes=2.0),
    _beside(
        "blocks 3 and 4; two looks, as it is and histogram equalised",
        views=(PLAIN, EQUALISED), passes=2.0, modality=Modality.XRAY,
    ),
    _beside(
        "blocks 3 and 4; margins cut, burnt-in marks painted over", views=("trimmed",), passes=2.0
    ),
    _beside("blocks 3 and 4; cut to the lungs", views=(LUNGS,), passes=2.0, modality=Modality.CT),
    CUT_THREE,
    PAINTED_THREE,
    CUT_MIRRORED,
    *(_hazy(CUT_MIRRORED, "the same", bound) for bound in BOUNDS),
    TWO_LOOKS,
    *(_hazy(TWO_LOOKS, BOTH, bound) for bound in BOUNDS),
    _beside("blocks 3 and 4; 320 px", views=("larger",), passes=LARGER_COST),
    LARGER_LOOK,
    replace(LARGER_LOOK, title=f"{LARGER_LOOK.title}, learned from their mean", joined=True,
            parent=LARGER_LOOK.title),
)  # fmt: skip
SOURCES = {Modality.XRAY: XRAY_SOURCES, Modality.CT: ("covid-ct",)}
SCORED = {Modality.XRAY: (), Modality.CT: ("sarscov2-ct",)}


def changes_for(modality: str) -> tuple[Change, ...]:
    """Those that are tried on a modality, the reference first."""
    return tuple(one for one in CHANGES if one.modality in ("", modality))


def cached_with(member: Member, view: str) -> tuple[Member, ...]:
    """The members whose descriptors are computed and kept together with a member's."""
    if view in (LUNGS, mirror_of(LUNGS), LUNGS_ONLY):
        return CUT
    return next(own for own in (MEMBERS, BETWEEN, OTHERS) if member in own)
