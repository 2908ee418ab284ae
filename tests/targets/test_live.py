"""Live targets: every answer in mid-drag equals a fresh computation, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.planar import difference, swept_disc, union
from workstation.structures.recipe import Limit, Margin, Recipe
from workstation.structures.section import section
from workstation.structures.structure import ContourStack, PlanarContours
from workstation.structures.volume import volume_cc
from workstation.targets.derive import derive
from workstation.targets.errors import TargetError
from workstation.targets.live import LiveTargets

SPACING_MM = 3.0
POSITIONS = np.arange(-8, 9) * SPACING_MM
RECIPES = {
    "ctv": [
        Recipe("gtv", Margin.uniform(5), avoid=(Limit("bone"),)),
        Recipe("gtv", Margin.uniform(4), crop_to=(Limit("bone", 6.0),)),
        Recipe("gtv", Margin.uniform(-1.5)),
        Recipe("gtv", Margin.uniform(0), avoid=(Limit("bone", 2.0),)),
    ],
    "ptv": [
        Recipe("ctv", Margin.uniform(3)),
        Recipe("ctv", Margin(3, 2, 4, 3, 5, 4), avoid=(Limit("gtv"),)),
    ],
}


def disc(radius: float, centre=(0.0, 0.0), count: int = 40) -> np.ndarray:
    t = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.c_[centre[0] + radius * np.cos(t), centre[1] + radius * np.sin(t)]


def stack_of(regions: dict[float, Region]) -> ContourStack:
    slices = tuple(PlanarContours(z, region) for z, region in sorted(regions.items()) if region)
    return ContourStack(Plane.axial(), SPACING_MM, slices)


def gtv() -> ContourStack:
    return stack_of({k * SPACING_MM: Region([disc(np.sqrt(100 - (k * SPACING_MM) ** 2 / 2))]) for k in range(-3, 4)})


def bone() -> ContourStack:
    return stack_of({float(z): Region([disc(8.0, (14.0, 0.0))]) for z in POSITIONS})


def live() -> LiveTargets:
    targets = LiveTargets(Plane.axial(), SPACING_MM, POSITIONS)
    targets.set_stack("gtv", gtv())
    targets.set_stack("bone", bone())
    targets.set_recipe("ctv", RECIPES["ctv"][0])
    targets.set_recipe("ptv", RECIPES["ptv"][0])
    return targets


def fresh(targets: LiveTargets, ctv: Recipe, ptv: Recipe) -> LiveTargets:
    again = LiveTargets(Plane.axial(), SPACING_MM, POSITIONS)
    for name in ("gtv", "bone"):
        again.set_stack(name, targets.stack(name))
    again.set_recipe("ctv", ctv)
    again.set_recipe("ptv", ptv)
    return again


def assert_same(a: Region, b: Region) -> None:
    assert len(a.rings) == len(b.rings)
    for first, second in zip(a.rings, b.rings, strict=True):
        assert np.array_equal(first, second)


def assert_same_stack(a: ContourStack, b: ContourStack) -> None:
    assert a.positions_mm.tolist() == b.positions_mm.tolist()
    for first, second in zip(a.slices, b.slices, strict=True):
        assert_same(first.region, second.region)


edits = st.one_of(
    st.tuples(
        st.sampled_from(["add", "erase"]), st.integers(-7, 7), st.floats(-12, 12), st.floats(-12, 12), st.floats(1, 6)
    ),
    st.tuples(st.just("clear"), st.integers(-7, 7)),
    st.tuples(st.just("off the lattice"), st.integers(-4, 4)),
    st.tuples(st.just("ctv"), st.integers(0, 3)),
    st.tuples(st.just("ptv"), st.integers(0, 1)),
    st.tuples(st.just("look"), st.sampled_from(["ctv", "ptv"]), st.integers(-7, 7)),
    st.tuples(st.just("bone"), st.integers(-7, 7), st.floats(-5, 5)),
)


@settings(max_examples=25)
@given(st.lists(edits, min_size=1, max_size=6))
def test_following_a_stroke_gives_exactly_what_a_fresh_start_gives(sequence):
    targets, recipes = live(), {"ctv": RECIPES["ctv"][0], "ptv": RECIPES["ptv"][0]}
    for step in sequence:
        kind = step[0]
        if kind in ("add", "erase"):
            z = step[1] * SPACING_MM
            brush = swept_disc([(step[2], step[3]), (step[2] + 3, step[3])], step[4])
            region = targets.stack("gtv").region_at(z)
            changed = union(region, brush) if kind == "add" else difference(region, brush)
            targets.change("gtv", [PlanarContours(z, changed)])
        elif kind == "clear":
            targets.change("gtv", [PlanarContours(step[1] * SPACING_MM, Region())])
        elif kind == "off the lattice":
            targets.change("gtv", [PlanarContours(step[1] * SPACING_MM + 1.2, Region([disc(7.0)]))])
        elif kind == "bone":
            targets.change("bone", [PlanarContours(step[1] * SPACING_MM, Region([disc(8.0, (14.0, step[2]))]))])
        elif kind == "look":
            targets.region(step[1], step[2] * SPACING_MM)
        else:
            recipes[kind] = RECIPES[kind][step[1]]
            targets.set_recipe(kind, recipes[kind])
            if kind == "ctv":
                targets.set_recipe("ptv", recipes["ptv"])
        targets.region("ptv", 0.0)
    again = fresh(targets, recipes["ctv"], recipes["ptv"])
    for name in ("ctv", "ptv"):
        assert_same_stack(targets.stack(name), again.stack(name))
        assert targets.volume_cc(name) == again.volume_cc(name)
    for plane in (Plane.sagittal(1.0), Plane.coronal(-2.0)):
        assert_same(targets.section("ptv", plane), again.section("ptv", plane))


def test_a_live_target_is_what_its_recipe_derives():
    targets = live()
    stacks = {"gtv": gtv(), "bone": bone()}
    stacks["ctv"] = derive(RECIPES["ctv"][0], stacks, POSITIONS)
    assert_same_stack(targets.stack("ctv"), stacks["ctv"])
    assert_same_stack(targets.stack("ptv"), derive(RECIPES["ptv"][0], stacks, POSITIONS))


def test_one_plane_is_answered_without_deriving_the_others():
    targets = live()
    targets.region("ctv", 0.0)
    assert len(targets._nodes["ctv"]._entries) == 1


def test_a_plane_out_of_reach_is_not_derived_again():
    targets = live()
    targets.stack("ptv")
    far = targets.region("ctv", -12.0)
    targets.change("gtv", [PlanarContours(9.0, Region([disc(4.0)]))])
    targets.stack("ptv")
    assert targets.region("ctv", -12.0) is far


def test_a_stroke_moves_the_target_in_every_view():
    targets = live()
    before = targets.section("ptv", Plane.coronal()).bounds()
    targets.change("gtv", [PlanarContours(0.0, Region([disc(16.0, (-4.0, 0.0))]))])
    after = targets.section("ptv", Plane.coronal()).bounds()
    assert after[0] == pytest.approx(-28.0, abs=0.3)
    assert after[0] < before[0] - 5


def test_sections_and_volumes_are_those_of_the_whole_stack():
    targets = live()
    whole = targets.stack("ctv")
    assert targets.volume_cc("ctv") == pytest.approx(volume_cc(whole), rel=1e-12)
    assert_same(targets.section("ctv", Plane.sagittal(2.0)), section(whole, Plane.sagittal(2.0)))
    assert_same(targets.section("ctv", Plane.axial(3.0)), whole.region_at(3.0))


def test_downstream_lists_inputs_before_what_is_made_of_them():
    targets = live()
    targets.set_recipe("ring", Recipe("ptv", Margin.uniform(10), avoid=(Limit("ptv", 3.0),)))
    assert targets.downstream("gtv") == ("ctv", "ptv", "ring")
    assert targets.downstream("ctv") == ("ptv", "ring")
    assert targets.downstream("ring") == ()


def test_recipes_that_go_round_in_a_circle_are_refused():
    targets = live()
    with pytest.raises(TargetError, match="circle"):
        targets.set_recipe("ctv", Recipe("ptv", Margin.uniform(1)))
    with pytest.raises(TargetError, match="circle"):
        targets.set_recipe("gtv", Recipe("bone", Margin.uniform(1), avoid=(Limit("ptv"),)))
    with pytest.raises(TargetError, match="circle"):
        targets.set_recipe("new", Recipe("new", Margin.uniform(1)))


def test_a_derived_structure_can_not_be_painted_on_but_can_be_frozen():
    targets = live()
    with pytest.raises(TargetError, match="follows its inputs"):
        targets.change("ctv", [PlanarContours(0.0, Region([disc(3.0)]))])
    frozen = targets.stack("ctv")
    targets.set_recipe("ctv", None)
    targets.change("gtv", [PlanarContours(0.0, Region())])
    assert_same_stack(targets.stack("ctv"), frozen)


def test_a_missing_input_is_named_as_missing():
    targets = live()
    targets.remove("bone")
    with pytest.raises(TargetError, match="not there"):
        targets.stack("ctv")
    targets.set_stack("bone", bone())
    assert targets.stack("ctv").slices


def test_an_emptied_source_empties_what_hangs_below_it():
    targets = live()
    targets.set_stack("gtv", stack_of({}))
    assert not targets.stack("ptv").slices
    assert targets.volume_cc("ptv") == 0.0
    assert not targets.region("ptv", 0.0)


def test_limits_drawn_on_planes_of_another_orientation_are_cut_where_they_lie():
    targets = live()
    side = Plane((0, 0, 0), (0, 1, 0), (0, 0, 1))
    wall = ContourStack(side, 2.0, tuple(
        PlanarContours(x, Region([[(-30.0, -30.0), (30.0, -30.0), (30.0, 30.0), (-30.0, 30.0)]]))
        for x in np.arange(-24.0, -1.0, 2.0)
    ))
    targets.set_stack("bone", wall)
    left_edge = targets.region("ctv", 0.0).bounds()[0]
    assert left_edge == pytest.approx(-1.0, abs=0.1)


def test_unequal_margins_on_an_oblique_image_follow_too():
    plane = Plane((0, 0, 0), (1, 0.3, 0), (-0.3, 1, 0.2))
    targets = LiveTargets(plane, SPACING_MM, POSITIONS)
    targets.set_stack("gtv", ContourStack(plane, SPACING_MM, gtv().slices))
    targets.set_recipe("ctv", Recipe("gtv", Margin(5, 5, 3, 3, 4, 4)))
    first = targets.region("ctv", 0.0)
    targets.change("gtv", [PlanarContours(0.0, Region([disc(14.0)]))])
    assert targets.region("ctv", 0.0).bounds()[0] < first.bounds()[0] - 2
