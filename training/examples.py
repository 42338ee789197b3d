"""Record the SHA-256 of every example image, so that later downloads are checked exactly.

Needs a network. Every image is downloaded and must look like the recorded one first.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import replace
from pathlib import Path

from core.examples import LIST, Example, catalogue, check_phash, download, save_catalogue


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define --pin and --list."""
    parser.add_argument("--pin", action="store_true", help="download, check and record SHA-256")
    parser.add_argument(
        "--list", type=Path, default=LIST, metavar="CSV", help="the list to read and write"
    )


def run(args: argparse.Namespace) -> int:
    """Pin with --pin, else print the list. 1 where an image could not be pinned."""
    examples = catalogue(args.list)
    if not args.pin:
        for example in examples:
            state = "pinned" if example.sha256 else "perceptual hash only"
            print(f"{example.name:28} {example.licence:16} {state:22} {example.url}")
        return 0
    pinned = [_pin(example) for example in examples]
    save_catalogue([new or old for new, old in zip(pinned, examples, strict=True)], args.list)
    missing = pinned.count(None)
    print(f"{len(pinned) - missing} of {len(pinned)} recorded in {args.list.name}")
    return 1 if missing else 0


def _pin(example: Example) -> Example | None:
    """The example with its SHA-256, or None where it cannot be had or differs."""
    try:
        data = download(example)
        check_phash(example, data)
    except ValueError as error:
        print(f"{example.name}: {error}")
        return None
    print(f"{example.name}: {len(data):,} bytes")
    return replace(example, sha256=hashlib.sha256(data).hexdigest())
