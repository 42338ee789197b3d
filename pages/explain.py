"""Explain: what the network looked at, out of the pass that made its answer."""

from dataclasses import replace

import streamlit as st

from core.artifacts import ArtifactError
from core.ensemble import judgements_of
from core.explain import overlay
from core.opinions import views_of
from core.schema import MODALITY_TITLES, Modality, decide, threshold_text
from pages.parts import (
    explain_cam,
    explain_download,
    explain_image,
    explain_links,
    explain_maps,
    explain_pixels,
    explain_quality,
    explain_steps,
    explain_words,
    loaders_explain,
    shown,
    text,
    widgets,
)
from pages.parts.switch import switch

DIRECTIONS = {"for": "Why positive", "against": "Why negative"}
VIEWS = {  # only the one that is seen computes
    "cam": ("Class activation", explain_cam.show),
    "maps": ("Feature maps", explain_maps.show),
    "pixels": ("Pixels", explain_pixels.show),
    "steps": ("Step by step", explain_steps.show),
    "quality": ("Is it any good?", lambda picture, card, *_: explain_quality.show(card)),
}

st.title("Explain")
st.markdown("What did the network look at? Choose an image and a model, and look from both sides.")
st.caption(text.DISCLAIMER)
cards = widgets.heads_or_stop()
explain_image.read_address(cards)
card = cards[
    st.selectbox(
        "Model",
        list(cards),
        format_func=lambda name: cards[name].title,
        key=explain_image.MODEL,
    )
]
st.markdown("**Image**: extremes of this model's test set, or one of your own")
explain_image.choose(card)
picture = explain_image.picture(card)
explain_image.write_address(picture)
if picture is None:
    st.stop()

explain_image.choose_look(card)
try:
    view = explain_image.view(card)
    with st.spinner("Looking ..."):
        look = loaders_explain.look(picture.pixels, card, view)
    seen = shown.in_view(picture.pixels, view)
except ArtifactError as error:
    st.error(str(error), icon=":material/error:")
    st.stop()
# The verdict is about the image as it is; all that follows is drawn on what the model is shown.
picture = replace(picture, pixels=seen.pixels, size=seen.size)

st.divider()
left, right = st.columns([1, 3], gap="large")
with left:
    st.image(
        overlay.canvas(picture.pixels),
        width="stretch",
        alt=f"{picture.name}, the image to explain",
    )
    st.caption(f"{text.plain(picture.name)}. {picture.note}")
    if seen.words:
        st.caption(f"{seen.words} The maps lie on this picture, all that this look gets.")
    explain_image.truth(picture, card)
    widgets.inversion_warning(look.verdict)
    if not look.verdict.in_scope:
        st.warning(
            f"**{text.OUT_OF_SCOPE}**: an explanation of an answer about it would be meaningless.",
            icon=":material/block:",
        )
        drawn = picture.id in explain_image.DRAWINGS  # said to mean nothing, and there to try
        if not st.toggle("Explain it all the same", drawn, key=f"explain_anyway_{picture.id}"):
            st.stop()
    elif look.verdict.modality != card.modality:
        st.warning(
            f"This looks like a {MODALITY_TITLES[look.verdict.modality]}, and the model was made "
            f"for a {MODALITY_TITLES[Modality(card.modality)]}.",
            icon=":material/help:",
        )
    st.metric("Probability of COVID-19", f"{look.probability:.3f}")
    called = f"{decide(look.probability, card.threshold)} at this model's operating point"
    said = f"log-odds {look.reading.log_odds:+.2f}"
    if len(views_of(card)) > 1:
        st.caption(f"{called} {threshold_text(card.threshold)}. {text.MEANT}")
        st.caption(f"This look, {seen.name}: **{look.reading.probability:.3f}**, {said}.")
    else:
        st.caption(f"{called} {threshold_text(card.threshold)}; {said}.")
    found = dict(zip(judgements_of(card.config), look.reading.judgements, strict=True))
    if words := text.judged(found, "log-odds {:+.2f}"):
        st.caption(f"{words} {explain_words.JUDGED}")
    explain_download.zip_button(picture, card, look)
    explain_links.show(picture, card)
with right:
    direction = switch("Question", DIRECTIONS, "explain_direction", label_visibility="collapsed")
    titles = {name: title for name, (title, _) in VIEWS.items()}
    shelf = switch("View", titles, "explain_view", label_visibility="collapsed", wrap=True)
    try:
        VIEWS[shelf][1](picture, card, look, direction == "against")
    except ArtifactError as error:
        st.error(str(error), icon=":material/error:")
