"""Where files come from: the uploader, examples, drawings. The result is state.items()."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core.artifacts import ArtifactError
from core.schema import MODALITY_TITLES
from pages.parts import loaders, loaders_data, state, text

if TYPE_CHECKING:
    from core.examples import Example

TILE = 150


def choose_files() -> None:
    """Uploader, examples and drawings; the result is state.items()."""
    picked = st.file_uploader(
        "Chest X-rays or lung CT slices: PNG, JPEG, TIFF, WebP or DICOM, at most 50 MB each",
        type=None,  # DICOM files often have no ending; the first bytes decide
        accept_multiple_files=True,
        key=state.uploader_key(),
        on_change=state.take_uploads,
        max_upload_size=50,
        help="Files stay in memory for this visit and are never stored.",
    )
    if not picked:
        state.let_go()
    elif len(picked) > len(state.held()):
        st.warning(
            f"The first {len(state.held())} of {len(picked)} files are answered here: the list "
            f"holds {state.MAX_FILES}. For more, use the command line: "
            "python -m training predict FOLDER --out FILE.csv"
        )
    with st.expander("No image at hand? Take an example", expanded=not state.items()):
        _examples()
        _drawings()
    if state.items():
        st.button("Clear all", icon=":material/delete:", on_click=state.clear)


def _examples() -> None:
    """A tile an example; its picture where the file is on this machine."""
    from core import examples

    root = examples.data_root()
    for modality, kind in MODALITY_TITLES.items():
        st.markdown(f"**{kind[0].upper()}{kind[1:]}s**")
        with st.container(horizontal=True):
            for example in examples.catalogue():
                if example.modality == modality:
                    _example(example, root)
    st.caption(
        _learned(examples.catalogue())
        + "Examples not on this machine are downloaded from their public source on a click. "
        + text.download_check(examples.catalogue())
    )


def _learned(listed: Sequence[Example]) -> str:
    """Which examples had a say in a model here; empty where that is not known."""
    try:
        learned = [one.full_title for one in listed if loaders_data.learned_by_any(one.path)]
    except ArtifactError:
        return ""
    if not learned:
        return text.NONE_LEARNED
    return f"Models here learned from: {'; '.join(learned)}. All others are held out. "


def _example(example: Example, root: Path | None) -> None:
    """One example: picture and button."""
    from core import examples

    local = examples.on_this_machine(example, root)
    with st.container(width=TILE, gap="small"):
        if local and (picture := loaders.file_tile(local)):
            st.image(picture, width="stretch", alt=example.full_title)
        key = f"example_{example.name}"
        words = f"{example.attribution}, {example.licence}"
        if st.button(example.title, key=key, help=words, width="stretch"):
            _take_example(example, root)


def _take_example(example: Example, root: Path | None) -> None:
    """Load an example, or say why not."""
    from core import examples

    try:
        with st.spinner("Fetching the example ..."):
            data = examples.load(example, root)
    except examples.ExampleError as error:
        st.error(f"{error} The drawings below work without it.", icon=":material/cloud_off:")
        return
    note = f"{example.attribution}, {example.licence}, [the original]({example.url})"
    state.add(example.full_title, data, note)
    st.rerun()


def _drawings() -> None:
    """Pictures drawn by code: always there, and nobody's lungs."""
    from core import phantoms

    st.markdown("**Drawings made by code, not images of patients**")
    with st.container(horizontal=True):
        for title, data in phantoms.drawings().items():
            note = f"{title}: drawn by code, not a patient."
            with st.container(width=TILE, gap="small"):
                st.image(loaders.tile(data), width="stretch", alt=note)
                arguments = (title, data, note)
                key = f"drawing_{title}"
                st.button(title, key=key, on_click=state.add, args=arguments, width="stretch")
