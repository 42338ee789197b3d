"""Files: written whole or not at all whenever a run is cut off, read with their name in errors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.images import Grey, ImageError, read_image


def pixels_of(path: Path) -> Grey:
    """Grey levels of an image file, uint8 (H, W).

    Raises:
        ImageError: As core.images.read_image, with the path before it.
        FileNotFoundError: There is none.
    """
    try:
        return read_image(path.read_bytes()).pixels
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from error


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write what is to become a file, which it does when the block ends without an error.

    Until then a file that is there already stays as it is. Two processes do not meet. Folders that
    are missing are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield half
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
