"""The table of scores: written as it grows, so that a run that is cut off loses nothing."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from core.schema import SCORE_COLUMNS
from training.files import whole

Row = dict[str, Any]


def check_out(path: Path) -> None:
    """Refuse a table that could not be written, before anything is scored for it.

    Raises:
        ValueError: A folder, a name in no folder, or a place that cannot be written to.
    """
    if not path.parent.is_dir():
        raise ValueError(f"expected an existing folder for --out, received {path.parent}")
    try:
        if path.is_dir():
            raise ValueError(f"expected a file for --out, received the folder {path}")
        new = not path.exists()
        # Permissions do not tell it everywhere (shares, read-only disks): only opening does.
        path.open("ab").close()
    except OSError as error:
        raise ValueError(
            f"expected a file for --out that can be written, received {path} ({error.strerror})"
        ) from None
    if new:
        path.unlink()


def kept_rows(path: Path | None) -> pd.DataFrame:
    """Rows of an earlier run that need not be made again: whole and without an error, as text.

    Args:
        path: Of the table; None, or a file that is not there: no rows.

    Raises:
        ValueError: There is a file, and it is no table of scores.
    """
    if path is None or not path.exists():
        return pd.DataFrame(columns=list(SCORE_COLUMNS), dtype=str)
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(f"expected a table of scores to go on with, received {path}") from error
    if list(table.columns) != list(SCORE_COLUMNS):
        raise ValueError(
            f"expected columns {', '.join(SCORE_COLUMNS)} in {path}, received "
            f"{', '.join(table.columns)}"
        )
    whole = table["in_scope"].isin(["True", "False"])  # a row that was cut off ends before that
    return table[whole & (table["error"] == "")]


def written(rows: Iterable[Row], path: Path, kept: pd.DataFrame) -> Iterator[Row]:
    """Hand rows on, each once it stands in the table below those kept."""
    if len(kept):  # of a table that is there, which must not be lost on the way
        with whole(path) as half:
            kept.to_csv(half, index=False)
    else:
        kept.to_csv(path, index=False)
    with path.open("a", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, SCORE_COLUMNS, lineterminator="\n")
        for row in rows:
            table.writerow(row)
            file.flush()
            yield row


def shown(path: Path) -> str:
    """A path as text that any table can hold: bytes that are no UTF-8 as backslash escapes."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
