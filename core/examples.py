"""Example images by link: none is stored in this repository, each names its licence and author.

An image is taken from a data folder where there is one, else downloaded once and cached. What is
downloaded must match: by SHA-256 where the list records one, else by its perceptual hash, at most
NEAR_BITS of 64 bits apart. The SHA-256 of the DICOM file is the one that pydicom records and
pydicom-data has; `python -m training examples --pin` fills in those of the data sets from their
originals. Their perceptual hashes are those of copies reduced to 512 pixels and 8-bit grey, hence
the margin.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from core.images import ImageError, read_image
from core.schema import MODALITY_TITLES, Modality
from core.seen import hash_pixels

LIST = Path(__file__).with_name("examples.csv")
DATA_VARIABLE = "LUNGLENS_DATA"
NEAR_BITS = 6  # how many of the 64 bits of a perceptual hash a resized copy may differ in


class ExampleError(ValueError):
    """An example that cannot be had. The text says what to do instead."""


@dataclass(frozen=True)
class Example:
    """One row of the list.

    Attributes:
        name: Short, unique, for links.
        title: What it shows, short, for people.
        modality: X-ray or CT.
        source: The data set.
        attribution: Whom to name: a DOI or page, and the data set it came through.
        licence: As the data set states it.
        url: Where the original is.
        path: Where it lies inside a data folder.
        sha256: Of the original file; empty where not yet recorded.
        phash: Perceptual hash, 16 hexadecimal digits.
    """

    name: str
    title: str
    modality: Modality
    source: str
    attribution: str
    licence: str
    url: str
    path: str
    sha256: str
    phash: str

    @property
    def full_title(self) -> str:
        """Kind of image and what it shows, for where it stands alone."""
        kind = MODALITY_TITLES[self.modality]
        return f"{kind[0].upper()}{kind[1:]}: {self.title}"


def catalogue(path: Path = LIST) -> list[Example]:
    """The examples, in the order to show them."""
    with path.open(newline="", encoding="utf-8") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    return [Example(**(row | {"modality": Modality(row["modality"])})) for row in rows]


def save_catalogue(examples: list[Example], path: Path = LIST) -> None:
    """Write the list back."""
    names = [field.name for field in fields(Example)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([str(getattr(example, name)) for name in names] for example in examples)


def data_root() -> Path | None:
    """LUNGLENS_DATA, else shared/data beside the repository; None where neither is a folder."""
    named = os.environ.get(DATA_VARIABLE)
    if named:
        folder = Path(named).expanduser()
    else:
        folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    return folder if folder.is_dir() else None


def load(example: Example, root: Path | None) -> bytes:
    """An example's file: from the data folder, else downloaded and checked.

    Args:
        example: Which one.
        root: The data folder, as `data_root` finds it, or None.

    Raises:
        ExampleError: Not in the folder and not to be downloaded, or not the expected image.
    """
    found = in_folder(example, root)
    return download(example) if found is None else found.read_bytes()


def download(example: Example) -> bytes:
    """Download into the cache, or take from there, and check.

    Raises:
        ExampleError: No network, no such file, or not the expected image.
    """
    import pooch

    known = f"sha256:{example.sha256}" if example.sha256 else None
    cached = _cache_path(example)
    try:
        path = pooch.retrieve(
            example.url,
            known,
            fname=cached.name,
            path=cached.parent,
            # pooch leaves the connection of a refused download open
            downloader=pooch.HTTPDownloader(hooks={"response": _close_if_refused}),
        )
        data = Path(path).read_bytes()
    # pooch raises ValueError for a wrong hash; requests and the file system OSError for the rest.
    except (OSError, ValueError) as error:
        reason = "is not the expected file" if isinstance(error, ValueError) else "cannot be had"
        raise ExampleError(
            f"“{example.full_title}” {reason} from {example.url.split('/')[2]} "
            f"({type(error).__name__}). Try later, set {DATA_VARIABLE} to a folder with the data "
            "sets, or take one of the drawings."
        ) from error
    if not example.sha256:
        try:
            check_phash(example, data)
        except ExampleError:
            Path(path).unlink(missing_ok=True)  # so that the next try downloads anew
            raise
    return data


def _close_if_refused(response: Any, **_: Any) -> None:
    if not response.ok:
        response.close()


def check_phash(example: Example, data: bytes) -> None:
    """Refuse bytes that do not look like the example.

    Raises:
        ExampleError: Not an image, or more than 6 bits away.
    """
    from imagehash import hex_to_hash

    try:
        apart = int(hex_to_hash(example.phash) - hex_to_hash(phash(data)))
    except ImageError as error:
        raise ExampleError(f"What {example.url} sent is not an image.") from error
    if apart > NEAR_BITS:
        raise ExampleError(
            f"What {example.url} sent does not look like “{example.full_title}” "
            f"({apart} of 64 bits differ, at most {NEAR_BITS} may). It is not used."
        )


def phash(data: bytes) -> str:
    """Perceptual hash of an image file: 64 bits as 16 hexadecimal digits.

    Raises:
        ImageError: Not an image.
    """
    return hash_pixels(read_image(data).pixels)


def in_folder(example: Example, root: Path | None) -> Path | None:
    """The file in a data folder, under its own name or as a converted .jpg; None where absent."""
    if root is None:
        return None
    path = root / example.path
    for candidate in (path, path.with_suffix(".jpg")):
        if candidate.is_file():
            return candidate
    return None


def on_this_machine(example: Example, root: Path | None) -> Path | None:
    """The file in a data folder, else as it was downloaded before; None where neither is."""
    found = in_folder(example, root)
    if found is not None:
        return found
    cached = _cache_path(example)
    return cached if cached.is_file() else None


def _cache_path(example: Example) -> Path:
    """Where a download is kept; what fails its check is removed from there."""
    import pooch

    return Path(pooch.os_cache("lunglens")) / pooch.utils.unique_file_name(example.url)
