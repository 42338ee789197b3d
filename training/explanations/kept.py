"""Results of single images, kept on disk, so that a check goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from core import artifacts
from core.artifacts import Card
from core.opinions import fingerprint
from training.explanations.base import Case, Rows


def key_of(card: Card, *settings: object) -> str:
    """Changes with weights of head and trunk, with views, threshold and a check's settings."""
    trunk = artifacts.read_card(card.trunk)
    parts = (fingerprint(card), card.threshold, fingerprint(trunk), *settings)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def measured(
    file: Path, ids: list[str], cases: Callable[[list[str]], Iterable[Case]],
    measure: Callable[[Case], Rows], title: str,
) -> pd.DataFrame:  # fmt: skip
    """Rows of a check on some images, those already in the file not measured again.

    Args:
        file: A line of JSON an image; made where it is not there. A line cut short by an
            interruption is measured again.
        ids: Image ids wanted.
        cases: Reads images by id, in that order.
        measure: Rows of one image.
        title: Of the progress bar.

    Returns:
        All rows of the images wanted, with image_id, patient and label.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    known = known_rows(file)
    missing = [name for name in ids if name not in known]
    bar = tqdm(total=len(ids), initial=len(ids) - len(missing), desc=title, unit="image")
    with file.open("a", encoding="utf-8") as stream, bar:
        for case in cases(missing) if missing else ():
            about = {"image_id": case.image_id, "patient": case.patient, "label": case.label}
            known[case.image_id] = [about | row for row in measure(case)]
            stream.write(json.dumps({"id": case.image_id, "rows": known[case.image_id]}) + "\n")
            stream.flush()
            bar.update()
    return pd.DataFrame([row for name in ids for row in known[name]])


def known_rows(file: Path) -> dict[str, Rows]:
    """Image id -> rows kept; what stands behind the last end of line was cut short: dropped."""
    if not file.is_file():
        return {}
    text = file.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        file.write_text(whole, encoding="utf-8")
    return {line["id"]: line["rows"] for line in map(json.loads, whole.splitlines())}
