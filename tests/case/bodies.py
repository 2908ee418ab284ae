"""Small images and drawings of known size, for tests of the case and of what edits and stores it."""

from __future__ import annotations

import numpy as np

from workstation.case.case import Case
from workstation.case.commands import AddImage, AddStructure, EditContours
from workstation.case.contents import Contents
from workstation.case.new_structure import derived_structure, new_structure
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.images.volume import Volume
from workstation.measurements.measurement import Measurement, new_measurement
from workstation.structures.recipe import Margin, Recipe
from workstation.structures.structure import ContourStack, PlanarContours, Structure

FRAME = "1.2.3.4"


def image(key: str = "ct", size: tuple[int, int, int] = (40, 40, 24), frame: str = FRAME, value: int = 0) -> Volume:
    """An axial image of 2 x 2 x 3 mm voxels around the origin; one of its slices lies at 0."""
    grid = Grid((-size[0] + 1.0, -size[1] + 1.0, -36.0), (2.0, 2.0, 3.0), np.eye(3), size)
    voxels = np.full(grid.shape, value, np.int16)
    return Volume(key, voxels, grid, "CT", "HU", f"Image {key}", series_uid=key, frame_of_reference_uid=frame)


def disc(radius_mm: float, centre: tuple[float, float] = (0.0, 0.0), points: int = 48) -> Region:
    """A round region."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return Region([np.column_stack([np.cos(angle), np.sin(angle)]) * radius_mm + centre])


def ball(case: Case, radius_mm: float) -> tuple[PlanarContours, ...]:
    """A ball around the origin on the slices of a case."""
    heights = [float(w) for w in case.slice_positions_mm if abs(w) < radius_mm]
    return tuple(PlanarContours(w, disc(float(np.sqrt(radius_mm**2 - w**2)))) for w in heights)


def case_with_gtv(radius_mm: float = 10.0) -> tuple[Case, str]:
    """A case on one image with a ball called GTV, and the ball's identifier."""
    case = Case()
    case.do(AddImage(image()))
    gtv = new_structure(case, "GTV")
    case.do(AddStructure(gtv))
    case.do(EditContours(gtv.identifier, ball(case, radius_mm), "Draw"))
    return case, gtv.identifier


def add_derived(case: Case, name: str, source: str, margin_mm: float) -> str:
    """A structure that follows `source` with a uniform margin; its identifier."""
    made = derived_structure(case, name, name[:3], Recipe(source, Margin.uniform(margin_mm)))
    case.do(AddStructure(made))
    return made.identifier


def measurement(case: Case, kind: str = "distance", size_mm: float = 5.0, plane: Plane | None = None) -> Measurement:
    """A measurement of a kind on a plane (axial at 0), not yet part of the case."""
    corners = {
        "angle": [(size_mm, 0.0), (0.0, 0.0), (0.0, size_mm)],
        "freehand": [(0.0, 0.0), (size_mm, 0.0), (size_mm, size_mm), (0.1, size_mm)],
    }.get(kind, [(-size_mm, -1.0), (size_mm, size_mm / 3)])
    on = plane or Plane.axial(0.0)
    return new_measurement(kind, on.to_patient(corners), on, FRAME, case.measurements.values(), list(case.images))


def same_stack(first: ContourStack, second: ContourStack) -> bool:
    """Whether two stacks are equal to the last bit."""
    return (
        np.array_equal(first.plane.axes, second.plane.axes)
        and np.array_equal(first.plane.origin_mm, second.plane.origin_mm)
        and first.slice_spacing_mm == second.slice_spacing_mm
        and len(first.slices) == len(second.slices)
        and all(
            a.position_mm == b.position_mm
            and a.imported == b.imported
            and len(a.region.rings) == len(b.region.rings)
            and all(np.array_equal(r, s) for r, s in zip(a.region.rings, b.region.rings, strict=True))
            for a, b in zip(first.slices, second.slices, strict=True)
        )
    )


def described(structure: Structure) -> tuple[object, ...]:
    """Everything about a structure but its contours."""
    return (
        structure.identifier, structure.number, structure.name, structure.color, structure.interpreted_type,
        structure.frame_of_reference_uid, structure.recipe, structure.state, structure.locked, structure.loose,
        structure.generation_algorithm, structure.warnings, structure.evidence,
    )  # fmt: skip


def differences(first: Contents, second: Contents) -> list[str]:
    """What differs between two contents, to the last bit; empty when nothing does."""
    found = [table for table in ("images", "structures", "registrations", "measurements")
             if list(getattr(first, table)) != list(getattr(second, table))]
    if (first.planning_key, first.surface_model) != (second.planning_key, second.surface_model):
        found.append("settings")
    for key in first.structures.keys() & second.structures.keys():
        a, b = first.structures[key], second.structures[key]
        if described(a) != described(b):
            found.append(f"{a.name}: {described(a)} / {described(b)}")
        if not same_stack(a.stack, b.stack):
            found.append(f"{a.name}: contours")
    for key in first.registrations.keys() & second.registrations.keys():
        p, q = first.registrations[key], second.registrations[key]
        if not np.array_equal(p.fixed_to_moving.matrix, q.fixed_to_moving.matrix) or p.quality != q.quality:
            found.append(f"registration {key}")
    for key in first.measurements.keys() & second.measurements.keys():
        if as_values(first.measurements[key]) != as_values(second.measurements[key]):
            found.append(f"measurement {key}")
    return found


def as_values(measurement: Measurement) -> tuple[object, ...]:
    """Everything about a measurement, to the last bit."""
    plane = measurement.plane
    return (
        measurement.identifier, measurement.number, measurement.name, measurement.kind, measurement.color,
        measurement.points_mm.tobytes(), plane.origin_mm.tobytes(), plane.axes.tobytes(),
        measurement.frame_of_reference_uid, measurement.image_keys,
    )  # fmt: skip
