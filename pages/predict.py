"""Predict: files in, probabilities out, and what those are worth."""

import streamlit as st

from core import charts
from core.artifacts import ArtifactError
from core.images import ImageError
from core.schema import PAPER_THRESHOLDS, decide, threshold_text
from pages.parts import (
    chooser,
    explain_image,
    loaders,
    loaders_data,
    predict_files,
    predict_walk,
    shown,
    state,
    text,
    thresholds,
    widgets,
)

st.title("Predict")
st.caption(text.DISCLAIMER)
cards = widgets.heads_or_stop()
chooser.choose_files()

items = state.items()
if not items:
    st.info("Choose a file or an example, and the model's answer appears here.")
    st.stop()

try:
    loaders.classifier()
    guard_errors = loaders.guard_errors()
    answers = predict_files.answer_all(items)
except ArtifactError as error:
    st.error(f"{error}\n\n{text.missing_models(list(loaders.DEFAULT_IDS))}")
    st.stop()

thresholds.keep(cards.values())
names = {item_id: text.plain(title) for item_id, title in state.titles().items()}
for item_id, sentence in answers.errors.items():
    st.error(f"**{names[item_id]}**: {text.plain(sentence)}", icon=":material/broken_image:")
for item_id, sentence in answers.notes.items():
    st.warning(f"**{names[item_id]}**: {text.plain(sentence)}", icon=":material/undo:")
if not answers.found:
    st.stop()

# Several files: the table, then one of them opened.
if len(items) > 1:
    st.subheader(f"{len(items)} files")
    st.session_state["predict_rule"] = thresholds.rule(cards.values())
    st.segmented_control(
        "Decide at",
        list(thresholds.RULES),
        key="predict_rule",
        on_change=lambda: thresholds.follow(cards.values(), st.session_state["predict_rule"]),
        help="The slider of the opened file moves the decisions of its model here too.",
    )
    predict_files.show_table(predict_files.score_table(items, answers, cards))
item = predict_files.open_one([item for item in items if item.id in answers.found])
answer = answers.found[item.id]
choice = state.choice(item)
try:
    scan = loaders.traced_scan(item.data, choice.frame, choice.window, choice.invert)
except ImageError as error:
    st.error(text.told(error))
    st.stop()

st.subheader(names[item.id])
left, right = st.columns([2, 3], gap="large")
below = st.container()
with left:
    picture = st.container()
    card = predict_files.model_choice(item, answer, cards)
    looks = shown.to_model(scan.pixels, card)
    with picture:
        shown.draw(item.name, looks, card)
        if item.note:
            st.caption(item.note)
        if known := loaders_data.known_image(scan.pixels):
            uses = loaders_data.uses_if_known(card.id, known.image_id)
            st.info(text.known_image(known, card, uses), icon=":material/database:")
    predict_files.reading_options(item, answer, scan.frames, scan.windows)
    if st.button("See what the network looked at", icon=":material/frame_inspect:"):
        target = explain_image.address(card.id, explain_image.FILE + item.id)
        st.switch_page("pages/explain.py", query_params=target)

with below.expander("From file to tensor: every step"):
    predict_walk.show(scan.steps, looks, card)

with right:
    opinion = answer.opinions[card.id]
    probability = opinion.probability
    verdict = answer.verdict
    if not verdict.in_scope:
        st.warning(
            f"**{text.OUT_OF_SCOPE}**: its distance from the training images is "
            f"{verdict.distance:.1f}, the limit {verdict.limit:.1f}. A number for it would be "
            "meaningless.",
            icon=":material/block:",
        )
        st.caption(f"This check errs too. {guard_errors}")
        if not st.toggle("Show the number anyway", key=f"predict_anyway_{item.id}"):
            st.stop()
    words = text.looks(opinion, card)
    frame = loaders.test_set(card.id)
    key = thresholds.key(card)
    marks = {"Operating point": card.threshold} | thresholds.PAPER

    def decision() -> None:
        """The threshold and all that moves with it."""
        thresholds.keep([card])
        threshold = thresholds.of(card)
        first, second = st.columns(2)
        first.metric("Probability of COVID-19", f"{probability:.3f}")
        second.metric(f"Decision at {threshold_text(threshold)}", decide(probability, threshold))
        spread = st.container()  # filled last: the mirror image is a pass of its own
        if words:
            st.caption(words)
        st.slider("Threshold", 0.0, 1.0, step=0.001, format="%.3f", key=key)
        with st.container(horizontal=True):
            for name, value in marks.items():
                st.button(
                    name,
                    key=f"predict_mark_{name}",
                    on_click=lambda value=value: st.session_state.update({key: value}),
                )
        st.caption(text.threshold_note(card))
        st.plotly_chart(
            charts.prediction_histogram(frame, probability, threshold, PAPER_THRESHOLDS),
            width="stretch",
            config={"displayModeBar": False},
            alt=f"Probabilities of {len(frame)} test images, this one at {probability:.3f}",
        )
        st.markdown("**How often is the model right for cases like this?**")
        st.markdown(text.cases_like_this(frame, probability))
        st.markdown(text.calls_like_this(frame, probability, threshold))
        st.caption(text.MIX_CAVEAT)
        mirrored = loaders.mirrored(item.data, choice.options, card)
        spread.caption(text.spread(opinion, mirrored))

    # The table above follows the slider too; a single file needs no more than this part anew.
    (decision if len(items) > 1 else st.fragment(decision))()
