"""Image -> maps (one trunk pass) -> verdict and probability."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core import artifacts, memory, zoo
from core.artifacts import ArtifactError, Card
from core.ensemble import (
    build_ensemble,
    judgements_of,
    layers_read,
    members_of,
    with_members,
)
from core.guard import Guard, Verdict, load_guard
from core.head import RELU, UNITS, build_head, build_tail
from core.images import Grey
from core.schema import Modality
from core.trunks import AUTO, Trunk, as_function, compile_function, load_trunk
from core.views import PLAIN, VIEWS

if TYPE_CHECKING:
    import keras

DEFAULT_MODELS = {Modality.XRAY: "vgg16-xray-texture", Modality.CT: "vgg16-ct-texture"}


@dataclass(frozen=True)
class Opinion:
    """What one head says of one image, 0..1.

    Attributes:
        probability: Of COVID-19.
        members: The same by each member alone; of a head without members, the probability.
        judgements: The same by each judgement (core.ensemble.judgements_of), all members together.
    """

    probability: float
    members: tuple[float, ...]
    judgements: tuple[float, ...]


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
    def view(self) -> str:
        """How it wants images shown (core/views.py)."""
        return view_of(self.card)

    def show(self, image: Grey) -> Grey:
        """An image as this head sees it, before the resize: uint8 (H, W) -> uint8 (h, w)."""
        return VIEWS[self.view].alter(image)

    def probabilities(self, *maps: Any) -> NDArray[np.float32]:
        """Probability of COVID-19, float32 (N,), for (N, h, w, C) maps of `layers`.

        Of bfloat16 maps it is as exact as such a pass is; else they are float32.
        """
        import tensorflow as tf

        run = self.run_half if tf.bfloat16 == maps[0].dtype else self.run
        return np.asarray(run(*maps)[0])[:, 0]

    def opinions(self, *maps: Any) -> list[Opinion]:
        """`probabilities`, each with what the members and the judgements say."""
        found, *log_odds = (np.asarray(one, np.float64) for one in self.run(*maps))
        each = [1 / (1 + np.exp(-one)) for one in log_odds] or [found, found]  # (N, K), (N, U)
        return [
            Opinion(float(probability), *(tuple(row.tolist()) for row in rows))
            for probability, *rows in zip(found[:, 0], *each, strict=True)
        ]


@dataclass(frozen=True)
class Scored:
    """One image's answer."""

    verdict: Verdict
    modality: Modality
    probability: float
    model_id: str


@dataclass(frozen=True)
class Classifier:
    """Trunks, guard and heads together: each trunk runs at most once an image and view.

    The guard looks at the maps of its own trunk; a head on that trunk that takes the image as it is
    shares this pass.
    """

    trunks: dict[str, Trunk]
    guard: Guard
    heads: dict[str, Head]

    @property
    def trunk(self) -> Trunk:
        """The trunk that the guard looks through."""
        return self.trunks[self.guard.card.trunk]

    def trunk_of(self, model_id: str) -> Trunk:
        """The trunk that a head stands on."""
        return self.trunks[self.heads[model_id].card.trunk]

    def score(
        self,
        images: Sequence[Grey],
        model_for: Callable[[Verdict], str] | None = None,
        fitted: Sequence[Grey] | None = None,
    ) -> list[Scored]:
        """Verdict and probability of each image, each by one head.

        Args:
            images: uint8 (H, W) each.
            model_for: Head id for a verdict; None takes the default head of the modality found.
            fitted: The images as `fit` makes them, where that was done beforehand.
        """
        choose = model_for or (lambda verdict: DEFAULT_MODELS[verdict.modality])
        maps = self.trunk.run_raw(zoo.prepare(self.trunk.backbone, fitted or images))
        verdicts = self.guard.judge(pool_maps(maps[self.trunk.backbone.cam_layer]))
        ids = [choose(verdict) for verdict in verdicts]
        probabilities = np.zeros(len(images))
        for name in set(ids):
            rows = [row for row, chosen in enumerate(ids) if chosen == name]
            own = self._maps_for(name, [images[row] for row in rows], maps, rows)
            probabilities[rows] = self.heads[name].probabilities(*own)
        return [
            Scored(verdict, Modality(self.heads[name].card.modality), float(probability), name)
            for verdict, name, probability in zip(verdicts, ids, probabilities, strict=True)
        ]

    def fit(self, image: Grey) -> Grey:
        """Resize uint8 (H, W) to the guard's trunk, as every pass begins; other threads may."""
        return zoo.fit(image, self.trunk.backbone.size)

    def all_probabilities(self, image: Grey) -> tuple[Verdict, dict[str, float]]:
        """Verdict, and the probability of every head, for one uint8 (H, W) image."""
        verdict, opinions = self.all_opinions(image)
        return verdict, {name: one.probability for name, one in opinions.items()}

    def all_opinions(
        self, image: Grey, modality_for: Callable[[Verdict], Modality] | None = None
    ) -> tuple[Verdict, dict[str, Opinion]]:
        """Verdict, and what every head and its members say of one image.

        Args:
            image: uint8 (H, W).
            modality_for: Which kind of image it is taken for: heads of another kind are left out
                where they would cost a trunk pass of their own. None leaves none out.
        """
        maps = {(self.trunk.card.id, PLAIN): self.trunk.all_maps([image])}
        seen = maps[self.trunk.card.id, PLAIN][self.trunk.backbone.cam_layer]
        verdict = self.guard.judge(pool_maps(seen))[0]
        wanted = modality_for(verdict) if modality_for else None
        found = {}
        for name, head in self.heads.items():
            trunk = self.trunk_of(name)
            key = (trunk.card.id, head.view)
            if key not in maps:
                if wanted not in (None, head.card.modality):
                    continue
                maps[key] = trunk.all_maps([head.show(image)])
            found[name] = head.opinions(*(maps[key][layer] for layer in head.layers))[0]
        return verdict, found

    def mirrored(self, image: Grey, name: str) -> Opinion:
        """What one head and its members say of the mirror image: one more pass.

        A lung is a lung either way round, so answers that differ much hang on details.
        """
        head = self.heads[name]
        maps = self.trunk_of(name).all_maps([head.show(np.fliplr(image))])
        return head.opinions(*(maps[layer] for layer in head.layers))[0]

    def _maps_for(
        self, name: str, images: list[Grey], shared: dict[str, Any], rows: list[int]
    ) -> list[Any]:
        """Maps that a head reads: rows of the guard's pass where trunk and view are the same."""
        import tensorflow as tf

        own, head = self.trunk_of(name), self.heads[name]
        layers = head.layers
        if own is self.trunk and head.view == PLAIN:
            if len(rows) == len(shared[layers[0]]):  # all images, in order
                return [shared[layer] for layer in layers]
            return [tf.gather(shared[layer], rows) for layer in layers]
        found = own.run_raw(zoo.prepare(own.backbone, [head.show(image) for image in images]))
        return [found[layer] for layer in layers]


