"""Whether a structure that was found in the phases of an examination still stands on what it was found with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workstation.geometry.transform import Transform
from workstation.structures.evidence_recipe import fingerprint
from workstation.structures.structure import Structure

if TYPE_CHECKING:
    from workstation.case.case import Case

SAME_MM = 0.01
"""Registrations that put the clicked point at the same place, so nearly, are the same."""


def why_out_of_date(case: Case, structure: Structure) -> str:
    """What has changed since the structure was accepted, in a sentence; "" while nothing has."""
    recipe = structure.evidence
    if recipe is None:
        return ""
    gone = [phase.name for phase in recipe.phases if phase.image_key not in case.images]
    if gone:
        return f"The phase {gone[0]} that it was found in is not open any more."
    reference, planning = case.images.get(recipe.reference_key), case.planning
    if reference is None or planning is None:
        return "The phase that the others were aligned with is not open any more."
    if structure.frame_of_reference_uid != planning.frame_of_reference_uid:
        return ""
    link = case.transform(planning.frame_of_reference_uid, reference.frame_of_reference_uid)
    if link is None:
        return "Nothing links its phases to the planning image any more."
    if recipe.link and isinstance(link, Transform):
        there = link.apply(np.array(recipe.seed_mm))
        before = Transform(np.array(recipe.link).reshape(4, 4)).apply(np.array(recipe.seed_mm))
        moved_mm = float(np.linalg.norm(there - before))
        if moved_mm > SAME_MM:
            return f"The registration of its phases has changed since: the click lies {moved_mm:.1f} mm elsewhere."
    elif _chain_of(case, structure) != recipe.registrations:
        return "The registration of its phases has changed since."
    for identifier, told in recipe.inputs:
        found = case.structures.get(identifier)
        if found is None:
            return "A structure that took part in finding it is not there any more."
        if fingerprint(found.stack) != told:
            return f"{found.name}, which took part in finding it, has changed since."
    return ""


def edited_since(structure: Structure) -> bool:
    """Whether somebody has drawn on it after it was accepted."""
    return structure.evidence is not None and fingerprint(structure.stack) != structure.evidence.drawn


def _chain_of(case: Case, structure: Structure) -> tuple[str, ...]:
    recipe, planning = structure.evidence, case.planning
    assert recipe is not None and planning is not None
    reference = case.images[recipe.reference_key]
    chain = case.chain(planning.frame_of_reference_uid, reference.frame_of_reference_uid)
    return tuple(each.identifier for each in chain)
