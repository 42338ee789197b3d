"""Which images models are compared on, and which of a model's predictions count there.

A test set holds the test patients of all sources, of one source, or every image of a source that
was never trained on. On the last, a model that learned from the source is answered for by the same
recipe trained without it (left_out.csv). Models are compared on the images that all of them share.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core import artifacts
from core.artifacts import LEFT_OUT, MODELS_DIR, ArtifactError, Card
from core.schema import MODALITY_TITLES, Modality, Split
from core.zoo import BACKBONES, CNN, IMAGENET, NETWORKS

if TYPE_CHECKING:
    import pandas as pd

UNSEEN = "unseen"
RANDOM = "random"  # how config["init"] of a card begins, for random weights
# What the Compare page opens with.
FIRST = {
    Modality.XRAY: (
        "all-vgg16-imagenet",
        "all-xception-imagenet",
        "all-mobilenetv2-imagenet",
        "all-cnn-random160",
    ),
    Modality.CT: ("ct-vgg16-imagenet", "ct-xception-imagenet", "ct-mobilenetv2-imagenet"),
}
NEARLY = "nearly ImageNet"  # in short names, for a start that takes a sentence to describe
HELD_OUT = (Split.TEST, Split.EXTERNAL)


@dataclass(frozen=True)
class Contender:
    """A model with its tables, rows of known label only.

    Attributes:
        card: Of the model.
        name: Short, for legends and columns.
        predictions: PREDICTION_COLUMNS of images that it was not fitted on.
        left_out: The same of its recipe trained without each source in turn.
    """

    card: Card
    name: str
    predictions: pd.DataFrame
    left_out: pd.DataFrame

    @property
    def validation(self) -> pd.DataFrame:
        """Rows of its validation patients."""
        return self.predictions[self.predictions["split"] == Split.VAL]


@dataclass(frozen=True)
class TestSet:
    """Images to compare on.

    Attributes:
        key: Short name, for addresses.
        title: For people.
        modality: "xray" or "ct".
        images: Ids of its images.
        unseen: The source, where no model may have trained on it; else empty.
    """

    __test__ = False  # not a test case, whatever pytest makes of the name

    key: str
    title: str
    modality: str
    images: frozenset[str]
    unseen: str = ""


def read_contenders(models_dir: Path = MODELS_DIR) -> dict[str, Contender]:
    """Every classifier with a prediction table by id, in the order to offer them.

    Raises:
        ArtifactError: A table that cannot be believed.
    """
    cards = [
        card
        for card in artifacts.list_heads(models_dir)
        if (models_dir / card.id / artifacts.PREDICTIONS).is_file()
    ]
    names = short_names(cards)
    return {card.id: _contender(card, names[card.id], models_dir) for card in _ordered(cards)}


def short_names(cards: Sequence[Card], with_data: bool = True) -> dict[str, str]:
    """Id -> network, data and start; the id is added where two would be called the same.

    Args:
        cards: Models to tell apart.
        with_data: Whether to say what each learned from; not needed where all learned alike.
    """
    names = {card.id: _short_name(card, with_data) for card in cards}
    taken = list(names.values())
    return {
        name: short if taken.count(short) == 1 else f"{short} [{name}]"
        for name, short in names.items()
    }


def never_pretrained(contenders: Collection[Contender]) -> list[str]:
    """Backbones of the paper that are here from no start but a random one, or not at all."""
    pretrained = {
        one.card.backbone
        for one in contenders
        if not str(one.card.config.get("init", IMAGENET)).startswith(RANDOM)
    }
    return [row.name for name, row in BACKBONES.items() if name not in pretrained]


def data_name(card: Card) -> str:
    """What a model learned from: "small" (one X-ray source), "all" (several) or "CT"."""
    if card.modality == Modality.CT:
        return "CT"
    return "small" if len(card.sources) == 1 else "all"


def test_sets(contenders: Collection[Contender]) -> dict[str, TestSet]:
    """Key -> test set, X-rays first: pooled, each source alone, each source never trained on."""
    return {
        found.key: found
        for modality in Modality
        for found in _of_modality(
            modality, [one for one in contenders if one.card.modality == modality]
        )
    }


def rows_on(contender: Contender, test_set: TestSet) -> pd.DataFrame:
    """A model's predictions that count on a test set, sorted by image id; empty without any."""
    own = contender.predictions
    if test_set.unseen:
        own = own[(own["split"] == Split.EXTERNAL) & (own["source"] == test_set.unseen)]
        if own.empty:
            own = contender.left_out
            own = own[own["source"] == test_set.unseen]
    else:
        own = own[own["split"].isin(HELD_OUT)]
    own = own[own["image_id"].isin(test_set.images)]
    return own.sort_values("image_id").reset_index(drop=True)


