"""Sections of a structure on any plane."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.errors import StructureError
from workstation.structures.section import section
from workstation.structures.structure import ContourStack, PlanarContours


def disc(radius, centre=(0.0, 0.0), count=200):
    t = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.c_[centre[0] + radius * np.cos(t), centre[1] + radius * np.sin(t)]


def ball(radius=20.0, spacing_mm=2.5, plane=None) -> ContourStack:
    slices = tuple(
        PlanarContours(k * spacing_mm, Region([disc(np.sqrt(radius**2 - (k * spacing_mm - 0.7) ** 2))]))
        for k in range(-10, 11)
        if abs(k * spacing_mm - 0.7) < radius - 0.05
    )
    return ContourStack(plane or Plane.axial(), spacing_mm, slices)


def test_a_drawn_plane_shows_the_rings_themselves():
    stack = ball()
    assert section(stack, Plane.axial(5.0)) is stack.region_at(5.0)


def test_a_drawn_plane_seen_from_the_other_side_is_mirrored_exactly():
    stack = ball()
    seen = section(stack, Plane((3.0, 0.0, 5.0), (-1, 0, 0), (0, 1, 0)))
    assert seen.rings[0][:, 0] == pytest.approx(3.0 - stack.region_at(5.0).rings[0][:, 0], abs=1e-12)


@pytest.mark.parametrize("z", [1.2, 6.3, 18.9, 20.3])
def test_between_slices_a_ball_is_round(z):
    radii = np.hypot(*section(ball(), Plane.axial(z)).rings[0].T)
    assert radii == pytest.approx(np.sqrt(400 - (z - 0.7) ** 2), abs=0.12 if z < 20 else 0.3)


@pytest.mark.parametrize(
    "plane",
    [
        Plane.sagittal(4.0),
        Plane.coronal(-7.0),
        Plane((0.0, 0.0, 3.0), (1, 0.5, 0.2), (-0.3, 1, 0.6)),
        Plane((2.0, 1.0, -3.0), (0.2, 0.1, 1), (1, 0.4, 0)),
    ],
)
def test_any_plane_cuts_a_circle_out_of_a_ball(plane):
    centre = plane.to_plane((0.0, 0.0, 0.7))
    ring = section(ball(), plane).rings[0]
    radii = np.hypot(ring[:, 0] - centre[0], ring[:, 1] - centre[1])
    assert np.abs(radii - np.sqrt(400 - centre[2] ** 2)).mean() < 0.06
    assert np.abs(radii - np.sqrt(400 - centre[2] ** 2)).max() < 0.35


def test_a_plane_that_misses_shows_nothing():
    assert not section(ball(), Plane.axial(25.0))
    assert not section(ball(), Plane.sagittal(21.0))
    assert not section(ContourStack(Plane.axial(), 2.5), Plane.sagittal(0.0))


def test_slabs_end_at_straight_edges():
    tube = ContourStack(Plane.axial(), 3.0, tuple(PlanarContours(3.0 * k, Region([disc(10.0)])) for k in range(5)))
    low, high = section(tube, Plane.sagittal(0.0), "slab").bounds()[1::2]
    assert (low, high) == pytest.approx((-13.5, 1.5), abs=0.01)


def test_a_gap_of_the_structure_stays_open_in_every_view():
    positions = [0.0, 3.0, 6.0, 9.0, 24.0, 27.0, 30.0]
    tube = ContourStack(Plane.axial(), 3.0, tuple(PlanarContours(z, Region([disc(10.0)])) for z in positions))
    assert len(section(tube, Plane.coronal(0.0)).rings) == 2
    assert not section(tube, Plane.axial(16.0))


def test_a_branch_that_ends_by_itself_ends_at_a_straight_edge():
    both = [disc(8.0, (-15.0, 0.0)), disc(8.0, (15.0, 0.0))]
    rings = {0.0: both, 3.0: both, 6.0: both, 9.0: both[1:], 12.0: both[1:]}
    stack = ContourStack(Plane.axial(), 3.0, tuple(PlanarContours(z, Region(r)) for z, r in rings.items()))
    seen = section(stack, Plane.coronal(0.0))
    left = next(ring for ring in seen.rings if ring[:, 0].mean() < 0)
    assert left[:, 1].min() == pytest.approx(-7.5, abs=0.02)


def test_holes_are_seen_from_the_side():
    tube = ContourStack(
        Plane.axial(), 3.0, tuple(PlanarContours(3.0 * k, Region([disc(10.0), disc(4.0)])) for k in range(5))
    )
    seen = section(tube, Plane.coronal(0.0))
    assert seen.contains([(7.0, -6.0), (0.0, -6.0), (-7.0, -6.0)]).tolist() == [True, False, True]


def test_a_stack_of_any_orientation_is_cut_in_patient_space():
    tilted = Plane((5.0, -3.0, 2.0), (1, 0.3, 0.1), (-0.2, 1, 0.4))
    stack = ball(plane=tilted)
    centre = tilted.to_patient((0.0, 0.0), 0.7)
    region = section(stack, Plane.axial(float(centre[2])))
    radii = np.hypot(*(region.rings[0] - centre[:2]).T)
    assert np.abs(radii - 20.0).max() < 0.25


def test_an_unknown_model_is_refused():
    with pytest.raises(StructureError, match="surface model"):
        section(ball(), Plane.sagittal(0.0), "voxels")
