"""Signed distances against brute force, and independent of the box they were computed in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.region import Region
from workstation.structures import signed_distance_kernels
from workstation.structures.lattice_field import Lattice
from workstation.structures.slice_shape import SliceShape

POINTS = st.lists(st.tuples(st.floats(-15, 15), st.floats(-15, 15)), min_size=3, max_size=12)


def lattice_points(box, step):
    columns, rows = np.meshgrid(np.arange(box[0], box[2]) * step, np.arange(box[1], box[3]) * step)
    return np.stack([columns, rows], -1)


def nearest_gauge(points, ring, weights, samples=400):
    """Smallest gauge from densely sampled edges to points outside; an upper bound that is close."""
    t = np.linspace(0, 1, samples)[:, None, None]
    on_edges = (ring + t * (np.roll(ring, -1, axis=0) - ring)).reshape(-1, 2)
    best = np.full(points.shape[:-1], np.inf)
    for q in on_edges:
        d = points - q
        x = d[..., 0] * np.where(d[..., 0] > 0, weights[0], weights[1])
        y = d[..., 1] * np.where(d[..., 1] > 0, weights[2], weights[3])
        best = np.minimum(best, np.hypot(x, y))
    return best


@given(POINTS, st.sampled_from([0.5, 1.0]))
def test_distances_are_exact_near_and_far_and_even_odd_inside(points, step):
    ring = np.array(points)
    shape = SliceShape(Region([ring]))
    box = (-32, -32, 32, 32)
    values = shape.field(Lattice(step), box).values.astype(float)
    a, d = shape.edges[:, :2], shape.edges[:, 2:]
    p = lattice_points(box, step)[:, :, None, :]
    t = np.clip(((p - a) * d).sum(-1) / np.maximum((d * d).sum(-1), 1e-300), 0, 1)
    truth = np.linalg.norm(p - a - t[..., None] * d, axis=-1).min(-1)
    assert np.abs(np.abs(values) - truth).max() < 1e-4
    clear = truth > 1e-6
    inside = Region([ring]).contains(lattice_points(box, step).reshape(-1, 2)).reshape(truth.shape)
    assert ((values < 0) == inside)[clear].all()


@given(POINTS, st.integers(-4, 0), st.integers(-4, 0))
def test_a_value_does_not_depend_on_the_box_in_its_last_bit(points, first_column, first_row):
    region = Region([np.array(points)])
    whole = SliceShape(region).field(Lattice(1.0), (-40, -40, 40, 40))
    part = SliceShape(region).field(Lattice(1.0), (8 * first_column, 8 * first_row, 16, 24))
    column0, row0 = part.box[:2]
    cut = whole.values[row0 + 40 : 24 + 40, column0 + 40 : 16 + 40]
    assert np.array_equal(cut, part.values)


def test_a_gauge_measures_each_direction_in_its_own_unit():
    ring = np.array([(-6.0, -4.0), (7.0, -5.0), (5.0, 6.0), (-3.0, 3.0)])
    weights = (1 / 5, 1 / 7, 1 / 4, 1 / 8)
    shape, box = SliceShape(Region([ring])), (-24, -24, 24, 24)
    values = shape.field(Lattice(1.0, weights), box).values
    points = lattice_points(box, 1.0)
    inside = Region([ring]).contains(points.reshape(-1, 2)).reshape(values.shape)
    outside_truth = nearest_gauge(points, ring, weights)
    inside_truth = nearest_gauge(points, ring, (weights[1], weights[0], weights[3], weights[2]))
    assert np.abs(values - outside_truth)[~inside].max() < 5e-3
    assert np.abs(values + inside_truth)[inside].max() < 5e-3


def test_a_gauge_of_equal_half_axes_is_the_distance():
    ring = np.array([(-6.0, -4.0), (7.0, -5.0), (5.0, 6.0), (-3.0, 3.0)])
    shape, box = SliceShape(Region([ring])), (-24, -24, 24, 24)
    even = shape.field(Lattice(1.0), box).values
    gauge = shape.field(Lattice(1.0, (0.2, 0.2, 0.2, 0.2)), box).values
    assert gauge * 5 == pytest.approx(even, abs=1e-4)


def test_warm_up_compiles_what_is_used():
    signed_distance_kernels.warm_up()
    assert len(signed_distance_kernels.signed_distance.signatures) == 1
    assert len(signed_distance_kernels.signed_gauge.signatures) == 1
