"""Compare page: which models, on which test set. Both are in the address."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.charts.ready import MOST
from core.cohorts import FIRST, NEARLY, Contender, TestSet
from core.evaluation import Comparison
from core.schema import Modality
from pages.parts import compare_words, loaders_compare, text
from pages.parts.loaders_compare import Ids
from pages.parts.switch import KEPT, begin

SET = "compare_set"
TAKEN = "compare_taken"  # set in a run whose models were chosen by code: those need no default=
# The paper's Figure 3: the model of the large data at two thresholds, then that of the small data.
BIG, SMALL = "all-vgg16-imagenet", "small-vgg16-imagenet"


def models_key(modality: str) -> str:
    """Key of the models chosen for X-rays, or for CT slices."""
    return f"compare_models_{modality}"


def choose() -> tuple[Ids, str]:
    """Test set and models: the ids chosen, and the key of the set."""
    sets, known = loaders_compare.test_sets(), loaders_compare.contenders()
    left, right = st.columns([2, 5])
    key = _choose_set(sets, left)
    modality = Modality(sets[key].modality)
    fitting = {n: one.name for n, one in known.items() if one.card.modality == modality}
    _warn_of_unknown(models_key(modality), {**fitting, **_by_title(fitting)}, "model")
    _take_link(modality, fitting)
    first = [name for name in FIRST[modality] if name in fitting] or list(fitting)[:2]
    chosen = right.multiselect(
        f"Models, up to {MOST}",
        list(fitting),
        default=None if st.session_state.pop(TAKEN, False) else first,
        format_func=fitting.__getitem__,
        max_selections=MOST,
        key=models_key(modality),
        **KEPT,
    )
    return tuple(chosen), key


def facts(comparison: Comparison) -> None:
    """What the comparison stands on, in one line, and what narrows it."""
    if comparison.absent:
        names = ", ".join(one.name for one in comparison.absent)
        st.info(f"Without predictions on these images, so left out: {names}.")
    if not comparison.entrants:
        st.info("Choose a model that was tested on these images.")
        st.stop()
    unseen = comparison.test_set.unseen
    st.caption(
        f"**{comparison.images} images**{compare_words.whose(comparison)}; none of them was "
        "learned from. " + _starts([one.contender for one in comparison.entrants])
    )
    fewer = [one for one in comparison.entrants if one.own_images > comparison.images]
    if fewer:
        parts = ", ".join(f"{one.name} has {one.own_images}" for one in fewer)
        st.info(f"Compared on the {comparison.images} images that all of them share; {parts}.")
    stand_ins = [one.name for one in comparison.entrants if one.left_out]
    if stand_ins:
        st.info(
            f"Here the same recipe trained **without {unseen}** answers for {', '.join(stand_ins)}."
            " Thresholds were chosen on the full model's patients outside the test set, those of "
            f"{unseen} left out; only its operating point was set with them."
        )
    if comparison.positives in (0, comparison.images):
        st.info("These images are of one class only: what needs both cannot be measured on them.")


def open_paper(first: str) -> None:
    """Callback: the paper's small-data and large-data model on the large test set."""
    st.session_state[SET] = Modality.XRAY.value
    second = BIG if first == SMALL else SMALL
    take(Modality.XRAY, [first, second])


def has_paper_models() -> bool:
    """Whether both models of the paper's Figure 3 are here."""
    return {BIG, SMALL} <= set(loaders_compare.contenders())


def _choose_set(sets: Mapping[str, TestSet], place: DeltaGenerator) -> str:
    titles = {key: found.title for key, found in sets.items()}
    _warn_of_unknown(SET, {**titles, **_by_title(titles)}, "test set")
    begin(SET, titles, next(iter(titles)))
    return place.selectbox(
        "Test set", list(titles), format_func=titles.__getitem__, key=SET, **KEPT
    )


def _take_link(modality: Modality, known: Mapping[str, str]) -> None:
    """Take the models that a link names, by id or by name: each once, the first MOST."""
    ids = {**{name: name for name in known}, **_by_title(known)}
    values = st.query_params.get_all(models_key(modality))
    asked = list(dict.fromkeys(ids[value] for value in values if value in ids))
    if len(asked) > MOST:
        left_out = _quoted(known[name] for name in asked[MOST:])
        st.warning(f"The link names more than {MOST} models; the last were left out: {left_out}.")
    if asked and models_key(modality) not in st.session_state:
        take(modality, asked[:MOST])


def take(modality: Modality, ids: list[str]) -> None:
    """Choose models by code, as the widget would."""
    st.session_state[models_key(modality)] = ids
    st.session_state[TAKEN] = True


def _by_title(titles: Mapping[str, str]) -> dict[str, str]:
    return {title: name for name, title in titles.items()}


def _warn_of_unknown(key: str, known: Collection[str], what: str) -> None:
    """Say which values of a link are left out, before the widget drops them; "" means none."""
    unknown = [value for value in st.query_params.get_all(key) if value and value not in known]
    if unknown:
        names = _quoted(unknown)
        st.warning(f"The link names a {what} that is not here and was left out: {names}.")


def _quoted(values: Iterable[str]) -> str:
    return ", ".join(f"“{text.plain(value)}”" for value in values)


def _starts(contenders: Sequence[Contender]) -> str:
    """What "nearly ImageNet" stands for, where a name says so."""
    starts = [str(one.card.config.get("init")) for one in contenders if NEARLY in one.name]
    return "".join(f"{NEARLY}: {start}. " for start in dict.fromkeys(starts))
