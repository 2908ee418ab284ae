"""What a shape on any shown plane covers on the slices, on images of any orientation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.case.case import Case
from workstation.case.commands import AddImage, AddStructure
from workstation.case.new_structure import new_structure
from workstation.editing.footprint import canvas_for, merged, thickness_mm
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.structures.planar import area_mm2, swept_disc, union

SPACING = np.array([0.9, 1.1, 3.0])
TURNS = st.tuples(st.floats(-180, 180), st.floats(-80, 80), st.floats(-180, 180))


def turned_case(angles: tuple[float, float, float]) -> tuple[Case, str, Grid]:
    """A case on an image turned in space, with an empty structure."""
    axes = Transform.from_rigid(rotation_deg=angles).matrix[:3, :3]
    size = np.array([60, 50, 20])
    grid = Grid(-axes @ (SPACING * (size - 1) / 2) + [5, -7, 90], SPACING, axes, size)
    case = Case()
    case.do(AddImage(Volume("mr", np.zeros(grid.shape, np.int16), grid, "MR", frame_of_reference_uid="1.2")))
    new = new_structure(case, "S")
    case.do(AddStructure(new))
    return case, new.identifier, grid


@given(TURNS, st.integers(2, 17))
def test_on_the_slices_of_any_image_a_shape_is_itself(angles, k):
    case, new, grid = turned_case(angles)
    plane = Plane(grid.to_patient((30, 25, k)), grid.direction[:, 1], grid.direction[:, 0])  # mirrored on purpose
    footprint = canvas_for(case, new, plane).footprint(swept_disc([(0, 0), (9, 4)], 5))
    ((position, region),) = footprint.items()
    assert position == pytest.approx(case.nearest_slice_mm(grid.to_patient((30, 25, k))))
    assert area_mm2(region) == pytest.approx(area_mm2(swept_disc([(0, 0), (9, 4)], 5)))
    stack = case.structures[new].stack
    assert region.contains(stack.plane.to_plane(grid.to_patient((30, 25, k)))[None, :2])[0]


@given(TURNS, st.integers(5, 50), st.floats(-0.4, 0.4))
def test_across_the_slices_of_any_image_it_is_one_column_of_voxels_thick(angles, i, off):
    case, new, grid = turned_case(angles)
    plane = Plane(grid.to_patient((i + off, 25, 9.5)), grid.direction[:, 1], grid.direction[:, 2])
    footprint = canvas_for(case, new, plane).footprint(swept_disc([(0, 0)], 8))
    assert len(footprint) == 6  # heights 1.5, 4.5, 7.5 mm on both sides
    for position, region in footprint.items():
        height = position - float(case.plane.to_plane(plane.origin_mm)[2])
        assert area_mm2(region) == pytest.approx(0.9 * 2 * np.sqrt(64 - height**2), rel=0.02)
        columns = grid.to_index(case.plane.to_patient(region.rings[0], position))[:, 0]
        assert sorted(set(np.round(columns, 6))) == pytest.approx([i - 0.5, i + 0.5], abs=1e-4)


@given(TURNS, st.lists(st.floats(-0.4, 0.4), min_size=5, max_size=5))
def test_strokes_on_neighbouring_columns_grow_together_to_one_ring(angles, off):
    case, new, grid = turned_case(angles)
    drawn: dict[float, Region] = {}
    for column, shift in enumerate(off, start=20):
        plane = Plane(grid.to_patient((column + shift, 25, 9.5)), grid.direction[:, 1], grid.direction[:, 2])
        drawn = merged(drawn, canvas_for(case, new, plane).footprint(swept_disc([(0, 0), (9, 0)], 6)))
    assert drawn
    assert [len(region.rings) for region in drawn.values()] == [1] * len(drawn)


@given(TURNS, st.floats(10, 80))
def test_oblique_planes_one_thickness_apart_abut(angles, tilt_deg):
    case, new, grid = turned_case(angles)
    tilt = np.radians(tilt_deg)
    up = np.cos(tilt) * grid.direction[:, 1] + np.sin(tilt) * grid.direction[:, 2]
    first = Plane(grid.centre_mm, grid.direction[:, 0], up)
    below, above = thickness_mm(first, grid, 3.0)
    second = first.moved(above - below)
    shape = swept_disc([(0, 0)], 8)
    canvas = canvas_for(case, new, first)
    one, two = canvas.footprint(shape), canvas_for(case, new, second).footprint(shape)
    for position in one.keys() & two.keys():
        together = area_mm2(union(one[position], two[position]))
        assert together == pytest.approx(area_mm2(one[position]) + area_mm2(two[position]), rel=1e-4)
