"""Sentences that more than one place says, and sentences made from numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from core.artifacts import FIT, Card
from core.dicom import FILE_WINDOW, FULL_RANGE, PRESETS
from core.ensemble import HAZE, LABEL, judgements_of, members_of
from core.examples import NEAR_BITS, Example
from core.guard import GUARD_ID
from core.head import POOLINGS
from core.images import ImageError
from core.metrics import confusion, wilson
from core.opinions import Opinion, views_of
from core.schema import POSITIVE, decide, threshold_text
from core.seen import Known
from core.views import VIEWS

DISCLAIMER = (
    "For learning only, **not for diagnosis**: a probability here says how the model answers, "
    "not whether anyone is ill."
)
UNTRAINED = "**{title}** is a smoke run, not a trained model: its numbers mean nothing at all."
OUT_OF_SCOPE = "This does not look like a chest X-ray or a lung CT slice"
NONE_LEARNED = "None of these taught a model here: all are held out. "
NO_TABLES = (
    "There is no model with a prediction table here yet. `python -m training compare --root DIR` "
    "makes them, where DIR is the folder of the public data sets."
)
NEIGHBOURS = 40
JUDGEMENTS = {LABEL: "COVID-19 as the labels teach it", HAZE: "how hazy the lungs look"}
ANSWERING = {LABEL: "the labels", HAZE: "the haze"}
AGREEING = "Agreement does not make it right."
MEANT = (
    "The mean of both looks answers, taken of their log-odds: the sums that a curve turns into "
    "probabilities."
)
JUDGED_TWICE = (
    "Each look is judged twice, by what the labels teach and by how hazy the lungs look, and the "
    "smaller judgement counts."
)
WHY_TWO = (
    "A look at lungs judged much clearer than usual answers low, whatever the labels taught, and "
    "haze alone does not make it answer high."
)


def plain(words: str) -> str:
    """Words of others (a file's name, a part of an address) as Markdown that shows just them.

    No emphasis, link, picture, formula, heading or list comes of them; their lines become one. An
    invisible joiner (U+2060) parts what Streamlit looks for in spite of a backslash: icons,
    colours, addresses.
    """
    one_line = re.sub(r"([\\`*_{}\[\]<>$~|&])", r"\\\1", " ".join(words.split()))
    no_list = re.sub(r"^(\d*)([#+\-=.)])", r"\1\\\2", one_line)
    return re.sub(r"(:(?=\S)|@|\bwww(?=\.))", "\\1\u2060", no_list, flags=re.IGNORECASE)


def told(error: Exception) -> str:
    """An error's sentence as Markdown; one about a file may hold words of that file."""
    return plain(str(error)) if isinstance(error, ImageError) else str(error)


def short(value: float) -> str:
    """A number in three digits, or whole where it has more."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def window_title(window: str) -> str:
    """Words for a window of a DICOM file."""
    if window in PRESETS:
        centre, width = PRESETS[window]
        return f"{window} (centre {centre:g}, width {width:g} HU)"
    return {FILE_WINDOW: "as the file says", FULL_RANGE: "none: all grey levels"}[window]


def counted(images: int, patients: float | None) -> str:
    """Images and, in brackets, patients where they are known."""
    return str(images) if patients is None or pd.isna(patients) else f"{images} ({patients:.0f})"


def missing_models(missing: list[str]) -> str:
    """What to do about artefacts that are not there."""
    lines = "\n".join(f"    python -m training {_verb(name)} --root DIR" for name in missing)
    return (
        "The models this page needs are not here yet. Make them with the command below, where DIR "
        f"is the folder of the public data sets, then reload this page.\n\n{lines}"
    )


def _verb(model_id: str) -> str:
    """What makes an artefact that is not there, so that no card can say it."""
    if model_id == GUARD_ID:
        return "guard"
    return f"{'texture' if model_id.endswith('-texture') else 'train'} --model {model_id}"


def download_check(examples: Sequence[Example]) -> str:
    """How a downloaded example is known to be the right file."""
    pinned = sum(bool(example.sha256) for example in examples)
    look = f"by how the picture looks (a perceptual hash: {NEAR_BITS} of 64 bits may differ)"
    if not pinned:
        return f"A download is checked {look}: no SHA-256 of the original files is recorded yet."
    if pinned == len(examples):
        return "A download is checked by the SHA-256 of the original file."
    return f"A download is checked by SHA-256 for {pinned} of {len(examples)} of them, else {look}."


def known_image(known: Known, card: Card, uses: Collection[str] | None) -> str:
    """What it means that an image is in the catalogue, for a model's answer about it.

    Args:
        known: The image.
        card: Of the model.
        uses: What the model used the image for, as its used.csv says; empty: nothing; None where
            that is not recorded.
    """
    name = f"This is an image of the public data used here (`{known.image_id}`)"
    if known.source not in card.sources or known.modality != card.modality:
        return f"{name}, from a source that this model never saw."
    if uses is None:
        return f"{name}; whether this model learned from it is not recorded."
    if FIT in uses:
        return f"{name}, **among those this model learned from**: its answer proves nothing."
    if uses:
        return f"{name}, not learned from, but used to choose this model's settings and threshold."
    return f"{name}, held out: this model did not learn from it."


def cases_like_this(frame: pd.DataFrame, probability: float) -> str:
    """How many of the test images with the nearest probabilities are COVID-19."""
    if frame.empty:
        return "This model has no test images, so nobody knows how often it is right."
    order = (frame["probability"] - probability).abs().sort_values(kind="stable").index
    near = frame.loc[order[:NEIGHBOURS]]
    found, trials = int((near["label"] == 1).sum()), len(near)
    low, high = wilson(found, trials)
    return (
        f"Of the {trials} test images with the nearest probability "
        f"({near['probability'].min():.2f} to {near['probability'].max():.2f}), "
        f"**{found} of {trials}** were COVID-19 (95 % interval {low:.0%} to {high:.0%})."
    )


def calls_like_this(frame: pd.DataFrame, probability: float, threshold: float) -> str:
    """How often the same decision was right on the test images."""
    counts = confusion(frame["label"], frame["probability"], threshold)
    decision = decide(probability, threshold)
    right, wrong = (counts.tp, counts.fp) if decision == POSITIVE else (counts.tn, counts.fn)
    trials = right + wrong
    if not trials:
        return f"No test image is called {decision} at this threshold."
    low, high = wilson(right, trials)
    return (
        f"Of the test images called {decision} at {threshold_text(threshold)}, "
        f"**{right} of {trials}** were right (95 % interval {low:.0%} to {high:.0%})."
    )


def spread(opinion: Opinion, mirrored: Sequence[float]) -> str:
    """How far apart a model's answers about one image are: members and looks, or mirror image.

    Args:
        opinion: Of the model.
        mirrored: What the members say of the mirror image; empty where that was not looked at.
    """
    members = [*opinion.members, *mirrored]
    found, closing = f"**{min(members):.2f} to {max(members):.2f}**", AGREEING
    count = len(opinion.looks[0].members)
    if count == 1:
        return f"The image and its mirror image get {found}. {closing}"
    also = "mirror image included" if mirrored else "at both looks"
    who = f"The model's {count} members, small classifiers of one layer each,"
    return f"{who} say {found}, {also}. {closing}"


def looks(opinion: Opinion, card: Card) -> str:
    """What a model says at each of its looks, by which judgement; empty of one look and one."""
    names = judgements_of(card.config)
    found = [dict(zip(names, look.judgements, strict=True)) for look in opinion.looks]
    if len(found) == 1:
        words = judged(found[0], "{:.2f}")
        return f"{words} {WHY_TWO}" if words else ""
    each = [
        f"{VIEWS[view].name} **{look.probability:.2f}**{_answering(own)}"
        for view, look, own in zip(views_of(card), opinion.looks, found, strict=True)
    ]
    several = f" {JUDGED_TWICE} {WHY_TWO}" if len(names) > 1 else ""
    return f"The model looks twice: at {' and at '.join(each)}. {MEANT}{several}"


def _answering(found: Mapping[str, float]) -> str:
    """The judgement that answers a look, and the other; empty of a single one."""
    if len(found) < 2:
        return ""
    least, *more = sorted(found, key=lambda name: found[name])
    others = ", ".join(f"{ANSWERING[name]} would say {found[name]:.2f}" for name in more)
    return f" (by {ANSWERING[least]}; {others})"


def judged(found: Mapping[str, float], form: str) -> str:
    """What a model's judgements of one image say, and which answers; empty of a single one.

    Args:
        found: Judgement -> what it says, on a scale on which the smallest answers.
        form: How to write that: "{:.2f}".
    """
    if len(found) < 2:
        return ""
    each = " and ".join(
        f"{words} ({form.format(found[name])})" for name, words in JUDGEMENTS.items()
    )
    least = ANSWERING[min(found, key=lambda name: found[name])]
    return f"Two judgements were made: {each}. The smaller answers, here {least}."


MIX_CAVEAT = (
    "Both hold for the mix of this test set only, so expect worse elsewhere. Where a model learned "
    "from several sources, the label nearly equals the source: where an image came from gives much "
    "of the answer away. Where it learned from one, its test patients say nothing about a hospital "
    "that is not in that source."
)


POOLING_WORDS = dict(
    zip(
        POOLINGS,
        (
            "The paper's head: every place of the image has weights of its own.",
            "The paper's head: averaged over the image, so that places do not count.",
        ),
        strict=True,
    )
)


def head_words(card: Card) -> str:
    """How a head reads the trunk's maps, for somebody who meets the models for the first time."""
    if members_of(card.config):
        return "It asks which patterns occur together in an image, wherever they are."
    return POOLING_WORDS.get(card.config["pooling"], "")


def threshold_note(card: Card) -> str:
    """Where a model's operating point comes from."""
    rule = f": {card.threshold_rule}" if card.threshold_rule else ""
    return f"Operating point of {card.title}: {threshold_text(card.threshold)}{rule}"
