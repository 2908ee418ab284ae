"""Deformable Spatial Registration objects (DICOM PS3.3 A.39.2, C.20.3), read as maps from fixed to moving points.

Direction. For a point x of the registered frame, which is the Frame of Reference of the object itself, an item says
where the same anatomy lies in its source frame: post(y + u(y)) with y = pre(x). That is our `fixed_to_moving` with
the registered frame as the fixed one.

Grids of other systems: slices run along row x column, whatever the patient's position; a negative resolution runs
backwards; vectors that are not a number say that nothing is known there. Some systems spread matrix, grid and matrix
of one frame over several items.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.dicom.errors import DicomError
from workstation.dicom.registration_matrix import Matrix, matrix_of
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep, SpatialMap, chained
from workstation.geometry.errors import GeometryError
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform

MOST_NODES = 1 << 27


@dataclass(frozen=True, eq=False)
class _Part:
    """What one item, or several of one source frame together, say. undefined: share of nodes without a vector."""

    before: Matrix | None = None
    field: DisplacementField | None = None
    after: Matrix | None = None
    undefined: float = 0.0

    @property
    def map(self) -> SpatialMap:
        steps: list[SpatialMap] = [] if self.before is None else [Transform(self.before)]
        if self.field is not None:
            steps.append(Deformation((FieldStep(self.field),)))
        if self.after is not None:
            steps.append(Transform(self.after))
        return chained(steps)


def source_maps(dataset: Any, little_endian: bool = True) -> list[tuple[str, SpatialMap, dict[str, Any]]]:
    """For every source frame: its UID, the map from the registered frame's points into it, and what is odd about it.

    little_endian: the byte order of the file, which pydicom leaves as it is in a grid. An item that repeats the
    registered frame and moves nothing is left out. Raises DicomError for what can't be read.
    """
    own = str(dataset.get("FrameOfReferenceUID", ""))
    listed = list(dataset.get("DeformableRegistrationSequence") or ())
    if not listed:
        raise DicomError("holds no registered frames")
    if not own:
        raise DicomError("does not name the frame of reference that it registers into")
    parts: dict[str, list[_Part]] = {}
    for item in listed:
        parts.setdefault(str(item.get("SourceFrameOfReferenceUID", "")), []).append(_part(item, little_endian))
    found = []
    for uid, several in parts.items():
        for part in _joined(several):
            whole = part.map
            if uid == own and whole.is_identity(1e-9):
                continue
            if not uid:
                raise DicomError("does not name the frames of reference that it relates")
            odd = {"undefined_fraction": round(part.undefined, 4)} if part.undefined else {}
            found.append((uid, whole, odd))
    return found


def _joined(several: list[_Part]) -> list[_Part]:
    """One part where each of matrix, grid and matrix is given at most once among them, else each as it is."""
    kinds = [[getattr(part, name) is not None for part in several] for name in ("before", "field", "after")]
    if len(several) == 1 or any(sum(kind) > 1 for kind in kinds):
        return several
    merged = _Part()
    for part in several:
        merged = _Part(
            part.before if part.before is not None else merged.before,
            part.field if part.field is not None else merged.field,
            part.after if part.after is not None else merged.after,
            max(part.undefined, merged.undefined),
        )
    return [merged]


def _part(item: Any, little_endian: bool) -> _Part:
    grids = list(item.get("DeformableRegistrationGridSequence") or ())
    if len(grids) > 1:
        raise DicomError("holds several deformation grids for one frame, where only one may be")
    field, undefined = _field(grids[0], little_endian) if grids else (None, 0.0)
    return _Part(
        _single_matrix(item.get("PreDeformationMatrixRegistrationSequence")), field,
        _single_matrix(item.get("PostDeformationMatrixRegistrationSequence")), undefined,
    )  # fmt: skip


def _single_matrix(sequence: Iterable[Any] | None) -> Matrix | None:
    """The matrices of a sequence in the order listed, as one; None where there is none."""
    total: Matrix | None = None
    for step in sequence or ():
        total = matrix_of(step) if total is None else matrix_of(step) @ total
    return total


def _field(item: Any, little_endian: bool) -> tuple[DisplacementField, float]:
    """The displacement field of a grid item, and the share of its nodes that had no vector."""
    size = _numbers(item, "GridDimensions", 3).astype(int)
    if (size < 1).any() or np.prod(size.astype(float)) > MOST_NODES:
        raise DicomError(f"holds a deformation grid of {' x '.join(map(str, size))} nodes, which can't be")
    data = item.get("VectorGridData") or b""
    i, j, k = (int(n) for n in size)
    if len(data) != 12 * i * j * k:
        needed = f"its grid of {i} x {j} x {k} nodes needs {12 * i * j * k}"
        raise DicomError(f"holds {len(data)} bytes of displacements where {needed}")
    vectors = np.frombuffer(data, "<f4" if little_endian else ">f4").reshape(k, j, i, 3)
    resolution = _numbers(item, "GridResolution", 3)
    if (resolution == 0).any():
        raise DicomError(f"holds a deformation grid with a resolution of {resolution.tolist()} mm, which can't be")
    axes = _axes(_numbers(item, "ImageOrientationPatient", 6)) * np.sign(resolution)
    grid = Grid(_numbers(item, "ImagePositionPatient", 3), np.abs(resolution), axes, (i, j, k))
    known, undefined = _filled(vectors)
    try:
        return DisplacementField(grid, known), undefined
    except GeometryError as error:
        raise DicomError(f"holds a deformation that can't be used: {error}") from error


def _axes(orientation: NDArray[np.float64]) -> Matrix:
    """(3, 3) columns: row, column and slice direction, made exactly orthonormal."""
    row, column = orientation[:3], orientation[3:]
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if abs(lengths[0] - 1) > 0.01 or abs(lengths[1] - 1) > 0.01 or abs(row @ column) > 0.01:
        raise DicomError("holds a deformation grid whose rows and columns are not at right angles")
    u, _, vt = np.linalg.svd(np.stack([row, column, np.cross(row, column)], axis=1))
    axes: Matrix = u @ vt
    return axes


def _filled(vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Vectors (k, j, i, 3) with the undefined ones taken from their defined neighbours along i, then j, then k."""
    undefined = np.isnan(vectors).any(-1)
    share = float(undefined.mean())
    if not share:
        return vectors, 0.0
    if share == 1.0:
        raise DicomError("holds a deformation that is defined nowhere")
    values = np.array(vectors)
    for axis in (2, 1, 0):
        for backwards in (False, True):
            _carry(values, axis, backwards)
    return values, share


def _carry(values: NDArray[np.float32], axis: int, backwards: bool) -> None:
    """Fill undefined vectors in place with the last defined one before them along an axis."""
    along = np.moveaxis(values, axis, 0)
    along = along[::-1] if backwards else along
    for n in range(1, len(along)):
        missing = np.isnan(along[n]).any(-1)
        along[n][missing] = along[n - 1][missing]


def _numbers(item: Any, keyword: str, count: int) -> NDArray[np.float64]:
    values = item.get(keyword)
    try:
        found = np.array([float(v) for v in values], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DicomError(f"holds a deformation grid without its {keyword}") from error
    if found.shape != (count,) or not np.isfinite(found).all():
        raise DicomError(f"holds a deformation grid whose {keyword} is not {count} numbers")
    return found
