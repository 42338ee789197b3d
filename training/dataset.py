"""Join sources, drop near-duplicates, split by patient.

Nothing here reads pixels: it works on the manifest and on hashes (training/hashes.py).
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.intervals import patients_of
from core.library import PAIR_BITS
from core.schema import FRONTAL, LATERAL, Modality, Split, without_ending
from training.sources import all_sources
from training.sources.base import FRONTAL_VIEWS, LATERAL_VIEWS, Source

SEED = 2020
# Measured on all pairs of these sources: other patients' images begin at 44 differing bits, copies
# of one image (rescaled, recompressed, cropped a little) end at 24.
DUPLICATE_BITS = 24
FOLDS = 20
VAL_FOLDS, TEST_FOLDS = 3, 4  # 15 % and 20 % of the patients
SPLITS_FILE = Path(__file__).with_name("splits.csv")
# What --views may ask for -> the views that the sources state; "" where one states none.
VIEWS = {
    FRONTAL: FRONTAL_VIEWS,
    LATERAL: LATERAL_VIEWS,
    "all": (*FRONTAL_VIEWS, *LATERAL_VIEWS, ""),
}
_PROTECTED = [Split.TRAIN, Split.VAL, Split.TEST, Split.EXTERNAL]  # the later wins


def read_sources(
    root: Path, names: list[str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Read the sources below a root.

    Args:
        root: Folder with the data sets in their upstream layout.
        names: Sources wanted; None means all.

    Returns:
        (rows, dropped, missing): manifest rows, omissions with reason, and one sentence for each
        source that is not there or holds no image, saying what to do.

    Raises:
        ValueError: Unknown source name, or no source found at all.
    """
    sources = all_sources()
    unknown = sorted(set(names or ()) - set(sources))
    if unknown:
        raise ValueError(f"expected sources out of {sorted(sources)}, received {unknown}")
    rows, dropped, missing = [], [], []
    for source in sources.values():
        if names and source.name not in names:
            continue
        folder = root / source.folder
        if not folder.is_dir():
            missing.append(_sentence(f"{source.name}: no folder {folder}", source))
            continue
        reading = source.read(folder)
        if reading.rows.empty:
            missing.append(_sentence(f"{source.name}: no image in {folder}", source))
        else:
            rows.append(reading.rows)
        dropped.append(reading.dropped)
    if not rows:
        raise ValueError(f"expected data sets in {root}, received none:\n" + "\n".join(missing))
    return pd.concat(rows, ignore_index=True), pd.concat(dropped, ignore_index=True), missing


def _sentence(what: str, source: Source) -> str:
    """What is missing, where to get it and what to do with it."""
    return f"{what}; get it from {source.url}" + (f" and {source.setup}" if source.setup else "")


def listed_splits(image_ids: pd.Series, listed: pd.DataFrame) -> pd.Series:
    """The split that a recorded list gives each image, "" where it gives none.

    The list was made from converted copies, whose names end otherwise than upstream's: an image
    that is not listed by its full name takes the split of the one that is named alike but for the
    ending. Listed images that differ in nothing but the ending are known by their full names alone.

    Args:
        image_ids: Of the images that are here.
        listed: Columns image_id, split.

    Returns:
        Series of Split values or "", indexed like image_ids.
    """
    full = listed.set_index("image_id")["split"]
    names = listed["image_id"].map(without_ending)
    bare = full.set_axis(names)[~names.duplicated(keep=False).to_numpy()]
    exact = image_ids.map(full).astype(object)
    alike = image_ids.map(without_ending).map(bare).astype(object)
    return exact.where(exact.notna(), alike).fillna("")


def near_pairs(hashes: NDArray[np.bool_], bits: int) -> NDArray[np.intp]:
    """Pairs (P, 2) of rows, first < second, whose hashes differ in at most `bits` bits."""
    signs = hashes.astype(np.float32) * 2 - 1
    differing = (hashes.shape[1] - signs @ signs.T) / 2
    return np.argwhere(np.triu(differing <= bits, 1))


