"""What contrast does in the teaching head: three stories, the times of their phases, and the signals they lead to.

*retaining* is the textbook's: the vein washes out, the tumour holds its contrast. *washout* is as published for
paraganglioma: tumour and vein wash out alike, and only the arterial seconds before the vein fills tell them apart.
*inseparable* is a tumour that is blood: no phase tells it from the vein. Courses: `workstation.enhancement.kinetics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from workstation.enhancement.kinetics import Courses, Exchange, SpoiledGradientEcho
from workstation.teaching.tissues import APPEARANCE, Tissue

VARIANTS = ("retaining", "washout", "inseparable")
REFERENCE_PHASE = "pre"
"""The phase before contrast: registrations lead to it, and motion counts from it."""

ARTERIAL_START_S = 8.0
SEQUENCE = SpoiledGradientEcho()
LONGEST_S = 5400.0

_T10_S = {
    Tissue.SKIN: 1.0, Tissue.FAT: 0.35, Tissue.MUSCLE: 1.30, Tissue.MARROW: 0.45, Tissue.GREY: 1.6, Tissue.WHITE: 1.1,
    Tissue.GLAND: 0.9, Tissue.MUCOSA: 1.2, Tissue.ARTERY: 1.65, Tissue.VEIN: 1.65, Tissue.TUMOUR: 1.30,
    Tissue.FLOW_VOID: 1.65, Tissue.INFILTRATED: 0.9, Tissue.PITUITARY: 1.2, Tissue.BRAINSTEM: 1.3,
}  # fmt: skip

_EXCHANGE = {
    Tissue.SKIN: Exchange(0.06, 0.12, 0.02),
    Tissue.FAT: Exchange(0.02, 0.05, 0.01),
    Tissue.MUSCLE: Exchange(0.06, 0.12, 0.02),
    Tissue.MARROW: Exchange(0.05, 0.20, 0.03),
    Tissue.GREY: Exchange(0.0, 0.0, 0.03),
    Tissue.WHITE: Exchange(0.0, 0.0, 0.015),
    Tissue.GLAND: Exchange(0.20, 0.35, 0.08),
    Tissue.MUCOSA: Exchange(0.25, 0.35, 0.06),
    Tissue.FLOW_VOID: Exchange(0.0, 0.0, 0.10),
    Tissue.INFILTRATED: Exchange(0.10, 0.25, 0.08),
    Tissue.PITUITARY: Exchange(0.30, 0.35, 0.10),
    Tissue.BRAINSTEM: Exchange(0.0, 0.0, 0.02),
}

_TUMOUR = {
    "retaining": Exchange(0.15, 0.80, 0.10, delay_s=1.5),
    "washout": Exchange(0.30, 0.30, 0.30, delay_s=1.5),
}


@dataclass(frozen=True)
class Phase:
    """One acquisition. start_s, end_s: seconds from the arrival of contrast in the artery."""

    name: str
    start_s: float
    end_s: float
    description: str

    @property
    def middle_s(self) -> float:
        """What is called the time of the phase."""
        return (self.start_s + self.end_s) / 2

    @property
    def enhanced(self) -> bool:
        """Whether there is contrast in it."""
        return self.end_s > 0


def protocol(variant: str, delays_s: tuple[float, ...], arterial_frame_s: float) -> tuple[Phase, ...]:
    """The phases of a story, in the order of time.

    delays_s: middles of the phases after the arterial ones; the first is called early, the others delayed.
    arterial_frame_s: how long each of the two arterial frames of *washout* takes.
    """
    phases = [Phase(REFERENCE_PHASE, -150.0, -90.0, "T1 3D before contrast")]
    if variant == "washout":
        for n in (1, 2):
            start_s = ARTERIAL_START_S + (n - 1) * arterial_frame_s
            words = f"T1 3D arterial frame {n}, {arterial_frame_s:g} s"
            phases.append(Phase(f"arterial{n}", start_s, start_s + arterial_frame_s, words))
    for n, middle_s in enumerate(sorted(delays_s)):
        after = f"{middle_s / 60:g} min" if middle_s >= 60 else f"{middle_s:g} s"
        name = f"delayed{n}" if n else "early"
        words = f"T1 3D delayed, {after}" if n else f"T1 3D early venous, {after}"
        phases.append(Phase(name, middle_s - 10.0, middle_s + 10.0, words))
    return tuple(phases)


def mr_table(variant: str, phase: Phase, heterogeneity: float) -> NDArray[np.float64]:
    """(tissues, 2) MR signal in a phase and standard deviation of its texture, in scanner units.

    heterogeneity: the tumour's texture as a share of its signal.
    """
    times = np.linspace(phase.start_s, phase.end_s, 21)
    table = np.empty((len(Tissue), 2))
    for tissue in Tissue:
        appearance = APPEARANCE[tissue]
        signal = appearance.signal * _gain(variant, tissue, times)
        texture = heterogeneity if tissue == Tissue.TUMOUR else appearance.signal_texture
        table[tissue] = signal, signal * texture
    return table


def _gain(variant: str, tissue: Tissue, times_s: NDArray[np.float64]) -> float:
    """Signal over a frame beside that before contrast."""
    if tissue not in _T10_S or times_s[-1] <= 0:
        return 1.0
    alike = variant == "inseparable" and tissue == Tissue.TUMOUR
    t10_s = _T10_S[Tissue.VEIN if alike else tissue]
    signal = SEQUENCE.signal(_concentration_mm(variant, tissue, times_s), t10_s)
    return float(signal.mean() / SEQUENCE.signal(0.0, t10_s))


def _concentration_mm(variant: str, tissue: Tissue, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    courses = _courses()
    if tissue == Tissue.ARTERY:
        return courses.artery_mm(times_s)
    if tissue == Tissue.VEIN or (variant == "inseparable" and tissue == Tissue.TUMOUR):
        return courses.vein_mm(times_s)
    return courses.tissue_mm(_TUMOUR[variant] if tissue == Tissue.TUMOUR else _EXCHANGE[tissue], times_s)


@cache
def _courses() -> Courses:
    return Courses(LONGEST_S)
