"""Speed, measured side by side in one run: `make bench`, or with --write also into docs/bench.md.

Prints a table with the machine named. Nothing here is a test: numbers of different runs or machines
do not compare, ratios within a run do.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from scripts import bench_app, bench_compare, bench_explain, bench_passes
from training.evaluate import fill_block

DOCUMENT = Path("docs/bench.md")


def main() -> None:
    """Run all measurements and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"put the output into {DOCUMENT}")
    parser.add_argument(
        "--only", choices=sorted(PARTS), help="one part; the others stay as written"
    )
    arguments = parser.parse_args()
    for name in [arguments.only] if arguments.only else PARTS:
        lines = []
        for line in (*_machine(), *PARTS[name]()):
            print(line, flush=True)
            lines.append(line)
        if arguments.write:
            written = DOCUMENT.read_text(encoding="utf-8")
            table = "```\n" + "\n".join(lines) + "\n```"
            DOCUMENT.write_text(fill_block(written, name, table), encoding="utf-8")


def _machine() -> Iterator[str]:
    yield f"machine: {_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    yield f"load before the run: {os.getloadavg()[0]:.1f} (on a busy machine even ratios mislead)"


def _measurements() -> Iterator[str]:
    yield from bench_app.measurements()
    from core.classifier import load_classifier

    classifier = load_classifier()
    yield from bench_passes.measurements(classifier)
    yield from bench_explain.measurements(classifier)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if not info.is_file():
        return platform.processor()
    lines = info.read_text(encoding="utf-8").splitlines()
    return next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), "unknown")


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "bench": _measurements,
    "compare": bench_compare.measurements,
}

if __name__ == "__main__":
    main()
