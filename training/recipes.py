"""How each shipped head is trained."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.ensemble import Member
from core.head import POOLINGS, SECOND_ORDER
from core.schema import Modality
from core.views import LARGER_EQUALISED, LUNGS, PLAIN
from training.views import EQUALISED, FRAMED, RECOMPRESSED, STAMPS, in_look, mirror_of


@dataclass(frozen=True)
class Recipe:
    """How a head is trained; the card of a shipped model holds one."""

    title: str
    modality: str
    sources: tuple[str, ...]
    scored_elsewhere: tuple[str, ...] = ()
    balance: bool = False  # train on as many images of either class
    left_out: tuple[str, ...] = ()
    poolings: tuple[str, ...] = POOLINGS
    seeds: tuple[int, ...] = (0, 1, 2)
    batch: int = 32
    learning_rate: float = 1e-4
    epochs: int = 60
    patience: int = 8
    dropout: float = 0.0


XRAY_SOURCES = ("actualmed", "covid-chestxray", "figure1", "nih")
RECIPES = {
    "vgg16-xray": Recipe(
        title="X-ray, all four sources (the paper's second, larger data set)",
        modality=Modality.XRAY,
        sources=XRAY_SOURCES,
        left_out=("actualmed", "figure1", "nih"),
    ),
    "vgg16-xray-small": Recipe(
        title="X-ray, one source, balanced (the paper's first, small data set)",
        modality=Modality.XRAY,
        sources=("covid-chestxray",),
        scored_elsewhere=("actualmed", "figure1", "nih"),
        balance=True,
    ),
    "vgg16-ct": Recipe(
        title="CT slices, COVID-CT",
        modality=Modality.CT,
        sources=("covid-ct",),
        scored_elsewhere=("sarscov2-ct",),
    ),
}

MEMBERS = (
    Member("block3_conv3", SECOND_ORDER, (56, 56, 256)),
    Member("block4_conv3", SECOND_ORDER, (28, 28, 512)),
)
TOP_MEMBER = Member("block5_conv3", SECOND_ORDER, (14, 14, 512))


@dataclass(frozen=True)
class TextureRecipe:
    """How an ensemble is trained.

    Attributes:
        title: One line for people.
        modality: "xray" or "ct".
        sources: Trained on.
        scored_elsewhere: Sources that are only scored.
        left_out: Sources whose absence is tried, to choose and to report.
        reported: Likewise, only to report: what is left without the source is too little to choose
            for all.
        penalties: Values of training.members.Choice.c to choose from.
        weights: Weights of sources to choose from.
        deals: Of the patients into folds, the same for every combination; their mean is judged.
        members: Linear heads whose mean log-odds answer.
        looks: The views (core/views.py) in which an image is answered; the mean log-odds counts.
        joined: Whether members learn from the mean of an image's looks, as they answer by the mean
            of their log-odds; else from each look by itself.
        changed: Changes (training/views.py) that should not move the answer; where looks are not
            joined, that to the first look.
        hazes: Values of training.members.Choice.haze to try once penalty and weights are chosen.
        steadies: Likewise of its steady.
        cost: Standard errors of what choices are made by that either may cost.
    """

    title: str
    modality: str
    sources: tuple[str, ...]
    scored_elsewhere: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()
    penalties: tuple[float, ...] = (1.0, 10.0, 100.0, 1000.0)
    weights: tuple[dict[str, float], ...] = ({},)
    deals: tuple[int, ...] = (0,)
    members: tuple[Member, ...] = MEMBERS
    looks: tuple[str, ...] = (PLAIN,)
    joined: bool = False
    changed: tuple[str, ...] = ()
    hazes: tuple[float, ...] = ()
    steadies: tuple[float, ...] = ()
    cost: float = 0.0

    def without(self, source: str) -> TextureRecipe:
        """The same with a source left out: it has no say in any choice."""
        kept = [{name: w for name, w in one.items() if name != source} for one in self.weights]
        weights = tuple(one for place, one in enumerate(kept) if one not in kept[:place])
        left_out = tuple(one for one in self.left_out if one != source)
        return replace(self, left_out=left_out, weights=weights)

    @property
    def absent(self) -> tuple[str, ...]:
        """Sources that left_out.csv is about."""
        return (*self.left_out, *self.reported)

    @property
    def views(self) -> tuple[str, ...]:
        """As training.members.Space wants them: looks, their mirror images, changed.

        Of joined looks, each change in all looks, for training.members.joined.
        """
        shown = self.looks if self.joined else self.looks[:1]
        changed = [in_look(change, look) for change in self.changed for look in shown]
        return (*self.looks, *map(mirror_of, self.looks), *changed)


TEXTURES = {
    "vgg16-xray-texture": TextureRecipe(
        title="X-ray, all four sources, as it is and equalised at 320 px, "
        "second-order pooling of blocks 3 and 4",
        modality=Modality.XRAY,
        sources=XRAY_SOURCES,
        left_out=("actualmed", "figure1", "nih"),
        reported=("covid-chestxray",),
        penalties=(1.0, 10.0, 100.0),
        weights=({}, {"nih": 0.3}, {"nih": 0.1}, {"nih": 0.03}),
        deals=(0, 1),
        looks=(PLAIN, LARGER_EQUALISED),
        joined=True,
        changed=(*STAMPS, FRAMED, RECOMPRESSED, EQUALISED),
        steadies=(30.0, 300.0, 1000.0),
        cost=1.0,  # part of the AUC comes from marks and from how bright a source is
    ),
    "vgg16-ct-texture": TextureRecipe(
        title="CT slices, COVID-CT, cropped to the lungs and whole, "
        "second-order pooling of blocks 3 to 5",
        modality=Modality.CT,
        sources=("covid-ct",),
        scored_elsewhere=("sarscov2-ct",),
        members=(*MEMBERS, TOP_MEMBER),
        looks=(LUNGS, PLAIN),
        hazes=(-1.5, -1.25, -1.0, -0.75, -0.5, -0.25, 0.0),
    ),
}
