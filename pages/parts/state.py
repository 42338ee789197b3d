"""The files and choices of one visit, in st.session_state under predict_ keys; never on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from core.images import ReadOptions
from core.schema import Modality

MAX_FILES = 100
HELD = "predict_held"


@dataclass(frozen=True)
class Item:
    """One chosen file. note: where it is from, empty for an upload."""

    id: str
    name: str
    data: bytes
    note: str = ""


@dataclass(frozen=True)
class Choice:
    """What the user chose about one file; None lets the app choose."""

    frame: int = 0
    window: str | None = None
    invert: bool = False
    modality: Modality | None = None
    model: str | None = None

    @property
    def options(self) -> ReadOptions:
        """The part that matters for reading."""
        return ReadOptions(self.frame, self.window, self.invert)


def items() -> list[Item]:
    """The chosen files, oldest first."""
    return st.session_state.get("predict_items", [])


def distinct(titles: Mapping[str, str]) -> dict[str, str]:
    """Titles by key, no two alike: of "image.dcm" twice the second becomes "image.dcm (2)".

    A widget hands the title back that was chosen, and would take one of several alike for another.
    """
    found: dict[str, str] = {}
    taken = set(titles.values())
    seen: set[str] = set()
    for key, title in titles.items():
        one, number = title, 2
        while title in seen and one in taken:
            one, number = f"{title} ({number})", number + 1
        seen.add(title)
        taken.add(one)
        found[key] = one
    return found


def titles() -> dict[str, str]:
    """The files' names by id, those of two files alike numbered."""
    return distinct({item.id: item.name for item in items()})


def choice(item: Item) -> Choice:
    """The choices about a file."""
    return st.session_state.get("predict_choices", {}).get(item.id, Choice())


def choose(item: Item, **values: Any) -> None:
    """Change choices about a file."""
    choices = st.session_state.get("predict_choices", {})
    st.session_state["predict_choices"] = {**choices, item.id: replace(choice(item), **values)}


def begin_again(item: Item) -> bool:
    """Forget which frame and window were chosen of a file; whether there was such a choice."""
    frame, window = Choice().frame, Choice().window
    if (choice(item).frame, choice(item).window) == (frame, window):
        return False
    choose(item, frame=frame, window=window)
    return True


def choose_from(item: Item, field: str, key: str) -> None:
    """Callback of a widget: its value becomes the choice."""
    choose(item, **{field: st.session_state[key]})


def add(name: str, data: bytes, note: str) -> None:
    """Put a file on the list, and open it."""
    item = Item(_id(name, data), name, data, note)
    st.session_state["predict_items"] = [i for i in items() if i.id != item.id] + [item]
    st.session_state["predict_open"] = item.id


def uploader_key() -> str:
    """Key of the uploader; a new one after clear(), which empties it."""
    return f"uploader_{st.session_state.get('uploader_round', 0)}"


def take_uploads() -> None:
    """Callback of the uploader: what it holds takes the place of what it held before."""
    kept = [item for item in items() if item.id not in held()]
    room = max(MAX_FILES - len(kept), 0)
    uploads = []
    for file in (st.session_state.get(uploader_key()) or [])[:room]:
        data = file.getvalue()
        uploads.append(Item(_id(file.name, data), file.name, data))
    if uploads:
        st.session_state["predict_open"] = uploads[-1].id
    st.session_state[HELD] = [item.id for item in uploads]
    st.session_state["predict_items"] = list({i.id: i for i in [*kept, *uploads]}.values())


def held() -> list[str]:
    """Ids of the files that the uploader holds, one a file."""
    return st.session_state.get(HELD, [])


def let_go() -> None:
    """Keep the files of an uploader that is empty again: it forgets them when the page changes."""
    st.session_state[HELD] = []


def clear() -> None:
    """Forget all files and choices."""
    for key in [key for key in st.session_state if str(key).startswith("predict_")]:
        del st.session_state[key]
    st.session_state["uploader_round"] = st.session_state.get("uploader_round", 0) + 1


def _id(name: str, data: bytes) -> str:
    return hashlib.sha256(name.encode() + b"\0" + data).hexdigest()[:16]
