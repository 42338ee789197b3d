"""What is searched: the paper's choices for the head, and beyond; on demand where to unfreeze."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core.schema import Modality
from training.unfrozen import BLOCK

if TYPE_CHECKING:
    from optuna.trial import Trial

OPTIMIZERS = ("sgd", "momentum", "adagrad", "rmsprop", "adam", "nadam")
MOMENTUM = 0.9
# A flattened head has 6 or 26 million weights, 25 times an averaged one, and an epoch costs as much
# more. After the fifth, its validation AUC moved by 0.01 at most (Adam, 1e-4, both data sets).
FLATTEN_EPOCHS = 6
# Weight of an image: (images of its class) ** -a, (images of its source) ** -b. 0: all the same;
# 1: every class (source) counts the same in sum.
POWERS = (0.0, 0.5, 1.0)
# Convolutions that go on learning behind a trained head. Block 4 would cost four times block 5
# (`python -m training finetune` tries it).
NOTHING = "nothing"
DEPTHS = {NOTHING: (), "last convolution": BLOCK[-1:], "block 5": BLOCK}
UNFROZEN_EPOCHS = 2  # an epoch of block 5 costs a hundred of an averaged head


@dataclass(frozen=True)
class Setting:
    """One point of the space; the defaults are the paper's head.

    Attributes:
        activation: Of the two dense layers, "relu" or "leaky_relu" (slope 0.2).
        pooling: "average" or "flatten".
        first: Units of the first dense layer.
        second: Units of the second.
        batch: Images a step.
        optimizer: One of OPTIMIZERS; "momentum" is SGD with Nesterov momentum.
        learning_rate: The largest of the schedule.
        schedule: "constant"; "cosine", falling to 0; "warm-up", rising over the first tenth of the
            steps, then the cosine.
        epochs: Passes over the training images; no early stopping, the last epoch counts.
        dropout: After each dense layer, 0..1.
        weight_decay: Decoupled (Loshchilov and Hutter 2019), times the learning rate; of kernels.
        label_smoothing: 0..1.
        focal: Gamma of the focal loss (Lin et al. 2017); 0 is cross-entropy.
        class_weight: Power a of POWERS.
        source_weight: Power b of POWERS.
        unfrozen: Key of DEPTHS: what learns as well for UNFROZEN_EPOCHS more.
        unfrozen_rate: Learning rate of those, Adam's.
    """

    activation: str = "relu"
    pooling: str = "average"
    first: int = 256
    second: int = 512
    batch: int = 32
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "constant"
    epochs: int = 20
    dropout: float = 0.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    focal: int = 0
    class_weight: float = 1.0
    source_weight: float = 0.0
    unfrozen: str = NOTHING
    unfrozen_rate: float = 1e-5

    @property
    def passes(self) -> int:
        """Epochs of the head that are really run."""
        return min(self.epochs, FLATTEN_EPOCHS) if self.pooling == "flatten" else self.epochs

    @property
    def all_passes(self) -> int:
        """Epochs in all, those with convolutions included."""
        return self.passes + (0 if self.unfrozen == NOTHING else UNFROZEN_EPOCHS)


def suggest(trial: Trial, modality: str, unfreeze: bool = False) -> Setting:
    """Draw a setting. CT slices come from one source: no weight of sources to choose."""
    choose = trial.suggest_categorical
    values: dict[str, Any] = {
        "activation": choose("activation", ["relu", "leaky_relu"]),
        "pooling": choose("pooling", ["average", "flatten"]),
        "first": choose("first", [256, 1024]),
        "second": choose("second", [256, 512]),
        "batch": choose("batch", [16, 32, 64, 128]),
        "optimizer": choose("optimizer", list(OPTIMIZERS)),
        "learning_rate": trial.suggest_float("learning_rate", 1e-5, 1e-1, log=True),
        "schedule": choose("schedule", ["constant", "cosine", "warm-up"]),
        "epochs": choose("epochs", [5, 10, 20]),
        "dropout": trial.suggest_float("dropout", 0.0, 0.6, step=0.1),
        "weight_decay": trial.suggest_float("weight_decay", 1e-4, 1.0, log=True),
        "label_smoothing": choose("label_smoothing", [0.0, 0.05, 0.1, 0.2]),
        "focal": choose("focal", [0, 1, 2]),
        "class_weight": choose("class_weight", list(POWERS)),
    }
    if modality == Modality.XRAY:
        values["source_weight"] = choose("source_weight", list(POWERS))
    if unfreeze:
        values["unfrozen"] = choose("unfrozen", list(DEPTHS))
        values["unfrozen_rate"] = trial.suggest_float("unfrozen_rate", 1e-6, 1e-4, log=True)
    return Setting(**values)


def as_parameters(setting: Setting, modality: str, unfreeze: bool = False) -> dict[str, Any]:
    """A setting as the parameters of a trial; weight decay 0 is the least of the space."""
    values = asdict(setting) | {"weight_decay": max(setting.weight_decay, 1e-4)}
    absent = [] if modality == Modality.XRAY else ["source_weight"]
    absent += [] if unfreeze else ["unfrozen", "unfrozen_rate"]
    return {name: value for name, value in values.items() if name not in absent}
