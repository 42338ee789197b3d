"""A head that is loaded, and what it says of an image: maps of its layers -> probability.

A head may take an image in several views (core/views.py), a look each; the mean of their log-odds
answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core import artifacts, zoo
from core.artifacts import ArtifactError, Card
from core.ensemble import (
    build_ensemble,
    judgements_of,
    layers_read,
    members_of,
    with_members,
)
from core.head import RELU, UNITS, build_head, build_tail
from core.images import Grey
from core.metrics import logit, sigmoid
from core.trunks import as_function, compile_function
from core.views import PLAIN, VIEWS

if TYPE_CHECKING:
    import keras


class Answered(Protocol):
    """One look, however much more is known of it."""

    @property
    def probability(self) -> float:
        """Of COVID-19, 0..1."""

    @property
    def log_odds(self) -> float:
        """The same, ln(p / (1 - p))."""


@dataclass(frozen=True)
class Look:
    """What one head says of one image in one view.

    Attributes:
        probability: Of COVID-19.
        log_odds: The same, ln(p / (1 - p)).
        members: The same by each member alone, 0..1; of a head without members, the probability.
        judgements: The same by each judgement (core.ensemble.judgements_of), all members together.
    """

    probability: float
    log_odds: float
    members: tuple[float, ...]
    judgements: tuple[float, ...]


@dataclass(frozen=True)
class Opinion:
    """What one head says of one image: its answer, 0..1, and one look for each of its views."""

    probability: float
    looks: tuple[Look, ...]

    @property
    def members(self) -> tuple[float, ...]:
        """What each member says at each look."""
        return tuple(one for look in self.looks for one in look.members)


@dataclass(frozen=True)
class Head:
    """A loaded head: maps of its layers -> probability."""

    card: Card
    model: keras.Model
    run: Any  # tf.function: float32 (N, h, w, C), one a layer -> as with_members, or (N, 1) alone
    run_half: Any  # the same for bfloat16 maps, which take half the time; traced when first used

    @property
    def layers(self) -> tuple[str, ...]:
        """The trunk's layers whose maps it reads."""
        return layers_of(self.card)

    @property
    def layer(self) -> str:
        """The uppermost of them."""
        return self.layers[-1]

    @property
    def views(self) -> tuple[str, ...]:
        """How it wants images shown (core/views.py), a look each."""
        return views_of(self.card)

    @property
    def map_shapes(self) -> list[tuple[int | None, ...]]:
        """(h, w, C) of the maps of `layers`; the sides are open where a view is larger."""
        return map_shapes(self.model, self.views)

    def show(self, image: Grey) -> tuple[Grey, ...]:
        """An image as this head sees it, before the resize: uint8 (H, W) -> (h, w) a view."""
        return tuple(VIEWS[view].alter(image) for view in self.views)

    def probabilities(self, *maps: Any) -> NDArray[np.float32]:
        """Probability of COVID-19, float32 (N,), for (N, h, w, C) maps of `layers` in one view.

        Of bfloat16 maps it is as exact as such a pass is; else they are float32.
        """
        return np.asarray(self._run_for(maps)(*maps)[0])[:, 0]

    def answers(self, looks: Sequence[Sequence[Any]]) -> NDArray[np.float32]:
        """Probability of COVID-19, float32 (N,), for the maps of all of `views`, one look each."""
        if len(looks) == 1:
            return self.probabilities(*looks[0])
        each = [np.asarray(self._run_for(maps)(*maps)[-1], np.float64) for maps in looks]
        return sigmoid(np.mean([one.min(axis=-1) for one in each], axis=0)).astype(np.float32)

    def opinions(self, looks: Sequence[Sequence[Any]]) -> list[Opinion]:
        """`answers` in float32, each with what the members and the judgements say at each look."""
        seen = zip(*(self._looks(maps) for maps in looks), strict=True)
        return [Opinion(together(own), own) for own in seen]

    def _looks(self, maps: Sequence[Any]) -> list[Look]:
        """What is said of N images in one view."""
        found, *log_odds = (np.asarray(one, np.float64) for one in self.run(*maps))
        if not log_odds:
            own = found[:, 0].tolist()
            return [Look(one, float(logit(one)), (one,), (one,)) for one in own]
        return [
            Look(
                float(sigmoid(judgements.min())),
                float(judgements.min()),
                tuple(sigmoid(members).tolist()),
                tuple(sigmoid(judgements).tolist()),
            )
            for members, judgements in zip(*log_odds, strict=True)  # (K,), (U,)
        ]

    def _run_for(self, maps: Sequence[Any]) -> Any:
        import tensorflow as tf

        return self.run_half if tf.bfloat16 == maps[0].dtype else self.run


