"""Image -> maps (a trunk pass for each look) -> verdict and probability."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import artifacts, memory, zoo
from core.artifacts import ArtifactError
from core.guard import Guard, Verdict, load_guard
from core.images import Grey
from core.opinions import Head, Opinion, larger_sizes, load_head, lower_layers
from core.schema import Modality
from core.trunks import AUTO, Trunk, load_trunk
from core.views import PLAIN, VIEWS

DEFAULT_MODELS = {Modality.XRAY: "vgg16-xray-texture", Modality.CT: "vgg16-ct-texture"}


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
            own, head = [images[row] for row in rows], self.heads[name]
            looks = [self._maps_for(head, view, own, maps, rows) for view in head.views]
            probabilities[rows] = head.answers(looks)
        return [
            Scored(verdict, Modality(self.heads[name].card.modality), float(probability), name)
            for verdict, name, probability in zip(verdicts, ids, probabilities, strict=True)
        ]

    def fit(self, image: Grey) -> Grey:
        """Resize uint8 (H, W) to the guard's trunk, as every pass begins; other threads may."""
        return zoo.fit(image, self.trunk.backbone.size)

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
            costs = any((trunk.card.id, view) not in maps for view in head.views)
            if costs and wanted not in (None, head.card.modality):
                continue
            for view in head.views:
                if (trunk.card.id, view) not in maps:
                    maps[trunk.card.id, view] = maps_in_view(trunk, view, [image])
            looks = [
                [maps[trunk.card.id, view][layer] for layer in head.layers] for view in head.views
            ]
            found[name] = head.opinions(looks)[0]
        return verdict, found

    def mirrored(self, image: Grey, name: str) -> Opinion:
        """What one head and its members say of the mirror image: one more pass a view.

        A lung is a lung either way round, so answers that differ much hang on details.
        """
        head, trunk = self.heads[name], self.trunk_of(name)
        passes = [maps_in_view(trunk, view, [np.fliplr(image)]) for view in head.views]
        return head.opinions([[maps[layer] for layer in head.layers] for maps in passes])[0]

    def _maps_for(
        self, head: Head, view: str, images: list[Grey], shared: dict[str, Any], rows: list[int]
    ) -> list[Any]:
        """Maps that a head reads in one view: rows of the guard's pass where that is the same."""
        import tensorflow as tf

        own, layers = self.trunks[head.card.trunk], head.layers
        if own is self.trunk and view == PLAIN:
            if len(rows) == len(shared[layers[0]]):  # all images, in order
                return [shared[layer] for layer in layers]
            return [tf.gather(shared[layer], rows) for layer in layers]
        altered = [VIEWS[view].alter(image) for image in images]
        found = own.run_raw(own.prepare(altered, VIEWS[view].size))
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
        name: load_trunk(
            name, models_dir, precision, lower_layers(cards, name), larger_sizes(cards, name)
        )
        for name in ids
    }
    heads = {card.id: load_head(card.id, models_dir) for card in cards}
    memory.give_back()
    return Classifier(trunks, guard, heads)


def maps_in_view(trunk: Trunk, view: str, images: Sequence[Grey]) -> dict[str, Any]:
    """Trunk.all_maps of images, uint8 (H, W) each, as a view (core/views.py) shows them."""
    return trunk.all_maps([VIEWS[view].alter(image) for image in images], VIEWS[view].size)


def pool_maps(maps: Any) -> NDArray[np.float32]:
    """Average over positions: (N, h, w, C) -> float32 (N, C); what the guard looks at."""
    return np.asarray(maps, np.float32).mean(axis=(1, 2))
