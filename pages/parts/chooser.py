"""Where files come from: the uploader, examples, drawings. The result is state.items()."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import loaders, state

if TYPE_CHECKING:
    from core.examples import Example

GALLERY_COLUMNS = 4


def choose_files() -> None:
    """Uploader, examples and drawings; the result is state.items()."""
    picked = st.file_uploader(
        "Chest X-rays or lung CT slices: PNG, JPEG, TIFF, WebP or DICOM",
        type=None,  # DICOM files often have no ending; the first bytes decide
        accept_multiple_files=True,
        key=state.uploader_key(),
        on_change=state.take_uploads,
        max_upload_size=50,
        help="Files stay in memory for this visit and are never stored.",
    )
    if picked and len(picked) > state.MAX_FILES:
        st.warning(
            f"The first {state.MAX_FILES} of {len(picked)} files are answered here. For more, use "
            "the command line: python -m training predict FOLDER --out FILE.csv"
        )
    with st.expander("No image at hand? Take an example", expanded=not state.items()):
        _examples()
        _drawings()
    if state.items():
        st.button("Clear all", icon=":material/delete:", on_click=state.clear)


def _examples() -> None:
    """A button an example; its picture where the file is on this machine."""
    from core import examples

    root = examples.data_root()
    columns = st.columns(GALLERY_COLUMNS)
    for number, example in enumerate(examples.catalogue()):
        with columns[number % GALLERY_COLUMNS]:
            local = root / example.path if root else None
            picture = loaders.file_thumbnail(local) if local and local.is_file() else None
            if picture:
                st.image(picture, width=96, alt=example.title)
            key = f"example_{example.name}"
            if st.button(example.title, key=key, help=f"{example.attribution}, {example.licence}"):
                _take_example(example, root)
    st.caption("Examples not on this machine are downloaded from their public source on a click.")


def _take_example(example: Example, root: Path | None) -> None:
    """Load an example, or say why not."""
    from core import examples

    try:
        with st.spinner("Fetching the example ..."):
            loaded = examples.load(example, root)
    except examples.ExampleError as error:
        st.error(f"{error} The drawings below work without it.", icon=":material/cloud_off:")
        return
    note = f"{example.title}. {example.attribution}, {example.licence}, {example.url}"
    state.add(example.name, loaded.data, note)
    st.rerun()


def _drawings() -> None:
    """Pictures drawn by code: always there, and nobody's lungs."""
    from core import phantoms

    drawings = phantoms.drawings()
    columns = st.columns(GALLERY_COLUMNS)
    for column, (title, data) in zip(columns, drawings.items(), strict=False):
        note = f"{title}: drawn by code, not a patient."
        column.button(title, key=f"drawing_{title}", on_click=state.add, args=(title, data, note))
    st.caption("The last are drawings made by code, not images of patients.")
