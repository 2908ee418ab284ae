"""The planes that a person steps through: axial, sagittal and coronal as the planning image itself lies.

The planes follow the image's own rows, columns and slices, so that a slice on screen is an acquired slice and a
contour is drawn where the image was measured, also when the acquisition was oblique, sagittal or feet first. The
way they are looked at is the patient's: see `Plane.axial`, `Plane.sagittal` and `Plane.coronal`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.orientation import direction_letters, plane_name
from workstation.geometry.plane import Plane
from workstation.images.volume import Volume

Float = NDArray[np.float64]

ORIENTATIONS = ("axial", "sagittal", "coronal")

# Screen right and screen down of each view as (patient axis, sign); right x down points away from the viewer.
_LOOKS = {
    "axial": ((0, 1.0), (1, 1.0)),
    "sagittal": ((1, 1.0), (2, -1.0)),
    "coronal": ((0, 1.0), (2, -1.0)),
}


@dataclass(frozen=True, eq=False)
class SlicePlanes:
    """A row of parallel planes.

    plane: screen right, screen down and (away from the viewer) normal, at the patient's origin.
    positions_mm: (n,) ascending along the normal. extent_mm: (u_min, v_min, u_max, v_max) of the image.
    acquired: whether these are the image's own slices (structures are drawn on them as they stand).
    """

    orientation: str
    plane: Plane
    positions_mm: Float
    extent_mm: tuple[float, float, float, float]
    acquired: bool
    _made: dict[int, Plane] = field(default_factory=dict, repr=False)

    def nearest(self, point_mm: ArrayLike) -> int:
        """Number of the plane nearest to a patient point (3,); the first or last one outside of the image."""
        position = float(self.plane.to_plane(point_mm)[2])
        return int(np.argmin(np.abs(self.positions_mm - position)))

    def through(self, point_mm: ArrayLike) -> Plane:
        """The plane of the row that lies nearest to a patient point."""
        number = self.nearest(point_mm)
        if number not in self._made:
            self._made[number] = self.plane.moved(float(self.positions_mm[number]))
        return self._made[number]

    def stepped(self, point_mm: ArrayLike, steps: int) -> Float:
        """A patient point moved to the plane `steps` further away from the viewer, within the image."""
        number = min(max(self.nearest(point_mm) + steps, 0), len(self.positions_mm) - 1)
        u, v, _ = self.plane.to_plane(point_mm)
        return self.plane.to_patient((u, v), float(self.positions_mm[number]))

    def title(self, point_mm: ArrayLike) -> str:
        """Name and position of the plane at a patient point, such as "axial  z +41.5 mm"."""
        shown = self.through(point_mm)
        axis = int(np.argmax(np.abs(shown.normal)))
        position = float(shown.origin_mm @ shown.normal) * float(np.sign(shown.normal[axis]))
        name = plane_name(shown.normal)
        along = "xyz"[axis]
        if name.startswith("oblique"):
            along = direction_letters(shown.normal * np.sign(shown.normal[axis]))
        return f"{name}  {along} {position + 0.0:+.1f} mm"


def slice_planes(volume: Volume, orientation: str) -> SlicePlanes:
    """The row of planes of one of `ORIENTATIONS` through an image, in that image's frame of reference."""
    axes, source = _patient_axes(volume)
    (right, right_sign), (down, down_sign) = _LOOKS[orientation]
    plane = Plane((0.0, 0.0, 0.0), axes[right] * right_sign, axes[down] * down_sign)
    through = 3 - right - down
    corners = plane.to_plane(volume.grid.corners_mm())
    low, high = corners.min(0), corners.max(0)
    acquired = source[through] == 2
    if acquired:
        positions = volume.slice_positions_mm * float(np.sign(plane.normal @ volume.grid.normal))
    else:
        # A tilted gantry shears the image: the spacing still holds, anchored on the first voxel's centre.
        step = float(volume.grid.spacing_mm[source[through]])
        anchor = float(plane.normal @ volume.grid.origin_mm)
        first, last = np.ceil((low[2] - anchor) / step - 1e-6), np.floor((high[2] - anchor) / step + 1e-6)
        positions = anchor + step * np.arange(first, last + 1)
    return SlicePlanes(
        orientation, plane, np.sort(positions), (float(low[0]), float(low[1]), float(high[0]), float(high[1])), acquired
    )


