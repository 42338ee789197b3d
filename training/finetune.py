"""Train the upper blocks of VGG16 together with a second-order head: where to unfreeze, if at all?

    python -m training finetune --root DIR

COVID-CT slices cut to their lungs. Linear members on the frozen blocks 4 and 5 come first; then
convolutions and members learn together, slowly, since a random head would spoil the filters (Kumar
et al. 2022); once those of both blocks, once of block 5 alone. What lies below runs once an image
and view and is cached; an epoch costs the two blocks. Each epoch draws a view of each image: as it
is, mirrored, or turned, scaled, brightened and blurred a little. Warm-up, then a cosine; the epoch
of least loss on an inner part of the patients counts, epoch 0 being the frozen head. Training and
validation patients only: papers and patients are dealt into folds, and each image is scored by
networks that had not seen its group.

With --seeds N the mean of N networks answers, which differ in their batches, views and the patients
that judge an epoch. Every fold is kept in RUNS/finetune as soon as it is there;
models/finetuned/ct.csv holds a row for each depth, of the folds so far. No network of this command
is shipped.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.model_selection import GroupShuffleSplit, StratifiedGroupKFold

from core import zoo
from core.artifacts import MODELS_DIR
from core.ensemble import Member
from core.head import second_order_layer
from core.metrics import auc
from core.schema import Split
from core.views import LUNGS
from training.data import load_manifest
from training.descriptors import described, unpacked_kernel
from training.features import RUNS
from training.fitting import Data, labels_and_weights
from training.gains import gain_row
from training.lower import BACKBONE, lower_maps, trunk_weights
from training.members import FOLDS, Choice, Space, groups_of
from training.recipes import MEMBERS, TOP_MEMBER
from training.record import split_hash
from training.trained import machines
from training.views import JITTERS, mirror_of

if TYPE_CHECKING:
    import keras

Floats = NDArray[np.float64]

TABLE = MODELS_DIR / "finetuned" / "ct.csv"
SOURCE = "covid-ct"
BELOW = "block3_pool"  # the last layer that stays frozen; (28, 28, 256)
TRAINED = (MEMBERS[1], TOP_MEMBER)  # second-order pooling of blocks 4 and 5
SHOWN = (LUNGS, mirror_of(LUNGS), *JITTERS)
DEPTHS = {"blocks 4 and 5": ("block4", "block5"), "block 5": ("block5",)}  # unfrozen
C = 10.0  # of the members: weaker than the shipped, so that something is left to learn
EPOCHS, BATCH = 4, 16
RATE, WARM_UP, SMOOTHING = 2e-5, 0.1, 0.1
INNER = 0.15  # of a fold's patients, for stopping
SEED = 0  # of the folds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches and finished folds")
    parser.add_argument("--depths", nargs="+", choices=DEPTHS, default=list(DEPTHS))
    parser.add_argument("--seeds", type=int, default=1, help="networks whose mean answers")


def run(args: argparse.Namespace) -> int:
    """All folds that are not there yet; the table after each."""
    manifest = load_manifest(args.root, args.runs)
    rows = learned_rows(manifest)
    maps = [lower_maps(rows, args.root, args.runs, BELOW, trunk_weights(), view) for view in SHOWN]
    seen = [described(rows, args.root, args.runs, TRAINED, view) for view in SHOWN[:2]]
    features = {one.name: np.stack([view[one.name] for view in seen], 1) for one in TRAINED}
    deal = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    folder = args.runs / "finetune" / split_hash(manifest)[:12]
    folder.mkdir(parents=True, exist_ok=True)
    for depth in args.depths:
        scores = np.full((args.seeds, 2, len(rows)), np.nan)
        for number, (train, held) in enumerate(deal.split(rows, rows["label"], rows["group"])):
            for seed in range(args.seeds):
                path = folder / f"{'-'.join(DEPTHS[depth])}-seed-{seed}-fold-{number}.npy"
                if not path.is_file():
                    print(f"{depth}: fold {number + 1} of {FOLDS}, seed {seed}", flush=True)
                    np.save(path, fold(rows, maps, features, train, held, depth, seed))
                scores[seed][:, held] = np.load(path)
            known = ~np.isnan(scores[0, 0])
            write(rows[known], scores[..., known], number + 1, depth)
    print(TABLE.read_text(encoding="utf-8"))
    return 0


def learned_rows(manifest: pd.DataFrame) -> pd.DataFrame:
    """Labelled training and validation rows of SOURCE, with their group."""
    mine = (manifest["source"] == SOURCE) & manifest["split"].isin((Split.TRAIN, Split.VAL))
    rows = manifest[mine & manifest["label"].notna()].reset_index(drop=True)
    return rows.assign(group=groups_of(rows))


def fold(
    rows: pd.DataFrame,
    maps: list[NDArray[np.float16]],
    features: dict[str, NDArray[np.float16]],
    train: NDArray[np.intp],
    held: NDArray[np.intp],
    depth: str,
    seed: int,
) -> Floats:
    """Probabilities of held-out rows by the frozen head and by the trained network, (2, n)."""
    inner = GroupShuffleSplit(1, test_size=INNER, random_state=seed)
    groups = rows["group"].to_numpy()
    learn, stop = (train[part] for part in next(inner.split(train, groups=groups[train])))
    space = Space.of(
        rows.iloc[learn].reset_index(drop=True), {k: v[learn] for k, v in features.items()}
    )
    model = build_upper(machines(space, Choice(C, {})), depth)
    frozen = _scores(model, maps[0][held])
    train_upper(model, rows, maps, learn, stop, seed)
    return np.stack([frozen, _scores(model, maps[0][held])])


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


def write(rows: pd.DataFrame, scores: Floats, folds: int, depth: str) -> None:
    """A depth's row of the table: AUC frozen and trained so far, and the paired gain.

    Args:
        rows: N that are scored so far.
        scores: (seeds, 2, N) of fold, by each seed.
        folds: How many of them are done.
        depth: Key of DEPTHS.
    """
    frozen, trained = scores[:, 0].mean(axis=0), scores[:, 1]
    line = {"trained": depth, "folds": folds, "of": FOLDS, "seeds": len(scores), "epochs": EPOCHS}
    line |= {"frozen": round(auc(rows["label"], frozen), 4)}
    line |= gain_row(rows, trained, frozen)
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    known = pd.read_csv(TABLE) if TABLE.is_file() else pd.DataFrame(columns=["trained"])
    others = known[known["trained"] != depth]
    pd.DataFrame([*others.to_dict("records"), line]).to_csv(TABLE, index=False)


def _scores(model: keras.Model, maps: NDArray[np.float16]) -> Floats:
    return expit(model.predict(maps.astype(np.float32), batch_size=BATCH, verbose=0)[:, 0])
