"""What two images disagree about before they are fused: whose they are, when and how they were made, how they lie.

Every line is a plain value, so that the window, the command line and a report say the same. Values of the patient
are for people's eyes only and never logged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workstation.geometry.deformation import SpatialMap
from workstation.geometry.transform import Transform
from workstation.images.comparison_geometry import geometry_differences
from workstation.images.comparison_origin import Kind, origin_differences
from workstation.images.volume import Volume

KINDS: tuple[Kind, ...] = ("same", "note", "caution", "stop")
"""From harmless to what forbids fusing."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of a comparison.

    what: stable name of the property. first, second: its value in each image, "" where it is not stored.
    kind: "same": nothing to see; "note": good to know; "caution": look before you trust the fusion; "stop": do not
    fuse. sentence: what it means, for people.
    """

    what: str
    first: str
    second: str
    kind: Kind
    sentence: str


def compare_volumes(first: Volume, second: Volume, first_to_second: SpatialMap | None = None) -> list[Difference]:
    """Everything worth comparing of two images, in a fixed order, what is the same too.

    first_to_second: takes patient points (mm) of the first image's frame of reference to the second's, such as a
    registration; may be left out where both share one.
    """
    shared = bool(first.frame_of_reference_uid) and first.frame_of_reference_uid == second.frame_of_reference_uid
    relation = Transform.identity() if shared and first_to_second is None else first_to_second
    found = [*origin_differences(first, second), *geometry_differences(first, second, relation, shared)]
    return [Difference(*line) for line in found]


def worst_kind(differences: Sequence[Difference]) -> Kind:
    """The most serious kind among them; "same" for none."""
    return max((d.kind for d in differences), key=KINDS.index, default="same")


def that_matter(differences: Sequence[Difference]) -> list[Difference]:
    """The lines that are not the same, the most serious first."""
    return sorted((d for d in differences if d.kind != "same"), key=lambda d: -KINDS.index(d.kind))


def summary_of(differences: Sequence[Difference]) -> str:
    """One or two sentences: what forbids the fusion, else what to look at, else that nothing speaks against it."""
    by_kind = {kind: [d.sentence for d in differences if d.kind == kind] for kind in KINDS}
    if by_kind["stop"]:
        return "Do not fuse these as they are. " + " ".join(by_kind["stop"])
    if by_kind["caution"]:
        return "Check before you trust the fusion. " + " ".join(by_kind["caution"])
    notes = len(by_kind["note"])
    if not notes:
        return "Nothing speaks against fusing these images: they agree."
    counted = "1 difference is usual" if notes == 1 else f"{notes} differences are usual"
    return f"Nothing speaks against fusing these images; {counted}."
