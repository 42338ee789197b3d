"""How often the plausibility check accepts what the network finds, where it should and not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from tqdm import tqdm

from core.lungs import Found, load_lungs
from core.schema import FRONTAL, LATERAL, MODALITY_TITLES, Modality
from training.data import build
from training.files import pixels_of
from training.probes import probe_images
from training.sources.base import FRONTAL_VIEWS, LATERAL_VIEWS

CT_EVERY = 5  # of the CT slices, one in this many is enough for a rate
VIEWS = dict.fromkeys(FRONTAL_VIEWS, FRONTAL) | dict.fromkeys(LATERAL_VIEWS, LATERAL)
UNKNOWN = "view not stated"


def trust_table(root: Path, runs: Path) -> pd.DataFrame:
    """One row a group of images: how many masks are trusted, and the median area found.

    Masks of frontal X-rays should be trusted; of lateral views, CT slices and other pictures not.
    """
    rows, _, _ = build(root, runs=runs)
    ct = rows[rows["modality"] == Modality.CT].iloc[::CT_EVERY]
    rows = pd.concat([rows[rows["modality"] == Modality.XRAY], ct])
    lungs = load_lungs()
    seen = []
    for row in tqdm(rows.to_dict("records"), "masks", unit="image"):
        found = lungs.find(pixels_of(root / row["path"]))
        title = MODALITY_TITLES[Modality(row["modality"])]
        view = VIEWS.get(row["view"], UNKNOWN) if row["modality"] == Modality.XRAY else ""
        seen.append(_seen(f"{title} {view}".strip(), row["source"], found))
    for _, group, pixels in probe_images():
        seen.append(_seen("no scan", group, lungs.find(pixels)))
    return summary(pd.DataFrame(seen))


def summary(seen: pd.DataFrame) -> pd.DataFrame:
    """Counts by kind and source.

    Args:
        seen: kind, source, trusted, area.
    """
    groups = seen.groupby(["kind", "source"])
    table = groups.agg(
        images=("trusted", "size"), trusted=("trusted", "sum"), median_area=("area", "median")
    ).reset_index()
    table["share"] = (table["trusted"] / table["images"]).round(4)
    return table.round({"median_area": 4})


def _seen(kind: str, source: str, found: Found) -> dict[str, object]:
    area = found.shape.area
    return {"kind": kind, "source": source, "trusted": found.trusted, "area": area}
