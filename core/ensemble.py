"""A head made of linear members, each on its own layer of one trunk; their mean log-odds answers.

Lower blocks see finer texture, upper ones larger forms; which carries over to new patients best is
not settled by the validation patients, so both are asked.

A member may give two log-odds: what the labels taught it of COVID-19, and whether the lungs are
hazy at all, for which no label is needed. Then the smaller of the two means answers: a look at
lungs judged much clearer than usual answers low, and haze alone does not make it answer high.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core.head import pooling_layer

if TYPE_CHECKING:
    import keras

LABEL, HAZE = "label", "haze"  # what a member judges


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


def judgements_of(config: dict[str, Any]) -> tuple[str, ...]:
    """What each member judges, as a card's config lists it: LABEL, or LABEL and HAZE."""
    return tuple(config.get("judgements", (LABEL,)))


def least(log_odds: Any) -> Any:
    """The smallest of U judgements: tensor (..., U) -> (..., 1)."""
    import keras

    return keras.ops.min(log_odds, axis=-1, keepdims=True)


def build_member(member: Member, units: int = 1) -> keras.Model:
    """Pooling and linear units: float32 (N, h, w, C) -> log-odds float32 (N, U)."""
    import keras

    inputs = keras.Input(member.shape)
    x = pooling_layer(member.pooling)(inputs)
    x = keras.layers.Dense(units, name="log_odds")(x)
    return keras.Model(inputs, x, name=member.name)


def build_ensemble(members: Sequence[Member], units: int = 1) -> keras.Model:
    """All members side by side.

    Args:
        members: One or more, no two with the same layer and pooling.
        units: U, judgements of each member.

    Returns:
        Model: float32 (N, h, w, C) for each of layers_read(members) -> probability float32 (N, 1):
        the sigmoid of the mean log-odds, the smallest of U.

    Raises:
        ValueError: No member, or two alike.
    """
    import keras

    names = [member.name for member in members]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"expected different members, received {names}")
    shapes = {member.layer: member.shape for member in members}
    inputs = {layer: keras.Input(shape, name=layer) for layer, shape in shapes.items()}
    answers = [build_member(member, units)(inputs[member.layer]) for member in members]
    mean = keras.layers.Average(name="mean")(answers) if len(answers) > 1 else answers[0]
    answer = least(mean) if units > 1 else mean
    return keras.Model(list(inputs.values()), keras.ops.sigmoid(answer), name="ensemble")


def with_members(model: keras.Model, members: Sequence[Member]) -> Callable[..., list[Any]]:
    """An ensemble that also tells what each member says, with the same weights.

    Returns:
        Function: maps as of build_ensemble, each an argument, float32 or bfloat16 -> probability
        float32 (N, 1), log-odds of each member float32 (N, K) in the judgement that answers, so
        that they lie around it, and log-odds of each judgement by all members together float32
        (N, U).
    """
    import keras

    layers = layers_read(members)

    def answer(*maps: Any) -> list[Any]:
        found = dict(zip(layers, maps, strict=True))
        answers = [_log_odds(part(model, member), found[member.layer]) for member in members]
        each = keras.ops.stack(answers, axis=1)  # (N, K, U)
        mean = keras.ops.mean(each, axis=1)  # (N, U)
        chosen = keras.ops.argmin(mean, axis=-1)[:, None, None]  # (N, 1, 1)
        own = keras.ops.take_along_axis(each, chosen, axis=-1)[..., 0]
        return [keras.ops.sigmoid(least(mean)), own, mean]

    return answer


def _log_odds(part: keras.Model, maps: Any) -> Any:
    """Layer by layer, since a whole model makes its input float32: (N, h, w, C) -> (N, U)."""
    for layer in part.layers[1:]:
        maps = layer(maps)
    return maps


def part(model: keras.Model, member: Member) -> keras.Model:
    """A member's part of an ensemble, sharing the weights: maps -> its log-odds."""
    return model.get_layer(member.name)
