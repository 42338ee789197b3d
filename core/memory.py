"""Hand memory back to the system. Nothing here changes what is computed."""

from __future__ import annotations

import ctypes
import gc
import sys


def give_back() -> None:
    """Return what has been freed to the system, where the C library is asked to (glibc).

    Building and timing trunks frees far more than the allocator hands back by itself.
    """
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # not in other C libraries
        if trim is not None:
            trim(0)