def load_classifier(models_dir: Path = artifacts.MODELS_DIR, precision: str = AUTO) -> Classifier:
    """Load the guard and every head whose weights are shipped, with the trunks they stand on.

    Raises:
        ArtifactError: Missing or altered files, or no head at all.
    """
    guard = load_guard(models_dir)
    cards = [card for card in artifacts.list_heads(models_dir) if artifacts.is_shipped(card)]
    if not cards:
        raise ArtifactError(f"expected classifiers in {models_dir}, received none")
    ids = dict.fromkeys([guard.card.trunk, *(card.trunk for card in cards)])
    trunks = {
        name: load_trunk(name, models_dir, precision, lower_layers(cards, name)) for name in ids
    }
    heads = {card.id: load_head(card.id, models_dir) for card in cards}
    memory.give_back()
    return Classifier(trunks, guard, heads)


def layers_of(card: Card) -> tuple[str, ...]:
    """The trunk's layers whose maps a head reads; the backbone's cam layer unless its card says."""
    members = members_of(card.config)
    if members:
        return layers_read(members)
    return (str(card.config.get("layer") or zoo.get_backbone(card.backbone).cam_layer),)


def view_of(card: Card) -> str:
    """How a head wants images shown: a name in core.views.VIEWS; as they are unless its card says.

    Raises:
        ArtifactError: The card names a view that this version does not know.
    """
    name = str(card.config.get("view", PLAIN))
    if name not in VIEWS:
        raise ArtifactError(f"expected a view out of {sorted(VIEWS)}, received {name!r}")
    return name


def layer_of(card: Card) -> str:
    """The uppermost layer that a head reads."""
    return layers_of(card)[-1]


def lower_layers(cards: Sequence[Card], trunk_id: str) -> tuple[str, ...]:
    """What the heads on a trunk read beside its cam layer, sorted."""
    own = {layer for card in cards if card.trunk == trunk_id for layer in layers_of(card)}
    return tuple(sorted(own - {zoo.get_backbone(card.backbone).cam_layer for card in cards}))


def load_head(model_id: str, models_dir: Path = artifacts.MODELS_DIR) -> Head:
    """Load a head.

    Raises:
        ArtifactError: Not a head; missing or altered files.
    """
    card = artifacts.read_card(model_id, models_dir)
    if card.kind != artifacts.HEAD:
        raise ArtifactError(f"expected a classifier, received {model_id!r}: {card.kind}")
    view_of(card)  # an unknown one is said now, not at the first image
    members = members_of(card.config)
    units = len(judgements_of(card.config))
    model = build_ensemble(members, units) if members else _paper_head(card)
    model.load_weights(artifacts.checked_file(card, artifacts.weights_name(card), models_dir))
    answer = with_members(model, members) if members else as_function(model)
    shapes = [one.shape[1:] for one in model.inputs]
    ways = [compile_function(answer, *shapes, dtype=way) for way in (zoo.FLOAT32, zoo.BFLOAT16)]
    return Head(card, model, *ways)


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


def pool_maps(maps: Any) -> NDArray[np.float32]:
    """Average over positions: (N, h, w, C) -> float32 (N, C); what the guard looks at."""
    return np.asarray(maps, np.float32).mean(axis=(1, 2))
