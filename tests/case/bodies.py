"""Small images and drawings with known sizes for tests of the case and of what edits and stores it."""

from __future__ import annotations

import numpy as np

from workstation.case.case import Case
from workstation.case.commands import AddImage, AddStructure, EditContours, SetRecipe
from workstation.case.new_structure import derived_structure, new_structure
from workstation.geometry.grid import Grid
from workstation.geometry.region import Region
from workstation.images.volume import Volume
from workstation.structures.recipe import Margin, Recipe
from workstation.structures.structure import PlanarContours

FRAME = "1.2.3.4"


def image(key: str = "ct", size: tuple[int, int, int] = (40, 40, 24), frame: str = FRAME, modality: str = "CT") -> Volume:
    """An axial image of 2 x 2 x 3 mm voxels around the origin."""
    grid = Grid((-size[0] + 1.0, -size[1] + 1.0, -36.0), (2.0, 2.0, 3.0), np.eye(3), size)
    return Volume(key, np.zeros(grid.shape, np.int16), grid, modality, "HU", f"Image {key}", frame_of_reference_uid=frame)


def disc(radius_mm: float, centre: tuple[float, float] = (0.0, 0.0), points: int = 48) -> Region:
    """A round region."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return Region([np.column_stack([np.cos(angle), np.sin(angle)]) * radius_mm + centre])


def case_with_gtv(radius_mm: float = 10.0) -> tuple[Case, str]:
    """A case on one image with a ball called GTV, and the ball's identifier."""
    case = Case()
    case.do(AddImage(image()))
    gtv = new_structure(case, "GTV")
    case.do(AddStructure(gtv))
    heights = [w for w in case.slice_positions_mm if abs(w) < radius_mm]
    rings = [PlanarContours(float(w), disc(float(np.sqrt(radius_mm**2 - w**2)))) for w in heights]
    case.do(EditContours(gtv.identifier, tuple(rings), "Draw"))
    return case, gtv.identifier


def add_derived(case: Case, name: str, source: str, margin_mm: float) -> str:
    """A structure that follows `source` with a uniform margin; its identifier."""
    made = derived_structure(case, name, name[:3], Recipe(source, Margin.uniform(margin_mm)))
    case.do(AddStructure(made))
    return made.identifier


__all__ = ["FRAME", "SetRecipe", "add_derived", "case_with_gtv", "disc", "image"]
