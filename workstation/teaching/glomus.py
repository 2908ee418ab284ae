"""The built-in teaching case: a glomus jugulare tumour on a planning CT and four phases of a T1-weighted MR.

A schematic head whose truth is known: contours, the transform between CT and MR, the motion between phases.
Everything is sampled from one continuous model, so edges have partial volume and contours have no steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from workstation.fusion.registration import Registration
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.volume import PatientIdentity, SliceSource, Volume
from workstation.jobs.progress import Progress, part, silent
from workstation.structures.structure import Structure
from workstation.teaching.anatomy import Head, head
from workstation.teaching.ct_acquisition import acquire_ct
from workstation.teaching.identifiers import phantom_uid
from workstation.teaching.mr_acquisition import acquire_mr, shading_coefficients
from workstation.teaching.tissues import PHASE_TIMES_S, PHASES
from workstation.teaching.truth_contours import trace

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
MR_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.4"

REFERENCE_PHASE = "pre"
"""The phase that `GlomusCase.registration` leads to and that `phase_motion` counts from."""

Resolution = Literal["full", "coarse"]

_CT_CENTRE_MM = (0.0, 0.0, 3.0)
_MR_TILT_DEG = (12.0, 3.0, -2.0)
_DESCRIPTIONS = {
    "pre": "T1 3D before contrast",
    "early": "T1 3D early venous, 1 min",
    "delayed1": "T1 3D delayed, 5 min",
    "delayed2": "T1 3D delayed, 15 min",
}


@dataclass(frozen=True, eq=False)
class GlomusCase:
    """The case with its truth.

    ct: planning CT in HU. phases: MR volumes by name, in time order, all in one frame of reference of their own.
    structures: true contours on the CT's planes. registration: CT (fixed) to MR (moving), exact for the phase "pre".
    phase_motion: takes points of the MR frame as they are in "pre" to where they are in each phase.
    """

    seed: int
    ct: Volume
    phases: dict[str, Volume]
    structures: tuple[Structure, ...]
    registration: Registration
    phase_motion: dict[str, Transform]
    tumour_side: str

    def structure(self, name: str) -> Structure:
        """The true structure of that name; KeyError where there is none."""
        for s in self.structures:
            if s.name == name:
                return s
        raise KeyError(name)


def glomus_case(
    seed: int = 0, *, resolution: Resolution = "full", progress: Progress = silent
) -> GlomusCase:
    """The case of a seed (0 or more): the same seed gives the same voxels.

    resolution: "coarse" has the same anatomy and frames on voxels four times (CT) and three times (MR) larger in
    the plane and twice in slices, for quick tests.
    """
    if seed < 0:
        raise ValueError(f"The seed of a case is a whole number from 0, not {seed}")
    anatomy_seed, pose_seed, ct_seed, *phase_seeds = np.random.SeedSequence(seed).spawn(3 + len(PHASES))
    progress(0.0, "Growing the anatomy")
    body = head(np.random.default_rng(anatomy_seed))
    rng = np.random.default_rng(pose_seed)
    model_to_ct = Transform.from_rigid(rng.uniform(-1.5, 1.5, 3), rng.uniform(-2, 2, 3))
    ct = _ct(seed, body, model_to_ct, resolution, ct_seed, part(progress, 0.03, 0.45))
    registration = _registration(seed, rng)
    motion = {phase: _phase_motion(phase, rng) for phase in PHASES}
    shading = shading_coefficients(rng)
    phases = {}
    for n, phase in enumerate(PHASES):
        placed = motion[phase].after(registration.fixed_to_moving).after(model_to_ct)
        step = part(progress, 0.45 + 0.12 * n, 0.57 + 0.12 * n)
        phases[phase] = _mr(seed, body, placed, phase, resolution, shading, phase_seeds[n], step)
    structures = trace(body, ct, model_to_ct.inverse(), part(progress, 0.93, 1.0))
    progress(1.0, "The glomus case is ready")
    return GlomusCase(seed, ct, phases, structures, registration, motion, body.tumour_side)


def _registration(seed: int, rng: np.random.Generator) -> Registration:
    """The true map: the patient lies a few millimetres and degrees elsewhere in the MR scanner's frame."""
    shift = rng.uniform(3.0, 7.0, 3) * rng.choice((-1.0, 1.0), 3)
    turn = rng.uniform(1.0, 4.0, 3) * rng.choice((-1.0, 1.0), 3)
    return Registration(
        identifier=f"glomus truth {seed}",
        fixed_frame_uid=_uid(seed, "CT frame"),
        moving_frame_uid=_uid(seed, "MR frame"),
        fixed_to_moving=Transform.from_rigid(shift, turn),
        method="known truth of the phantom",
        quality={"reference_phase": REFERENCE_PHASE},
    )


