"""What each tissue of the teaching phantoms looks like: the one table of CT numbers and MR signals.

CT numbers in HU; MR signals of a T1-weighted gradient echo in scanner units (muscle before contrast 300). The
contrast course is the textbook story: vein and tumour light up early, the vein washes out on the delayed phases
and the tumour retains. (Published curves of paragangliomas wash out too; this table is schematic on purpose.)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Tissue(IntEnum):
    """Numbers of tissues in the models; the kernels count on AIR = 0, GREY = 8, WHITE = 9 and CSF = 10."""

    AIR = 0
    SKIN = 1
    FAT = 2
    MUSCLE = 3
    CORTICAL_BONE = 4
    MARROW = 5
    DENSE_BONE = 6
    TOOTH = 7
    GREY = 8
    WHITE = 9
    CSF = 10
    FLUID = 11
    GLAND = 12
    MUCOSA = 13
    ARTERY = 14
    VEIN = 15
    TUMOUR = 16
    FLOW_VOID = 17
    INFILTRATED = 18
    PITUITARY = 19
    LENS = 20
    DISC = 21
    BRAINSTEM = 22


PHASES = ("pre", "early", "delayed1", "delayed2")
"""MR phases in the order of time."""

PHASE_TIMES_S = {"pre": -120.0, "early": 60.0, "delayed1": 300.0, "delayed2": 900.0}
"""Middle of each acquisition, in seconds from the arrival of contrast in the artery."""


@dataclass(frozen=True)
class Appearance:
    """CT number, its texture (standard deviation), MR signal in each phase, and its texture as a fraction."""

    hu: float
    hu_texture: float
    signal: tuple[float, float, float, float]
    signal_texture: float = 0.04


APPEARANCE: dict[Tissue, Appearance] = {
    Tissue.AIR: Appearance(-1000, 0, (4, 4, 4, 4), 0.0),
    Tissue.SKIN: Appearance(20, 8, (330, 380, 385, 380)),
    Tissue.FAT: Appearance(-100, 9, (640, 645, 645, 645)),
    Tissue.MUSCLE: Appearance(55, 6, (300, 345, 360, 350), 0.07),
    Tissue.CORTICAL_BONE: Appearance(1250, 90, (30, 31, 32, 32)),
    Tissue.MARROW: Appearance(380, 110, (430, 450, 465, 460), 0.10),
    Tissue.DENSE_BONE: Appearance(1800, 60, (22, 22, 22, 22)),
    Tissue.TOOTH: Appearance(2100, 150, (20, 20, 20, 20)),
    Tissue.GREY: Appearance(39, 1.5, (262, 278, 282, 278), 0.02),
    Tissue.WHITE: Appearance(29, 1.5, (335, 342, 344, 343), 0.02),
    Tissue.CSF: Appearance(6, 1, (95, 97, 100, 102), 0.02),
    Tissue.FLUID: Appearance(12, 1, (105, 106, 108, 112), 0.02),
    Tissue.GLAND: Appearance(35, 6, (390, 560, 575, 540), 0.06),
    Tissue.MUCOSA: Appearance(45, 6, (310, 640, 610, 540), 0.05),
    Tissue.ARTERY: Appearance(48, 2, (330, 900, 600, 440), 0.02),
    Tissue.VEIN: Appearance(50, 2, (270, 960, 610, 420), 0.02),
    Tissue.TUMOUR: Appearance(58, 5, (285, 880, 835, 790), 0.05),
    Tissue.FLOW_VOID: Appearance(52, 2, (90, 220, 180, 160), 0.0),
    Tissue.INFILTRATED: Appearance(60, 8, (250, 470, 455, 440), 0.06),
    Tissue.PITUITARY: Appearance(50, 2, (300, 720, 640, 560), 0.03),
    Tissue.LENS: Appearance(75, 2, (250, 250, 250, 250), 0.0),
    Tissue.DISC: Appearance(85, 6, (180, 190, 200, 200)),
    Tissue.BRAINSTEM: Appearance(31, 1.5, (315, 324, 326, 325), 0.02),
}


def ct_table() -> NDArray[np.float64]:
    """(tissues, 2) CT number and standard deviation of its texture, in HU."""
    return np.array([(APPEARANCE[t].hu, APPEARANCE[t].hu_texture) for t in Tissue], dtype=np.float64)


def mr_table(phase: str) -> NDArray[np.float64]:
    """(tissues, 2) MR signal in a phase and standard deviation of its texture, in scanner units."""
    n = PHASES.index(phase)
    return np.array(
        [(APPEARANCE[t].signal[n], APPEARANCE[t].signal[n] * APPEARANCE[t].signal_texture) for t in Tissue],
        dtype=np.float64,
    )
