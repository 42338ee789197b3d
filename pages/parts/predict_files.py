"""Predict: the files of the list, answered, as a table, and one of them with its options."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import streamlit as st

from core.artifacts import Card
from core.images import ImageError
from core.schema import KIND, MODALITY_TITLES, SCORE_COLUMNS, Modality, decide
from pages.parts import loaders, state, text, thresholds, widgets
from pages.parts.loaders import Answer
from pages.parts.state import Item

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a cell begins with that spreadsheets compute


@dataclass(frozen=True)
class Answers:
    """What came of the files of the list, by item id.

    Attributes:
        found: Answers about those that can be read.
        errors: A sentence about each that cannot.
        notes: A sentence about each that could not be read as chosen, and was as it begins.
    """

    found: dict[str, Answer] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


def answer_all(items: list[Item]) -> Answers:
    """Read and score every file; a frame or window that cannot be read gives way to the first."""
    answers = Answers()
    bar = st.progress(0.0, "Reading and scoring ...") if len(items) > 1 else None
    for number, item in enumerate(items, start=1):
        try:
            _answer(item, answers)
        except ImageError as error:
            answers.errors[item.id] = str(error)
        if bar:
            bar.progress(number / len(items), f"{number} of {len(items)}")
    if bar:
        bar.empty()
    return answers


def _answer(item: Item, answers: Answers) -> None:
    """Answer a file as chosen, else with the frame and window that it begins with.

    Raises:
        ImageError: The file cannot be read in either way.
    """
    choice = state.choice(item)
    try:
        answers.found[item.id] = loaders.answer(item.data, choice.options, choice.modality)
    except ImageError as error:
        if not state.begin_again(item):
            raise
        choice = state.choice(item)
        answers.found[item.id] = loaders.answer(item.data, choice.options, choice.modality)
        answers.notes[item.id] = (
            f"The frame or window you chose cannot be read, so the first one is back: {error}"
        )


def modality_of(item: Item, answer: Answer) -> Modality:
    """What the user says it is, else what was found."""
    return Modality(state.choice(item).modality or answer.verdict.modality)


def model_for(item: Item, answer: Answer, cards: dict[str, Card]) -> Card:
    """The classifier that answers for this file: the chosen one, else the first of its kind."""
    modality = modality_of(item, answer)
    fitting = [card for card in cards.values() if card.modality == modality]
    return next((card for card in fitting if card.id == state.choice(item).model), fitting[0])


def score_table(
    items: list[Item],
    answers: Answers,
    cards: dict[str, Card],
) -> pd.DataFrame:
    """One row a file: SCORE_COLUMNS and a thumbnail, decided at each model's threshold now."""
    rows, titles = [], state.titles()
    for item in items:
        row: dict[str, object] = {"path": titles[item.id], "error": answers.errors.get(item.id, "")}
        if item.id in answers.found:
            answer = answers.found[item.id]
            card = model_for(item, answer, cards)
            cut = thresholds.of(card)
            probability = answer.probability(card.id)
            row |= {
                "thumbnail": answer.thumbnail,
                "modality": str(modality_of(item, answer)),
                "probability": probability,
                "decision": decide(probability, cut),
                "threshold": cut,
                "model": card.id,
                "in_scope": answer.verdict.in_scope,
            }
        rows.append(row)
    return pd.DataFrame(rows, columns=["thumbnail", *SCORE_COLUMNS])


