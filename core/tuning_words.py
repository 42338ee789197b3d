"""Sentences about the search for a better head; every number in them is read from its tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from core.tuning import (
    AGAINST,
    COMPLETE,
    FOLDS,
    FOR,
    OPEN,
    SEARCH,
    UNFROZEN,
    WHOLE,
    best_trial,
    by_choice,
    papers_own_is_best,
    parameters,
    title_of,
)

if TYPE_CHECKING:
    import pandas as pd


def count_verdicts(pairs: pd.DataFrame) -> str:
    """For example "for in 2 of 5 comparisons, against in 3"."""
    if not len(pairs):
        return "not compared yet"
    counts = [(word, int((pairs["verdict"] == word).sum())) for word in (FOR, AGAINST, OPEN)]
    said = [f"{word} in {count}" for word, count in counts if count]
    first, *rest = said
    return ", ".join([f"{first} of {len(pairs)} comparison{'s' * (len(pairs) > 1)}", *rest])


def pair_lines(pairs: pd.DataFrame) -> Iterable[str]:
    """Each comparison in words."""
    for row in pairs.itertuples():
        test = WHOLE.get(row.test, row.test)
        yield (
            f"{row.first} minus {row.second}, {row.condition}, {test}: {row.difference:+.3f} "
            f"({row.low:+.3f} to {row.high:+.3f}), {row.verdict}"
        )


def not_compared(trials: pd.DataFrame, name: str, command: str) -> str:
    """Why there is no controlled comparison of a claim.

    Args:
        trials: Of the search.
        name: Key of core.tuning.CLAIMS.
        command: What makes the comparisons.
    """
    if name == SEARCH and papers_own_is_best(trials):
        return "The best trial is one of the paper's own heads: the search found nothing better."
    return f"Not compared yet; `{command}` goes on where it stopped."


def search_line(trials: pd.DataFrame, parameter: str) -> str:
    """What the search saw of a parameter's choices."""
    said = [
        f"{row.choice}: best {row.best:.3f}, median {row.median:.3f} of {row.completed} completed"
        if row.completed
        else f"{row.choice}: none of {row.trials} completed"
        for row in by_choice(trials, parameter).itertuples()
    ]
    return "; ".join(said)


def search_summary(trials: pd.DataFrame) -> str:
    """Counts, the best trial, and where the paper's own heads (trials 0 and 1) stand."""
    done = trials[trials["state"] == COMPLETE]
    best = best_trial(trials)
    paper = " and ".join(f"{row.pooling} {row.value:.3f}" for row in trials.head(2).itertuples())
    counts = trials["state"].value_counts()
    rest = [f"{count} {state}" for state, count in counts.items() if state != COMPLETE]
    return (
        f"{len(trials)} trials, {', '.join([f'{len(done)} completed', *rest])}. The best "
        f"is trial {best['trial']} with an AUC of {best['value']:.3f} (deviation over the folds "
        f"{best['spread']:.3f}); the paper's heads, trials 0 and 1: {paper}."
    )


def importance_summary(importances: pd.DataFrame) -> str:
    """The parameters that explain most, with their shares."""
    if not len(importances):
        return "Too few trials are completed to say what mattered."
    first = importances.head(3)
    said = [f"{title_of(row.parameter)} {row.fanova:.0%}" for row in first.itertuples()]
    rest = importances["fanova"].iloc[3:].max()
    return (
        f"Of the variance between completed trials, {', '.join(said)}; no other parameter "
        f"explains more than {rest:.0%} by itself."
    )


def rates_line(rates: pd.DataFrame) -> str:
    """Each optimiser's best AUC and where."""
    best = rates.loc[rates.groupby(["pooling", "optimizer"], sort=False)["value"].idxmax()]
    return "; ".join(
        f"{row.optimizer}{'' if row.pooling == 'average' else ', flatten'}: best at "
        f"{row.learning_rate:g} (AUC {row.value:.3f})"
        for row in best.itertuples()
    )


def method_lines(record: dict[str, dict[str, Any]], trials: pd.DataFrame) -> list[str]:
    """How the search was done, a paragraph a line."""
    about = record["search"]
    names = ", ".join(title_of(name) for name in parameters(trials))
    goals = (
        "the AUC"
        if len(about["tests"]) == 1
        else f"the mean of the AUC over {' and '.join(about['tests'])}"
    )
    return [
        f"**Who takes part.** {about['images']} labelled images ({about['positives']} COVID-19) of "
        f"{about['groups']} groups: a patient, a paper whose figures look alike, or look-alikes. "
        f"Training and validation patients only (`{FOLDS}` lists them with their folds). **No "
        "patient of the test split is read**, so none can steer a choice.",
        f"**What is maximised.** {goals[0].upper()}{goals[1:]} of images whose group the head has "
        "not seen: three folds, each fold's head with its own start, at the last epoch. Stopping "
        "at the best epoch would flatter every trial, so there is no early stopping; the number of "
        "epochs is searched instead.",
        f"**What is searched.** {names}. The first two trials are the paper's heads, the third "
        "learns more slowly, the next 13 are mostly random, then a tree-structured Parzen "
        "estimator proposes. A trial that after three epochs falls behind the median of the others "
        "is stopped and stays a row.",
        f"**Where to unfreeze.** {_unfreezing(UNFROZEN in parameters(trials))} Heads on flattened "
        "maps get six epochs at most and the comparisons ten: it is one processor core.",
        "**Comparisons.** Two settings that differ in one choice share all else, five deals of "
        "patients into folds, and the start of every head. An optimiser's own learning rate is the "
        "middle of the three neighbouring ones that are best on average, so that no lucky peak "
        "beside divergence counts. Intervals draw patients with replacement; they hold for these "
        "patients and these sources, not for another hospital.",
    ]


def _unfreezing(searched: bool) -> str:
    """Whether convolutions learned as well, and where else to look."""
    said = (
        "Where a trial unfreezes, the last convolution or all of block 5 goes on learning behind "
        "the trained head for two epochs."
        if searched
        else "Not searched on these images: a trial that unfreezes takes minutes where the others "
        "take seconds (`--unfreeze` does it)."
    )
    return f"{said} Block 4 costs four times as much; `python -m training finetune` tries it."
