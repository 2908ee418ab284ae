"""Fields that appear block by block equal fields that are computed at once."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.lattice_field import Lattice
from workstation.structures.section import model_section
from workstation.structures.slice_shape import SliceShape, shape_of
from workstation.structures.structure import ContourStack, PlanarContours
from workstation.structures.surface_model import StackSource

T = np.linspace(0, 2 * np.pi, 90, endpoint=False)
STAR = Region([np.c_[np.cos(T), np.sin(T)] * (30 + 6 * np.sin(5 * T))[:, None], 5 * np.c_[np.cos(T), np.sin(T)]])
BOX = (-48, -48, 48, 48)


def stack() -> ContourStack:
    return ContourStack(Plane.axial(), 3.0, tuple(PlanarContours(3.0 * k, Region(STAR.rings)) for k in range(6)))


@pytest.mark.parametrize("axis", [np.array([0.0, 1.0, 0.0]), np.array([0.7, 0.7, 0.0])])
def test_blocks_that_a_plane_asked_for_have_the_values_of_the_whole_field(axis):
    whole = SliceShape(STAR).field(Lattice(1.0), BOX).values
    field = SliceShape(STAR).field(Lattice(1.0), BOX)
    points = axis * -40.0, axis, np.array([0.0, 0.0, 1.0])
    patch = field.on_plane((3, 81), points, 0.0, 1.5)
    places = np.rint([axis[:2] * n for n in range(-40, 41)]).astype(int) + 48
    assert np.array_equal(patch.values[places[:, 1], places[:, 0]], whole[places[:, 1], places[:, 0]])
    assert 0 < patch.known.sum() < 0.5 * patch.known.size
    assert np.array_equal(field.values, whole)


def test_a_field_that_grows_keeps_what_it_knows():
    field = SliceShape(STAR).field(Lattice(1.0), (-16, -16, 16, 16))
    small = field.values.copy()
    field.cover((-24, 0, 40, 32))
    assert field.box == (-24, -16, 40, 32)
    assert np.array_equal(field.values[0:32, 8:40], small)
    assert np.array_equal(field.values, SliceShape(STAR).field(Lattice(1.0), BOX).values[32:80, 24:88])


def test_a_cut_does_not_depend_on_the_cuts_before_it():
    planes = [Plane.sagittal(4.0), Plane.coronal(-7.0), Plane((0, 0, 4), (1, 0.4, 0.1), (0, 0.2, 1))]
    used = StackSource(stack())
    for plane in planes:
        model_section(used, Plane.axial(), plane, "linear-tapered")
    for plane in planes:
        again = model_section(used, Plane.axial(), plane, "linear-tapered")
        fresh = model_section(StackSource(stack()), Plane.axial(), plane, "linear-tapered")
        assert [ring.tolist() for ring in again.rings] == [ring.tolist() for ring in fresh.rings]


def test_all_who_ask_for_a_drawn_planes_shape_share_it_while_the_plane_lives():
    drawn = stack().slices[0]
    assert shape_of(drawn) is shape_of(drawn)
    assert shape_of(drawn) is not shape_of(PlanarContours(drawn.position_mm, drawn.region))
