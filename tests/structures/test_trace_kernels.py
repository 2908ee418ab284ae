"""Level curves at sub-voxel precision."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from workstation.structures.trace_kernels import trace_level


def field_of(function, low=-20, high=20, step=1.0):
    axis = np.arange(low, high + 1) * step
    u, v = np.meshgrid(axis, axis)
    return function(u, v).astype(np.float32)


def rings_of(field, step=1.0, low=-20, tolerance=0.0):
    points, starts = trace_level(field, low, low, step, tolerance)
    return [points[a:b] for a, b in itertools.pairwise(starts)]


def test_a_circle_is_found_within_hundredths_of_a_voxel():
    (ring,) = rings_of(field_of(lambda u, v: np.hypot(u - 0.3, v + 0.2) - 12.0))
    radii = np.hypot(ring[:, 0] - 0.3, ring[:, 1] + 0.2)
    assert np.abs(radii - 12.0).max() < 0.02


def test_a_hole_turns_the_other_way():
    rings = rings_of(field_of(lambda u, v: np.abs(np.hypot(u, v) - 10.0) - 3.0))
    signed = sorted(
        0.5 * np.sum(r[:, 0] * np.roll(r[:, 1], -1) - np.roll(r[:, 0], -1) * r[:, 1]) for r in rings
    )
    assert signed[0] == pytest.approx(-np.pi * 49, rel=0.01)
    assert signed[1] == pytest.approx(np.pi * 169, rel=0.01)


def test_dropped_points_lie_within_the_tolerance():
    field = field_of(lambda u, v: np.hypot(u, v) - 14.0)
    (whole,), (thin,) = rings_of(field), rings_of(field, tolerance=0.01)
    assert len(thin) < 0.9 * len(whole)
    a, d = thin, np.roll(thin, -1, axis=0) - thin
    t = np.clip(((whole[:, None] - a) * d).sum(-1) / (d * d).sum(-1), 0, 1)
    off = np.linalg.norm(whole[:, None] - a - t[..., None] * d, axis=-1).min(1)
    assert off.max() <= 0.0101


def test_rings_do_not_depend_on_the_box_in_their_last_bit():
    field = field_of(lambda u, v: np.minimum(np.hypot(u - 5, v) - 4.3, np.hypot(u + 6, v - 2) - 5.1))
    whole = rings_of(field, tolerance=0.01)
    points, starts = trace_level(np.ascontiguousarray(field[5:38, 3:37]), -17, -15, 1.0, 0.01)
    for ring, a, b in zip(whole, starts[:-1], starts[1:], strict=True):
        assert np.array_equal(ring, points[a:b])


def test_touching_corners_are_decided_by_the_mean_of_the_cell():
    field = np.ones((6, 6), dtype=np.float32)
    field[2, 2] = field[3, 3] = -3.0
    assert len(rings_of(field, low=0)) == 1
    field[2, 2] = field[3, 3] = -0.5
    assert len(rings_of(field, low=0)) == 2


def test_nothing_inside_gives_no_rings():
    assert rings_of(np.ones((9, 9), dtype=np.float32)) == []
