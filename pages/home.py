"""Home: what the paper did, what the models here are, what their answers do not mean."""

import pandas as pd
import streamlit as st

from core import charts
from core.metrics import confusion
from core.overview import count_patients
from core.schema import MODALITY_TITLES, Modality, Split
from pages.parts import home_paper, loaders, pictures, text, widgets
from pages.parts.switch import switch

st.title("LungLens")
st.markdown(
    "Can a network that learned on holiday photos tell COVID-19 on a lung image? Szalay, Jakab "
    "and Szegedi tried it in *COVID-19 detection on lung X-ray and CT images using Deep "
    "Convolutional Networks*. Here you can do it again, and see how far to trust it."
)
st.caption(text.DISCLAIMER)

st.header("The idea in one picture")
st.image(pictures.pipeline(st.context.theme.type), width=720, alt=pictures.ALT)
st.markdown(
    "The image, in grey and 224 x 224, passes 13 convolutions that were learned on ImageNet photos "
    "and stay as they are; a small head (the paper's: three layers of 256, 512 and 1 units) turns "
    "what they saw into one number.\n\n"
    "**Transfer learning:** the convolutions already see edges, textures and shapes, so they stay "
    "frozen. Only the head learns, from a few hundred lung images, which mix of those means "
    "COVID-19.\n\n"
    "That is the paper's network; models without *texture* in their name are built so. The "
    "default models look at an image twice, read the middle layers instead of the last alone, and "
    "have a simpler head: one weighted sum for each layer."
)

home_paper.steps()

cards = widgets.heads_or_stop()
titles = {name: MODALITY_TITLES[Modality(card.modality)] for name, card in cards.items()}
named = {name: f"{title} ({name})" for name, title in titles.items()}
card = cards[switch("Show the numbers of", named, "home_model")]
held_out = loaders.predictions(card.id)
test = loaders.test_set(card.id)

st.header("From number to answer")
st.markdown(
    f"Below are the {len(test)} test images of the {titles[card.id]} model. It calls positive "
    "what lies right of the threshold. **Move it:** fewer missed patients cost more false alarms."
)


@st.fragment
def threshold_idea() -> None:
    """A threshold to move, and what it does to the test images."""
    cut = st.slider(
        "Threshold", 0.0, 1.0, card.threshold, 0.001, format="%.3f", key=f"home_cut_{card.id}"
    )
    counts = confusion(test["label"], test["probability"], cut)
    left, right = st.columns([3, 2])
    left.plotly_chart(
        charts.prediction_histogram(test, None, cut),
        width="stretch",
        config={"displayModeBar": False},
        alt="Histogram of test probabilities of both classes with the threshold",
    )
    right.plotly_chart(
        charts.confusion_figure(counts),
        width="stretch",
        config={"displayModeBar": False},
        alt=f"{counts.tp} found, {counts.fn} missed, {counts.fp} false alarms, {counts.tn} cleared",
    )
    right.markdown(
        f"Finds **{counts.recall:.0%}** of the COVID-19 images, clears **{counts.specificity:.0%}**"
        " of the others."
    )


threshold_idea()
st.caption(text.threshold_note(card))

st.header("What this model was trained and tested on")
st.markdown(
    f"Sources: {', '.join(card.sources)}. Patients, not images, are split; the model learned from "
    f"{' and '.join(card.learned_from)}."
)
counted = (
    held_out.assign(label=held_out["label"].map({1.0: "COVID-19", 0.0: "not COVID-19"}))
    .groupby(["split", "source", "label"])
    .agg(images=("image_id", "size"), patients=("patient_id", count_patients))
    .reset_index()
)
trained = pd.DataFrame(card.record.get("trained_on", []), columns=list(counted.columns))
trained["split"] = trained["split"].astype(object).fillna(Split.TRAIN.value)
trained["label"] = trained["label"].map({1: "COVID-19", 0: "not COVID-19"})
counted = counted[~counted["split"].isin(card.learned_from)]  # scored unseen, and fitted on later
counted = pd.concat([trained, counted], ignore_index=True)
counted["count"] = list(map(text.counted, counted["images"], counted["patients"]))
beside = counted.pivot(index=["split", "source"], columns="label", values="count")
beside = beside.reindex([split.value for split in Split], level="split").fillna("0")
st.dataframe(
    beside.reset_index(),
    hide_index=True,
    height="content",
    column_config={name: st.column_config.TextColumn(alignment="right") for name in beside.columns},
    alt="Images, in brackets patients, by split, source and label",
)
st.caption("Images, in brackets patients where the source names them.")
with st.expander("Settings of the training run"):
    st.json({**card.config, **card.record}, expanded=1)

st.header("Honest numbers")
with widgets.told():
    areas = loaders.areas(card.id)
    st.plotly_chart(
        charts.auc_figure(areas),
        width="stretch",
        config={"displayModeBar": False},
        alt="AUC with 95 % interval. " + "; ".join(a.words for a in areas if a.auc == a.auc),
    )
    one_class = [f"{area.title}: {area.accuracy:.0%}" for area in areas if area.auc != area.auc]
    if one_class:
        st.caption(
            "One class only, so there is no AUC; called right at the operating point: "
            f"{'; '.join(one_class)}."
        )
st.markdown(
    "AUC is the chance that a COVID-19 image gets the higher number of a random pair; 0.5 is "
    "guessing. Pooled, the model may win by telling **hospitals** apart, since most sources hold "
    "mostly one class. Inside one source that helps less, and at a hospital whose images were not "
    "in training not at all: those dots are the more honest ones, and no proof either, since a "
    "collection such as covid-chestxray holds many hospitals. Lines are 95 % intervals over "
    "patients, numbers in brackets count images; where a source names no patients, each image "
    "counts as one, and the line is too short."
)

st.header("What an answer does not mean")
st.markdown(
    "- **Not a diagnosis.** No model here was tested on patients in care.\n"
    "- **Not a risk.** 0.9 does not mean nine in ten such people are ill: that depends on how "
    "common the illness is where the image was taken.\n"
    "- **Not a reason.** The model may have used a letter in the corner or a machine's grey tone.\n"
    "- **Not for every image.** No side view was in training and, where ages are known, no child. "
    "Other machines make other pictures."
)
st.page_link("pages/predict.py", label="Try it on an image", icon=":material/radiology:")
