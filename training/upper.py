"""Blocks 4 and 5 of VGG16 with second-order members on top, built and trained together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from core import zoo
from core.ensemble import Member
from core.head import second_order_layer
from core.schema import Modality
from core.views import LUNGS, PLAIN
from training.descriptors import unpacked_kernel
from training.features import BACKBONE
from training.fitting import Data, labels_and_weights
from training.lower import trunk_weights
from training.recipes import MEMBERS, TOP_MEMBER
from training.views import JITTERS, WHOLE_JITTERS, mirror_of

if TYPE_CHECKING:
    import keras

Floats = NDArray[np.float64]

BELOW = "block3_pool"  # the last layer that stays frozen; (28, 28, 256)
TRAINED = (MEMBERS[1], TOP_MEMBER)  # second-order pooling of blocks 4 and 5
# Views that are learned from. The first is scored; linear members learn from the first two.
SHOWN = {
    Modality.CT: (LUNGS, mirror_of(LUNGS), *JITTERS),
    Modality.XRAY: (PLAIN, mirror_of(PLAIN), *WHOLE_JITTERS),
}
DEPTHS = {"blocks 4 and 5": ("block4", "block5"), "block 5": ("block5",)}  # unfrozen
EPOCHS, BATCH = 4, 16
RATE, WARM_UP, SMOOTHING = 2e-5, 0.1, 0.1


def build_upper(start: dict[str, tuple[Floats, Floats]], depth: str) -> keras.Model:
    """Blocks 4 and 5 and the members: float32 (N, 28, 28, 256) -> log-odds float32 (N, 1).

    Args:
        start: Member's name -> weight of each of its features (F, 1), and bias (1,).
        depth: Key of DEPTHS: which convolutions learn.
    """
    import keras

    inputs, maps = upper_blocks()
    answers = [_member(one, maps[one.layer], *start[one.name]) for one in TRAINED]
    model = keras.Model(inputs, keras.layers.Average()(answers), name="upper")
    for layer in model.layers:
        # those of the members are named after their layer too
        layer.trainable = "log_odds" in layer.name or layer.name.startswith(DEPTHS[depth])
    return model


def upper_blocks() -> tuple[Any, dict[str, Any]]:
    """Input for maps of BELOW, and what each layer of the trunk above makes of it, by name."""
    import keras

    trunk = zoo.build_trunk(zoo.get_backbone(BACKBONE), trunk_weights())
    names = [layer.name for layer in trunk.layers]
    x = inputs = keras.Input(trunk.get_layer(BELOW).output.shape[1:])
    found = {}
    for name in names[names.index(BELOW) + 1 :]:
        found[name] = x = trunk.get_layer(name)(x)
    return inputs, found


def _member(member: Member, maps: Any, kernel: Floats, bias: Floats) -> Any:
    import keras

    pool = second_order_layer()(name=f"{member.name}_pool")  # a graph may not hold a name twice
    unit = keras.layers.Dense(1, name=f"{member.name}_log_odds")
    answer = unit(pool(maps))
    whole = unpacked_kernel(member, kernel[:, 0])[:, np.newaxis]
    unit.set_weights([whole.astype(np.float32), bias.astype(np.float32)])
    return answer


def train_upper(
    model: keras.Model,
    rows: pd.DataFrame,
    maps: list[NDArray[np.float16]],
    learn: NDArray[np.intp],
    stop: NDArray[np.intp],
    seed: int,
) -> None:
    """Train in place; the weights of the epoch of least loss on `stop` stay.

    Args:
        model: Of build_upper.
        rows: All N, with label.
        maps: One (N, 28, 28, 256) a view.
        learn: Positions to learn from.
        stop: Positions of other patients, by which an epoch is judged.
        seed: Of batches and views.
    """
    import keras

    keras.utils.set_random_seed(seed)
    steps = EPOCHS * -(-len(learn) // BATCH)
    rise = round(WARM_UP * steps)
    rate = keras.optimizers.schedules.CosineDecay(0.0, steps - rise, 0.0, "rate", RATE, rise)
    loss = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=SMOOTHING)
    model.compile(keras.optimizers.Adam(rate), loss, weighted_metrics=[])
    y, weights = labels_and_weights(Data(rows.iloc[learn], maps[0][learn]))
    judged = Data(rows.iloc[stop], maps[0][stop])
    random = np.random.default_rng(seed)

    def loss_now() -> float:
        truth, own = labels_and_weights(judged)
        x = judged.features.astype(np.float32)
        return float(model.evaluate(x, truth, sample_weight=own, batch_size=BATCH, verbose=0))

    best, kept = loss_now(), model.get_weights()
    for epoch in range(1, EPOCHS + 1):
        views = random.integers(len(maps), size=len(learn))
        x = np.stack([maps[view][row] for view, row in zip(views, learn, strict=True)])
        model.fit(x.astype(np.float32), y, sample_weight=weights, batch_size=BATCH, verbose=0)
        now = loss_now()
        print(f"  epoch {epoch}: loss on other patients {now:.3f}, before {best:.3f}", flush=True)
        if now < best:
            best, kept = now, model.get_weights()
    model.set_weights(kept)


def score(model: keras.Model, maps: NDArray[np.float16]) -> Floats:
    """Probabilities (N,) of maps of BELOW, float16 (N, 28, 28, 256)."""
    return expit(model.predict(maps.astype(np.float32), batch_size=BATCH, verbose=0)[:, 0])
