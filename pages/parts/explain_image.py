"""Which image and which model the explain page is about, kept in the address of the page."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core import examples, holdings, phantoms
from core.artifacts import FIT, ArtifactError, Card
from core.examples import ExampleError
from core.explain.picks import test_picks
from core.images import Grey, ImageError, read_image
from core.opinions import views_of
from core.overview import label_names
from core.schema import Modality
from core.views import VIEWS
from pages.parts import loaders, loaders_data, state, text
from pages.parts.explain_words import NO_FOLDER
from pages.parts.switch import switch

IMAGE, MODEL, SEEN = "explain_image", "explain_model", "explain_address"
DRAWINGS = {
    "drawing-xray": (phantoms.XRAY_TITLE, Modality.XRAY),
    "drawing-ct": (phantoms.CT_TITLE, Modality.CT),
}
FILE = "file-"  # before the id of a file of this visit


@dataclass(frozen=True)
class Picture:
    """The image to explain.

    Attributes:
        id: In the address.
        name: For people.
        pixels: uint8 (H, W): as they are when loaded; what is drawn gets what the model is shown.
        note: Whom to name, and what it is.
        data: The file.
        size: Pixels of both sides at which the network takes it; 0 for the backbone's own.
    """

    id: str
    name: str
    pixels: Grey
    note: str
    data: bytes
    size: int = 0


def address(model_id: str, image: str) -> dict[str, str]:
    """What a link to this page says to have an image, named by its id, explained by a model."""
    return {"model": model_id, "image": image}


def read_address(cards: dict[str, Card]) -> None:
    """Take model and image from the address where it names other ones than were last chosen."""
    asked = (st.query_params.get("model"), st.query_params.get("image"))
    if any(asked) and asked != st.session_state.get(SEEN):
        model, image = asked
        if model in cards:
            st.session_state[MODEL] = model
        elif model:
            st.warning(f"There is no model {text.plain(model)} to explain here; another was taken.")
        if image:
            st.session_state[IMAGE] = image
    if st.session_state.get(MODEL) not in cards:
        st.session_state[MODEL] = next(iter(cards))
    st.session_state[MODEL] = st.session_state[MODEL]  # keeps it while other pages are open


def view(card: Card) -> str:
    """The view in which a model's look is explained: the chosen one, else its first."""
    views, chosen = views_of(card), st.session_state.get(look_key(card))
    return chosen if chosen in views else views[0]


def look_key(card: Card) -> str:
    """Where the chosen look is kept: a look chosen for X-rays says nothing of CT slices."""
    return f"explain_look_{card.modality}"


def choose_look(card: Card) -> None:
    """Which of a model's looks to explain, where it takes several."""
    if len(views_of(card)) > 1:
        names = {name: VIEWS[name].name.capitalize() for name in views_of(card)}
        switch("Look at", names, look_key(card), wrap=True)


def write_address(picture: Picture | None) -> None:
    """Put model and image into the address; a file of this visit has none."""
    model = st.session_state[MODEL]
    image = picture.id if picture and not picture.id.startswith(FILE) else None
    st.query_params["model"] = model
    if image:
        st.query_params["image"] = image
    elif "image" in st.query_params:
        del st.query_params["image"]
    st.session_state[SEEN] = (model, image)


def picks(card: Card) -> dict[str, str]:
    """Title -> image_id of the test images worth a click."""
    return test_picks(loaders.test_set(card.id), card.threshold)