def _phase_motion(phase: str, rng: np.random.Generator) -> Transform:
    """At most 1 mm and 1 degree from the reference phase, turned about the middle of the head."""
    direction, axis = rng.normal(size=3), rng.normal(size=3)
    size_mm, angle_deg = rng.uniform(0.3, 0.9), rng.uniform(0.2, 0.8)
    if phase == REFERENCE_PHASE:
        return Transform.identity()
    return Transform.from_rigid(
        size_mm * direction / np.linalg.norm(direction), angle_deg * axis / np.linalg.norm(axis)
    )


def _ct(
    seed: int, body: Head, model_to_ct: Transform, resolution: Resolution, noise: np.random.SeedSequence,
    progress: Progress,
) -> Volume:  # fmt: skip
    grid = _centred_grid(_CT_CENTRE_MM, np.eye(3), (0.8, 0.8, 1.5), (512, 512, 120), (4, 4, 2), resolution)
    voxels = acquire_ct(body.model, grid, model_to_ct.inverse(), noise, progress)
    blank = _volume(seed, "CT", grid, resolution, "CT frame", CT_IMAGE_STORAGE)
    return replace(blank, voxels=voxels, modality="CT", unit="HU", description="Planning CT skull base",
                   acquisition={"SeriesNumber": "1"})  # fmt: skip


def _mr(
    seed: int, body: Head, model_to_mr: Transform, phase: str, resolution: Resolution,
    shading: np.ndarray, noise: np.random.SeedSequence, progress: Progress,
) -> Volume:  # fmt: skip
    tilt = Transform.from_rigid(rotation_deg=_MR_TILT_DEG).matrix[:3, :3]
    grid = _centred_grid((0.0, -8.0, -4.0), tilt, (0.9, 0.9, 1.5), (256, 256, 90), (3, 3, 2), resolution)
    voxels = acquire_mr(body.model, grid, model_to_mr.inverse(), phase, shading, noise, progress)
    blank = _volume(seed, f"MR {phase}", grid, resolution, "MR frame", MR_IMAGE_STORAGE)
    number = PHASES.index(phase) + 1
    acquisition = {
        "SeriesNumber": str(number + 1),
        "Phase": phase,
        "PhaseTime_s": f"{PHASE_TIMES_S[phase]:g}",
        "EchoTime": "1.5",
        "RepetitionTime": "4",
        "FlipAngle": "15",
    }
    if phase != "pre":
        acquisition["ContrastBolusAgent"] = "Gadolinium, simulated"
    return replace(blank, voxels=voxels, modality="MR", unit="MR signal", description=_DESCRIPTIONS[phase],
                   acquisition=acquisition)  # fmt: skip


def _centred_grid(
    centre_mm: tuple[float, float, float], direction: np.ndarray, spacing_mm: tuple[float, float, float],
    size: tuple[int, int, int], coarser: tuple[int, int, int], resolution: Resolution,
) -> Grid:  # fmt: skip
    factor = np.array(coarser if resolution == "coarse" else (1, 1, 1))
    spacing, count = np.array(spacing_mm) * factor, np.array(size) // factor
    origin = np.array(centre_mm) - direction @ (spacing * (count - 1) / 2)
    return Grid(np.round(origin, 6), spacing, direction, count)


def _volume(seed: int, name: str, grid: Grid, resolution: Resolution, frame: str, sop_class_uid: str) -> Volume:
    """A volume without its picture: who, where, and the UIDs of its slices."""
    series_uid = _uid(seed, name, resolution)
    corners = grid.to_patient([[0, 0, k] for k in range(grid.size[2])]) @ grid.normal
    slices = tuple(
        SliceSource(sop_class_uid, _uid(seed, name, resolution, k), float(position))
        for k, position in enumerate(corners)
    )
    return Volume(
        key=series_uid,
        voxels=np.zeros(grid.shape, dtype=np.int16),
        grid=grid,
        series_uid=series_uid,
        study_uid=_uid(seed, "study"),
        frame_of_reference_uid=_uid(seed, frame),
        patient=PatientIdentity("PHANTOM^GLOMUS", f"PHANTOM-GLOMUS-{seed}", "", "O"),
        patient_position="HFS",
        slices=slices,
        study={"StudyID": f"GLOMUS{seed}", "StudyDescription": "Teaching phantom: glomus jugulare tumour"},
    )


def _uid(seed: int, *names: object) -> str:
    return phantom_uid("glomus", seed, *names)
