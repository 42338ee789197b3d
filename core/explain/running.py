"""Long methods as generators: each step gives what is known so far, and can be the last one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class Running:
    """Where a long method stands.

    Attributes:
        done: Steps done.
        total: Steps in all.
        values: The result after these steps; valid, if rougher, before the last.
    """

    done: int
    total: int
    values: NDArray[Any]

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.done >= self.total
