"""The live part of the lab: change one image, watch answer and map. A pass a look."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from core import alter
from core.alter import MARKS, Box
from core.charts import lab as charts
from core.images import Grey
from core.opinions import layers_of, views_of
from core.schema import MODALITY_TITLES, Modality, decide, threshold_text
from core.views import VIEWS
from pages.parts import lab_choice, lab_lungs, lab_map, loaders, loaders_lab, shown, text, widgets
from pages.parts.loaders_lab import LiveAnswer
from pages.parts.switch import STAYING, switch

SIDE = 320  # pixels of the canvas, its longer side; fits a phone
TRIED = "lab_tried"  # model and image that all marks were tried on
TOOLS = {
    "paint": "Paint black",
    "box": "Black box",
    "lungs": "Lungs",
    "crop": "Crop",
    "tiny": "8 x 8 pixels",
}


@st.fragment
def regions() -> None:
    """Paint over or crop a region."""
    begun = lab_choice.begin()
    if begun is None:
        return
    name, pixels, before = begun
    tool = switch("Tool", TOOLS, "lab_tool", wrap=True)
    left, right = st.columns(2, gap="large")
    with left:
        changed = _changed(pixels, tool, name, before)
    with right:
        _answer(pixels, changed, before)


@st.fragment
def marks() -> None:
    """Put marks on an image: one after another, or all at once in a picture."""
    begun = lab_choice.begin()
    if begun is None:
        return
    _, pixels, before = begun
    picked = st.pills(
        "Marks to add",
        list(MARKS),
        selection_mode="multi",
        format_func=lambda name: MARKS[name].title,
        key="lab_marks",
        **STAYING,
    )
    changed = pixels
    for name in picked:
        changed = MARKS[name].apply(changed)
    left, right = st.columns(2, gap="large")
    with left:
        _draw(changed, "The image with the chosen marks")
    with right:
        _answer(pixels, changed, before)
    tried = (before.model_id, loaders.whole(pixels))
    st.button(
        f"Try all {len(MARKS)} on this image",
        key="lab_all_marks",
        on_click=st.session_state.update,
        kwargs={TRIED: tried},
    )
    if st.session_state.get(TRIED) == tried:
        _all_marks(pixels, before)


def _changed(pixels: Grey, tool: str, name: str, before: LiveAnswer) -> Grey:
    """The image after what the user did to it."""
    if tool == "paint":
        return alter.black_out(pixels, _painted(pixels, name))
    if tool == "tiny":
        changed = alter.tiny(pixels)
    elif tool == "lungs":
        changed = lab_lungs.changed(pixels, before.verdict.modality)
    else:
        start = (0.25, 0.75) if tool == "box" else (0.1, 0.9)
        across = st.slider(
            "Left to right", 0.0, 1.0, start, 0.01, key=f"lab_across_{tool}", **STAYING
        )
        down = st.slider("Top to bottom", 0.0, 1.0, start, 0.01, key=f"lab_down_{tool}", **STAYING)
        if across[0] == across[1] or down[0] == down[1]:
            st.info("Widen the box to see a change.")
            return pixels
        box = Box(across[0], down[0], across[1], down[1])
        if tool == "crop":
            changed = alter.crop(pixels, box)
        else:
            changed = alter.black_out(pixels, box.inside(pixels.shape))
    _draw(changed, "The changed image")
    return changed


def _draw(changed: Grey, alt: str) -> None:
    """The image as it is now, no larger than the canvas: a narrow crop would be very tall."""
    st.image(changed, width=_canvas_size(*changed.shape)[0], alt=alt)


def _canvas_size(height: int, width: int) -> tuple[int, int]:
    """Width and height of the canvas for an image, at most SIDE and 1 at least."""
    scale = SIDE / max(height, width)
    return max(round(width * scale), 1), max(round(height * scale), 1)


def _painted(pixels: Grey, name: str) -> NDArray[np.bool_]:
    """A canvas over the image; True where the user painted."""
    from streamlit_drawable_canvas import st_canvas

    height, width = pixels.shape
    shown = _canvas_size(height, width)
    brush = st.slider("Brush, pixels", 5, 80, 30, key="lab_brush", **STAYING)
    result = st_canvas(
        background_image=Image.fromarray(pixels).resize(shown),
        width=shown[0],
        height=shown[1],
        stroke_width=brush,
        stroke_color="#000000",
        return_image_data=True,
        key=f"lab_canvas_{name}",
    )
    st.caption("Paint with mouse or finger; arrows undo. Without either, take Black box.")
    if result.image_data is None:
        return np.zeros(pixels.shape, bool)
    strokes = Image.fromarray(result.image_data[..., 3] > 0)
    return np.asarray(strokes.resize((width, height), Image.Resampling.NEAREST))


def _answer(pixels: Grey, changed: Grey, before: LiveAnswer) -> None:
    """Probability and map before and after."""
    same = np.array_equal(pixels, changed)
    after = before if same else loaders_lab.answer(changed, before.model_id)
    card = loaders.heads()[before.model_id]
    old, new = before.probability, after.probability
    st.metric("Probability of COVID-19", f"{new:.3f}", f"{new - old:+.3f}", delta_color="off")
    st.markdown(
        f"Untouched **{old:.3f}** ({decide(old, card.threshold)} at "
        f"{threshold_text(card.threshold)}), changed **{new:.3f}** "
        f"({decide(new, card.threshold)}). Model: {card.title}, made for a "
        f"{MODALITY_TITLES[Modality(card.modality)]}."
    )
    if card.modality != before.verdict.modality:
        st.caption(f"This looks like a {MODALITY_TITLES[before.verdict.modality]}.")
    widgets.inversion_warning(before.verdict)
    if not after.verdict.in_scope:
        more = " any more" if before.verdict.in_scope else ""
        st.caption(f"{text.OUT_OF_SCOPE}{more}; the model answers all the same.")
    first, *others = views_of(card)
    seen, altered = shown.in_view(pixels, first), shown.in_view(changed, first)
    if words := shown.in_turn(seen, altered):
        st.caption(words)
    for other in others:
        st.caption(
            f"The model also looks at {VIEWS[other].name}, and the mean log-odds of its looks "
            f"answers. The map below is of its look at {VIEWS[first].name}."
        )
    lab_map.show(seen.pixels, altered.pixels, before, after, layers_of(card))


def _all_marks(pixels: Grey, before: LiveAnswer) -> None:
    """Each mark alone, as a bar."""
    answers = {}
    bar = st.progress(0.0, "Marking ...")
    for number, mark in enumerate(MARKS.values(), start=1):
        answers[mark.title] = loaders_lab.answer(mark.apply(pixels), before.model_id).probability
        bar.progress(number / len(MARKS), mark.title)
    bar.empty()
    answers = dict(sorted(answers.items(), key=lambda pair: pair[1]))
    threshold = loaders.heads()[before.model_id].threshold
    st.plotly_chart(
        charts.answers_figure(answers, before.probability, threshold),
        width="stretch",
        config={"displayModeBar": False},
        alt="; ".join(f"{title}: {value:.2f}" for title, value in answers.items()),
    )
