"""How a structure was found in the phases of an examination, kept with it: what it was made of, and by which numbers.

Only data; `workstation.enhancement` finds, `workstation.case.evidence_state` tells whether it is out of date.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workstation.structures.structure import ContourStack

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class PhaseUsed:
    """A phase that was looked at. time_s: seconds from the contrast, None where only the order is known.

    to_phase: 16 numbers row by row, from the reference phase's points to this one's. residual_mm: of that alignment.
    """

    image_key: str
    name: str
    time_s: float | None
    to_phase: Numbers
    residual_mm: float


@dataclass(frozen=True)
class EvidenceRecipe:
    """What a person accepted as a structure, and where it came from.

    phases: in the order of time. reference_key: the phase that the others were aligned with. registrations:
    identifiers of those that link the planning image to it, with link: 16 numbers row by row, empty where it bends.
    evidence: the map that was grown on, with its formula in words, and weights: what the signal of each phase counts
    where it is a sum of them, empty where it is not. threshold: from which (`higher`) or up to which its
    values belong. seed_mm: the click, in the planning image's frame. inputs: (identifier, fingerprint) of structures
    that took part: a vein, bone. d_prime, auc: how well the evidence told tumour from flow. drawn: fingerprint of the
    contours as they were accepted. accepted_by, accepted_at: by whom and when (ISO 8601).
    """

    phases: tuple[PhaseUsed, ...]
    reference_key: str
    registrations: tuple[str, ...]
    link: Numbers
    evidence: str
    formula: str
    threshold: float
    higher: bool
    seed_mm: Numbers
    inputs: tuple[tuple[str, str], ...]
    d_prime: float
    auc: float
    sentence: str
    warnings: tuple[str, ...]
    drawn: str
    accepted_by: str
    accepted_at: str
    weights: Numbers = ()

    def words(self) -> str:
        """Where it came from, in one line."""
        sign = "at least" if self.higher else "at most"
        names = ", ".join(phase.name for phase in self.phases)
        return f"{self.evidence} {sign} {self.threshold:g}, from {names}"


def fingerprint(stack: ContourStack) -> str:
    """The same for the same contours, to the last bit."""
    told = hashlib.sha256()
    for piece in _pieces(stack):
        told.update(piece)
    return told.hexdigest()[:32]


def _pieces(stack: ContourStack) -> Iterable[bytes]:
    for drawn in stack.slices:
        yield struct.pack("<d", drawn.position_mm)
        for ring in drawn.region.rings:
            yield ring.tobytes()
