"""Nesting, crossing, touching and keyholes against brute force."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.region import Region
from workstation.structures import ring_kernels
from workstation.structures.lattice_field import Lattice
from workstation.structures.slice_shape import SliceShape

POINTS = st.lists(st.tuples(st.floats(-15, 15), st.floats(-15, 15)), min_size=3, max_size=9)


def square(half: float, u: float = 0.0, v: float = 0.0) -> list[tuple[float, float]]:
    return [(u - half, v - half), (u + half, v - half), (u + half, v + half), (u - half, v + half)]


def test_holes_belong_to_the_ring_around_them_and_islands_in_holes_stand_alone():
    rings = [square(1), square(10), square(8), square(5), square(3, 30), square(1, 30)]
    shape = SliceShape(Region(rings))
    assert ring_kernels.ring_owners(shape.vertices, shape.starts).tolist() == [3, 1, 1, 3, 4, 4]
    assert [len(part.region.rings) for part in shape.parts] == [2, 2, 2]


def test_rings_that_cross_stay_together():
    assert len(SliceShape(Region([square(5), square(5, 7, 3)])).parts) == 1
    assert len(SliceShape(Region([square(5), square(5, 11)])).parts) == 2


@given(POINTS, POINTS)
def test_touching_is_what_the_distance_field_says(first, second):
    a, b = SliceShape(Region([np.array(first)])), SliceShape(Region([np.array(second)]))
    values = a.field(Lattice(1.0), (-24, -24, 24, 24)).values
    places = np.rint(b.vertices).astype(int) + 24
    near = values[places[:, 1], places[:, 0]]
    came_near = ring_kernels.comes_near(b.vertices, a.vertices, a.starts, a.edges, np.array(a.bounds), 1.0, 0.5)
    if (np.abs(near - 0.5) > 1e-4).all():
        assert came_near == bool((near <= 0.5).any())


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=14), st.floats(-0.005, 0.005))
def test_edges_that_are_run_along_both_ways_are_found(points, noise):
    vertices = np.array(points, dtype=float)
    vertices[::2] += noise
    edges = np.c_[vertices, np.roll(vertices, -1, axis=0) - vertices]
    begins, ends = edges[:, :2], edges[:, :2] + edges[:, 2:]
    near = np.abs(begins[:, None] - ends[None]).max(-1) <= 0.011
    opposite = near & near.T
    np.fill_diagonal(opposite, False)
    assert ring_kernels.run_both_ways(edges, 0.011).tolist() == opposite.any(1).tolist()
