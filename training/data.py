"""Build the manifest: join the sources, drop duplicates, split by patient.

    python -m training data --root DIR [--sources NAME ...] [--views frontal|lateral|all]

Writes RUNS/manifest.csv and RUNS/dropped.csv. The split is dealt from a seed; its lists are
committed in training/splits.csv and stand for every image named there, whatever its file ends in,
so that new images never move old ones. --resplit deals anew and rewrites the list.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from core.schema import FRONTAL, MANIFEST_COLUMNS
from training import dataset
from training.features import RUNS
from training.files import whole
from training.hashes import hash_images
from training.sources import all_sources

SIZES = "sizes.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="where the tables go")
    parser.add_argument("--sources", nargs="+", metavar="NAME", help="default: all")
    parser.add_argument("--views", choices=tuple(dataset.VIEWS), default=FRONTAL)
    parser.add_argument("--resplit", action="store_true", help="deal anew, rewrite the lists")


def run(args: argparse.Namespace) -> int:
    """Build, save and print the manifest.

    Raises:
        ValueError: --resplit without some source.
    """
    manifest, dropped, missing = build(args.root, args.sources, args.resplit, args.runs)
    if args.resplit:
        need_sources(manifest, all_sources())  # the lists of the others would be lost
    wanted = dataset.select_views(manifest, args.views)
    omitted = manifest.loc[~wanted, ["image_id"]].assign(
        reason=f"view not wanted (--views {args.views})"
    )
    dropped = pd.concat([dropped, omitted], ignore_index=True)
    args.runs.mkdir(parents=True, exist_ok=True)
    manifest[wanted].to_csv(args.runs / "manifest.csv", index=False)
    dropped.to_csv(args.runs / "dropped.csv", index=False)
    if args.resplit:
        manifest[["image_id", "split"]].to_csv(dataset.SPLITS_FILE, index=False)
    _report(manifest[wanted], dropped, missing, args.runs)
    return 0


def build(
    root: Path,
    sources: list[str] | None = None,
    resplit: bool = False,
    runs: Path = RUNS,
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Manifest of all views, omissions with reasons, and where to get missing sources.

    Raises:
        ValueError: No source is there, or what RUNS holds was computed of other files.
    """
    rows, dropped, missing = dataset.read_sources(root, sources)
    same_files(rows, root, runs)
    hashes = hash_images(rows, root, runs)
    reasons = dataset.find_duplicates(rows, hashes)
    groups = dataset.groups_of(rows, hashes)
    pinned = rows["split"].astype(object)
    if not resplit and dataset.SPLITS_FILE.is_file():
        known = dataset.listed_splits(rows["image_id"], pd.read_csv(dataset.SPLITS_FILE))
        pinned = known.where(known != "", pinned)
    rows["split"] = dataset.assign_splits(rows, groups, pinned)
    copies = rows.iloc[list(reasons)][["image_id"]].assign(reason=list(reasons.values()))
    manifest = rows.drop(rows.index[list(reasons)]).reset_index(drop=True)
    return (
        manifest[list(MANIFEST_COLUMNS)],
        pd.concat([dropped, copies], ignore_index=True),
        missing,
    )


def load_manifest(root: Path, runs: Path) -> pd.DataFrame:
    """Read RUNS/manifest.csv; built first when it is not there.

    Raises:
        ValueError: What RUNS holds was computed of other files (same_files) or by other lists.
    """
    path = runs / "manifest.csv"
    if not path.is_file():
        manifest, dropped, missing = build(root, runs=runs)
        manifest = manifest[dataset.select_views(manifest, FRONTAL)]
        runs.mkdir(parents=True, exist_ok=True)
        manifest.to_csv(path, index=False)
        dropped.to_csv(runs / "dropped.csv", index=False)
        print("\n".join(missing))
    texts = {n: str for n in MANIFEST_COLUMNS if n not in ("label", "age")}
    unknown = {"label": [""], "age": [""]}
    table = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=unknown)
    same_files(table, root, runs)
    _same_lists(table, path)
    return table


def _same_lists(manifest: pd.DataFrame, path: Path) -> None:
    """A manifest older than the lists may call today's test patients training patients."""
    listed = dataset.listed_splits(manifest["image_id"], pd.read_csv(dataset.SPLITS_FILE))
    other = manifest.loc[(listed != "") & (listed != manifest["split"]), "image_id"]
    if len(other):
        raise ValueError(
            f"expected the splits of {dataset.SPLITS_FILE.name} in {path}, received others for "
            f"{len(other)} images, {other.iloc[0]} for one; `python -m training data --root DIR` "
            "makes it anew"
        )


def same_files(manifest: pd.DataFrame, root: Path, runs: Path) -> None:
    """Caches below RUNS know images by their ids: one RUNS, one set of files.

    RUNS/sizes.csv holds the bytes of each image as it was first seen; new ones are added. A file
    that is not there is for others to miss.

    Raises:
        ValueError: An image has another size than when it was first seen.
    """
    sizes = {
        image_id: (root / path).stat().st_size
        for image_id, path in zip(manifest["image_id"], manifest["path"], strict=True)
        if (root / path).is_file()
    }
    kept = runs / SIZES
    known = pd.read_csv(kept, index_col=0)["bytes"].to_dict() if kept.is_file() else {}
    other = [image_id for image_id, size in sizes.items() if known.get(image_id, size) != size]
    if other:
        raise ValueError(
            f"expected the files that {runs} was made of, received {len(other)} others, "
            f"{other[0]} for one; name another folder with --runs, or delete it"
        )
    if set(sizes) - set(known):
        both = pd.Series(known | sizes, name="bytes").rename_axis("image_id")
        with whole(kept) as half:
            both.to_csv(half)


def need_sources(manifest: pd.DataFrame, names: Iterable[str]) -> None:
    """What is made of some sources alone would pass for what all of them make.

    Raises:
        ValueError: The manifest holds no image of one of the sources.
    """
    missing = sorted(set(names) - set(manifest["source"]))
    if missing:
        raise ValueError(
            f"expected images of {', '.join(missing)} in the manifest, received none; "
            "`python -m training data --root DIR` says where to get them and makes it anew"
        )


def _report(manifest: pd.DataFrame, dropped: pd.DataFrame, missing: list[str], runs: Path) -> None:
    """Print source x label x split, every omission, every missing source."""
    label = manifest["label"].map({1.0: "COVID-19", 0.0: "other"}).fillna("unknown")
    table = pd.crosstab([manifest["source"], manifest["modality"], label], manifest["split"])
    table["patients"] = manifest.groupby(["source", "modality", label])["patient_id"].nunique()
    print(table.to_string())
    print(f"\n{len(dropped)} images dropped:")
    for image_id, reason in dropped.itertuples(index=False):
        print(f"  {image_id}: {reason}")
    print("\n".join(f"missing {sentence}" for sentence in missing))
    print(f"wrote {runs / 'manifest.csv'}: {len(manifest)} images")
