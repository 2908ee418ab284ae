"""Which open image gives the 3D view's context, and where it lies; without VTK, for menus that are shown before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.transform import Transform
from workstation.gui.viewing import Viewing
from workstation.images.volume import Volume
from workstation.view.volume_presets import CONTEXTS, NONE, suits

if TYPE_CHECKING:
    from workstation.case.case import Case

Float = NDArray[np.float64]


def offered(case: Case, viewing: Viewing) -> dict[str, bool]:
    """Every context by name, and whether an open image can give it."""
    return {name: name == NONE or image_for(case, viewing, name) is not None for name in CONTEXTS}


def image_for(case: Case, viewing: Viewing, context: str) -> Volume | None:
    """The image that gives a context: the planning image, else the fused one, where it suits and its place is known."""
    if context == NONE:
        return None
    for image in (case.planning, case.images.get(viewing.overlay_key), case.images.get(viewing.base_key)):
        if image is not None and suits(context, image) and is_placed(case, image):
            return image
    return None


def is_placed(case: Case, image: Volume) -> bool:
    """Whether an image can be laid into the planning image's frame of reference as a whole."""
    planning = case.planning
    if planning is None or planning is image or planning.frame_of_reference_uid == image.frame_of_reference_uid:
        return planning is not None
    # A whole image that bends is not cast: it would be drawn where it isn't.
    return isinstance(case.transform(image.frame_of_reference_uid, planning.frame_of_reference_uid), Transform)


def lies_provisionally(case: Case, image: Volume) -> bool:
    """Whether an image is laid into the planning image's frame by a registration that nobody has accepted."""
    planning = case.planning
    if planning is None or planning.frame_of_reference_uid == image.frame_of_reference_uid:
        return False
    return case.is_provisional(image.frame_of_reference_uid, planning.frame_of_reference_uid)


def to_planning(case: Case, image: Volume) -> Float | None:
    """(4, 4) from an image's frame of reference to the planning image's, None where they are the same."""
    planning = case.planning
    if planning is None or planning.frame_of_reference_uid == image.frame_of_reference_uid:
        return None
    link = case.transform(image.frame_of_reference_uid, planning.frame_of_reference_uid)
    return link.matrix if isinstance(link, Transform) else None
