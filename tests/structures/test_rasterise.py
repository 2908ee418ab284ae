"""A voxel is in the mask when its centre is inside by the even-odd rule: on any grid, in the right slab."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.grid import Grid
from workstation.geometry.mask import Mask
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.structures import rasterise_kernels
from workstation.structures.errors import StructureError
from workstation.structures.rasterise import mask_of, slab_bounds_mm
from workstation.structures.structure import ContourStack, PlanarContours
from workstation.structures.surface_model import StackSource, SurfaceModel
from workstation.structures.volume import volume_cc

AXIAL = Plane.axial()


def circle(radius_mm: float, count: int = 90, centre: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    angle = np.arange(count) * 2 * np.pi / count
    return np.column_stack([np.cos(angle), np.sin(angle)]) * radius_mm + centre


def stack_of(rings: dict[float, list], plane: Plane = AXIAL, spacing_mm: float = 3.0) -> ContourStack:
    slices = tuple(PlanarContours(position, Region(drawn)) for position, drawn in sorted(rings.items()))
    return ContourStack(plane, spacing_mm, slices)


def expected(stack: ContourStack, grid: Grid, drawn_at: dict[int, float]) -> np.ndarray:
    """The slow truth: Region.contains at every voxel centre of the slices in `drawn_at` (k -> drawn position)."""
    out = np.zeros(grid.shape, dtype=bool)
    j, i = np.mgrid[: grid.size[1], : grid.size[0]]
    for k, position in drawn_at.items():
        centres = grid.to_patient(np.stack([i, j, np.full_like(i, k)], axis=-1).reshape(-1, 3))
        uv = stack.plane.to_plane(centres)[:, :2]
        out[k] = stack.region_at(position).contains(uv).reshape(i.shape)
    return out


def test_centres_inside_are_in_and_centres_outside_are_out() -> None:
    grid = Grid((-20.3, -18.1, -6.0), (0.97, 0.97, 3.0), np.eye(3), (42, 40, 5))
    rings = [circle(15.0), circle(7.0, centre=(2.0, 1.0)), circle(3.0, centre=(2.0, 1.0)), circle(2.0, centre=(15, 12))]
    stack = stack_of({-6.0: rings, -3.0: rings[:1], 0.0: rings[1:]})
    mask = mask_of(stack, grid)
    np.testing.assert_array_equal(mask.full(), expected(stack, grid, {0: -6.0, 1: -3.0, 2: 0.0}))
    assert mask.voxels.size < np.prod(grid.size) / 2


def test_vertices_on_rows_of_voxel_centres_count_once() -> None:
    grid = Grid((-10.0, -10.0, 0.0), (0.1, 0.1, 3.0), np.eye(3), (201, 201, 1))
    diamond = [(0.0, -5.3), (5.3, 0.0), (0.0, 5.3), (-5.3, 0.0)]
    square = [(-7.0, -7.0), (7.0, -7.0), (7.0, 7.0), (-7.0, 7.0)]
    stack = stack_of({0.0: [diamond, square]})
    np.testing.assert_array_equal(mask_of(stack, grid).full(), expected(stack, grid, {0: 0.0}))


@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, -1), (-1, -1, 1), (1, -1, -1)])
@pytest.mark.parametrize("swapped", [False, True])
def test_flipped_and_swapped_axes_of_the_grid(signs: tuple[int, int, int], swapped: bool) -> None:
    direction = np.eye(3) * np.array(signs)
    if swapped:
        direction = direction[:, [1, 0, 2]]
    grid = Grid((-13.0 * signs[0], -11.0 * signs[1], -3.0 * signs[2]), (1.1, 0.9, 3.0), direction, (26, 30, 3))
    stack = stack_of({-3.0: [circle(6.0, centre=(3.0, 1.0))], 0.0: [circle(8.0), circle(3.0, centre=(1.0, 2.0))]})
    k = {round(float(grid.to_patient((0, 0, k))[2])): k for k in range(3)}
    np.testing.assert_array_equal(mask_of(stack, grid).full(), expected(stack, grid, {k[-3]: -3.0, k[0]: 0.0}))


def test_a_tilted_gantry_shifts_each_slice_by_its_own_amount() -> None:
    tilt = np.radians(15)
    direction = np.column_stack([(1, 0, 0), (0, 1, 0), (0, -np.sin(tilt), np.cos(tilt))])
    grid = Grid((-20.0, -20.0, 0.0), (1.0, 1.0, 3.0 / np.cos(tilt)), direction, (41, 41, 4))
    stack = stack_of({0.0: [circle(9.0)], 3.0: [circle(9.0)], 6.0: [circle(9.0)]})
    np.testing.assert_array_equal(mask_of(stack, grid).full(), expected(stack, grid, {0: 0.0, 1: 3.0, 2: 6.0}))


def test_rows_and_columns_turned_within_the_slice() -> None:
    direction = Transform.from_rigid(rotation_deg=(0, 0, 30)).matrix[:3, :3]
    grid = Grid((-3.0, -22.0, 0.0), (1.0, 1.3, 3.0), direction, (40, 30, 1))
    stack = stack_of({0.0: [circle(9.0), circle(4.0)]})
    np.testing.assert_array_equal(mask_of(stack, grid).full(), expected(stack, grid, {0: 0.0}))


def test_a_stack_on_the_grids_own_oblique_slices() -> None:
    direction = Transform.from_rigid(rotation_deg=(20, -35, 10)).matrix[:3, :3]
    grid = Grid((5.0, 6.0, 7.0), (1.0, 1.0, 2.0), direction, (30, 30, 3))
    plane = Plane((0, 0, 0), direction[:, 0], direction[:, 1])
    u, v, w = plane.to_plane(grid.to_patient((15.2, 14.9, 1)))
    stack = stack_of({float(w): [circle(9.0, centre=(u, v)), circle(4.0, centre=(u + 1, v))]}, plane, 2.0)
    np.testing.assert_array_equal(mask_of(stack, grid).full(), expected(stack, grid, {1: float(w)}))


def test_a_slice_takes_the_plane_whose_slab_it_lies_in() -> None:
    grid = Grid((-10, -10, 0.0), (1.0, 1.0, 1.0), np.eye(3), (21, 21, 14))
    stack = stack_of({2.0: [circle(3.0)], 5.0: [circle(5.0)], 8.2: [circle(7.0)]})
    drawn_at = {1: 2.0, 2: 2.0, 3: 2.0, 4: 5.0, 5: 5.0, 6: 5.0, 7: 8.2, 8: 8.2, 9: 8.2}
    np.testing.assert_array_equal(mask_of(stack, grid).full(), expected(stack, grid, drawn_at))


def test_a_slice_half_way_between_two_planes_goes_to_the_upper_one_alone() -> None:
    grid = Grid((-10, -10, 0.0), (1.0, 1.0, 1.0), np.eye(3), (21, 21, 6))
    stack = stack_of({1.0: [circle(3.0)], 3.0: [circle(5.0)]}, spacing_mm=2.0)
    np.testing.assert_array_equal(mask_of(stack, grid).full(), expected(stack, grid, {0: 1.0, 1: 1.0, 2: 3.0, 3: 3.0}))


def test_a_gap_of_the_structure_stays_a_gap() -> None:
    stack = stack_of({0.0: [circle(5.0)], 3.0: [circle(5.0)], 12.0: [circle(5.0)]})
    assert slab_bounds_mm(stack).tolist() == [[-1.5, 1.5], [1.5, 4.5], [10.5, 13.5]]
    grid = Grid((-10, -10, 0.0), (1.0, 1.0, 3.0), np.eye(3), (21, 21, 6))
    np.testing.assert_array_equal(mask_of(stack, grid).full().any(axis=(1, 2)), [1, 1, 0, 0, 1, 0])


def test_a_structure_drawn_on_every_second_slice_holds_together_as_the_surface_models_have_it() -> None:
    positions = [0.0, 3.0, 6.0, 9.0, 18.0, 21.0, 24.0]
    stack = stack_of({z: [circle(5.0)] for z in positions}, spacing_mm=1.5)
    grid = Grid((-10, -10, -1.5), (1.0, 1.0, 1.5), np.eye(3), (21, 21, 20))
    filled = mask_of(stack, grid).full().any(axis=(1, 2))
    # from half a drawn step below the first plane (included) on; only the gap of 9 mm stays open
    np.testing.assert_array_equal(filled, [1] * 8 + [0] * 4 + [1] * 6 + [0] * 2)


@pytest.mark.parametrize("gaps", [[3.0] * 6, [1.5, 3.0, 1.5, 1.5], [3.0, 3.0, 4.5, 3.0], [3.0, 4.5004, 3.0, 3.0, 9.0]])
def test_masks_and_surface_models_agree_on_which_planes_are_joined(gaps: list[float]) -> None:
    stack = stack_of({float(z): [circle(5.0)] for z in np.cumsum([0.0, *gaps])}, spacing_mm=1.5)
    model = SurfaceModel(StackSource(stack), "slab")
    ends = [model.slab_ends_mm(i) for i in range(len(stack.slices))]
    np.testing.assert_allclose(slab_bounds_mm(stack), ends, atol=1e-9)


def test_slices_beyond_the_structure_and_rings_beyond_the_grid_are_cut() -> None:
    grid = Grid((0.0, 0.0, 0.0), (1.0, 1.0, 3.0), np.eye(3), (10, 10, 2))
    stack = stack_of({-30.0: [circle(5.0)], 0.0: [circle(1e6, 8)], 3.0: [circle(4.0)], 300.0: [circle(5.0)]})
    mask = mask_of(stack, grid)
    np.testing.assert_array_equal(mask.full(), expected(stack, grid, {0: 0.0, 1: 3.0}))
    assert mask.voxels.shape == grid.shape


@pytest.mark.parametrize(
    "rings",
    [{}, {0.0: [[(1, 1)]]}, {0.0: [[(1, 1), (2, 2)]]}, {0.0: [[(0, 0), (1, 0), (2, 0)]]}, {90.0: [circle(3.0)]},
     {0.0: [circle(3.0, centre=(500.0, 0.0))]}],
)  # fmt: skip
def test_rings_that_are_nothing_or_elsewhere_give_an_empty_mask(rings: dict[float, list]) -> None:
    grid = Grid((0.0, 0.0, 0.0), (1.0, 1.0, 3.0), np.eye(3), (10, 10, 2))
    mask = mask_of(stack_of(rings), grid)
    assert isinstance(mask, Mask)
    assert not mask.full().any()


coordinates = st.integers(-768, 768).map(lambda n: n / 64)  # many on voxel centres, and none off them by rounding


@given(
    rings=st.lists(st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=8), min_size=1, max_size=4),
    spacing_mm=st.sampled_from([0.5, 1.0, 0.977]),
)
def test_any_rings_fill_as_the_even_odd_rule_says(rings: list[list[tuple[float, float]]], spacing_mm: float) -> None:
    grid = Grid((-8.0, -8.0, 0.0), (spacing_mm, spacing_mm, 3.0), np.eye(3), (20, 18, 1))
    stack = stack_of({0.0: [np.array(ring) for ring in rings]})
    np.testing.assert_array_equal(mask_of(stack, grid).full(), expected(stack, grid, {0: 0.0}))


def test_warming_up_leaves_one_compiled_signature() -> None:
    rasterise_kernels.warm_up()
    mask_of(stack_of({0.0: [circle(3.0)]}), Grid((0.0, 0.0, 0.0), (1.0, 1.0, 3.0), np.eye(3), (10, 10, 2)))
    assert len(rasterise_kernels.fill_even_odd.signatures) == 1


def sphere(radius_mm: float, step_mm: float) -> ContourStack:
    positions = np.arange(-np.floor(radius_mm / step_mm) * step_mm, radius_mm, step_mm)
    rings = {float(z): [circle(float(np.sqrt(radius_mm**2 - z**2)), 120)] for z in positions if abs(z) < radius_mm}
    return stack_of(rings, spacing_mm=step_mm)


@pytest.mark.parametrize("rotation_deg", [(90, 0, 0), (20, -35, 10), (0, 45, 0), (5, 0, 0)])
def test_grids_of_another_orientation_see_the_same_body(rotation_deg: tuple[float, float, float]) -> None:
    stack = sphere(20.0, 2.5)
    direction = Transform.from_rigid(rotation_deg=rotation_deg).matrix[:3, :3]
    grid = Grid(direction @ (-30.0, -31.0, -30.5), (1.1, 0.9, 1.5), direction, (56, 68, 42))
    mask = mask_of(stack, grid)
    assert mask.volume_cc == pytest.approx(volume_cc(stack), rel=0.01)
    k, j, i = np.nonzero(mask.full())
    distance = np.linalg.norm(grid.to_patient(np.column_stack([i, j, k])), axis=1)
    assert distance.max() < 20.6
    outside = ~mask.full()
    k, j, i = np.nonzero(outside)
    assert np.linalg.norm(grid.to_patient(np.column_stack([i, j, k])), axis=1).min() > 19.4


def test_holes_are_holes_on_oblique_grids_too() -> None:
    shell = stack_of({float(z): [circle(18.0), circle(9.0)] for z in range(-12, 13, 3)})
    direction = Transform.from_rigid(rotation_deg=(30, 10, 0)).matrix[:3, :3]
    grid = Grid(direction @ (-40.0, -40.0, -40.0), (1.0, 1.0, 1.0), direction, (81, 81, 81))
    mask = mask_of(shell, grid)
    assert not mask.full()[40, 40, 40]
    assert mask.volume_cc == pytest.approx(volume_cc(shell), rel=0.02)


def test_an_oblique_grid_that_misses_the_structure_is_empty() -> None:
    direction = Transform.from_rigid(rotation_deg=(30, 10, 0)).matrix[:3, :3]
    grid = Grid((500.0, 0.0, 0.0), (1.0, 1.0, 1.0), direction, (10, 10, 10))
    assert not mask_of(sphere(10.0, 2.0), grid).full().any()


def test_a_named_surface_model_fills_slices_between_drawn_planes() -> None:
    stack = sphere(20.0, 5.0)
    grid = Grid((-25.0, -25.0, -25.0), (1.0, 1.0, 1.0), np.eye(3), (51, 51, 51))
    errors = {m: abs(mask_of(stack, grid, m).volume_cc - 33.51) for m in (None, "linear-tapered")}
    assert errors["linear-tapered"] < 0.4
    drawn = mask_of(stack, grid, "linear-tapered").full()[25]
    np.testing.assert_array_equal(drawn, mask_of(stack, grid).full()[25])


def test_slabs_hold_the_volume_of_the_slab_model() -> None:
    stack = sphere(20.0, 2.5)
    grid = Grid((-24.9, -24.9, -24.75), (0.5, 0.5, 0.5), np.eye(3), (100, 100, 100))
    assert mask_of(stack, grid).volume_cc == pytest.approx(volume_cc(stack, "slab"), rel=2e-3)


def test_an_unknown_surface_model_is_refused() -> None:
    grid = Grid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), np.eye(3), (9, 9, 9))
    with pytest.raises(StructureError, match="surface model"):
        mask_of(sphere(5.0, 1.0), grid, "wishful")
