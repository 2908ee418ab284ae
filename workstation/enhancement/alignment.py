"""The phases of an examination laid onto one of them, each by a rigid registration of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.fusion.registration import Registration, RegistrationError
from workstation.fusion.rigid import register_rigid
from workstation.geometry.transform import Transform
from workstation.images.phase_times import Phase
from workstation.jobs.progress import Progress, part, silent

Float = NDArray[np.float64]

HALF_A_VOXEL = 0.5


@dataclass(frozen=True, eq=False)
class AlignedPhase:
    """A phase and where it lies.

    to_phase: takes points of the reference phase to the same anatomy in this one. residual_mm: how far apart two runs
    ended; 0 for the reference. doubt: why the alignment is not to be trusted, "" when it is.
    """

    phase: Phase
    to_phase: Transform
    residual_mm: float = 0.0
    doubt: str = ""

    def motion(self, centre_mm: Float) -> dict[str, Any]:
        """How the patient had moved since the reference phase, about a point, as JSON values."""
        return {
            "phase": self.phase.name,
            "translation_mm": [round(float(v), 3) for v in self.to_phase.translation_mm(centre_mm)],
            "rotation_deg": [round(float(v), 3) for v in self.to_phase.rotation_deg()],
            "residual_mm": round(self.residual_mm, 3),
        }


def align_phases(phases: Sequence[Phase], reference: Phase, progress: Progress = silent) -> tuple[AlignedPhase, ...]:
    """Register every phase rigidly onto the reference, beginning where the scanner placed them.

    A phase whose registration leaves more than half a voxel, or fails, carries its doubt; nothing is left out.
    """
    others = [phase for phase in phases if phase.volume is not reference.volume]
    found: dict[int, AlignedPhase] = {id(reference.volume): AlignedPhase(reference, Transform.identity())}
    for number, phase in enumerate(others):
        step = part(progress, number / len(others), (number + 1) / len(others))
        found[id(phase.volume)] = _aligned(reference, phase, step)
    progress(1.0, "The phases are aligned")
    return tuple(found[id(phase.volume)] for phase in phases)


def _aligned(reference: Phase, phase: Phase, progress: Progress) -> AlignedPhase:
    words = f"Aligning {phase.name} with {reference.name}"
    try:
        made = register_rigid(
            reference.volume, phase.volume, start=Transform.identity(), progress=lambda f, _s: progress(f, words)
        )
    except RegistrationError as error:
        return AlignedPhase(phase, Transform.identity(), float("inf"), f"{phase.name} could not be aligned: {error}")
    assert isinstance(made.fixed_to_moving, Transform)
    residual_mm = float(made.quality.get("repeatability_mm", 0.0))
    return AlignedPhase(phase, made.fixed_to_moving, residual_mm, _doubt(made, phase, residual_mm))


def _doubt(made: Registration, phase: Phase, residual_mm: float) -> str:
    limit_mm = HALF_A_VOXEL * float(phase.volume.grid.spacing_mm.max())
    if residual_mm > limit_mm:
        return f"{phase.name} is aligned to {residual_mm:.1f} mm only, more than half a voxel ({limit_mm:.1f} mm)"
    if made.quality.get("verdict") == "failed":
        return f"{phase.name} could not be aligned: {'; '.join(map(str, made.quality.get('reasons', ())))}"
    return ""
