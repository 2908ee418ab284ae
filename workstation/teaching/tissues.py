"""What each tissue of the teaching phantoms looks like: the one table of CT numbers and MR signals.

CT numbers in HU; MR signals of a T1-weighted gradient echo before contrast in scanner units (muscle 300). What
contrast adds to them is told by `workstation.teaching.contrast`.
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


@dataclass(frozen=True)
class Appearance:
    """CT number, its texture (standard deviation), MR signal before contrast, and its texture as a fraction."""

    hu: float
    hu_texture: float
    signal: float
    signal_texture: float = 0.04


APPEARANCE: dict[Tissue, Appearance] = {
    Tissue.AIR: Appearance(-1000, 0, 4, 0.0),
    Tissue.SKIN: Appearance(20, 8, 330),
    Tissue.FAT: Appearance(-100, 9, 640),
    Tissue.MUSCLE: Appearance(55, 6, 300, 0.07),
    Tissue.CORTICAL_BONE: Appearance(1250, 90, 30),
    Tissue.MARROW: Appearance(380, 110, 430, 0.10),
    Tissue.DENSE_BONE: Appearance(1800, 60, 22),
    Tissue.TOOTH: Appearance(2100, 150, 20),
    Tissue.GREY: Appearance(39, 1.5, 262, 0.02),
    Tissue.WHITE: Appearance(29, 1.5, 335, 0.02),
    Tissue.CSF: Appearance(6, 1, 95, 0.02),
    Tissue.FLUID: Appearance(12, 1, 105, 0.02),
    Tissue.GLAND: Appearance(35, 6, 390, 0.06),
    Tissue.MUCOSA: Appearance(45, 6, 310, 0.05),
    Tissue.ARTERY: Appearance(48, 2, 330, 0.02),
    Tissue.VEIN: Appearance(50, 2, 270, 0.02),
    Tissue.TUMOUR: Appearance(58, 5, 285, 0.05),
    Tissue.FLOW_VOID: Appearance(52, 2, 90, 0.0),
    Tissue.INFILTRATED: Appearance(60, 8, 250, 0.06),
    Tissue.PITUITARY: Appearance(50, 2, 300, 0.03),
    Tissue.LENS: Appearance(75, 2, 250, 0.0),
    Tissue.DISC: Appearance(85, 6, 180),
    Tissue.BRAINSTEM: Appearance(31, 1.5, 315, 0.02),
}


def ct_table() -> NDArray[np.float64]:
    """(tissues, 2) CT number and standard deviation of its texture, in HU."""
    return np.array([(APPEARANCE[t].hu, APPEARANCE[t].hu_texture) for t in Tissue], dtype=np.float64)
