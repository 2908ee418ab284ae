"""The smooth bodies that anatomy is modelled from, against shapes whose distance is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.teaching.anatomy import field_of
from workstation.teaching.model_sampling import field, picture
from workstation.teaching.shapes import (
    Body,
    Box,
    Cone,
    Ellipsoid,
    Layer,
    PackedModel,
    both_sides,
    mirrored,
    pack,
    tube,
)

NO_NOISE = np.zeros((64, 64, 64), dtype=np.float32)
coordinate = st.floats(-40, 40)
points = st.lists(st.tuples(coordinate, coordinate, coordinate), min_size=1, max_size=20)


def packed(*bodies: Body, layers: tuple[Layer, ...] = ()) -> PackedModel:
    return pack(bodies, layers, NO_NOISE)


@given(points)
def test_a_cone_of_even_radius_is_as_far_as_its_axis_less_the_radius(where: list[tuple[float, float, float]]) -> None:
    model = packed(Body("rod", (Cone((0, 0, -10), (0, 0, 10), 4, 4),)))
    p = np.array(where)
    axis = np.column_stack([np.zeros((len(p), 2)), np.clip(p[:, 2], -10, 10)])
    np.testing.assert_allclose(field_of(model, "rod", p), np.linalg.norm(p - axis, axis=1) - 4, atol=1e-9)


@given(points)
def test_a_ball_is_as_far_as_its_centre_less_the_radius(where: list[tuple[float, float, float]]) -> None:
    model = packed(Body("ball", (Ellipsoid((1, 2, 3), (9, 9, 9)),)))
    p = np.array(where)
    np.testing.assert_allclose(
        field_of(model, "ball", p), np.maximum(np.linalg.norm(p - (1, 2, 3), axis=1) - 9, -9), atol=1e-9
    )


def test_a_turned_box_has_its_corner_where_the_turn_puts_it() -> None:
    box = Box((0, 0, 0), (10, 5, 5), 0.0, (0, 0, 90))
    model = packed(Body("box", (box,)))
    np.testing.assert_allclose(field_of(model, "box", [(0, 10, 0), (0, 12, 0), (5, 0, 0), (9, 0, 0)]), [0, 2, 0, 4])


def test_carving_takes_away_and_growing_adds() -> None:
    ball, hole = Ellipsoid((0, 0, 0), (10, 10, 10)), Ellipsoid((10, 0, 0), (3, 3, 3))
    model = packed(Body("whole", (ball,)), Body("bitten", (ball,), (hole,)), Body("large", (ball,), grown_mm=2))
    where = [(9.0, 0.0, 0.0)]
    assert field_of(model, "whole", where)[0] == pytest.approx(-1)
    assert field_of(model, "bitten", where)[0] == pytest.approx(2)
    assert field_of(model, "large", where)[0] == pytest.approx(-3)


def test_a_clipped_body_stays_its_depth_inside_its_container() -> None:
    outer = Body("outer", (Ellipsoid((0, 0, 0), (20, 20, 20)),))
    inner = Body("inner", (Ellipsoid((15, 0, 0), (10, 10, 10)),), within="outer", within_depth_mm=3)
    model = packed(outer, inner)
    assert field_of(model, "inner", [(17, 0, 0)])[0] == pytest.approx(0)
    assert field_of(model, "inner", [(19, 0, 0)])[0] == pytest.approx(2)


def test_mirrored_parts_give_the_mirrored_field() -> None:
    parts = (Ellipsoid((9, 3, -4), (6, 3, 2), (20, -15, 30)), Box((14, 0, 5), (3, 6, 2), 1, (5, 10, 40)))
    model = packed(Body("left", parts), Body("right", mirrored(parts)), Body("both", both_sides(parts)))
    p = np.random.default_rng(1).uniform(-25, 25, (200, 3))
    left, right = field_of(model, "left", p), field_of(model, "right", p * (-1, 1, 1))
    np.testing.assert_allclose(left, right, atol=1e-9)
    np.testing.assert_allclose(field_of(model, "both", p), np.minimum(left, field_of(model, "right", p)), atol=1e-9)


def test_a_tube_goes_through_its_knots_with_their_radii() -> None:
    knots = ((0.0, 0.0, 0.0), (10.0, 5.0, 0.0), (20.0, 0.0, 5.0))
    model = packed(Body("tube", tube(knots, (1, 2, 3))))
    np.testing.assert_allclose(field_of(model, "tube", knots), [-1, -2, -3], atol=0.2)


def test_a_field_on_a_grid_is_that_at_its_points_wherever_a_surface_is_near() -> None:
    body = Body("b", (Ellipsoid((3, -2, 1), (12, 7, 9), (10, 20, 30)), Cone((0, 0, 0), (14, 3, 9), 4, 2)), blend_mm=3)
    model = packed(body, layers=(Layer("b", 3),))
    grid = Grid((-20, -15, -18), (0.9, 0.9, 1.4), np.eye(3), (48, 40, 30))
    values = field(model, grid, Transform.identity(), ("b",), ())
    index = np.argwhere(np.ones(grid.shape))[:, ::-1]
    exact = field_of(model, "b", grid.to_patient(index)).reshape(grid.shape)
    near = np.abs(exact) < 1.5
    np.testing.assert_allclose(values[near], exact[near], atol=1e-4)
    assert ((values < 0) == (exact < 0)).all()


def test_a_picture_keeps_the_amount_of_tissue_at_any_voxel_size() -> None:
    """Edges have partial volume: the sum over voxels is the body's volume times the value."""
    model = packed(Body("ball", (Ellipsoid((0.3, -0.2, 0.1), (9, 9, 9)),)), layers=(Layer("ball", 1),))
    table = np.zeros((23, 2))
    table[1, 0] = 100.0
    for spacing in (0.7, 1.3, 2.1):
        n = int(24 / spacing)
        grid = Grid(np.full(3, -spacing * (n - 1) / 2), (spacing,) * 3, np.eye(3), (n, n, n))
        values = picture(model, grid, Transform.identity(), table, spacing, lambda image, k: None)
        volume = float(values.sum(dtype=np.float64)) / 100 * spacing**3
        assert volume == pytest.approx(4 / 3 * np.pi * 9**3, rel=0.01)


def test_the_last_layer_lies_on_top() -> None:
    ball = Body("ball", (Ellipsoid((0, 0, 0), (9, 9, 9)),))
    model = packed(ball, layers=(Layer("ball", 1), Layer("ball", 2, 4.0)))
    table = np.zeros((23, 2))
    table[1, 0], table[2, 0] = 10.0, 20.0
    grid = Grid((0, 0, 0), (1, 1, 1), np.eye(3), (12, 1, 1))
    values = picture(model, grid, Transform.identity(), table, 1.0, lambda image, k: None)[0, 0]
    np.testing.assert_allclose(values[[0, 4, 6, 8, 11]], [20, 20, 10, 10, 0], atol=0.05)
