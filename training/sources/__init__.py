"""Public data sets, one file each. A new file with a SOURCE in it is a new source."""

from __future__ import annotations

import importlib
import pkgutil

from training.sources.base import Source


def all_sources() -> dict[str, Source]:
    """Every source of this package by name, in the order of their file names."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = (importlib.import_module(f"{__name__}.{name}") for name in names if name != "base")
    return {module.SOURCE.name: module.SOURCE for module in modules}
