"""Live in the lab: black out the lungs that the network finds, or everything else."""

from __future__ import annotations

import streamlit as st

from core import alter
from core.artifacts import ArtifactError
from core.images import Grey
from core.schema import Modality
from pages.parts import loaders_lungs
from pages.parts.switch import switch

WITHOUT, ONLY = "without", "only"
KINDS = {WITHOUT: "Without the lungs", ONLY: "Only the lungs"}


def changed(pixels: Grey, modality: Modality) -> Grey:
    """The image without its lungs, or with nothing else; as it was where none are found.

    Args:
        pixels: uint8 (H, W).
        modality: What the image was taken for.
    """
    kind = switch("Keep", KINDS, "lab_lungs_keep")
    if modality != Modality.XRAY:
        st.info("Taken for a CT slice. Lungs are found on frontal chest X-rays only.")
        return pixels
    try:
        found = loaders_lungs.find(pixels)
    except ArtifactError as error:
        st.error(str(error))
        return pixels
    if not found.mask.any():
        st.info("No lung was found on this image.")
        return pixels
    if found.trusted:
        st.caption(f"The lungs cover {found.shape.area:.0%} of the picture.")
    else:
        st.warning(f"This outline may be wrong: {'; '.join(found.doubts)}.")
    return (alter.keep_only if kind == ONLY else alter.black_out)(pixels, found.mask)
