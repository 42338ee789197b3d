"""Data: what the models learn from, and why a number on it can mean nothing."""

import streamlit as st

from core.artifacts import ArtifactError
from core.charts.words import agreed, many
from core.examples import DATA_VARIABLE
from pages.parts import (
    data_browse,
    data_built,
    data_copies,
    data_map,
    data_sources,
    loaders_data,
    text,
    widgets,
)
from pages.parts.switch import switch

st.title("Data")
st.markdown("Before asking how good a model is, ask what it could learn from these images.")
st.caption(text.DISCLAIMER)

try:
    library = loaders_data.catalogue()
except ArtifactError as error:
    st.error(str(error), icon=":material/error:")
    st.stop()

presence = loaders_data.presence()
total = len(library.images)
if presence.root is None:
    st.info(
        "The images are not on this machine: tables, averages and the map work without them, and "
        f"single X-rays are fetched from their public address. Set {DATA_VARIABLE} to a folder "
        "with the data sets to see all.",
        icon=":material/folder_off:",
    )
elif presence.missing:
    parts = ", ".join(f"{count} of {name}" for name, count in presence.missing.items())
    st.info(f"The data folder holds {presence.found} of {total} images; missing: {parts}.")
if presence.unknown:
    st.info(
        "The data folder is newer than this catalogue: "
        f"{many(presence.unknown, 'file')} in it {agreed(presence.unknown, 'is', 'are')} not "
        "listed here. `python -m training data` and `python -m training catalogue` take in all."
    )

VIEWS = {
    "sources": "Sources",
    "map": "Map",
    "browse": "Browse",
    "copies": "Look-alikes",
    "built": "How it was built",
}
view = switch("Look at", VIEWS, "data_view", label_visibility="collapsed")
with widgets.told():
    if view == "map":
        data_map.show(library)
    elif view == "browse":
        data_browse.show(library, presence)
    elif view == "copies":
        data_copies.show(library)
    elif view == "built":
        data_built.show(library)
    else:
        data_sources.show(library)
