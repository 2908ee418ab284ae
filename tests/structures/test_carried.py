"""Structures brought into another frame keep their size, their place and, where they can, their very points."""

from __future__ import annotations

import numpy as np
import pytest

from tests.structures.test_section import ball
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep, SpatialMap
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.structures.carried import carried
from workstation.structures.structure import State, Structure
from workstation.structures.volume import volume_cc

CENTRE = np.array([0.0, 0.0, 0.7])


def target(slice_mm: float = 2.5, direction: np.ndarray | None = None) -> Volume:
    axes = np.eye(3) if direction is None else direction
    size = np.array([60, 60, 40])
    origin = -axes @ ((size - 1) / 2 * np.array([2.0, 2.0, slice_mm]))
    grid = Grid(origin, (2, 2, slice_mm), axes, size)
    return Volume("target", np.zeros(grid.shape, np.int16), grid, "CT", "HU", frame_of_reference_uid="1.2.3")


def structure() -> Structure:
    return Structure("s", 3, "GTV", ball(20.0), interpreted_type="GTV", frame_of_reference_uid="9.9", locked=True)


def centroid(found: Structure) -> np.ndarray:
    """Of the volume, from the areas and middles of the slices."""
    total, weighted = 0.0, np.zeros(3)
    for drawn in found.stack.slices:
        for ring in drawn.region.rings:
            x, y = ring.T
            cross = x * np.roll(y, -1) - np.roll(x, -1) * y
            area = cross.sum() / 2
            middle = np.array([((x + np.roll(x, -1)) * cross).sum(), ((y + np.roll(y, -1)) * cross).sum()]) / (6 * area)
            weighted += abs(area) * found.stack.plane.to_patient(middle, drawn.position_mm)
            total += abs(area)
    return weighted / total


@pytest.mark.parametrize("turn", [(0, 0, 0), (20, -15, 30), (90, 0, 0)])
@pytest.mark.parametrize("tilt", [(0, 0, 0), (12, 3, -2)])
def test_a_rigid_map_keeps_volume_and_carries_the_middle(turn: tuple[float, ...], tilt: tuple[float, ...]) -> None:
    there = Transform.from_rigid((4.3, -6.1, 3.4), turn)
    image = target(2.0, Transform.from_rigid((0, 0, 0), tilt).matrix[:3, :3])
    found = carried(structure(), there, image)
    assert volume_cc(found.stack) == pytest.approx(volume_cc(ball(20.0)), rel=0.005)
    assert np.linalg.norm(centroid(found) - there.inverse().apply(CENTRE)) < 0.05
    positions = image.slice_positions_mm
    assert all(np.abs(positions - drawn.position_mm).min() < 1e-9 for drawn in found.stack.slices)


def test_what_it_is_stays_and_what_it_followed_does_not() -> None:
    found = carried(structure(), Transform.from_rigid((1, 2, 0.3)), target())
    assert (found.name, found.number, found.interpreted_type, found.locked) == ("GTV", 3, "GTV", True)
    assert found.frame_of_reference_uid == "1.2.3" and found.state is State.DRAWN and found.recipe is None


def scaled(factors: tuple[float, float, float]) -> SpatialMap:
    return Transform(np.diag([*factors, 1.0]))


def linear_field(factors: tuple[float, float, float]) -> SpatialMap:
    grid = Grid((-80, -80, -80), (20, 20, 20), np.eye(3), (9, 9, 9))
    k, j, i = np.indices(grid.shape)
    points = grid.to_patient(np.stack([i, j, k], axis=-1))
    return Deformation((FieldStep(DisplacementField(grid, points * (np.array(factors) - 1.0))),))


@pytest.mark.parametrize("make", [scaled, linear_field])
def test_a_stretch_changes_the_volume_by_its_determinant(make) -> None:  # type: ignore[no-untyped-def]
    found = carried(structure(), make((1 / 1.1, 1 / 0.9, 1.0)), target(2.0))
    assert volume_cc(found.stack) / volume_cc(ball(20.0)) == pytest.approx(0.99, rel=0.005)


def test_a_bend_moves_every_part_as_the_map_says() -> None:
    grid = Grid((-80, -80, -80), (4, 4, 4), np.eye(3), (41, 41, 41))
    z = grid.to_patient(np.stack(np.indices(grid.shape)[::-1], axis=-1))[..., 2]
    shift = np.zeros((*grid.shape, 3))
    shift[..., 0] = 5.0 * np.sin(z / 15.0)
    found = carried(structure(), Deformation((FieldStep(DisplacementField(grid, shift)),)), target(2.5))
    for drawn in found.stack.slices[2:-2]:
        ring = drawn.region.rings[0]
        middle = (ring.max(0) + ring.min(0)) / 2
        assert middle[0] == pytest.approx(-5.0 * np.sin(drawn.position_mm / 15.0), abs=0.15)
        radius = np.sqrt(400 - (drawn.position_mm - 0.7) ** 2)
        assert (ring.max(0) - ring.min(0)) / 2 == pytest.approx(np.full(2, radius), abs=0.25)


def test_where_planes_stay_planes_the_drawn_points_themselves_are_mapped() -> None:
    image = target(2.5)
    offset = image.slice_positions_mm[0] % 2.5
    there = Transform.from_rigid((3.25, -1.75, -offset), (0, 0, 25))
    found = carried(structure(), there, image)
    stack = ball(20.0)
    assert len(found.stack.slices) == len(stack.slices)
    for before, after in zip(stack.slices, found.stack.slices, strict=True):
        points = np.column_stack([after.region.rings[0], np.full(len(after.region.rings[0]), after.position_mm)])
        assert np.allclose(there.apply(points)[:, :2], before.region.rings[0], atol=1e-9)


def test_what_lies_beside_the_image_is_empty() -> None:
    found = carried(structure(), Transform.from_rigid((0, 0, 500.0)), target())
    assert not found.stack.slices
