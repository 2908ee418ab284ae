"""The built-in teaching case: a glomus jugulare tumour on a planning CT and the phases of a T1-weighted MR.

A schematic head whose truth is known: contours, the transform between CT and MR, the motion between phases.
Everything is sampled from one continuous model, so edges have partial volume and contours have no steps.
"""

from __future__ import annotations

import hashlib
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
from workstation.teaching.contrast import REFERENCE_PHASE, VARIANTS, Phase, mr_table, protocol
from workstation.teaching.ct_acquisition import acquire_ct
from workstation.teaching.identifiers import phantom_uid
from workstation.teaching.mr_acquisition import acquire_mr, shading_coefficients
from workstation.teaching.tissues import APPEARANCE, Tissue
from workstation.teaching.truth_contours import trace

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
MR_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.4"

Resolution = Literal["full", "coarse"]

_CT_CENTRE_MM = (0.0, 0.0, 3.0)
_MR_TILT_DEG = (12.0, 3.0, -2.0)


@dataclass(frozen=True)
class GlomusSettings:
    """What a case is like, beside its seed.

    variant: "retaining", "washout" or "inseparable", see `workstation.teaching.contrast`.
    size_cc: of the tumour, 1 to 20; met within 6 %. snr: muscle before contrast over noise, 10 to 40.
    arterial_frame_s: length of each arterial frame of "washout". delays_s: middles of the phases after them.
    shading: how far the coil's sensitivity varies, as a share. heterogeneity: texture of the tumour, as a share.
    motion_mm, motion_deg: the most that the head moves between phases.
    """

    variant: str = "retaining"
    size_cc: float = 8.0
    snr: float = 20.0
    arterial_frame_s: float = 6.0
    delays_s: tuple[float, ...] = (60.0, 300.0, 900.0)
    shading: float = 0.17
    heterogeneity: float = 0.10
    motion_mm: float = 1.0
    motion_deg: float = 1.0

    def __post_init__(self) -> None:
        if self.variant not in VARIANTS:
            raise ValueError(f"There is no variant {self.variant!r}: choose {', '.join(VARIANTS)}")
        within = (
            ("size of the tumour", self.size_cc, 1.0, 20.0, "cc"),
            ("ratio of signal to noise", self.snr, 10.0, 40.0, ""),
            ("length of an arterial frame", self.arterial_frame_s, 2.0, 30.0, "s"),
            ("shading", self.shading, 0.0, 0.5, ""),
            ("heterogeneity", self.heterogeneity, 0.0, 0.3, ""),
            ("motion", self.motion_mm, 0.0, 5.0, "mm"),
            ("motion", self.motion_deg, 0.0, 5.0, "degrees"),
            *(("time of a phase", delay_s, 40.0, 5000.0, "s") for delay_s in self.delays_s),
        )
        for what, value, least, most, unit in within:
            if not least <= value <= most:
                raise ValueError(f"The {what} lies between {least:g} and {f'{most:g} {unit}'.rstrip()}, not {value:g}")
        if not self.delays_s or len(set(self.delays_s)) < len(self.delays_s):
            raise ValueError("The phases need at least one time after contrast, each of them once")

    @property
    def noise_sd(self) -> float:
        """Deviation of each channel's noise in scanner units."""
        return APPEARANCE[Tissue.MUSCLE].signal / self.snr


STANDARD = GlomusSettings()


@dataclass(frozen=True, eq=False)
class GlomusCase:
    """The case with its truth.

    ct: planning CT in HU. phases: MR volumes by name, in time order, all in one frame of reference of their own.
    structures: true contours on the CT's planes. registration: CT (fixed) to MR (moving), exact for the phase "pre".
    phase_motion: takes points of the MR frame as they are in "pre" to where they are in each phase.
    protocol: when each phase was acquired.
    """

    seed: int
    ct: Volume
    phases: dict[str, Volume]
    structures: tuple[Structure, ...]
    registration: Registration
    phase_motion: dict[str, Transform]
    tumour_side: str
    settings: GlomusSettings = STANDARD
    protocol: tuple[Phase, ...] = ()

    def structure(self, name: str) -> Structure:
        """The true structure of that name; KeyError where there is none."""
        for s in self.structures:
            if s.name == name:
                return s
        raise KeyError(name)


