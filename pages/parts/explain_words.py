"""What each method of the explain page shows, and what it does not: two sentences each."""

from __future__ import annotations

from core.artifacts import Card
from core.explain import covering, maximise, pixels
from core.opinions import views_of
from core.views import VIEWS

METHODS = {
    "gradcam": (
        "Shows where the patterns lie that raise the answer on the whole, each of them weighed "
        "once for the whole image.",
        "It does not show fine detail, and a pattern that counts only in one place is coloured "
        "wherever it occurs.",
    ),
    "gradcam++": (
        "Like Grad-CAM, but a pattern found in several places gets its due for each of them.",
        "It looks only at what raises the answer, so it can colour places that the model weighs "
        "against each other and in the end ignores.",
    ),
    "layercam": (
        "Weighs every place by itself, and so stays sharp in the lower blocks too.",
        "It leaves out everything that speaks the other way, so it shows more agreement than there "
        "is.",
    ),
    "hirescam": (
        "Adds up, place by place, what every pattern contributes to the answer, for and against.",
        "With one dense layer behind average pooling that sum is the answer itself; with several "
        "layers, as in the paper's head, or another pooling, it is an approximation around this "
        "one image.",
    ),
    "scorecam": (
        "Covers the image by each of the strongest patterns in turn and looks how the answer "
        "fares; no gradient is involved.",
        "A half-covered image is like nothing that the model has been trained on, so the answers "
        "that the map is built from may be odd themselves.",
    ),
    "smoothgrad": (
        "Shows which pixels would move the answer if they were a little brighter or darker, the "
        "mean over copies of the image with noise.",
        "It does not show what the answer is made of: a pixel can matter much and hardly be able "
        "to move the answer further.",
    ),
    "integrated": (
        "Shares the answer out among the pixels: their numbers add up to what sets this image "
        "apart from a black one.",
        "It does not say what the answer would be without a place, and against another image than "
        "black the shares would differ.",
    ),
    "occlusion": (
        "Shows how far the answer falls when a grey patch covers a place; nothing is estimated, "
        "every covered image goes through the network.",
        "It does not see what lies in two places at once, and a grey patch is itself something "
        "that no image of the training set had.",
    ),
}
RANKINGS = {
    "bright": (
        "The paper's reading: the more light pixels, the more important the kernel.",
        "It does not show whether the head makes anything of them; a bright map may count for "
        "nothing.",
    ),
    "worth": (
        "Gradient x activation: what each map adds to the log-odds, to first order, for or "
        "against.",
        "It does not show what happens beyond a small change of the map.",
    ),
    "removal": (
        "How far the probability of this look falls when the kernel is taken out and all else "
        "stays.",
        "It does not show maps that stand in for one another: without either the answer may hold, "
        "without both fall.",
    ),
}
SCALE_FREE = (
    "This model reads which maps are active **together**, whatever their brightness: twice as "
    "bright a map changes nothing. So gradient x activation is zero for every map of {layer}, by "
    "construction, and brightness does not count. Removal says what each map is worth."
)
TRIED = (
    "Below the layer that the head reads, each map costs a pass of its own: the {count} of largest "
    "gradient x activation are tried, the others left out."
)
EXCITING = (
    "Test images on which this map has its brightest cell, one a patient, each shown to the "
    "network as it is, at its own size. The frame is the part of the image that this cell has "
    "seen.",
    "They do not show what the kernel has learned to look for, only which of these few hundred "
    "images it answers to; most were never meant to hold its favourite pattern.",
)
MAXIMISED = (
    "An input made up from noise by climbing until this map is as bright as can be.",
    "It is no image that anyone has seen, and another start or another rule to keep it smooth "
    "gives another picture.",
)
WALK = (
    "The numbers of this very image on their way through the network, from {count:,}, three for "
    "each pixel, to the probability of this look.",
    "They show what happens, not why it was learned so.",
)
LAST = (
    "The last layer is a plain sum: every input times its weight, plus a bias, is the log-odds, "
    "and the sigmoid makes it the probability of this look. Nothing is approximated here.",
    "The inputs themselves are mixtures of everything below; a large one has no name in a "
    "doctor's language.",
)
MEMBERS = (
    "This model reads several layers, {layers}, and the mean of their log-odds answers. What is "
    "shown at {top} goes through {top} alone; take a lower block to see the rest too."
)
JUDGED = "All maps explain the judgement that answered, and nothing of the other."
SUMMED = "All sums below are those of the judgement that answers."
CLIMB_COST = (
    f"{maximise.STEPS} steps uphill, five to thirty seconds; kept for everyone once it is done."
)
PIXEL_COSTS = {
    "occlusion": f"{covering.POSITIONS**2} places of the patch, each a pass through the network: "
    "ten to thirty seconds, longer at a larger look.",
    "smoothgrad": f"{pixels.SAMPLES} passes forward and back, ten to thirty seconds, "
    "longer at a larger look.",
    "integrated": f"{pixels.STEPS} passes forward and back, ten to thirty seconds, "
    "longer at a larger look.",
}
SCORE_COST = (  # one of them of the empty image
    f"{covering.STRONGEST + 1} passes through the network: some seconds, with progress."
)
AGAINST = (
    "The map of **why negative** is a map of its own, not the rest of the other: the same sum with "
    "its sign turned."
)
NOTHING = (
    "Nothing on this map: no place speaks for this answer here. An empty map is a result, not a "
    "fault."
)
SEE_NOT_WHY = (
    "A coloured place is where the model looked, not a sign of illness, and a sensible-looking map "
    "does not make an answer right."
)
NO_FOLDER = (
    "The test images are not on this machine, and none are shipped. A click fetches one from its "
    "public source where that is possible; the drawings work without."
)
QUALITY = (
    "A map can look sensible and still say nothing about the model. Three checks on test images; "
    "occlusion is in none, the lungs are asked of the class activation maps alone. Each map "
    "explains what the model called the image, positive or negative."
)
FIRST_LOOK = (
    "Measured on the first of this model's looks, {name}, and on what that look says by itself, "
    "which can differ from the model's answer."
)
LIKENESS = (
    "The weights learned are replaced by random ones, layer by layer from the top "
    "([Adebayo et al. 2018](https://arxiv.org/abs/1810.03292)). A map that explains the model must "
    "fall towards 0; one that stays as it was draws the picture instead. *Another image*: how "
    "alike the trained model's maps of two different images are."
)
CURVES = (
    "What the map marks most is covered first, a seventh of the image at a time, or shown first on "
    "a blurred image; the model's probability for its own answer should fall, or rise, at once "
    "([Petsiuk et al. 2018](https://arxiv.org/abs/1806.07421)). All maps are reduced to 14 x 14 "
    "cells, so that all cover the same shapes. Two maps that know nothing of the model compete: a "
    "random one, and one that marks the middle of the picture."
)
LUNGS = (
    "The share of the map's energy that lies in the lungs, divided by the lungs' share of the "
    "picture: 1 is a map that does not care for the lungs. We know of no published figure to "
    "compare with. Each map is drawn out to the network's input, its values added up, and the "
    "means are over images, with 95 % intervals over patients. Lungs lie in the middle, so a map "
    "that marks the middle of every picture is the one to beat."
)
NO_OUTLINES = (
    "Not measured on CT slices: no outlines of lungs come with these data, and the app's own lung "
    "network is for X-rays only."
)


def first_look(card: Card) -> str:
    """Which look of a model was measured; empty where it looks once."""
    first, *more = views_of(card)
    return FIRST_LOOK.format(name=VIEWS[first].name) if more else ""