def acquired_orientation(volume: Volume) -> str:
    """Which of `ORIENTATIONS` an image's own slices are nearest to."""
    return next(name for name in ORIENTATIONS if slice_planes(volume, name).acquired)


def content_extent_mm(volume: Volume, planes: SlicePlanes) -> tuple[float, float, float, float]:
    """(u_min, v_min, u_max, v_max) of what is not air around the patient; the whole image where all or nothing is.

    Looked for in a coarse sample: CT above -500 HU, other images above a tenth of their bright values. A couch top
    that lies clear of the patient does not count.
    """
    step = [max(1, n // 64) for n in volume.voxels.shape]
    sample = np.ascontiguousarray(volume.voxels[:: step[0], :: step[1], :: step[2]])
    threshold = -500.0 if volume.modality == "CT" else 0.1 * float(np.percentile(sample, 99))
    content = sample > threshold
    content &= _solid(np.asarray(content.any(axis=0)))
    if not content.any():
        return planes.extent_mm
    # Where along i, j and slice: planes follow these axes, so that a box of indices is all there is to turn into mm.
    ranges = [_inner_range(content.sum(axis=others)) for others in ((0, 1), (0, 2), (1, 2))]
    corners = [[end * s for end, s in zip(ends, step[::-1], strict=True)] for ends in itertools.product(*ranges)]
    uv = planes.plane.to_plane(volume.grid.to_patient(corners))[:, :2]
    low, high = uv.min(axis=0), uv.max(axis=0)
    # The sample's own coarseness is added on every side.
    room = float((volume.grid.spacing_mm * step[::-1]).max())
    u0, v0, u1, v1 = planes.extent_mm
    return (
        max(u0, float(low[0]) - room), max(v0, float(low[1]) - room),
        min(u1, float(high[0]) + room), min(v1, float(high[1]) + room),
    )  # fmt: skip


def _inner_range(counts: NDArray[np.int64]) -> tuple[int, int]:
    """First and last place of a histogram without the outermost 0.2 %: a bright spot in the air must not matter."""
    share = np.cumsum(counts) / counts.sum()
    return int(np.searchsorted(share, 0.002, side="right")), int(np.searchsorted(share, 0.998))


def _solid(seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Those pieces of a silhouette (rows, columns) that are somewhere three pixels thick; all of it when none is.

    Patients are, couch tops and cables are not.
    """
    core = ~_dilated(~seen)
    if not core.any():
        return seen
    grown, before = core, np.zeros_like(core)
    while (grown != before).any():
        before, grown = grown, _dilated(grown) & seen
    return grown


def _dilated(seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A picture grown by one pixel to all eight sides."""
    rows = seen.copy()
    rows[1:] |= seen[:-1]
    rows[:-1] |= seen[1:]
    out = rows.copy()
    out[:, 1:] |= rows[:, :-1]
    out[:, :-1] |= rows[:, 1:]
    return out


def _patient_axes(volume: Volume) -> tuple[Float, tuple[int, int, int]]:
    """The image's orthonormal axes (3, 3) nearest to patient x, y, z, as rows, and which of i, j, slice each is.

    The slices' plane is kept exactly: a sheared image gives its true normal instead of its k axis.
    """
    normal = volume.grid.normal
    first = volume.grid.direction[:, 0]
    own = np.stack([first, np.cross(normal, first), normal])
    best = max(itertools.permutations(range(3)), key=lambda order: sum(abs(own[order[a], a]) for a in range(3)))
    axes = np.stack([own[best[a]] * (1.0 if own[best[a], a] >= 0 else -1.0) for a in range(3)])
    return axes, (best[0], best[1], best[2])
