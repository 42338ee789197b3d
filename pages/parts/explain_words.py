"""What each method of the explain page shows, and what it does not: two sentences each."""

from __future__ import annotations

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
}
MEMBERS = (
    "This model reads several layers, {layers}, and the mean of their log-odds answers. The map "
    "shows what goes through {top} alone; look at lower blocks to see the rest too."
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