def find_duplicates(rows: pd.DataFrame, hashes: NDArray[np.bool_]) -> dict[int, str]:
    """Rows to drop: copies of an earlier image of another patient or file.

    Where the two copies carry opposite labels neither can be trusted, and both go.

    Returns:
        Row position -> reason.
    """
    ids, labels = rows["image_id"].tolist(), rows["label"].tolist()
    reasons: dict[int, str] = {}
    for first, second in near_pairs(hashes, DUPLICATE_BITS):
        if {labels[first], labels[second]} == {0.0, 1.0}:
            reasons[first] = f"same image as {ids[second]}, which has the opposite label"
            reasons[second] = f"same image as {ids[first]}, which has the opposite label"
        elif first not in reasons and second not in reasons:
            reasons[second] = f"near-duplicate of {ids[first]}"
    return reasons


def groups_of(rows: pd.DataFrame, hashes: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Group number of each row: images of one patient, and look-alikes, share one."""
    return linked_groups(rows, near_pairs(hashes, PAIR_BITS))


def linked_groups(rows: pd.DataFrame, pairs: NDArray[np.intp]) -> NDArray[np.intp]:
    """Group number (N,) of each row: connected components of "same patient" and "pair".

    Args:
        rows: N, with columns patient_id and image_id.
        pairs: (P, 2) places of rows, 0..N-1.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    codes = pd.factorize(patients_of(rows))[0]
    first_of = pd.Series(range(len(rows))).groupby(codes).transform("first").to_numpy()
    same_patient = np.column_stack([np.arange(len(rows)), first_of])
    links = np.concatenate([same_patient, pairs])
    graph = coo_array((np.ones(len(links)), links.T), shape=(len(rows), len(rows)))
    return connected_components(graph, directed=False)[1]


def assign_splits(
    rows: pd.DataFrame, groups: NDArray[np.intp], pinned: pd.Series, seed: int = SEED
) -> pd.Series:
    """Split of each row; a group never straddles two splits.

    A published or recorded split stands. A group that a published list tears apart moves to its
    most protected part (test before validation before training). All other groups are dealt out by
    source and label, 65 % training, 15 % validation, 20 % test. Where a source publishes a test
    list but none of its images are here, its validation list becomes the test set and validation
    patients are drawn from its training list.

    Args:
        rows: Manifest rows.
        groups: Group number of each row.
        pinned: Split of each row where one is already known, else "".
        seed: Of the deal.

    Returns:
        Series of Split values, indexed like rows.

    Raises:
        ValueError: Too few images to deal out.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    split = _promote_validation(rows, pinned)
    rank = split.map({name: place for place, name in enumerate(_PROTECTED)})
    known = rank.groupby(groups).transform("max")
    split = known.map(dict(enumerate(_PROTECTED))).astype(object).fillna("")
    strata = rows["source"] + rows["label"].map(str)
    most = strata.value_counts().max()
    if most < FOLDS:
        raise ValueError(
            f"expected at least {FOLDS} images of some source and label to deal into splits, "
            f"received {most}"
        )
    folds = pd.Series(-1, index=rows.index)
    dealer = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # Some source has fewer images of a label than there are folds: they go where they can.
        warnings.filterwarnings("ignore", "The least populated class")
        for number, (_, chosen) in enumerate(dealer.split(rows, strata, groups)):
            folds.iloc[chosen] = number
    dealt = pd.Series(Split.TRAIN.value, index=rows.index)
    dealt[folds < VAL_FOLDS + TEST_FOLDS] = Split.VAL.value
    dealt[folds < TEST_FOLDS] = Split.TEST.value
    needs_val = (split == Split.TRAIN) & rows["source"].map(
        lambda source: Split.VAL not in set(split[rows["source"] == source])
    )
    carved = folds.isin(range(TEST_FOLDS, TEST_FOLDS + VAL_FOLDS))
    return split.where(split != "", dealt).mask(needs_val & carved, Split.VAL.value)


def _promote_validation(rows: pd.DataFrame, pinned: pd.Series) -> pd.Series:
    """Published validation lists become test lists where the published test images are absent."""
    split = pinned.copy()
    for _, part in split[split != ""].groupby(rows["source"]):
        if set(part) == {Split.TRAIN, Split.VAL}:
            split[part.index] = part.replace(Split.VAL.value, Split.TEST.value)
    return split


def select_views(rows: pd.DataFrame, views: str) -> pd.Series:
    """Which rows have a wanted view, a key of VIEWS. CT slices always count."""
    return (rows["modality"] == Modality.CT) | rows["view"].isin(VIEWS[views])
