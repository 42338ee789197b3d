"""Adapt blocks 4 and 5 of VGG16 to lungs without any label: does that carry over?

    python -m training adapt --root DIR

CT slices cut to their lungs, of the training and validation patients of COVID-CT; labels are not
read. Two views of a slice (as it is, mirrored, or turned, scaled, brightened and blurred a little)
are to lie nearer to each other than to those of the other slices of a batch: normalised cross
entropy with temperature (SimCLR, Chen et al. 2020) on a projection of the mean of block 5. What
lies below runs once an image and view and is cached; an epoch costs the two blocks. Warm-up, then a
cosine; the last epoch counts, since without labels there is nothing to stop by.

Then linear members on the adapted blocks are scored as in the ablation (patients and papers unseen,
though not their images without labels, and a source never seen), beside the same members on the
frozen blocks. SARS-CoV-2 CT-scan is scored
only. Every epoch is kept in RUNS/adapt; models/adapted/ct.csv holds the table. No network of this
command is shipped.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.artifacts import MODELS_DIR
from core.ensemble import Member
from core.head import pooling_layer
from core.schema import Modality
from core.views import LUNGS
from training.ablation import rows_of, tests
from training.ablation.changes import Change
from training.ablation.scoring import space_of
from training.data import load_manifest
from training.descriptors import packed
from training.features import RUNS
from training.finetune import BELOW, SHOWN, TRAINED, upper_blocks
from training.gains import gain_row
from training.lower import lower_maps, trunk_weights
from training.record import split_hash

if TYPE_CHECKING:
    import keras

Maps = NDArray[np.float16]

TABLE = MODELS_DIR / "adapted" / "ct.csv"
EPOCHS, BATCH = 8, 32
RATE, WARM_UP = 5e-5, 0.1
TEMPERATURE = 0.2
PROJECTED = (512, 128)  # units between the mean of block 5 and the loss
SEED = 0
MEASURED = Change(
    "blocks 4 and 5; cut to the lungs; learned from mirror images too",
    TRAINED,
    (LUNGS,),
    mirrored=True,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches and finished epochs")


def run(args: argparse.Namespace) -> int:
    """Adapt, score frozen and adapted, write the table."""
    manifest = load_manifest(args.root, args.runs)
    rows = rows_of(Modality.CT, manifest)
    learned = rows[rows["fit"]].reset_index(drop=True)
    model = build()
    frozen = features(model, rows, args)
    weights = trunk_weights()
    maps = [lower_maps(learned, args.root, args.runs, BELOW, weights, view) for view in SHOWN]
    losses = adapt(model, maps, args.runs / "adapt" / split_hash(manifest)[:12])
    write(rows, frozen, features(model, rows, args), losses)
    print(TABLE.read_text(encoding="utf-8"))
    return 0


def build() -> keras.Model:
    """float32 (N, 28, 28, 256) -> maps of each of TRAINED, and a unit projection (N, 128)."""
    import keras

    keras.utils.set_random_seed(SEED)
    inputs, maps = upper_blocks()
    x = keras.layers.GlobalAveragePooling2D()(maps[TRAINED[-1].layer])
    x = keras.layers.Dense(PROJECTED[0], activation="relu")(x)
    x = keras.layers.UnitNormalization()(keras.layers.Dense(PROJECTED[1])(x))
    return keras.Model(inputs, [*(maps[one.layer] for one in TRAINED), x], name="adapted")


def contrast(first: Any, second: Any, temperature: float = TEMPERATURE) -> Any:
    """The loss of Chen et al. 2020 (NT-Xent), tensor ().

    Args:
        first: Projections of B images in one view, (B, D), each of length 1.
        second: The same images in the same order in another.
        temperature: By which the cosines are divided.
    """
    import tensorflow as tf

    count = tf.shape(first)[0]
    both = tf.concat([first, second], axis=0)
    cosines = both @ tf.transpose(both) / temperature
    cosines -= tf.one_hot(tf.range(2 * count), 2 * count, 1e9, 0.0)  # not with itself
    twin = tf.concat([tf.range(count, 2 * count), tf.range(count)], axis=0)
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=twin, logits=cosines)
    )


def adapt(model: keras.Model, maps: list[Maps], folder: Path) -> list[float]:
    """Train in place and return the mean loss of each epoch; finished epochs are read.

    Args:
        model: Of build.
        maps: One (N, 28, 28, 256) a view.
        folder: Where epochs are kept.
    """
    import keras

    count = len(maps[0])
    steps = EPOCHS * (count // BATCH)
    rise = round(WARM_UP * steps)
    rate = keras.optimizers.schedules.CosineDecay(0.0, steps - rise, 0.0, "rate", RATE, rise)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(model.trainable_variables)
    step = _step(model, optimizer)
    folder.mkdir(parents=True, exist_ok=True)
    losses: list[float] = []
    for epoch in range(EPOCHS):
        path = folder / f"epoch-{epoch}.npz"
        if not path.is_file():
            random = np.random.default_rng((SEED, epoch))
            found = [float(step(*pair)) for pair in _pairs(maps, random)]
            _keep(path, model, optimizer, float(np.mean(found)))
        losses.append(_restore(path, model, optimizer))
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {losses[-1]:.3f}", flush=True)
    return losses


def _pairs(maps: list[Maps], random: np.random.Generator) -> Any:
    """Batches of images in two different views each, float32 (B, 28, 28, 256) twice."""
    order = random.permutation(len(maps[0]))
    for start in range(0, len(order) - BATCH + 1, BATCH):
        rows = order[start : start + BATCH]
        views = [random.permutation(len(maps))[:2] for _ in rows]
        yield tuple(
            np.stack([maps[pair[side]][row] for pair, row in zip(views, rows, strict=True)]).astype(
                np.float32
            )
            for side in range(2)
        )


def _step(model: keras.Model, optimizer: Any) -> Any:
    """One batch: tf.function of both views -> loss."""
    import tensorflow as tf

    @tf.function
    def step(first: Any, second: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = contrast(model(first, training=True)[-1], model(second, training=True)[-1])
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    return step


def _keep(path: Path, model: keras.Model, optimizer: Any, loss: float) -> None:
    states = [np.asarray(one) for one in (*model.variables, *optimizer.variables)]
    half = path.with_suffix(".part")
    with half.open("wb") as stream:
        np.savez(stream, *states, loss=loss)
    half.rename(path)


def _restore(path: Path, model: keras.Model, optimizer: Any) -> float:
    with np.load(path) as kept:
        for number, one in enumerate((*model.variables, *optimizer.variables)):
            one.assign(kept[f"arr_{number}"])
        return float(kept["loss"])


def features(
    model: keras.Model, rows: pd.DataFrame, args: argparse.Namespace
) -> dict[tuple[str, Member], Maps]:
    """(view, member) -> descriptors float16 (N, F) by the model's blocks as they are now."""
    found: dict[tuple[str, Member], Maps] = {}
    for view in SHOWN[:2]:
        below = lower_maps(rows, args.root, args.runs, BELOW, trunk_weights(), view)
        parts: dict[Member, list[Maps]] = {one: [] for one in TRAINED}
        for start in range(0, len(below), BATCH):
            maps = model(below[start : start + BATCH].astype(np.float32), training=False)
            for one, own in zip(TRAINED, maps, strict=False):  # the projection is left out
                parts[one].append(packed(one, np.asarray(pooling_layer(one.pooling)(own))))
        found |= {(view, one): np.concatenate(own) for one, own in parts.items()}
    return found


def write(
    rows: pd.DataFrame,
    frozen: dict[tuple[str, Member], Maps],
    adapted: dict[tuple[str, Member], Maps],
    losses: list[float],
) -> None:
    """The table: a row a test, AUC by frozen and by adapted blocks and the paired gain."""
    scores = [
        tests(space_of(rows, MEASURED, lambda view, one, own=own: own[view, one]), MEASURED)  # type: ignore[misc]
        for own in (frozen, adapted)
    ]
    lines = []
    for name, (places, found) in scores[1].items():
        before = scores[0][name][1]
        own = rows.iloc[places]
        facts = {"test": name, "epochs": EPOCHS, "loss": round(losses[0], 3)}
        facts |= {"last_loss": round(losses[-1], 3)}
        facts |= {"frozen": gain_row(own, before, before.mean(axis=0))["auc"]}
        lines.append(facts | gain_row(own, found, before.mean(axis=0)))
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(lines).to_csv(TABLE, index=False)
