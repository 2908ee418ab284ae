"""Grey values of a region or of a whole structure in an image: mean, spread, extremes and percentiles."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.deformation import SpatialMap
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, silent
from workstation.measurements.measurement import Measurement
from workstation.measurements.pixels import pixels_in
from workstation.measurements.shapes import region_of_measurement
from workstation.structures.carried import carried_stack, planes_of
from workstation.structures.planar import area_mm2
from workstation.structures.rasterise import mask_of
from workstation.structures.structure import ContourStack
from workstation.structures.surface_model import DEFAULT_SURFACE_MODEL
from workstation.structures.volume import volume_cc

Float = NDArray[np.float64]

HALF = 0.5
INSIDE = "voxel centres"
"""The rule of structures: a voxel counts as a whole when its centre lies inside."""


@dataclass(frozen=True)
class Statistics:
    """What an image holds inside of something.

    mean, sd: weighted by the share of each pixel inside; sd is of these pixels themselves (divided by n, not n - 1).
    minimum, maximum, median, p5, p95: of the pixels of which at least half lies inside (where there is none, of all
        that are touched); percentiles are interpolated between sorted values.
    count: pixels inside, parts added up. area_mm2: of a region. volume_cc: of a structure, by its surface model.
    covered: share of the region or structure that lies in the image, 0 to 1; the figures are about that part.
    rule: "acquired voxels" or "interpolated" (`workstation.measurements.pixels`), "voxel centres" for structures.
    All None where nothing lies in the image.
    """

    mean: float | None
    sd: float | None
    minimum: float | None
    maximum: float | None
    median: float | None
    p5: float | None
    p95: float | None
    count: float
    covered: float
    rule: str
    unit: str = ""
    area_mm2: float | None = None
    volume_cc: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON values; "min" and "max" are spelled so."""
        values = asdict(self)
        return {{"minimum": "min", "maximum": "max"}.get(name, name): value for name, value in values.items()}


def region_statistics(
    volume: Volume, plane: Plane, region: Region, to_image: SpatialMap | None = None, area: float | None = None
) -> Statistics:
    """The figures of an image in a region, (u, v) mm of a plane.

    to_image: takes points of the plane's frame of reference to the image's. area: of the region in mm², where it is
    known better than its polygon says.
    """
    found = pixels_in(volume, plane, region, to_image)
    own_area = area_mm2(region) if area is None else area
    return _figures(found.values, found.weights, found.covered, found.rule, volume.unit, own_area, None)


def measurement_statistics(measurement: Measurement, volume: Volume, to_image: SpatialMap | None = None) -> Statistics:
    """The figures of an image in a region that was measured."""
    return region_statistics(volume, measurement.plane, region_of_measurement(measurement), to_image)


def structure_statistics(
    stack: ContourStack,
    volume: Volume,
    to_image: SpatialMap | None = None,
    *,
    surface_model: str = DEFAULT_SURFACE_MODEL,
    whole_cc: float | None = None,
    progress: Progress = silent,
) -> Statistics:
    """The figures of an image in a whole structure: of every voxel whose centre lies in it.

    Between drawn slices, and on grids that lie otherwise, the surface model says what is inside.
    to_image: takes points of the structure's frame of reference to the image's: a registration's `fixed_to_moving`.
    whole_cc: the structure's volume where it is known; by default it is computed. Raises StructureError.
    """
    progress(0.0, "Looking up the structure in the image")
    if to_image is not None and not isinstance(to_image, Transform):
        stack = carried_stack(stack, to_image.inverse(), planes_of(volume), surface_model=surface_model)
        to_image = None
    grid = volume.grid if to_image is None else _moved(volume.grid, to_image.inverse())
    mask = mask_of(stack, grid, surface_model)
    progress(0.7, "Looking up the structure in the image")
    i, j, k = mask.start
    depth, height, width = mask.voxels.shape
    part = volume.voxels[k : k + depth, j : j + height, i : i + width]
    values = part[mask.voxels].astype(np.float64)
    whole_cc = volume_cc(stack, surface_model) if whole_cc is None else whole_cc
    covered = _covered(stack, grid, mask.volume_cc, whole_cc)
    return _figures(values, np.ones(len(values)), covered, INSIDE, volume.unit, None, whole_cc)


def _covered(stack: ContourStack, grid: Grid, found_cc: float, whole_cc: float) -> float:
    """The share of a structure that lies in a grid: 1 when its box does, else by volume."""
    bounds = stack.bounds_mm()
    if bounds is None or whole_cc <= 0:
        return 0.0
    corners = np.array([[bounds[b >> a & 1][a] for a in range(3)] for b in range(8)])
    inside = grid.contains(corners @ stack.plane.axes + stack.plane.origin_mm)
    return 1.0 if inside.all() and found_cc > 0 else min(found_cc / whole_cc, 1.0)


def _moved(grid: Grid, transform: Transform) -> Grid:
    """A grid whose voxels lie where an affine map takes them."""
    matrix = transform.matrix @ grid.matrix
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    return Grid(matrix[:3, 3], spacing, matrix[:3, :3] / spacing, grid.size)


def _figures(
    values: Float, weights: Float, covered: float, rule: str, unit: str, area: float | None, cubic: float | None
) -> Statistics:
    count = float(weights.sum())
    if not len(values) or count <= 0:
        return Statistics(None, None, None, None, None, None, None, 0.0, 0.0, rule, unit, area, cubic)
    mean = float((values * weights).sum() / count)
    variance = float((weights * (values - mean) ** 2).sum() / count)
    most = values[weights >= HALF - 1e-9]
    most = most if len(most) else values
    p5, median, p95 = (float(v) for v in np.percentile(most, (5, 50, 95)))
    return Statistics(
        mean=mean, sd=float(np.sqrt(variance)), minimum=float(most.min()), maximum=float(most.max()),
        median=median, p5=p5, p95=p95, count=count, covered=covered, rule=rule, unit=unit,
        area_mm2=area, volume_cc=cubic,
    )  # fmt: skip
