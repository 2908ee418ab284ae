"""The signals of all phases on one grid: aligned, brought to one scale, with their noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from workstation.enhancement.alignment import AlignedPhase
from workstation.enhancement.errors import EnhancementError
from workstation.enhancement.noise import noise_sd
from workstation.geometry.grid import Grid
from workstation.images.resample import resample
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, silent

Single = NDArray[np.float32]
Float = NDArray[np.float64]

LEAST_TISSUE = 0.25
"""Of the bright tissue before contrast: below is air or bone, which says nothing about a scanner's gain."""
OUTSIDE = -32768.0
"""Stands for what an image does not reach; no signal is as low."""
SAMPLED = 200_000
SAME_GAIN = 0.03
"""Gains that differ by less are taken as the same: tissue that enhances a little is no change of the scanner."""
FEWEST_VOXELS = 30
LEAST_SHADING = np.float32(0.05)
MOST_ENHANCED = 1.6
"""Muscle becomes some 1.2 times as bright, vessels more than twice."""


@dataclass(frozen=True, eq=False)
class PhaseStack:
    """Signals of n phases, in the order of time, on one grid of the reference phase's frame of reference.

    signals: (n, k, j, i) float32, on one scale. noise: (n,) deviation of each phase's noise on that scale.
    gains: (n,) what each phase was divided by. covered: (k, j, i) where every phase has data.
    before: number of the phase before contrast, None where there is none.
    """

    grid: Grid
    frame_of_reference_uid: str
    aligned: tuple[AlignedPhase, ...]
    signals: Single
    noise: Float
    gains: Float
    covered: NDArray[np.bool_]
    before: int | None

    @property
    def names(self) -> tuple[str, ...]:
        """What the phases are called."""
        return tuple(a.phase.name for a in self.aligned)

    @property
    def times_s(self) -> tuple[float | None, ...]:
        """Seconds from the contrast."""
        return tuple(a.phase.time_s for a in self.aligned)

    @property
    def after(self) -> tuple[int, ...]:
        """Numbers of the phases with contrast."""
        return tuple(n for n in range(len(self.aligned)) if n != self.before)

    @cached_property
    def enhancement(self) -> Single:
        """(n, k, j, i) signal above that before contrast; the signal itself where there is no such phase."""
        if self.before is None:
            return self.signals
        found: Single = self.signals - self.signals[self.before]
        return found


def stack_phases(
    aligned: Sequence[AlignedPhase],
    grid: Grid,
    frame_of_reference_uid: str,
    *,
    gains: Float | None = None,
    reference_tissue: NDArray[np.bool_] | None = None,
    shading: Volume | None = None,
    progress: Progress = silent,
) -> PhaseStack:
    """Look every phase up on a grid of the reference phase's frame, once, and bring it to one scale.

    gains: of each phase, where they are known already. reference_tissue: (k, j, i) voxels that tell them, such as
    muscle; by default tissue that does not enhance does. EnhancementError where that tissue enhances as vessels do.
    shading: what the coil multiplies signals by (see `workstation.images.shading`); it stays where it is while the
    patient moves.
    """
    signals = np.empty((len(aligned), *grid.shape), np.float32)
    covered = np.ones(grid.shape, bool)
    noise = np.empty(len(aligned))
    for n, each in enumerate(aligned):
        progress(n / len(aligned), f"Looking up {each.phase.name}")
        volume = each.phase.volume if shading is None else without_shading(each.phase.volume, shading)
        found = resample(volume, grid, each.to_phase, OUTSIDE, frame_of_reference_uid=frame_of_reference_uid)
        signals[n] = found.voxels
        covered &= np.isfinite(signals[n]) & (signals[n] != OUTSIDE)
        noise[n] = noise_sd(volume.voxels)
    signals[:, ~covered] = 0.0
    before = next((n for n, each in enumerate(aligned) if each.phase.name.startswith("pre")), None)
    if gains is not None:
        told = np.asarray(gains, dtype=np.float64)
    elif reference_tissue is not None:
        told = gains_in(signals, covered & reference_tissue, before or 0)
    else:
        told = common_gains(signals, covered, before or 0)
    signals /= told[:, None, None, None].astype(np.float32)
    progress(1.0, "The phases are on one grid")
    return PhaseStack(grid, frame_of_reference_uid, tuple(aligned), signals, noise / told, told, covered, before)


def without_shading(volume: Volume, shading: Volume) -> Volume:
    """An image with its signals divided by the coil's sensitivity, float32."""
    field = shading
    if not volume.grid.same_as(shading.grid):
        field = resample(shading, volume.grid, fill=1.0)
    return replace(volume, voxels=(volume.voxels / np.maximum(field.voxels, LEAST_SHADING)).astype(np.float32))


def gains_in(signals: Single, tissue: NDArray[np.bool_], reference: int) -> Float:
    """(n,) by what each phase's signals are larger than the reference's in a tissue (k, j, i)."""
    if np.count_nonzero(tissue) < FEWEST_VOXELS:
        raise EnhancementError("The structure that is to tell the phases' scale holds too few voxels near the click")
    medians = np.median(signals[:, tissue].astype(np.float64), axis=1)
    if medians.min() <= 0:
        raise EnhancementError("The structure that is to tell the phases' scale holds no signal")
    found: Float = medians / medians[reference]
    if found.max() > MOST_ENHANCED:
        raise EnhancementError(
            f"The structure that is to tell the phases' scale becomes {found.max():.1f} times as bright with contrast, "
            "as vessels do: choose muscle, fat or CSF"
        )
    return found


def common_gains(signals: Single, covered: NDArray[np.bool_], reference: int) -> Float:
    """(n,) by what each phase's signals are larger than the reference's in tissue that does not enhance.

    The most common ratio (half-sample mode) among the half of the tissue that enhances least: fat, brain, marrow.
    """
    base = signals[reference]
    bright = float(np.percentile(base[covered], 95)) if covered.any() else 0.0
    tissue = covered & (base > LEAST_TISSUE * bright)
    places = np.flatnonzero(tissue)
    if len(places) < 100 or bright <= 0:
        return np.ones(len(signals))
    places = places[:: max(1, len(places) // SAMPLED)]
    gains = np.ones(len(signals))
    for n, signal in enumerate(signals):
        if n != reference:
            ratios = np.sort(np.log(np.maximum(signal.ravel()[places], 1e-3) / base.ravel()[places]))
            gains[n] = float(np.exp(_mode(ratios[: max(50, len(ratios) // 2)])))
    gains[np.abs(gains - 1.0) < SAME_GAIN] = 1.0
    return gains


def _mode(ordered: Float) -> float:
    """The half-sample mode of ascending values (D. R. Bickel, Comput Stat Data Anal 39:153, 2002)."""
    while len(ordered) > 3:
        half = (len(ordered) + 1) // 2
        widths = ordered[half - 1 :] - ordered[: len(ordered) - half + 1]
        first = int(np.argmin(widths))
        ordered = ordered[first : first + half]
    return float(np.median(ordered))
