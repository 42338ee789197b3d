"""Reading a search: verdicts, choices, sentences, figures, on numbers worked out by hand."""

from pathlib import Path

import numpy as np
import pytest
from tuned import IMPORTANCES, PAIRS, RATES, RECORD, TRIALS

from core import tuning, tuning_words
from core.artifacts import ArtifactError
from core.charts import tuning as charts
from core.charts.parallel import FAN, parallel_figure
from core.tuning import AGAINST, BETTER, FOR, MUCH_BETTER, OPEN, SAME, verdict


@pytest.mark.parametrize(
    ("kind", "low", "high", "expected"),
    [
        (SAME, -0.01, 0.01, FOR),
        (SAME, 0.001, 0.019, FOR),  # certain, but too little to matter
        (SAME, 0.01, 0.05, AGAINST),
        (SAME, -0.05, -0.01, AGAINST),
        (SAME, -0.05, 0.05, OPEN),
        (BETTER, 0.001, 0.01, FOR),
        (BETTER, -0.03, 0.01, AGAINST),
        (BETTER, -0.01, 0.05, OPEN),
        (MUCH_BETTER, 0.03, 0.06, FOR),
        (MUCH_BETTER, 0.001, 0.019, AGAINST),
        (MUCH_BETTER, 0.01, 0.05, OPEN),
    ],
)
def test_verdicts(kind: str, low: float, high: float, expected: str) -> None:
    assert verdict(kind, low, high) == expected


def test_other_kinds_of_claims_are_refused() -> None:
    with pytest.raises(ValueError, match="received 'best'"):
        verdict("best", 0, 1)


def test_parameters_stand_behind_the_seed() -> None:
    assert tuning.parameters(TRIALS)[0] == "activation"
    assert tuning.parameters(TRIALS)[-1] == "learning_rate"
    assert "cpu_seconds" not in tuning.parameters(TRIALS)


def test_a_stopped_trial_is_never_the_best() -> None:
    assert list(tuning.best_so_far(TRIALS)) == [0.70, 0.70, 0.80, 0.80]
    assert tuning.best_trial(TRIALS)["trial"] == 2


def test_choices_of_one_parameter() -> None:
    table = tuning.by_choice(TRIALS, "pooling").set_index("choice")
    assert list(table.loc["average"]) == [2, 2, 0.75, 0.725]
    assert list(table.loc["flatten"]) == [2, 1, 0.80, 0.80]
    sgd = tuning.by_choice(TRIALS, "optimizer").set_index("choice").loc["sgd"]
    assert (sgd["trials"], sgd["completed"]) == (1, 0)
    rates = tuning.by_choice(TRIALS, "learning_rate")
    assert list(rates["choice"]) == ["from 1e-4", "from 1e-3", "from 1e-2"]
    assert list(rates["trials"]) == [2, 1, 1]


def test_sentences_hold_the_numbers() -> None:
    assert "4 trials, 3 completed, 1 pruned" in tuning_words.search_summary(TRIALS)
    assert "trial 2 with an AUC of 0.800" in tuning_words.search_summary(TRIALS)
    assert "trials 0 and 1: average 0.700 and flatten 0.900" in tuning_words.search_summary(TRIALS)
    assert "sgd: none of 1 completed" in tuning_words.search_line(TRIALS, "optimizer")
    assert "pooling 50%, learning rate 30%, first layer 15%" in tuning_words.importance_summary(
        IMPORTANCES
    )
    assert "adam: best at 0.001 (AUC 0.740)" in tuning_words.rates_line(RATES)
    assert "adam, flatten: best at 0.0001" in tuning_words.rates_line(RATES)
    own = PAIRS[PAIRS["finding"] == "optimizer"]
    assert tuning_words.count_verdicts(own) == "for in 1 of 2 comparisons, against in 1"
    assert (
        next(iter(tuning_words.pair_lines(own)))
        == "one minus sgd, all else equal, all images: +0.040 (+0.030 to +0.050), for"
    )
    lines = " ".join(tuning_words.method_lines(RECORD, TRIALS))
    assert "419 labelled images (191 COVID-19) of 136 groups" in lines
    assert "Where to unfreeze" in lines


def test_a_search_that_finds_nothing_better_says_so() -> None:
    words = tuning_words.not_compared(TRIALS, tuning.SEARCH, "this command")
    assert words.startswith("Not compared yet; `this command`")
    worse = TRIALS.assign(value=[0.9, 0.8, 0.7, 0.6])
    assert tuning.papers_own_is_best(worse)
    assert not tuning.papers_own_is_best(TRIALS)
    assert "found nothing better" in tuning_words.not_compared(worse, tuning.SEARCH, "")
    assert "Not compared yet" in tuning_words.not_compared(worse, "batch", "")


def test_scoreboard_counts() -> None:
    board = tuning.scoreboard(PAIRS).set_index("the paper says")
    assert list(board.loc["Adam is better by a lot"]) == [1, 1, 0, 2]
    assert len(board) == len(tuning.CLAIMS)


def test_missing_table_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="tune --dataset ct --root DIR --pairs"):
        tuning.read_table("ct", tuning.PAIRS, tmp_path)
    with pytest.raises(ArtifactError, match="tune --dataset xray --root DIR$"):
        tuning.read_record("xray", tmp_path)


def test_figures_draw_the_tables() -> None:
    history = {trace.name: trace for trace in charts.history_figure(TRIALS).data}
    assert list(history["complete"].y) == [0.70, 0.80, 0.75]
    assert list(history["pruned (AUC when stopped)"].x) == [1]
    assert list(history["best so far"].y) == [0.70, 0.70, 0.80, 0.80]
    coordinates = parallel_figure(TRIALS, ["pooling", "learning_rate"])
    lines = {trace.name: trace.y for trace in coordinates.data if trace.mode == "lines"}
    assert list(lines) == ["trial 0", "trial 3", "trial 2"]  # the best last, on top
    fan = FAN / 2
    assert lines["trial 0"] == pytest.approx([-fan, 1, 0])
    assert lines["trial 3"] == pytest.approx([0, np.log10(1.5) / np.log10(5), 0.5])
    assert lines["trial 2"] == pytest.approx([1 + fan, 0, 1])
    pairs = charts.pairs_figure(PAIRS[PAIRS["finding"] == "optimizer"])
    assert list(pairs.data[0].x) == [0.04, 0.0]
    assert np.allclose(pairs.data[0].error_x.array, 0.01)
    band = [shape for shape in pairs.layout.shapes if shape.type == "rect"][0]
    assert (band.x0, band.x1) == (-tuning.MARGIN, tuning.MARGIN)
    assert [trace.name for trace in charts.rates_figure(RATES).data] == [
        "adam", "sgd", "adam, flatten",
    ]  # fmt: skip
    assert list(charts.choice_figure(TRIALS, "batch").data[0].y) == ["32", "32", "64"]
    assert list(charts.importance_figure(IMPORTANCES).data[0].y)[1] == "learning rate"
