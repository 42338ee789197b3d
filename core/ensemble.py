"""A head made of linear members, each on its own layer of one trunk; their mean log-odds answers.

Lower blocks see finer texture, upper ones larger forms; which carries over to new patients best is
not settled by the validation patients, so both are asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core.head import pooling_layer

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Member:
    """One member, as config["members"] of a card lists it.

    Attributes:
        layer: The trunk's layer that it reads.
        pooling: As in core.head.pooling_layer.
        shape: (h, w, C) of the layer's maps.
    """

    layer: str
    pooling: str
    shape: tuple[int, int, int]

    @property
    def name(self) -> str:
        """Of its part of the model; no two members are alike."""
        return f"{self.layer}_{self.pooling.replace('+', '_').replace('-', '_')}"


def members_of(config: dict[str, Any]) -> tuple[Member, ...]:
    """The members that a card's config lists; none for an ordinary head."""
    found = config.get("members", ())
    return tuple(Member(one["layer"], one["pooling"], tuple(one["shape"])) for one in found)


def as_config(members: Sequence[Member]) -> list[dict[str, Any]]:
    """What members_of reads."""
    return [asdict(member) for member in members]


def layers_read(members: Sequence[Member]) -> tuple[str, ...]:
    """The layers that members read, each once, in their order."""
    return tuple(dict.fromkeys(member.layer for member in members))


def build_member(member: Member) -> keras.Model:
    """Pooling and one linear unit: float32 (N, h, w, C) -> log-odds float32 (N, 1)."""
    import keras

    inputs = keras.Input(member.shape)
    x = pooling_layer(member.pooling)(inputs)
    x = keras.layers.Dense(1, name="log_odds")(x)
    return keras.Model(inputs, x, name=member.name)


def build_ensemble(members: Sequence[Member]) -> keras.Model:
    """All members side by side.

    Args:
        members: One or more, no two with the same layer and pooling.

    Returns:
        Model: float32 (N, h, w, C) for each of layers_read(members) -> probability float32 (N, 1):
        the sigmoid of the mean log-odds.

    Raises:
        ValueError: No member, or two alike.
    """
    import keras

    names = [member.name for member in members]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"expected different members, received {names}")
    shapes = {member.layer: member.shape for member in members}
    inputs = {layer: keras.Input(shape, name=layer) for layer, shape in shapes.items()}
    answers = [build_member(member)(inputs[member.layer]) for member in members]
    mean = keras.layers.Average(name="mean")(answers) if len(answers) > 1 else answers[0]
    return keras.Model(list(inputs.values()), keras.ops.sigmoid(mean), name="ensemble")


def with_members(model: keras.Model, members: Sequence[Member]) -> keras.Model:
    """An ensemble that also tells what each member says, sharing the weights.

    Returns:
        Model: as build_ensemble -> probability float32 (N, 1) and log-odds float32 (N, K).
    """
    import keras

    maps = dict(zip(layers_read(members), model.inputs, strict=True))
    answers = [part(model, member)(maps[member.layer]) for member in members]
    each = keras.ops.concatenate(answers, axis=1)  # (N, K)
    mean = keras.ops.mean(each, axis=1, keepdims=True)
    return keras.Model(model.inputs, [keras.ops.sigmoid(mean), each], name="members")


def part(model: keras.Model, member: Member) -> keras.Model:
    """A member's part of an ensemble, sharing the weights: maps -> its log-odds."""
    return model.get_layer(member.name)
