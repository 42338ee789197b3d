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
    name = f"python -m training {argv[0]}"
    try:
        module = importlib.import_module(f"training.{argv[0]}")
        parser = argparse.ArgumentParser(
            prog=name,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(parser)
        return int(module.run(parser.parse_args(argv[1:])))
    except (ValueError, OSError, ModuleNotFoundError) as error:
        print(f"{name}: {_sentence(error)}", file=sys.stderr)
        return 2


def _sentence(error: Exception) -> str:
    """What went wrong, for whoever called the verb."""
    if isinstance(error, ModuleNotFoundError):
        lacking = (error.name or "").partition(".")[0]
        if lacking in ("", "core", "training"):
            raise error  # ours: no installation would mend it
        return f"{lacking} is not installed; pip install -r requirements-dev.txt"
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
