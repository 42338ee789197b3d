"""`python -m training VERB`: one module a verb, loaded when it is called."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

VERBS = {
    "data": "join the sources into one manifest, find duplicates, split by patient",
    "export": "write the shipped trunk",
    "features": "cache trunk features",
    "train": "train a classifier head",
    "texture": "train an ensemble of linear members on lower layers",
    "deals": "choose an ensemble's settings again on other deals: how firm are they",
    "learning_curve": "fit the recipe of an ensemble on fewer patients: would more help",
    "ablation": "one change at a time: what carries over to sources never seen",
    "finetune": "train the upper blocks too: is that worth its cost",
    "adapt": "train the upper blocks on images without labels: does that carry over",
    "tune": "search over heads; compare choices one by one",
    "compare": "train the same head on every backbone of the paper",
    "guard": "fit the guard that refuses what is no chest X-ray or lung CT",
    "lungs": "train the network that finds the lungs; do they help across sources",
    "evaluate": "tables of the shipped models: pooled, per source, left out",
    "predict": "score files and folders into a CSV",
    "catalogue": "tables and average images behind the data page",
    "lab": "shortcut experiments: what the numbers are made of",
    "examples": "record the hashes of the example images",
}


def main(argv: list[str]) -> int:
    """Run one verb; errors that a user can act on are one line on standard error."""
    if not argv or argv[0] in ("-h", "--help") or argv[0] not in VERBS:
        print("usage: python -m training VERB [options]    (VERB --help for its options)\n")
        print("\n".join(f"  {verb:14} {what}" for verb, what in VERBS.items()))
        return 0 if argv and argv[0] in ("-h", "--help") else 2
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    module = importlib.import_module(f"training.{argv[0]}")
    parser = argparse.ArgumentParser(
        prog=f"python -m training {argv[0]}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    try:
        return int(module.run(parser.parse_args(argv[1:])))
    except (ValueError, FileNotFoundError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