def show_table(table: pd.DataFrame) -> None:
    """The table of several files, and the same as CSV. Numbers out of scope are asked for."""
    table = table.assign(
        probability=table["probability"].astype(float), path=table["path"].map(no_formula)
    )
    outside = table["in_scope"].eq(False)
    anyway = outside.any() and st.toggle("Show numbers of files out of scope", key="predict_all")
    if not anyway:
        answers = ["probability", "decision", "modality"]
        table = table.assign(**table[answers].mask(outside))
    shown = table.assign(note=np.where(outside, text.OUT_OF_SCOPE, ""))
    shown["note"] = shown["note"].where(shown["error"] == "", shown["error"])
    shown["modality"] = shown["modality"].map(MODALITY_TITLES)
    words = ["thumbnail", "modality", "decision"]
    shown[words] = shown[words].astype(object).fillna("")
    config = st.column_config
    st.dataframe(
        shown[["thumbnail", "path", "probability", "decision", "modality", "note"]],
        hide_index=True,
        row_height=56,
        column_config={
            "thumbnail": config.ImageColumn("image"),
            "path": config.TextColumn("name"),
            "modality": config.TextColumn(KIND),
            "probability": config.ProgressColumn(
                min_value=0, max_value=1, format="%.3f", width=110
            ),
        },
        alt="One row a file: name, probability of COVID-19, decision, X-ray or CT, remarks",
    )
    st.download_button(
        "Table as CSV",
        table[list(SCORE_COLUMNS)].to_csv(index=False),
        "lunglens.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def no_formula(name: str) -> str:
    """A name that no spreadsheet takes for a formula: one that begins like that is quoted."""
    return f"'{name}" if name.startswith(FORMULA) else name


def open_one(items: list[Item]) -> Item:
    """The file to show alone: of several the one chosen last, else the newest."""
    found = {item.id: item for item in items}
    if st.session_state.get("predict_open") not in found:
        st.session_state["predict_open"] = items[-1].id
    if len(items) > 1:
        st.session_state["predict_select"] = st.session_state["predict_open"]
        titles = state.titles()  # of those that cannot be read too, as in the table
        st.selectbox(
            "Open one",
            list(found),
            format_func=titles.__getitem__,
            key="predict_select",
            on_change=lambda: st.session_state.update(
                predict_open=st.session_state["predict_select"]
            ),
        )
    return found[st.session_state["predict_open"]]


def reading_options(item: Item, answer: Answer, frames: int, windows: tuple[str, ...]) -> None:
    """Frame, window, inversion and modality of one file."""
    choice = state.choice(item)
    if frames > 1:
        frame_key = _widget(item, "frame", choice.frame + 1)
        st.slider(
            "Frame",
            1,
            frames,
            key=frame_key,
            on_change=lambda: state.choose(item, frame=st.session_state[frame_key] - 1),
        )
    if windows:
        key = _widget(item, "window", choice.window if choice.window in windows else windows[0])
        _keep(
            st.selectbox,
            item,
            "window",
            key,
            "Window",
            list(windows),
            format_func=text.window_title,
        )
    key = _widget(item, "invert", choice.invert)
    _keep(st.toggle, item, "invert", key, "Swap black and white")
    if answer.verdict.inversion and not choice.invert:
        widgets.inversion_warning(answer.verdict)
        key = f"predict_invert_now_{item.id}"
        st.button(
            "Invert it", key=key, on_click=state.choose, args=(item,), kwargs={"invert": True}
        )
    found = answer.verdict.modality
    said = "Found" if answer.verdict.in_scope else "Nearest kind"
    found_words = f"{said}: {MODALITY_TITLES[found]} ({answer.verdict.modality_probability:.0%})"
    key = _widget(item, "modality", modality_of(item, answer))
    _keep(
        st.segmented_control,
        item,
        "modality",
        key,
        f"{found_words}. Treat it as",
        list(Modality),
        format_func=lambda modality: MODALITY_TITLES[Modality(modality)],
        required=True,
    )


def model_choice(item: Item, answer: Answer, cards: dict[str, Card]) -> Card:
    """The classifier for this file; to choose where there are several of its kind."""
    card = model_for(item, answer, cards)
    fitting = [name for name, other in cards.items() if other.modality == card.modality]
    if len(fitting) > 1:
        key = _widget(item, "model", card.id)
        titles = {name: cards[name].title for name in fitting}
        words = [text.head_words(cards[name]) for name in fitting]
        _keep(
            st.radio, item, "model", key, "Model", fitting, format_func=titles.get, captions=words
        )
    return card


def _widget(item: Item, field: str, value: object) -> str:
    """Key of a widget of one file, holding the value to show."""
    key = f"predict_{field}_{item.id}"
    st.session_state[key] = value
    return key


def _keep(widget, item: Item, field: str, key: str, *args, **kwargs) -> None:  # type: ignore[no-untyped-def]
    """Draw a widget whose value becomes a choice about the file."""
    widget(*args, key=key, on_change=state.choose_from, args=(item, field, key), **kwargs)
