"""What is done to whole slices of the active structure: copy from a neighbour, clear, fill holes, find the next one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workstation.case.case import Case
from workstation.editing.desk import Desk
from workstation.editing.footprint import canvas_for
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.planar import polygon_of, region_of, union
from workstation.structures.structure import POSITION_TOLERANCE_MM, PlanarContours


def next_drawn_position(case: Case, identifier: str, position_mm: float, step: int) -> float | None:
    """Position of the next drawn plane above (step > 0) or below, in the structure's stack; None at the end."""
    positions = case.stack(identifier).positions_mm
    if step > 0:
        above = positions[positions > position_mm + POSITION_TOLERANCE_MM]
        return float(above[0]) if len(above) else None
    below = positions[positions < position_mm - POSITION_TOLERANCE_MM]
    return float(below[-1]) if len(below) else None


def copy_neighbour(desk: Desk, plane: Plane, step: int) -> bool:
    """Replace what is drawn on the shown slice by what the nearest drawn slice above (step > 0) or below has.

    One step of the history. False, after the desk said why, when there is none within five slices or the
    structure refuses.
    """
    structure = desk.structure
    shown = _shown_position(desk, plane)
    if structure is None or shown is None:
        return False
    source = next_drawn_position(desk.case, structure.identifier, shown, step)
    side = "above" if step > 0 else "below"
    if source is None or abs(source - shown) > 5.5 * structure.stack.slice_spacing_mm:
        desk.refused.emit(f"{structure.name} has no contour on the slices {side} to copy")
        return False
    copied = desk.case.region_at(structure.identifier, source)
    return _replace(desk, "Copy contour of", shown, lambda _: copied)


def clear_slice(desk: Desk, plane: Plane) -> bool:
    """Remove what is drawn on the shown slice."""
    shown = _shown_position(desk, plane)
    return shown is not None and _replace(desk, "Clear a slice of", shown, lambda _: Region())


def fill_holes(desk: Desk, plane: Plane) -> bool:
    """Keep only the outer outlines on the shown slice."""
    shown = _shown_position(desk, plane)
    return shown is not None and _replace(desk, "Fill holes of", shown, without_holes)


def keep_piece(desk: Desk, plane: Plane, u_mm: float, v_mm: float) -> bool:
    """Remove every piece on the shown slice but the one under the point (u, v) mm of the shown plane."""
    shown = _shown_position(desk, plane)
    structure = desk.structure
    if shown is None or structure is None:
        return False
    own = desk.case.plane_in_frame_of(structure.identifier, plane)
    if own is None:
        return False
    point = structure.stack.plane.to_plane(own.to_patient((u_mm, v_mm)))[:2]
    return _replace(desk, "Keep one piece of", shown, lambda region: piece_at(region, point))


def pieces(region: Region) -> list[Region]:
    """The separate pieces of a region, each with its holes."""
    geometry = polygon_of(region)
    parts = getattr(geometry, "geoms", [geometry])
    return [piece for piece in (region_of(part) for part in parts) if piece]


def without_holes(region: Region) -> Region:
    """The region with every hole filled."""
    filled = Region()
    for piece in pieces(region):
        areas = [abs(polygon_of(Region([ring])).area) for ring in piece.rings]
        filled = union(filled, Region([piece.rings[int(np.argmax(areas))]]))
    return filled


def piece_at(region: Region, point: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Region:
    """The piece that contains a point (2,); the whole region where none does."""
    return next((piece for piece in pieces(region) if piece.contains(point)[0]), region)


def _shown_position(desk: Desk, plane: Plane) -> float | None:
    """The slice of the active structure that a shown plane shows; None, after the desk said why, when none does."""
    if desk.structure is None:
        desk.refused.emit("No structure is chosen: add one or pick one in the list")
        return None
    try:
        canvas = canvas_for(desk.case, desk.active, plane)
        if canvas.is_parallel:
            return canvas.slice_mm()
        desk.refused.emit(f"{desk.structure.name} is drawn on other slices: click the view that shows them first")
    except ValueError as error:
        desk.refused.emit(str(error))
    return None


def _replace(desk: Desk, label: str, position_mm: float, change: Callable[[Region], Region]) -> bool:
    stroke = desk.begin(label)
    if stroke is None:
        return False
    stroke.set([PlanarContours(position_mm, change(desk.case.region_at(stroke.identifier, position_mm)))])
    return desk.finish(stroke)