def load_head(model_id: str, models_dir: Path = artifacts.MODELS_DIR) -> Head:
    """Load a head.

    Raises:
        ArtifactError: Not a head; missing or altered files.
    """
    card = artifacts.read_card(model_id, models_dir)
    if card.kind != artifacts.HEAD:
        raise ArtifactError(f"expected a classifier, received {model_id!r}: {card.kind}")
    views = views_of(card)  # an unknown one is said now, not at the first image
    members = members_of(card.config)
    if len(views) > 1 and not members:
        raise ArtifactError(f"expected one view of a head without members, received {views}")
    if any(VIEWS[view].size for view in views) and not members:
        raise ArtifactError(f"expected a view of the trunk's own size, received {views}")
    units = len(judgements_of(card.config))
    model = build_ensemble(members, units) if members else _paper_head(card)
    model.load_weights(artifacts.checked_file(card, artifacts.weights_name(card), models_dir))
    answer = with_members(model, members) if members else as_function(model)
    shapes = map_shapes(model, views)
    ways = [compile_function(answer, *shapes, dtype=way) for way in (zoo.FLOAT32, zoo.BFLOAT16)]
    return Head(card, model, *ways)


def together(looks: Sequence[Answered]) -> float:
    """The probability that a head's looks answer together: that of their mean log-odds."""
    if len(looks) == 1:
        return looks[0].probability
    return float(sigmoid(np.mean([look.log_odds for look in looks])))


def _paper_head(card: Card) -> keras.Model:
    """An ordinary head as its card describes it, without weights."""
    backbone = zoo.get_backbone(card.backbone)
    config = card.config
    tail = build_tail(
        tuple(config.get("features_shape", backbone.features_shape)),
        config["pooling"],
        units=config.get("units", UNITS),
        activation=config.get("activation", RELU),
    )
    return build_head(backbone, tail, layer_of(card))


def layers_of(card: Card) -> tuple[str, ...]:
    """The trunk's layers whose maps a head reads; the backbone's cam layer unless its card says."""
    members = members_of(card.config)
    if members:
        return layers_read(members)
    return (str(card.config.get("layer") or zoo.get_backbone(card.backbone).cam_layer),)


def views_of(card: Card) -> tuple[str, ...]:
    """How a head wants images shown: names in core.views.VIEWS; as they are unless its card says.

    Raises:
        ArtifactError: The card names a view that this version does not know.
    """
    names = tuple(card.config.get("views", (PLAIN,)))
    if not names or not set(names) <= set(VIEWS):
        raise ArtifactError(f"expected views out of {sorted(VIEWS)}, received {list(names)}")
    return names


def fingerprint(card: Card) -> str:
    """What a head's answer hangs on: the hash of its weights, its views and their sizes."""
    views = ", ".join(f"{view} {VIEWS[view].size}" for view in views_of(card))
    return f"{card.files[artifacts.weights_name(card)]} {views}"


def map_shapes(model: keras.Model, views: Sequence[str]) -> list[tuple[int | None, ...]]:
    """(h, w, C) of a head's inputs; the sides are open where one of its views is larger."""
    shapes = [tuple(one.shape[1:]) for one in model.inputs]
    if not any(VIEWS[view].size for view in views):
        return shapes
    return [(None, None, channels) for *_, channels in shapes]


def layer_of(card: Card) -> str:
    """The uppermost layer that a head reads."""
    return layers_of(card)[-1]


def lower_layers(cards: Sequence[Card], trunk_id: str) -> tuple[str, ...]:
    """What the heads on a trunk read beside its cam layer, sorted."""
    own = [card for card in cards if card.trunk == trunk_id]
    cam_layers = {zoo.get_backbone(card.backbone).cam_layer for card in own}
    return tuple(sorted({layer for card in own for layer in layers_of(card)} - cam_layers))


def larger_sizes(cards: Sequence[Card], trunk_id: str) -> tuple[int, ...]:
    """Sizes of images that the heads on a trunk ask for beside its own, sorted."""
    views = [view for card in cards if card.trunk == trunk_id for view in views_of(card)]
    return tuple(sorted({VIEWS[view].size for view in views} - {0}))
