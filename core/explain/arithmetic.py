"""The last layer, number by number: inputs times weights, plus the bias, are the log-odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ensemble import LABEL, Member, judgements_of, members_of, part
from core.head import MEAN_STD, SECOND_ORDER
from core.opinions import Head

Column = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """The inputs of one last unit.

    Attributes:
        layer: Where they are from: a dense layer of the head, or a layer of the trunk.
        pooling: "" for a dense layer; else as in core.head.pooling_layer.
        channels: Maps of that layer, or units.
        values: The inputs, float64 (F,). Of second-order pooling each pair of maps once: the rows
            of an upper triangle, diagonal included.
        weights: Of the last unit, float64 (F,), divided by the number of members; a pair's two
            weights added up.
        bias: Of the last unit, divided likewise.
    """

    layer: str
    pooling: str
    channels: int
    values: Column
    weights: Column
    bias: float

    @property
    def products(self) -> Column:
        """What each input adds to the log-odds, float64 (F,)."""
        return self.values * self.weights

    def name(self, number: int) -> str:
        """What an input is, in words."""
        if not self.pooling:
            return f"unit {number}"
        if self.pooling == SECOND_ORDER:
            first, second = pair_of(number, self.channels)
            return f"maps {first} and {second}" if first != second else f"map {first} with itself"
        kind, channel = divmod(number, self.channels)
        if self.pooling == MEAN_STD:
            return f"map {channel}, {('mean', 'spread')[kind]}"
        return f"map {channel}" if len(self.values) == self.channels else f"cell {number}"


@dataclass(frozen=True)
class Term:
    """One row of the sum: name, value x weight = product. Rows that stand for many have NaN."""

    name: str
    layer: str
    value: float
    weight: float
    product: float


@dataclass(frozen=True)
class LastLayer:
    """The whole sum: one part, or one a member; what they add up to is their mean's log-odds.

    Attributes:
        parts: Of the judgement that answers.
        judgement: Its name in core.ensemble.judgements_of.
        others: Log-odds of the judgements that did not answer, which are larger, by name.
    """

    parts: tuple[Part, ...]
    judgement: str = LABEL
    others: tuple[tuple[str, float], ...] = ()

    @property
    def bias(self) -> float:
        """Of all parts."""
        return sum(part.bias for part in self.parts)

    @property
    def log_odds(self) -> float:
        """All products and the bias."""
        return sum(float(part.products.sum()) for part in self.parts) + self.bias

    @property
    def count(self) -> int:
        """How many inputs."""
        return sum(len(part.values) for part in self.parts)

    def terms(self, most: int) -> list[Term]:
        """The sum in rows: strongest up, strongest down, two rows for all others, the bias.

        Args:
            most: How many single inputs of each sign.

        Returns:
            Rows whose products add up to the log-odds, the largest first and the bias last.
        """
        products = np.concatenate([part.products for part in self.parts])
        order = np.argsort(-products, kind="stable")
        up = order[: min(most, int((products > 0).sum()))]
        down = order[len(order) - min(most, int((products < 0).sum())) :]
        rest = np.setdiff1d(np.arange(len(products)), np.concatenate([up, down]))
        ends = np.cumsum([len(part.values) for part in self.parts])
        return [
            *(self._term(int(number), ends) for number in up),
            *_others(products[rest]),
            *(self._term(int(number), ends) for number in down),
            Term("bias", "", np.nan, np.nan, self.bias),
        ]

    def _term(self, number: int, ends: NDArray[np.intp]) -> Term:
        place = int(np.searchsorted(ends, number, side="right"))
        own = self.parts[place]
        number -= int(ends[place]) - len(own.values)
        value, weight = float(own.values[number]), float(own.weights[number])
        return Term(own.name(number), own.layer, value, weight, value * weight)


def last_layer(head: Head, maps: Sequence[Any]) -> LastLayer:
    """What the last layer of a head adds up for one image.

    Args:
        head: Of dense layers behind a pooling, or of linear members.
        maps: float32 (1, h, w, C), one for each of the head's layers.

    Raises:
        ValueError: Not one image.
    """
    for one in maps:
        if len(one.shape) != 4 or one.shape[0] != 1:
            raise ValueError(f"expected the maps of one image, received shape {one.shape}")
    members = members_of(head.card.config)
    if not members:
        return LastLayer((_dense_part(head.model, maps[0]),))
    found = dict(zip(head.layers, maps, strict=True))
    sums = [
        LastLayer(
            tuple(_member_part(head.model, one, found, len(members), unit) for one in members), name
        )
        for unit, name in enumerate(judgements_of(head.card.config))
    ]
    answer = min(sums, key=lambda one: one.log_odds)
    others = tuple((one.judgement, one.log_odds) for one in sums if one is not answer)
    return replace(answer, others=others)


def pair_of(number: int, channels: int) -> tuple[int, int]:
    """Which pair of maps a row of the upper triangle (diagonal included) stands for."""
    rows, columns = np.triu_indices(channels)
    return int(rows[number]), int(columns[number])


def _dense_part(model: Any, maps: Any) -> Part:
    """The inputs of an ordinary head's last unit: activations of the dense layer before it."""
    *before, last = model.layers[1:]
    values = maps
    for layer in before:
        values = layer(values)
    values = np.asarray(values, np.float64)[0]
    weights = np.asarray(last.kernel, np.float64)[:, 0]
    name = [layer.name for layer in before if layer.weights][-1]
    return Part(name, "", len(values), values, weights, float(np.asarray(last.bias)[0]))


def _member_part(model: Any, member: Member, maps: dict[str, Any], members: int, unit: int) -> Part:
    """A member's inputs, weight and bias of one judgement shared among all members' mean."""
    own = part(model, member)
    pooling, last = own.layers[1], own.layers[-1]
    values = np.asarray(pooling(maps[member.layer]), np.float64)[0]
    weights = np.asarray(last.kernel, np.float64)[:, unit] / members
    channels = member.shape[-1]
    if member.pooling == SECOND_ORDER:
        square = weights.reshape(channels, channels)
        upper = np.triu_indices(channels)
        once = np.where(upper[0] == upper[1], 0.5, 1)  # the diagonal stands there once
        weights = (square + square.T)[upper] * once
        values = values.reshape(channels, channels)[upper]
    bias = float(np.asarray(last.bias)[unit]) / members
    return Part(member.layer, member.pooling, channels, values, weights, bias)


def _others(products: Column) -> list[Term]:
    """All other inputs as two rows: those that push up, those that push down."""
    rows = []
    for words, own in (("up", products[products > 0]), ("down", products[products < 0])):
        if len(own):
            name = f"{len(own):,} others, {words}"
            rows.append(Term(name, "", np.nan, np.nan, float(own.sum())))
    return rows
