"""Compare page: what a threshold is worth where the illness is rare."""

from __future__ import annotations

from pages.parts.compare_view import Shown


def show(shown: Shown) -> None:
    """To come."""