def choose(card: Card) -> None:
    """Buttons for the test set, files of this visit, drawings, and an uploader."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for title, image_id in picks(card).items():
            st.button(title, key=f"explain_pick_{title}", on_click=take, args=(image_id,))
    if examples.data_root() is None:
        st.caption(NO_FOLDER)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        titles = state.titles()
        for item in state.items()[-3:]:
            st.button(
                f"From Predict: {text.plain(titles[item.id])}",
                key=f"explain_item_{item.id}",
                on_click=take,
                args=(FILE + item.id,),
                icon=":material/radiology:",
            )
        for name, (title, _) in DRAWINGS.items():
            st.button(title, key=f"explain_{name}", on_click=take, args=(name,))
        with st.popover("Upload", icon=":material/upload:"):
            st.file_uploader(
                "Chest X-ray or lung CT slice",
                key="explain_upload",
                on_change=_take_upload,
                max_upload_size=50,
                help="The file stays in memory for this visit and is never stored.",
            )


def picture(card: Card) -> Picture | None:
    """The chosen image; where it cannot be had, that is said and None returned.

    A file that was cleared from the list since gives way to what is open before any click.
    """
    if _is_gone(st.session_state.get(IMAGE) or ""):
        st.warning("That file is no longer on the list of Predict; another image was taken.")
        del st.session_state[IMAGE]
    chosen = st.session_state.get(IMAGE) or _first(card)
    try:
        return load(chosen)
    except (ExampleError, ImageError, ArtifactError) as error:
        st.error(
            f"{text.told(error)} The drawings above work without it.",
            icon=":material/image_not_supported:",
        )
        return None


def in_catalogue(picture: Picture) -> bool:
    """Whether it is an image of the public data, neither a file of this visit nor a drawing."""
    return not picture.id.startswith(FILE) and picture.id not in DRAWINGS


def truth(picture: Picture, card: Card) -> None:
    """What is known of a catalogue image: its label, and whether the model was fitted on it."""
    if not in_catalogue(picture):
        return
    images = loaders_data.catalogue().images
    own = images[images["image_id"] == picture.id].iloc[0]
    seen = FIT in (loaders_data.uses_if_known(card.id, picture.id) or ())
    st.markdown(
        f"Known as **{label_names(images.loc[[own.name], 'label']).iloc[0]}**"
        + (", and **the model was trained on it**." if seen else ".")
    )


def take(image: str) -> None:
    """Callback: this image is the one to explain."""
    st.session_state[IMAGE] = image


def _take_upload() -> None:
    file = st.session_state.get("explain_upload")
    if file is not None:
        state.add(file.name, file.getvalue(), "")
        take(FILE + state.items()[-1].id)


def _first(card: Card) -> str:
    """What is open before any click: the last file of Predict, else what is on this machine."""
    if state.items():
        opened = FILE + st.session_state.get("predict_open", "")
        return FILE + state.items()[-1].id if _is_gone(opened) else opened
    if examples.data_root() is not None:
        found = picks(card)
        if found:
            return next(iter(found.values()))
    return next(name for name, (_, kind) in DRAWINGS.items() if kind == card.modality)


def load(chosen: str) -> Picture:
    """Read an image by its id.

    Raises:
        ExampleError: It is not there and cannot be fetched, or nothing has this id.
        ImageError: It cannot be read.
    """
    if chosen in DRAWINGS:
        title = DRAWINGS[chosen][0]
        note = "Drawn by code, not a patient: no answer about it means much."
        data = phantoms.drawings()[title]
        return Picture(chosen, title, read_image(data).pixels, note, data)
    if chosen.startswith(FILE):
        return _file(chosen)
    library = loaders_data.catalogue()
    rows = library.images.index[library.images["image_id"] == chosen]
    if not len(rows):
        raise ExampleError(f"There is no image '{text.plain(chosen)}' in the catalogue.")
    data = loaders_data.picture(int(rows[0]))
    example = holdings.as_examples(library, int(rows[0]))[0]
    note = f"{example.attribution}, {example.licence}"
    return Picture(chosen, chosen, read_image(data).pixels, note, data)


def _is_gone(chosen: str) -> bool:
    """Whether this is a file that is not, or no longer, on the list."""
    return chosen.startswith(FILE) and all(FILE + item.id != chosen for item in state.items())


def _file(chosen: str) -> Picture:
    item = next((item for item in state.items() if FILE + item.id == chosen), None)
    if item is None:
        raise ExampleError("That file is no longer on the list of Predict; files are never stored.")
    pixels = read_image(item.data, state.choice(item).options).pixels
    return Picture(chosen, item.name, pixels, item.note, item.data)
