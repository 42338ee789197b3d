"""What each experiment asks, what it teaches, and whom it follows. Numbers come from its table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Paper:
    """A publication to read on."""

    title: str
    url: str


@dataclass(frozen=True)
class Experiment:
    """The frame of one experiment.

    Attributes:
        title: As a question.
        setup: What was done, for someone who has not read the rest.
        lessons: Three sentences.
        papers: Where it comes from.
        published: Figures of others, where there is nothing to measure here.
        data: Whether there are tables, made by `python -m training lab`.
    """

    title: str
    setup: str
    lessons: tuple[str, str, str]
    papers: tuple[Paper, ...]
    published: str = ""
    data: bool = True


MAGUOLO = Paper(
    "Maguolo and Nanni (2021), A critic evaluation of methods for COVID-19 automatic detection "
    "from X-ray images",
    "https://arxiv.org/abs/2004.12823",
)
DEGRAVE = Paper(
    "DeGrave, Janizek and Lee (2021), AI for radiographic COVID-19 detection selects shortcuts "
    "over signal",
    "https://doi.org/10.1038/s42256-021-00338-7",
)
ROBERTS = Paper(
    "Roberts, Driggs, Thorpe et al. (2021), Common pitfalls and recommendations for using machine "
    "learning to detect and prognosticate for COVID-19 using chest radiographs and CT scans",
    "https://doi.org/10.1038/s42256-021-00307-0",
)
CHILDREN = Paper(
    "Rollan-Martinez-Herrera et al. (2024), CNNs trained with adult data are useful in pediatrics",
    "https://doi.org/10.1371/journal.pone.0306703",
)
CONFOUNDERS = Paper(
    "Ben Ahmed et al. (2021), Deep learning models may spuriously classify Covid-19 from X-ray "
    "images based on confounders",
    "https://arxiv.org/abs/2102.04300",
)
TALK = Paper(
    "Roberts on the children among the controls, in a news report on that review",
    "https://www.dotmed.com/news/story/54282",
)

EXPERIMENTS = {
    "hospital": Experiment(
        "Tell the hospital",
        "A head gets the same features as a COVID-19 model, but has to name the **source** of the "
        "image. It never sees a patient, or a look-alike, that it is tested on.",
        (
            "The features that are said to show a disease show the place just as well.",
            "Where place and label go together, a model is rewarded for either, and nobody can "
            "tell from its score which one it took.",
            "Ask of every data set whether the two labels came from the same machines before "
            "asking how accurate a model on it is.",
        ),
        (MAGUOLO,),
    ),
    "lungs": Experiment(
        "Black out the lungs",
        "A black rectangle covers the lungs, in training **and** in testing. Whatever the head "
        "learns then, it hardly learns from lungs.",
        (
            "A high AUC without lungs is a measure of everything else: frames, letters, exposure, "
            "how patients are placed.",
            "So a high AUC with lungs is no proof that the lungs were read.",
            "Inside one source less is left. Where a head without lungs still beats one with "
            "nothing but lungs, even there the surroundings tell the label: one collection is many "
            "hospitals.",
        ),
        (MAGUOLO,),
    ),
    "elsewhere": Experiment(
        "Another hospital",
        "A head learns from one source and is tested on another. On the diagonal it is tested on "
        "new patients of its own source.",
        (
            "What works on new patients of the same source can be worthless one source further.",
            "The diagonal is what most papers print; a hospital that buys the model lives in the "
            "other cells.",
            "Small sources give wide intervals: a single cell of this matrix proves little, the "
            "fall from the diagonal does.",
        ),
        (DEGRAVE,),
    ),
    "patients": Experiment(
        "Patients or images",
        "The same images and the same head, split in two ways: by images, so that pictures of one "
        "patient land on both sides, and by patients. Exact copies had been removed before.",
        (
            "Images of one patient resemble each other more than the disease resembles itself.",
            "Split by images, part of the score is memory of people, and it vanishes with the "
            "first new patient.",
            "If a paper does not say that patients were split, read its score as an upper bound.",
        ),
        (ROBERTS,),
    ),
    "marks": Experiment(
        "Add a mark",
        "Each test X-ray is changed in a way that adds no illness and takes none away, and the "
        "shipped model answers before and after. Its fit was held steady when training images got "
        "random letters, frames and coarse JPEG; the other changes it never met.",
        (
            "Nobody falls ill or recovers by it, so every change of the answer is a mistake.",
            "What moves the answer most tells what the model listens to.",
            "Two hospitals differ by exactly such things: letters, crops, exposure, compression.",
        ),
        (DEGRAVE,),
    ),
    "children": Experiment(
        "Children",
        "Several early studies took their images without COVID-19 from a set of children of one "
        "to five years, while the images with COVID-19 showed adults. No such images are at hand "
        "here, so there is nothing to measure: this part is text and published figures only.",
        (
            "If all negatives are children, telling children from adults is enough for a perfect "
            "score.",
            "No split and no held-out patient reveals it, since the test set has the same flaw.",
            "Only a look at who is in the data does, which is why the ages stand on the Data page.",
        ),
        (ROBERTS, TALK, CONFOUNDERS, CHILDREN),
        published="Michael Roberts, who led the review below, says of such data sets that all a "
        "model could usefully do was to tell the difference between children and adults. Ben Ahmed "
        "and colleagues name the patients' age among the confounders that well-scoring models rely "
        "on. The other way round, children are simply other images: a network for pneumonia that "
        "was trained on 46,947 X-rays of adults had an AUC of **0.95** on adults and **0.82** on "
        "5,856 X-rays of children from one to five years (Rollan-Martinez-Herrera et al. 2024).",
        data=False,
    ),
}
