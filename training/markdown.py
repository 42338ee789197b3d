"""Tables and blocks of generated Markdown."""

from __future__ import annotations

import math
import re

import pandas as pd


def to_markdown(table: pd.DataFrame) -> str:
    """A Markdown table."""
    lines = [list(table.columns), ["---"] * table.shape[1], *table.astype(str).to_numpy().tolist()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def fill_block(text: str, name: str, content: str) -> str:
    """Replace what stands between <!-- name:begin --> and <!-- name:end -->.

    Raises:
        ValueError: No such block.
    """
    block = re.compile(rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)", re.DOTALL)
    filled, count = block.subn(rf"\g<1>{content}\n\g<2>", text)
    if not count:
        raise ValueError(f"expected a block {name}:begin in the text, received none")
    return filled


def share(value: float, low: float = math.nan, high: float = math.nan, digits: int = 2) -> str:
    """A number and, where there is one, its interval; a dash where it is undefined."""
    if math.isnan(value):
        return "-"
    ends = "" if math.isnan(low) else f" ({low:.{digits}f}-{high:.{digits}f})"
    return f"{value:.{digits}f}{ends}"