def glomus_case(
    seed: int = 0,
    *,
    settings: GlomusSettings = STANDARD,
    resolution: Resolution = "full",
    progress: Progress = silent,
) -> GlomusCase:
    """The case of a seed (0 or more): the same seed and settings give the same voxels.

    resolution: "coarse" has the same anatomy and frames on voxels four times (CT) and three times (MR) larger in
    the plane and twice in slices, for quick tests.
    """
    if seed < 0:
        raise ValueError(f"The seed of a case is a whole number from 0, not {seed}")
    timing = protocol(settings.variant, settings.delays_s, settings.arterial_frame_s)
    anatomy_seed, pose_seed, ct_seed, *phase_seeds = np.random.SeedSequence(seed).spawn(3 + len(timing))
    progress(0.0, "Growing the anatomy")
    body = head(np.random.default_rng(anatomy_seed), settings.size_cc)
    rng = np.random.default_rng(pose_seed)
    model_to_ct = Transform.from_rigid(rng.uniform(-1.5, 1.5, 3), rng.uniform(-2, 2, 3))
    name = _name(seed, settings)
    ct = _ct(name, body, model_to_ct, resolution, ct_seed, part(progress, 0.03, 0.45))
    pose = Transform.from_rigid(_away(rng, 3.0, 7.0), _away(rng, 1.0, 4.0))
    motion = {phase.name: _phase_motion(phase, settings, rng) for phase in timing}
    shading = shading_coefficients(rng, settings.shading)
    phases = {}
    share = 0.48 / len(timing)
    for n, phase in enumerate(timing):
        placed = motion[phase.name].after(pose).after(model_to_ct)
        step = part(progress, 0.45 + share * n, 0.45 + share * (n + 1))
        blank = _mr(name, phase, n + 1, resolution)
        table = mr_table(settings.variant, phase, settings.heterogeneity)
        voxels = acquire_mr(
            body.model, blank.grid, placed.inverse(), table, shading, settings.noise_sd, phase_seeds[n], step,
            f"Scanning the MR, phase {phase.name}",
        )  # fmt: skip
        phases[phase.name] = replace(blank, voxels=voxels)
    structures = trace(body, ct, model_to_ct.inverse(), part(progress, 0.93, 1.0))
    progress(1.0, "The glomus case is ready")
    registration = _registration(name, pose)
    return GlomusCase(seed, ct, phases, structures, registration, motion, body.tumour_side, settings, timing)


def _away(rng: np.random.Generator, least: float, most: float) -> np.ndarray:
    """(3,) numbers of that size, to either side."""
    return np.asarray(rng.uniform(least, most, 3) * rng.choice((-1.0, 1.0), 3))


def _name(seed: int, settings: GlomusSettings) -> str:
    """What tells this case from others: its identifiers follow from it."""
    return str(seed) if settings == STANDARD else f"{seed} {settings}"


def _registration(name: str, pose: Transform) -> Registration:
    """The true map: the patient lies a few millimetres and degrees elsewhere in the MR scanner's frame."""
    return Registration(
        identifier=_uid(name, "truth"),
        fixed_frame_uid=_uid(name, "CT frame"),
        moving_frame_uid=_uid(name, "MR frame"),
        fixed_to_moving=pose,
        method="known truth of the phantom",
        quality={"reference_phase": REFERENCE_PHASE},
    )


def _phase_motion(phase: Phase, settings: GlomusSettings, rng: np.random.Generator) -> Transform:
    """Where the head has moved to since the reference phase, turned about its middle."""
    direction, axis = rng.normal(size=3), rng.normal(size=3)
    size_mm, angle_deg = settings.motion_mm * rng.uniform(0.3, 0.9), settings.motion_deg * rng.uniform(0.2, 0.8)
    if phase.name == REFERENCE_PHASE:
        return Transform.identity()
    return Transform.from_rigid(
        size_mm * direction / np.linalg.norm(direction), angle_deg * axis / np.linalg.norm(axis)
    )


