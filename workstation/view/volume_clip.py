"""Cutting the 3D view open at a point: planes along the patient's axes, each keeping one side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

CUTS = ("axial", "sagittal", "coronal")
"""The planes that can cut."""

# What is kept at first: the side that one looks at from above, from the left, from the front.
_KEPT: dict[str, tuple[float, float, float]] = {
    "axial": (0.0, 0.0, -1.0),
    "sagittal": (-1.0, 0.0, 0.0),
    "coronal": (0.0, 1.0, 0.0),
}


@dataclass(frozen=True)
class Cut:
    """One plane of `CUTS`. flipped False keeps what lies inferior, to the right or posterior of it, True the rest."""

    plane: str
    flipped: bool = False

    @property
    def kept(self) -> Float:
        """(3,) unit patient direction (LPS) into the side that is kept."""
        direction = np.array(_KEPT[self.plane])
        return -direction if self.flipped else direction


@dataclass(frozen=True)
class ClipPlane:
    """A plane through a patient point (mm); `kept` is a unit direction into the side that stays."""

    point_mm: tuple[float, float, float]
    kept: tuple[float, float, float]

    def keeps(self, points_mm: ArrayLike) -> NDArray[np.bool_]:
        """Whether patient points (..., 3) lie on the side that stays."""
        offset = np.asarray(points_mm, dtype=np.float64) - self.point_mm
        return np.asarray(offset @ np.array(self.kept) >= 0.0)


def clip_planes(
    cuts: Iterable[Cut], point_mm: ArrayLike, turns: Mapping[str, Float] | None = None
) -> tuple[ClipPlane, ...]:
    """The planes of some cuts through a patient point (3,); only what all of them keep stays.

    turns: rotation (3, 3) of each plane that was turned away from the patient's axes, by name.
    """
    x, y, z = (float(v) for v in np.asarray(point_mm, dtype=np.float64))
    planes = []
    for cut in cuts:
        kept = cut.kept if turns is None or cut.plane not in turns else turns[cut.plane] @ cut.kept
        planes.append(ClipPlane((x, y, z), (float(kept[0]), float(kept[1]), float(kept[2]))))
    return tuple(planes)


def facing(plane: str, towards_viewer: ArrayLike) -> Cut:
    """The cut by a plane of `CUTS` that takes away the side nearer to the viewer."""
    cut = Cut(plane)
    return cut if float(cut.kept @ np.asarray(towards_viewer, dtype=np.float64)) <= 0.0 else Cut(plane, True)


def cuts_of(flipped: Mapping[str, bool]) -> tuple[Cut, ...]:
    """Cuts in the order of `CUTS`, from plane -> flipped; other names are left out."""
    return tuple(Cut(plane, bool(flipped[plane])) for plane in CUTS if plane in flipped)
