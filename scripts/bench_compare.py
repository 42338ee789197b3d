"""Speed of the Compare page: what a moved threshold computes, and when the new state is ready.

Part of `python -m scripts.bench`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np

from core import cohorts, evaluation
from core.charts import matrices, tradeoff
from core.charts.ready import Ready
from core.cohorts import FIRST
from core.schema import Modality
from scripts.bench_timing import goal

MOVES = 40
COMPUTE_MS, STATE_MS = 20, 150
# One visitor in a process of its own. AppTest runs the whole script, where a browser has only the
# fragment run, and reads every message back; only the way over the network is missing.
VISIT = """
import sys, time
import numpy as np
from streamlit.testing.v1 import AppTest
at = AppTest.from_file("streamlit_app.py", default_timeout=120)
at.switch_page("pages/compare.py").run()
def choose(key, value):
    next(g for g in at.get("button_group") if g.key == f"compare_{key}").set_value(value).run()

for view in sys.argv[1:]:
    name, _, part = view.partition("/")
    choose("view", name)
    if part:
        choose(name, part)
    taken, used = [], []
    for cut in np.linspace(0.05, 0.95, 20):
        begun, busy = time.perf_counter(), time.process_time()
        at.slider("compare_cut").set_value(round(float(cut), 3)).run()
        taken.append(time.perf_counter() - begun)
        used.append(time.process_time() - busy)
        assert not at.exception, at.exception
    # The first prepares what the view keeps.
    print(view, 1000 * np.median(taken[1:]), 1000 * np.median(used[1:]))
"""
VIEWS = (
    "measures",
    "measures/different",
    "histograms",
    "curves/roc",
    "curves/thresholds",
    "curves/calibration",
    "practice",
)


def measurements() -> Iterator[str]:
    """Lines of the table."""
    yield from _computing()
    yield from _sending()


def _computing() -> Iterator[str]:
    contenders = cohorts.read_contenders()
    pooled = cohorts.test_sets(contenders.values())[Modality.XRAY]
    four = evaluation.compare([contenders[name] for name in FIRST[Modality.XRAY]], pooled)
    everyone = evaluation.compare(
        [one for one in contenders.values() if one.card.modality == Modality.XRAY], pooled
    )
    models = [Ready(e.name, n, e.ranking, e.boot) for n, e in enumerate(four.entrants)]
    yield (
        f"\nCompare: one move of the threshold, {four.images} images, processor time, median of "
        f"{MOVES} moves"
    )
    shown = _per_move(lambda cuts: evaluation.answer(four.entrants, cuts), len(models))
    yield f"  {'all measures and intervals, 4 models':44} {shown:8.2f} ms"
    whole = _per_move(
        lambda cuts: evaluation.answer(everyone.entrants, cuts), len(everyone.entrants)
    )
    yield f"  {f'the same, all {len(everyone.entrants)} X-ray models':44} {whole:8.2f} ms"

    def drawn(cuts: list[float]) -> None:
        matrices.confusion_figure(models, cuts)
        matrices.confusion_words(models, cuts)
        tradeoff.roc_figure(models, cuts)
        tradeoff.precision_recall_figure(models, cuts)

    figures = _per_move(drawn, len(models))
    yield f"  {'4 confusion matrices, ROC, precision-recall':44} {figures:8.2f} ms"
    yield goal("ms for all shown models and their figures", shown + figures, most=COMPUTE_MS)


def _sending() -> Iterator[str]:
    done = subprocess.run(
        [sys.executable, "-c", VISIT, *VIEWS], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in done.stdout.splitlines()]
    yield "\nCompare: slider moved until every new element has been sent, the whole script run"
    for view, median, used in rows:
        name = f"view {view}"
        yield f"  {name:44} {float(median):8.0f} ms   processor time {float(used):.0f} ms"
    worst = max(float(median) for _, median, _ in rows)
    yield goal("ms in the slowest view", worst, most=STATE_MS)


def _per_move(act: Callable[[list[float]], object], models: int) -> float:
    """Median milliseconds of processor time of act(thresholds), thresholds moving from 0 to 1."""
    taken = []
    for cut in np.linspace(0, 1, MOVES):
        begun = time.process_time()
        act([float(cut)] * models)
        taken.append(time.process_time() - begun)
    return 1000 * float(np.median(taken))