def _ct(
    name: str, body: Head, model_to_ct: Transform, resolution: Resolution, noise: np.random.SeedSequence,
    progress: Progress,
) -> Volume:  # fmt: skip
    grid = _centred_grid(_CT_CENTRE_MM, np.eye(3), (0.8, 0.8, 1.5), (512, 512, 120), (4, 4, 2), resolution)
    voxels = acquire_ct(body.model, grid, model_to_ct.inverse(), noise, progress)
    blank = _volume(name, "CT", grid, resolution, "CT frame", CT_IMAGE_STORAGE)
    return replace(blank, voxels=voxels, modality="CT", unit="HU", description="Planning CT skull base",
                   acquisition={"SeriesNumber": "1"})  # fmt: skip


def _mr(name: str, phase: Phase, number: int, resolution: Resolution) -> Volume:
    """A phase without its picture."""
    tilt = Transform.from_rigid(rotation_deg=_MR_TILT_DEG).matrix[:3, :3]
    grid = _centred_grid((0.0, -8.0, -4.0), tilt, (0.9, 0.9, 1.5), (256, 256, 90), (3, 3, 2), resolution)
    blank = _volume(name, f"MR {phase.name}", grid, resolution, "MR frame", MR_IMAGE_STORAGE)
    acquisition = {
        "SeriesNumber": str(number + 1),
        "Phase": phase.name,
        "PhaseTime_s": f"{phase.middle_s:g}",
        "EchoTime": "1.5",
        "RepetitionTime": "4",
        "FlipAngle": "15",
    }
    if phase.enhanced:
        acquisition["ContrastBolusAgent"] = "Gadolinium, simulated"
    return replace(blank, modality="MR", unit="MR signal", description=phase.description, acquisition=acquisition)


def _centred_grid(
    centre_mm: tuple[float, float, float], direction: np.ndarray, spacing_mm: tuple[float, float, float],
    size: tuple[int, int, int], coarser: tuple[int, int, int], resolution: Resolution,
) -> Grid:  # fmt: skip
    factor = np.array(coarser if resolution == "coarse" else (1, 1, 1))
    spacing, count = np.array(spacing_mm) * factor, np.array(size) // factor
    origin = np.array(centre_mm) - direction @ (spacing * (count - 1) / 2)
    return Grid(np.round(origin, 6), spacing, direction, count)


def _volume(case: str, name: str, grid: Grid, resolution: Resolution, frame: str, sop_class_uid: str) -> Volume:
    """A volume without its picture: who, where, and the UIDs of its slices."""
    series_uid = _uid(case, name, resolution)
    corners = grid.to_patient([[0, 0, k] for k in range(grid.size[2])]) @ grid.normal
    slices = tuple(
        SliceSource(sop_class_uid, _uid(case, name, resolution, k), float(position))
        for k, position in enumerate(corners)
    )
    return Volume(
        key=series_uid,
        voxels=np.zeros(grid.shape, dtype=np.int16),
        grid=grid,
        series_uid=series_uid,
        study_uid=_uid(case, "study"),
        frame_of_reference_uid=_uid(case, frame),
        patient=PatientIdentity("PHANTOM^GLOMUS", f"PHANTOM-GLOMUS-{_short(case)}", "", "O"),
        patient_position="HFS",
        slices=slices,
        study={"StudyID": f"GLOMUS{_short(case)}"[:16], "StudyDescription": "Teaching phantom: glomus jugulare tumour"},
    )


def _short(case: str) -> str:
    """The seed, and a mark of settings that are not the standard ones."""
    seed, _, settings = case.partition(" ")
    return f"{seed}-{hashlib.sha256(settings.encode()).hexdigest()[:6]}" if settings else seed


def _uid(case: str, *names: object) -> str:
    return phantom_uid("glomus", case, *names)
