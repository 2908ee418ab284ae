"""A head in small: tissue with texture, a ball that holds contrast and a tube beside it that it washes out of."""

from __future__ import annotations

import numpy as np

from workstation.enhancement.alignment import AlignedPhase
from workstation.enhancement.phase_stack import PhaseStack, stack_phases
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.phase_times import Phase
from workstation.images.volume import Volume

FRAME = "1.2.3.20"
GRID = Grid((-35.25, -35.25, -23.25), (1.5, 1.5, 1.5), np.eye(3), (48, 48, 32))
TUMOUR_MM, TUMOUR_RADIUS_MM = np.array([-3.0, 0.0, 0.0]), 8.0
VEIN_MM, VEIN_RADIUS_MM = np.array([8.5, 0.0, 0.0]), 4.0
TIMES_S = (-60.0, 60.0, 300.0)
NAMES = ("pre", "early", "delayed 1")
TISSUE, TUMOUR, VEIN = (100.0, 102.0, 102.0), (110.0, 330.0, 310.0), (105.0, 430.0, 210.0)
"""Signals of each tissue in the three phases."""
NOISE = 4.0


def coverage(distance_mm: np.ndarray) -> np.ndarray:
    """Share of a voxel inside of a surface, from the signed distance of its centre."""
    return np.clip(0.5 - distance_mm / float(GRID.spacing_mm[0]), 0.0, 1.0)


def shares() -> tuple[np.ndarray, np.ndarray]:
    """(k, j, i) shares of tumour and vein in every voxel."""
    k, j, i = np.indices(GRID.shape)
    points = GRID.to_patient(np.stack([i, j, k], axis=-1).astype(float))
    tumour = coverage(np.linalg.norm(points - TUMOUR_MM, axis=-1) - TUMOUR_RADIUS_MM)
    vein = coverage(np.linalg.norm((points - VEIN_MM)[..., :2], axis=-1) - VEIN_RADIUS_MM)
    return tumour, np.minimum(vein, 1.0 - tumour)


def volumes(
    tumour: tuple[float, ...] = TUMOUR, vein: tuple[float, ...] = VEIN, noise: float = NOISE, seed: int = 0
) -> list[Volume]:
    """One image for each phase."""
    random = np.random.default_rng(seed)
    one, other = shares()
    body = np.zeros(GRID.shape, bool)
    body[:, 4:-4, 4:-4] = True
    texture = 1.0 + 0.15 * random.standard_normal(GRID.shape)
    found = []
    for n in range(len(TISSUE)):
        rest = np.where(body, TISSUE[n] * texture, 0.0)
        clean = one * tumour[n] + other * vein[n] + (1 - one - other) * rest
        noisy = np.hypot(clean + noise * random.standard_normal(GRID.shape), noise * random.standard_normal(GRID.shape))
        voxels = noisy.astype(np.float32)
        found.append(
            Volume(f"p{n}", voxels, GRID, "MR", "", NAMES[n], series_uid=f"p{n}", frame_of_reference_uid=FRAME)
        )
    return found


def phases(**options: object) -> tuple[Phase, ...]:
    """The images with their names and times."""
    made = volumes(**options)  # type: ignore[arg-type]
    return tuple(
        Phase(v, name, time_s, "typed", time_s >= 0) for v, name, time_s in zip(made, NAMES, TIMES_S, strict=True)
    )


def unmoved(made: tuple[Phase, ...]) -> tuple[AlignedPhase, ...]:
    """The phases lie where they lie."""
    return tuple(AlignedPhase(phase, Transform.identity()) for phase in made)


def stack(**options: object) -> PhaseStack:
    """All phases on their own grid."""
    return stack_phases(unmoved(phases(**options)), GRID, FRAME)


def dice(one: np.ndarray, other: np.ndarray) -> float:
    """Overlap of two masks."""
    return 2.0 * float((one & other).sum()) / max(1.0, float(one.sum() + other.sum()))