def uses_left_out(contender: Contender, test_set: TestSet) -> bool:
    """Whether the recipe trained without the source answers for this model."""
    return bool(test_set.unseen) and test_set.unseen in contender.card.sources


def shared(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The rows of the images that all tables hold, in one order.

    Raises:
        ArtifactError: Two tables disagree about the label of an image.
    """
    if not tables:
        return {}
    common = set.intersection(*(set(table["image_id"]) for table in tables.values()))
    kept = {
        name: table[table["image_id"].isin(common)].sort_values("image_id").reset_index(drop=True)
        for name, table in tables.items()
    }
    (first, truth), *others = kept.items()
    for name, table in others:
        differ = (table["label"] != truth["label"]).to_numpy()
        if differ.any():
            image = truth.loc[int(differ.argmax()), "image_id"]
            raise ArtifactError(
                f"expected one label for {image}, received different ones from {first} and {name}"
            )
    return kept


def _contender(card: Card, name: str, models_dir: Path) -> Contender:
    own = artifacts.read_predictions(card.id, models_dir).dropna(subset=["label"])
    left_out = own.iloc[:0]
    if (models_dir / card.id / LEFT_OUT).is_file():
        left_out = artifacts.read_predictions(card.id, models_dir, LEFT_OUT)
    return Contender(card, name, own, left_out.dropna(subset=["label"]))


def _short_name(card: Card, with_data: bool) -> str:
    parts = [data_name(card)] if with_data else []
    start = card.config.get("init", IMAGENET)
    if start != IMAGENET:
        parts.append(start if len(start) < 30 else NEARLY)
    if "members" in card.config:
        parts.append("second-order pooling")
    if artifacts.is_shipped(card):
        parts.append("in the app")
    network = NETWORKS.get(card.backbone, card.backbone)
    return f"{network} ({', '.join(parts)})" if parts else network


def _ordered(cards: Sequence[Card]) -> list[Card]:
    """Networks on all data first, random starts last."""
    data = ("all", "CT", "small")

    def place(card: Card) -> tuple[bool, int, bool, str]:
        random = str(card.config.get("init", "")).startswith(RANDOM) and card.backbone != CNN
        return random, data.index(data_name(card)), artifacts.is_shipped(card), card.id

    return sorted(cards, key=place)


def _of_modality(modality: Modality, contenders: Sequence[Contender]) -> list[TestSet]:
    """The test sets of one modality."""
    import pandas as pd

    tables = [one.predictions for one in contenders]
    if not tables:
        return []
    everything = pd.concat(tables)
    test = everything[everything["split"] == Split.TEST].drop_duplicates("image_id")
    kind = MODALITY_TITLES[modality].removeprefix("chest ").removeprefix("lung ").split()[0]
    sources = sorted(test["source"].unique())
    pooled = "all sources pooled" if len(sources) > 1 else f"{', '.join(sources)}"
    found = [TestSet(modality, f"{kind}: {pooled}", modality, frozenset(test["image_id"]))]
    if len(sources) > 1:
        found += [
            TestSet(f"{modality}-{name}", f"{kind}: {name} alone", modality, frozenset(part))
            for name, part in test.groupby("source")["image_id"]
        ]
    external = everything[everything["split"] == Split.EXTERNAL]
    unseen = pd.concat([external, *(one.left_out for one in contenders)])
    return found + [
        TestSet(
            f"{UNSEEN}-{name}", f"{kind}: {name}, never trained on", modality, frozenset(part), name
        )
        for name, part in unseen.groupby("source")["image_id"]
    ]
