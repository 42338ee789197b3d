"""Where the images of the catalogue are: in a data folder, or at their public address.

Files are compared by name without its ending, since converted copies end otherwise than upstream.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from core.examples import Example, ExampleError, load
from core.library import Library
from core.schema import Modality, without_ending

# Upstream names may end otherwise than those of converted copies.
_ENDINGS = (".jpg", ".png", ".jpeg", ".JPG", ".PNG")


@dataclass(frozen=True)
class Presence:
    """How a data folder compares with the catalogue.

    Attributes:
        root: The folder, or None.
        found: How many images of the catalogue are there.
        missing: Source -> how many are not.
        unknown: Files of these sources that the catalogue does not know: the folder is newer.
    """

    root: Path | None
    found: int
    missing: dict[str, int]
    unknown: int


def presence(library: Library, root: Path | None) -> Presence:
    """Compare a data folder with the catalogue, by file names alone."""
    images = library.images
    everything = images["source"].value_counts().to_dict()
    if root is None:
        return Presence(None, 0, everything, 0)
    here = {folder: _stems(root / folder) for folder in set(images["path"].map(_parent))}
    there = [PurePosixPath(path).stem in here[_parent(path)] for path in images["path"]]
    missing = images.loc[[not known for known in there], "source"].value_counts().to_dict()
    ids = (*images["image_id"], *library.dropped["image_id"])
    known_ids = {without_ending(image_id) for image_id in ids}
    source_of = dict(zip(images["path"].map(_parent), images["source"], strict=True))
    unknown = sum(
        f"{source_of[folder]}/{stem}" not in known_ids
        for folder, stems in here.items()
        for stem in stems
    )
    return Presence(root, sum(there), missing, unknown)


def load_image(library: Library, row: int, root: Path | None) -> bytes:
    """The file of an image of the catalogue, from the data folder, else from its public address.

    Raises:
        ExampleError: Neither there nor to be fetched.
    """
    examples = as_examples(library, row)
    path = local_file(library, row, root)
    if path is not None:
        return path.read_bytes()
    if not examples[0].url:
        own = library.images.loc[row]
        raise ExampleError(
            f"{own['image_id']} is published inside an archive only, so it cannot be fetched by "
            "itself. Unpack the data set and set LUNGLENS_DATA to the folder."
        )
    problem = ExampleError(f"{examples[0].title} cannot be fetched.")
    for example in examples:
        try:
            return load(example, None)
        except ExampleError as error:
            problem = error
    raise problem


def local_file(library: Library, row: int, root: Path | None) -> Path | None:
    """The file of an image in the data folder, whatever its ending; None where there is none."""
    if root is None:
        return None
    path = root / library.images.loc[row, "path"]
    files = (path.with_suffix(ending) for ending in dict.fromkeys((path.suffix, *_ENDINGS)))
    return next((file for file in files if file.is_file()), None)


def as_examples(library: Library, row: int) -> list[Example]:
    """One image as entries of the example list, an entry for each ending its file may have."""
    own = library.images.loc[row]
    source = library.sources.set_index("source").loc[own["source"]]
    path = PurePosixPath(own["path"])
    base = Example(
        name=own["image_id"].replace("/", "-"),
        title=own["image_id"],
        modality=Modality(own["modality"]),
        source=source["title"],
        attribution=own["reference"] or source["citation"],
        licence=own["licence"] or f"none stated for this image (data set: {source['licence']})",
        url="",
        path=own["path"],
        sha256="",
        phash=own["phash"],
    )
    endings = [path.suffix, *(ending for ending in _ENDINGS if ending != path.suffix)]
    inside = path.relative_to(path.parts[0])
    return [
        replace(
            base,
            path=str(path.with_suffix(ending)),
            url=source["raw"] and source["raw"] + quote(str(inside.with_suffix(ending))),
        )
        for ending in endings
    ]


def _parent(path: str) -> str:
    return str(PurePosixPath(path).parent)


def _stems(folder: Path) -> set[str]:
    return {path.stem for path in folder.iterdir()} if folder.is_dir() else set()
