"""Write models/data/: everything the data page knows about the images, and no image.

    python -m training data --root DIR
    python -m training catalogue --root DIR

images.csv (one row an image of the manifest), sources.csv, dropped.csv, pairs.csv (look-alikes and
what was done with them), clusters.csv (what neighbours share), averages/*.png (the mean of all
images of a source and class, at least forty of them) with averages.csv, exciting-TRUNK.csv (which
test images excite each feature map most) and record.json. Sizes are those of the files in DIR.
Features come from RUNS/features, computed where they are missing.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.explain.exciting import file_name
from core.library import AVERAGES, DATA_DIR, IMAGE_COLUMNS, KEPT, PAIR_BITS, RECORD, TABLES
from training import dataset, exciting, mapping, pictures
from training.data import load_manifest, need_sources
from training.features import DEFAULT_TRUNK, RUNS, FeatureStore
from training.hashes import hash_images
from training.record import run_record
from training.sources import all_sources

# (first dropped, second dropped) -> what was done with a pair.
DONE = {
    (False, False): KEPT,
    (False, True): "second dropped",
    (True, False): "first dropped",
    (True, True): "both dropped",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this verb."""
    parser.add_argument("--root", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--runs", type=Path, default=RUNS, help="caches")


def run(args: argparse.Namespace) -> int:
    """Measure, map, write."""
    manifest = load_manifest(args.root, args.runs)
    need_sources(manifest, all_sources())
    dropped = pd.read_csv(args.runs / "dropped.csv", dtype=str, keep_default_na=False)
    facts, averages = pictures.measure(manifest, args.root)
    means = FeatureStore(args.runs).get(manifest, args.root)[1]
    images = describe(manifest, args.root).join(facts)
    images[["x", "y"]] = mapping.flatten(means).round(2)
    images["neighbours"], images["similarity"] = mapping.nearest(means)
    images["probability"] = mapping.probabilities(manifest, args.root, args.runs)
    excited = exciting.table(images, args.root, DEFAULT_TRUNK)
    # All is there before the first table is replaced: they name images by their row.
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    pictures.save_averages(averages, DATA_DIR)
    tables = {
        "images": images[list(IMAGE_COLUMNS)],
        "sources": source_table(),
        "dropped": dropped,
        "pairs": look_alikes(args.root, args.runs),
        "clusters": mapping.clusters(means, manifest),
        "averages": pd.DataFrame([average.row for average in averages]),
    }
    for name in TABLES:
        tables[name].to_csv(DATA_DIR / f"{name}.csv", index=False)
    excited.to_csv(DATA_DIR / file_name(DEFAULT_TRUNK), index=False)
    record = run_record("python -m training catalogue --root DIR", manifest)
    record |= {"map": mapping.MAP_SETTINGS, "models": mapping.model_record()}
    (DATA_DIR / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {DATA_DIR}: {len(images)} images, {len(averages)} averages in {AVERAGES}/")
    print(tables["clusters"].to_string(index=False))
    return 0


def describe(manifest: pd.DataFrame, root: Path) -> pd.DataFrame:
    """The manifest with year, country and reference, indexed 0..N-1."""
    parts = []
    for source in all_sources().values():
        if source.details is not None and (root / source.folder).is_dir():
            parts.append(source.details(root / source.folder))
    known = pd.concat(parts).set_index("image_id") if parts else pd.DataFrame()
    rows = manifest.reset_index(drop=True)
    countries = {source.name: source.country for source in all_sources().values()}
    for name in ("country", "reference"):
        column = rows["image_id"].map(known[name]) if name in known else pd.Series(index=rows.index)
        rows[name] = column.astype(object).fillna("")
    rows["country"] = rows["country"].where(rows["country"] != "", rows["source"].map(countries))
    rows["year"] = rows["date"].map(year_of)
    return rows


def year_of(date: str) -> str:
    """The year in a date of any writing ("Mar 4, 2020", "20200320"), else an empty string."""
    found = re.search(r"(?<!\d)(19|20)\d\d(?=\d{4}(?!\d)|(?!\d))", date)
    return found.group() if found else ""


def source_table() -> pd.DataFrame:
    """One row a source: what it is and whom to cite, out of its reader's docstring."""
    rows = []
    for source in all_sources().values():
        text = " ".join((sys.modules[source.read.__module__].__doc__ or "").split())
        about, _, citation = text.partition("Citation: ")
        rows.append(
            {
                "source": source.name,
                "title": source.title,
                "folder": source.folder,
                "url": source.url,
                "raw": source.raw,
                "licence": source.licence,
                "about": about.strip(),
                "citation": citation.strip(),
            }
        )
    return pd.DataFrame(rows)


def look_alikes(root: Path, runs: Path) -> pd.DataFrame:
    """Pairs of near-identical images of all views: first, second, bits, same_patient, done."""
    rows, _, _ = dataset.read_sources(root)
    hashes = hash_images(rows, root, runs)
    return pair_table(rows, hashes)


def pair_table(rows: pd.DataFrame, hashes: NDArray[np.bool_]) -> pd.DataFrame:
    """look_alikes() of hashed rows; bits says how many of the 256 of a hash differ."""
    gone = dataset.find_duplicates(rows, hashes)
    ids, patients = rows["image_id"].to_numpy(), rows["patient_id"].to_numpy()
    table = []
    for first, second in dataset.near_pairs(hashes, PAIR_BITS):
        table.append(
            {
                "first": ids[first],
                "second": ids[second],
                "bits": int((hashes[first] != hashes[second]).sum()),
                "same_patient": bool(patients[first] == patients[second] != ""),
                "done": DONE[first in gone, second in gone],
            }
        )
    return pd.DataFrame(table, columns=["first", "second", "bits", "same_patient", "done"])
