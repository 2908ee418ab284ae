"""The sequence of a Deformable Spatial Registration (DICOM PS3.3 C.20.3): matrix, grid of displacements, matrix.

For a point x of the registered (fixed) frame the object says where to look in the source (moving) frame:
post(y + u(y)) with y = pre(x). That is the direction of `Registration.fixed_to_moving`, against that of the matrix
of a Spatial Registration. Grids are right-handed and orthogonal: a left-handed one is written last slice first, the
same vectors at the same places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from workstation.dicom.errors import DicomError
from workstation.dicom.registration_object import decimal_string, image_references, matrix_step, type_codes
from workstation.dicom.registration_words import FIXED_SIDE, state_in_words
from workstation.fusion.map_figures import affine_part
from workstation.fusion.registration import Registration
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep, SpatialMap, sampled_on
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume

DEFORMABLE_SOP_CLASS = "1.2.840.10008.5.1.4.1.1.66.3"

SQUARE = 1e-6
FINEST_SAMPLE_MM, MOST_SAMPLES = 1.0, 3_000_000
LARGEST_DATA_BYTES = 1 << 30


@dataclass(frozen=True, eq=False)
class Written:
    """A map as DICOM holds one: x to after(y + u(y)) with y = before(x); note: what it cost, "" for nothing."""

    before: Transform
    field: DisplacementField
    after: Transform
    note: str = ""


def deformable_items(registration: Registration, whole: Deformation, fixed: Volume, moving: Volume) -> list[Dataset]:
    """Deformable Registration Sequence: the fixed frame as it is, and the moving frame through the deformation."""
    written = as_written(whole, fixed.grid)
    own, bent = Dataset(), Dataset()
    for item, volume, frame_uid, comment in (
        (own, fixed, registration.fixed_frame_uid, written.note or FIXED_SIDE),
        (bent, moving, registration.moving_frame_uid, state_in_words(registration)),
    ):
        item.SourceFrameOfReferenceUID = frame_uid
        references = image_references(volume)
        if references:
            item.ReferencedImageSequence = references
        item.FrameOfReferenceTransformationComment = comment
        item.RegistrationTypeCodeSequence = type_codes(registration) if item is bent else []
    bent.PreDeformationMatrixRegistrationSequence = [matrix_step(written.before.matrix)]
    bent.PostDeformationMatrixRegistrationSequence = [matrix_step(written.after.matrix)]
    bent.DeformableRegistrationGridSequence = [_grid_item(written.field)]
    return [own, bent]


def as_written(whole: Deformation, fixed_grid: Grid) -> Written:
    """One field between two affine maps: the steps themselves where they are that, else sampled over the image."""
    bending = [step for step in whole.steps if isinstance(step, FieldStep)]
    if len(bending) != 1 or bending[0].inverted or not _is_square(bending[0].field.grid):
        return _sampled(whole, fixed_grid)
    at = whole.steps.index(bending[0])
    before, after = affine_part(Deformation(whole.steps[:at])), affine_part(Deformation(whole.steps[at + 1 :]))
    return Written(before, bending[0].field, after)


def _sampled(whole: Deformation, fixed_grid: Grid) -> Written:
    """The part of a chain that bends, sampled once; its affine part stays exact, within the grid and beyond."""
    affine = affine_part(whole)
    bending = affine.inverse().after(whole)
    finest = min((float(field.grid.spacing_mm.min()) for field in whole.fields), default=FINEST_SAMPLE_MM)
    grid = lattice_over(fixed_grid, max(FINEST_SAMPLE_MM, finest))
    field = sampled_on(bending, grid)
    off_mm = _largest_error_mm(bending, field)
    note = f"chain sampled every {grid.spacing_mm[0]:.2g} mm, off by up to {off_mm:.2g} mm"
    return Written(Transform.identity(), field, affine, note)


def lattice_over(grid: Grid, spacing_mm: float) -> Grid:
    """A right-handed lattice with equal sides over all voxels of a grid; coarser where it would hold too many nodes."""
    row, normal = grid.direction[:, 0], grid.normal
    axes = np.stack([row, np.cross(normal, row), normal], axis=1)
    along = grid.corners_mm() @ axes
    low, high = along.min(0), along.max(0)
    step = max(spacing_mm, float(np.prod(high - low) / MOST_SAMPLES) ** (1 / 3))
    size = np.ceil((high - low) / step - 1e-9).astype(int) + 1
    return Grid(axes @ low, (step, step, step), axes, size)


def _largest_error_mm(whole: SpatialMap, field: DisplacementField) -> float:
    """The largest distance (mm) between a map and its field, looked for in the middle of up to 20,000 cells."""
    cells = [max(1, n - 1) for n in field.grid.size]
    step = max(1, round((np.prod(cells) / 20_000) ** (1 / 3)))
    axes = [np.arange(0, n, step) + (0.5 if n > 1 else 0.0) for n in cells]
    points = field.grid.to_patient(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3))
    return float(np.linalg.norm(points + field.at(points) - whole.apply(points), axis=1).max())


def _is_square(grid: Grid) -> bool:
    return bool(np.allclose(grid.direction.T @ grid.direction, np.eye(3), atol=SQUARE))


def _grid_item(field: DisplacementField) -> Dataset:
    grid, vectors = _right_handed(field)
    if vectors.nbytes > LARGEST_DATA_BYTES:
        raise DicomError("The deformation has too many nodes to be written as one DICOM object; use a coarser lattice")
    item = Dataset()
    item.ImagePositionPatient = [decimal_string(v) for v in grid.origin_mm]
    item.ImageOrientationPatient = [decimal_string(v) for v in grid.direction[:, :2].T.ravel()]
    item.GridDimensions = [int(n) for n in grid.size]
    item.GridResolution = [float(s) for s in grid.spacing_mm]
    item.VectorGridData = vectors.astype("<f4", copy=False).tobytes()
    return item


def _right_handed(field: DisplacementField) -> tuple[Grid, NDArray[np.float32]]:
    """Grid and vectors with slices along row x column, which is the only order that DICOM's grid knows."""
    grid = field.grid
    if np.linalg.det(grid.direction) > 0:
        return grid, field.displacement_mm
    direction = grid.direction * (1, 1, -1)
    last = grid.to_patient((0, 0, grid.size[2] - 1))
    return Grid(last, grid.spacing_mm, direction, grid.size), np.ascontiguousarray(field.displacement_mm[::-1])
