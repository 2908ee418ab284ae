"""How a contrast agent passes through blood and tissue, and what signal an MR sees of it.

Arterial blood after G. J. M. Parker et al., Magn Reson Med 56:993 (2006), which holds for five minutes; later the
plasma of H.-J. Weinmann et al., Physiol Chem Phys Med NMR 16:167 (1984), scaled to join it. Tissue after the extended
Tofts model (P. S. Tofts et al., J Magn Reson Imaging 10:223, 1999). Signal of a spoiled gradient echo.

Times are seconds from the arrival of the bolus in the artery, concentrations mM. The model has no capillary transit:
its first ten seconds are schematic, and its parameters reproduce published types of curves; they are no measurements.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

HEMATOCRIT = 0.42
STEP_S = 0.1
"""Courses are worked out in steps of this."""

PARKER_ENDS_S = 300.0
VEIN_DELAY_S, VEIN_DISPERSION_S = 6.0, 4.0
TISSUE_DISPERSION_S = 1.5

_KERNEL_LENGTH = 12


@dataclass(frozen=True)
class Exchange:
    """What the extended Tofts model says of a tissue.

    ktrans_per_min: transfer from plasma into the space outside the vessels. v_e, v_p: shares of the tissue's volume
        that this space and plasma take. delay_s: how long after the artery the bolus arrives in its vessels.
    """

    ktrans_per_min: float
    v_e: float
    v_p: float
    delay_s: float = 3.0

    def __post_init__(self) -> None:
        if min(self.ktrans_per_min, self.v_e, self.v_p) < 0 or self.v_p / (1 - HEMATOCRIT) + self.v_e > 1:
            raise ValueError("Blood and the space around cells can't take more than the whole of a tissue")


@dataclass(frozen=True)
class SpoiledGradientEcho:
    """A T1-weighted sequence, with the relaxivities (per mM and s) of the agent and the blood-free T2* in it."""

    repetition_time_s: float = 0.004
    echo_time_s: float = 0.0015
    flip_deg: float = 15.0
    r1_per_mm_s: float = 4.5
    r2_star_per_mm_s: float = 5.0
    t2_star_s: float = 0.05

    def signal(self, concentration_mm: ArrayLike, t10_s: float) -> Float:
        """Signal as a share of the full magnetisation, at concentrations (mM), for a T1 (s) without contrast."""
        concentration = np.asarray(concentration_mm, dtype=np.float64)
        recovery = np.exp(-self.repetition_time_s * (1 / t10_s + self.r1_per_mm_s * concentration))
        flip = np.radians(self.flip_deg)
        decay = np.exp(-self.echo_time_s * (1 / self.t2_star_s + self.r2_star_per_mm_s * concentration))
        found: Float = np.sin(flip) * (1 - recovery) / (1 - np.cos(flip) * recovery) * decay
        return found


class Courses:
    """Concentrations over time, worked out once for a length of time and looked up at any moment of it.

    >>> course = Courses(360.0)
    >>> [round(float(v), 2) for v in course.vein_mm([20, 300])]
    [4.46, 0.47]
    """

    def __init__(self, length_s: float) -> None:
        self._times_s = np.arange(0.0, length_s + 2 * STEP_S, STEP_S)
        self._plasma = plasma_mm(self._times_s)

    def artery_mm(self, times_s: ArrayLike) -> Float:
        """Concentration in arterial blood."""
        return self._at(self._plasma * (1 - HEMATOCRIT), times_s)

    def vein_mm(self, times_s: ArrayLike) -> Float:
        """Concentration in the blood of a draining vein such as the jugular."""
        blood = self._plasma * (1 - HEMATOCRIT)
        return self._at(_dispersed(self._delayed(blood, VEIN_DELAY_S), VEIN_DISPERSION_S), times_s)

    def tissue_mm(self, exchange: Exchange, times_s: ArrayLike) -> Float:
        """Concentration in a tissue, blood in it included."""
        plasma = _dispersed(self._delayed(self._plasma, exchange.delay_s), TISSUE_DISPERSION_S)
        course = exchange.v_p * plasma
        if exchange.ktrans_per_min > 0:
            course = course + exchange.ktrans_per_min / 60 * self._retained(plasma, exchange)
        return self._at(course, times_s)

    def _retained(self, plasma: Float, exchange: Exchange) -> Float:
        """The integral of plasma(u) exp(-k_ep (t - u)) over u up to t."""
        k_ep = exchange.ktrans_per_min / max(exchange.v_e, 1e-9) / 60
        kept = np.exp(-k_ep * STEP_S)
        steps = (plasma[1:] + plasma[:-1] * kept) / 2 * STEP_S
        total, course = 0.0, np.zeros(len(plasma))
        for n, step in enumerate(steps.tolist(), start=1):
            total = total * kept + step
            course[n] = total
        return course

    def _delayed(self, course: Float, delay_s: float) -> Float:
        return np.asarray(np.interp(self._times_s - delay_s, self._times_s, course, left=0.0), dtype=np.float64)

    def _at(self, course: Float, times_s: ArrayLike) -> Float:
        return np.asarray(np.interp(np.asarray(times_s, dtype=np.float64), self._times_s, course, left=0.0))


def blood_after_parker_mm(times_s: ArrayLike) -> Float:
    """Concentration (mM) in arterial whole blood in the first five minutes; 0 before the bolus arrives."""
    minutes = np.asarray(times_s, dtype=np.float64) / 60
    bolus = np.zeros_like(minutes)
    for area, centre, width in ((0.809, 0.17046, 0.0563), (0.330, 0.365, 0.132)):
        height = area / (width * np.sqrt(2 * np.pi))
        bolus = bolus + height * np.exp(-((minutes - centre) ** 2) / (2 * width**2))
    tail = 1.050 * np.exp(-0.1685 * minutes) / (1 + np.exp(-38.078 * (minutes - 0.483)))
    found: Float = np.where(minutes < 0, 0.0, bolus + tail)
    return found


def plasma_mm(times_s: ArrayLike) -> Float:
    """Concentration (mM) in arterial plasma at any time; 0 before the bolus arrives."""
    seconds = np.asarray(times_s, dtype=np.float64)
    minutes = seconds / 60
    late = 1.206 * 0.1 * (3.99 * np.exp(-0.144 * minutes) + 4.78 * np.exp(-0.0111 * minutes))
    early = blood_after_parker_mm(np.minimum(seconds, PARKER_ENDS_S)) / (1 - HEMATOCRIT)
    found: Float = np.where(seconds <= PARKER_ENDS_S, early, late)
    return found


def _dispersed(course: Float, constant_s: float) -> Float:
    """Smeared by an exponential whose discrete sum is one, so that nothing is gained or lost."""
    kernel = np.exp(-np.arange(0.0, _KERNEL_LENGTH * constant_s, STEP_S) / constant_s)
    smeared: Float = np.convolve(course, kernel / kernel.sum())[: len(course)]
    return smeared
