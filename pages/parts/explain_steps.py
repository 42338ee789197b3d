"""Step through the network for one image: an overview of all steps, and the detail of one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from core import zoo
from core.artifacts import Card
from core.charts import explain as charts
from core.explain.steps import DENSE, INPUT, POOLING, SIDE, SIGMOID, TILES, Output, Step
from core.images import Grey
from pages.parts import explain_last, explain_words, loaders_explain
from pages.parts.explain_image import Picture
from pages.parts.loaders_explain import Look
from pages.parts.switch import switch

STEP = "explain_step"
TILE = 100  # pixels of an overview tile; three in a row on a phone
LONG = 4096  # numbers of a vector that are still drawn one by one

KINDS = {
    "InputLayer": "input",
    "Conv2D": "3 x 3 convolution, ReLU",
    "MaxPooling2D": "max pooling, halves both sides",
    "GlobalAveragePooling2D": "mean of each map",
    "Flatten": "all numbers in a row",
    "MeanStd": "mean and spread of each map",
    "SecondOrder": "which maps are active together",
    "Dense": "dense",
}
NOTES = {
    INPUT: "Grey levels copied to three channels, minus the mean colour of ImageNet.",
    POOLING: "From maps to one row of numbers: where something was is forgotten here.",
    DENSE: "Every unit adds up all numbers before it, each with a weight of its own; what is below "
    "0 becomes 0.",
    SIGMOID: "One sum, and a curve that squeezes it between 0 and 1.",
}
SEVERAL = "A sum for each judgement, the smaller of which a curve squeezes between 0 and 1."
BLOCK_NOTE = (
    "Convolutions look for patterns in patches of what came before; each map shows where one of "
    "them was found. The pictures are the maps with the largest mean."
)


def show(picture: Picture, card: Card, look: Look, against: bool) -> None:
    """The overview, then the chosen step."""
    size = picture.size or zoo.get_backbone(card.backbone).size
    st.caption(" ".join(explain_words.WALK).format(count=3 * size**2))
    steps = loaders_explain.steps(picture.pixels, card.id, picture.size)
    titles = {step.key: step.title for step in steps}
    if st.session_state.get(STEP, INPUT) not in titles:  # a step that another model has
        del st.session_state[STEP]
    entered = zoo.fit(picture.pixels, size)
    _overview(steps, entered, look.reading.probability)
    chosen = switch("Open a step", titles, STEP, wrap=True)
    step = next(one for one in steps if one.key == chosen)
    several = chosen == SIGMOID and step.outputs[0].size > 1
    st.markdown(SEVERAL if several else NOTES.get(chosen, BLOCK_NOTE))
    if chosen == INPUT:
        st.image(entered, width=2 * SIDE, alt="The image as it enters the network")
    elif chosen == SIGMOID:
        explain_last.show(picture, card, look)
    else:
        _layers(step)


def _overview(steps: list[Step], entered: Grey, probability: float) -> None:
    """One tile a step, from the left to the right."""
    row = st.container(horizontal=True)
    for step in steps:
        with row.container(width=TILE, gap="xxsmall"):
            words = shape_words(step.last)
            if step.key == INPUT:
                st.image(entered, width=TILE, alt=f"{step.title}: {words}")
            elif step.key == SIGMOID:
                st.metric("Probability", f"{probability:.3f}")
            else:
                st.image(thumbnail(step.last), width=TILE, alt=f"{step.title}: {words}")
            st.button(
                step.title,
                key=f"explain_to_{step.key}",
                on_click=_open,
                args=(step.key,),
                type="tertiary",
            )
            st.caption(words.replace(" = ", "  \n"))


def thumbnail(output: Output) -> Grey:
    """A layer's output as one picture: its nine brightest maps, or its numbers as a strip of dots.

    Args:
        output: Of any layer.

    Returns:
        uint8 (H, W).
    """
    if output.tiles:
        rows = [np.concatenate(output.tiles[start : start + 3], 1) for start in range(0, TILES, 3)]
        return np.concatenate(rows, 0)
    side = int(np.ceil(np.sqrt(len(output.values))))
    square = np.zeros(side * side, np.float32)
    positive = np.maximum(output.values, 0)
    square[: len(positive)] = positive / max(float(positive.max()), 1e-9) * 255
    return np.kron(square.reshape(side, side), np.ones((max(288 // side, 1),) * 2)).astype(np.uint8)


def shape_words(output: Output) -> str:
    """A shape and how many numbers that are."""
    words = " x ".join(str(side) for side in output.shape)
    if len(output.shape) > 1:
        return f"{words} = {output.size:,} numbers"
    return f"{output.size:,} number{'s' if output.size > 1 else ''}"


def _layers(step: Step) -> None:
    """Every layer of a step in a table, and what each hands on."""
    table = pd.DataFrame(
        {
            "layer": [one.name for one in step.outputs],
            "does": [KINDS.get(one.kind, one.kind) for one in step.outputs],
            "hands on": [shape_words(one) for one in step.outputs],
            "weights": [one.weights for one in step.outputs],
            "largest": [one.high for one in step.outputs],
            "not zero": [one.active for one in step.outputs],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "weights": st.column_config.NumberColumn(format="localized"),
            "largest": st.column_config.NumberColumn(format="%.3g"),
            "not zero": st.column_config.NumberColumn(format="percent"),
        },
        alt=f"Layers of {step.title}: kind, shape, weights, range",
    )
    for one in step.outputs:
        if one.tiles:
            st.markdown(f"**{one.name}**")
            row = st.container(horizontal=True)
            for number, tile in zip(one.numbers, one.tiles, strict=True):
                with row.container(width=SIDE, gap="xxsmall"):
                    st.image(tile, width=SIDE, alt=f"Map {number} of {one.name}")
                    st.caption(f"map {number}")
        elif 1 < len(one.values) <= LONG:
            st.markdown(f"**{one.name}**")
            st.plotly_chart(
                charts.units_figure(one.values, f"number of the unit in {one.name}"),
                width="stretch",
                config={"displayModeBar": False},
                alt=f"{len(one.values)} values of {one.name}, {one.low:.3g} to {one.high:.3g}",
                key=f"explain_units_{one.name}",
            )
        elif len(one.values) > LONG:
            st.markdown(f"**{one.name}**: {len(one.values):,} numbers, as a square")
            st.image(thumbnail(one), width=3 * SIDE, alt=f"All numbers of {one.name} as grey dots")


def _open(step: str) -> None:
    st.session_state[STEP] = step
