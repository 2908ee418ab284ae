"""The brush paints what its circle covers, on any plane, by a rule that can be told before it happens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.case.bodies import add_derived, case_with_gtv, differences, disc
from tests.editing.hands import desk_with_gtv, drag, line
from workstation.case.commands import AddStructure, ChangeStructure
from workstation.case.new_structure import new_structure
from workstation.editing.brush import Brush
from workstation.editing.desk import Desk
from workstation.editing.pointer import Pointer
from workstation.geometry.plane import Plane
from workstation.structures.planar import area_mm2, difference, swept_disc, union
from workstation.structures.structure import PlanarContours, State


def empty_desk() -> tuple[Desk, str]:
    """A desk with an empty structure in hand."""
    case, _ = case_with_gtv()
    new = new_structure(case, "New")
    case.do(AddStructure(new))
    desk = Desk(case)
    desk.active = new.identifier
    return desk, new.identifier


@pytest.mark.parametrize("radius_mm", [1.0, 5.0, 20.0])
def test_a_straight_stroke_covers_a_capsule(radius_mm):
    desk, new = empty_desk()
    desk.brush_radius_mm = radius_mm
    drag(Brush(), desk, Plane.axial(0.0), line((-15, 4), (12, -7)))
    length = np.hypot(27, 11)
    analytic, outline_mm = np.pi * radius_mm**2 + 2 * radius_mm * length, 2 * np.pi * radius_mm + 2 * length
    assert area_mm2(desk.case.region_at(new, 0.0)) == pytest.approx(analytic, abs=0.02 * outline_mm)
    assert len(desk.case.structures[new].stack.slices) == 1


def test_the_slice_nearest_to_the_shown_plane_is_painted():
    desk, new = empty_desk()
    drag(Brush(), desk, Plane.axial(4.2), [(0, 0)])
    assert desk.case.structures[new].stack.positions_mm.tolist() == [3.0]


def test_beyond_the_image_there_is_nothing_to_paint_on():
    desk, case, _, refusals = desk_with_gtv()
    before = case.contents
    drag(Brush(), desk, Plane.axial(90.0), line((0, 0), (9, 9)))
    assert case.contents is before and "no slice" in refusals[0]


def test_from_inside_a_stroke_extends():
    desk, case, gtv, _ = desk_with_gtv()
    desk.brush_radius_mm = 4
    path = line((5, 0), (25, 0))
    drag(Brush(), desk, Plane.axial(0.0), path)
    expected = union(disc(10), swept_disc(path, 4))
    assert area_mm2(case.region_at(gtv, 0.0)) == pytest.approx(area_mm2(expected), rel=1e-3)
    assert case.undo_label == "Paint GTV"


def test_from_outside_a_stroke_cuts_as_soon_as_it_touches_and_what_it_had_added_is_gone():
    desk, case, gtv, _ = desk_with_gtv()
    desk.brush_radius_mm = 2
    brush, plane = Brush(), Plane.axial(0.0)
    path = line((-25, 0), (25, 0))
    drag(brush, desk, plane, path[:20], release=False)
    assert len(case.region_at(gtv, 0.0).rings) == 2  # a new piece so far
    for u, v in path[20:]:
        brush.move(desk, Pointer(plane, u, v, pressed=True))
    brush.release(desk, Pointer(plane, 25.0, 0.0))
    expected = difference(disc(10), swept_disc(path, 2))
    cut = case.region_at(gtv, 0.0)
    assert area_mm2(cut) == pytest.approx(area_mm2(expected), rel=1e-3) and len(cut.rings) == 2
    assert not cut.contains([(-20.0, 0.0), (0.0, 0.0)]).any()
    assert case.undo_label == "Cut GTV"


def test_from_outside_without_touching_a_stroke_is_a_new_piece():
    desk, case, gtv, _ = desk_with_gtv()
    desk.brush_radius_mm = 3
    drag(Brush(), desk, Plane.axial(0.0), line((20, -5), (20, 5)))
    region = case.region_at(gtv, 0.0)
    assert len(region.rings) == 2
    assert area_mm2(region) == pytest.approx(area_mm2(disc(10)) + np.pi * 9 + 60, rel=1e-3)


def test_add_and_erase_force_the_rule_and_alt_always_erases():
    for rule, keys, grows in (("add", {}, True), ("erase", {}, False), ("add", {"erase": True}, False)):
        desk, case, gtv, _ = desk_with_gtv()
        desk.rule = rule
        drag(Brush(), desk, Plane.axial(0.0), line((-25, 0), (25, 0)), **keys)
        assert (area_mm2(case.region_at(gtv, 0.0)) > area_mm2(disc(10))) is grows
    desk, case, gtv, _ = desk_with_gtv()
    drag(Brush(erasing=True), desk, Plane.axial(0.0), line((0, 0), (5, 0)))
    assert area_mm2(case.region_at(gtv, 0.0)) < area_mm2(disc(10))


def test_erasing_everything_on_a_slice_removes_its_plane():
    desk, case, gtv, _ = desk_with_gtv()
    desk.brush_radius_mm = 30
    drag(Brush(), desk, Plane.axial(9.0), [(0, 0)], erase=True)
    assert case.structures[gtv].stack.find(9.0) is None and case.structures[gtv].stack.find(6.0) is not None


def test_a_stroke_without_effect_leaves_no_step():
    desk, case, _, _ = desk_with_gtv()
    before, label = case.contents, case.undo_label
    drag(Brush(), desk, Plane.axial(0.0), line((0, 0), (2, 1)))
    drag(Brush(), desk, Plane.axial(0.0), line((30, 0), (30, 9)), erase=True)
    assert case.contents is before and case.undo_label == label


def test_painting_on_a_sagittal_plane_changes_every_axial_slice_it_crosses():
    desk, new = empty_desk()
    case = desk.case
    desk.brush_radius_mm = 10
    drag(Brush(), desk, Plane.sagittal(4.0), [(5.0, 0.0)])  # u to posterior, v to the feet
    stack = case.structures[new].stack
    assert stack.positions_mm.tolist() == [-9.0, -6.0, -3.0, 0.0, 3.0, 6.0, 9.0]
    for drawn in stack.slices:
        u0, v0, u1, v1 = drawn.region.bounds()
        half = np.sqrt(100 - drawn.position_mm**2)
        assert (u0, u1) == pytest.approx((4.0, 6.0), abs=1e-4)  # the column of voxels around x = 5, two wide
        assert (v0, v1) == pytest.approx((5 - half, 5 + half), abs=0.05)


def test_neighbouring_sagittal_slices_abut_without_gap_or_seam():
    desk, new = empty_desk()
    case = desk.case
    desk.brush_radius_mm = 8
    desk.rule = "add"
    for x in (-3.0, -1.0, 1.0, 3.0):
        drag(Brush(), desk, Plane.sagittal(x), [(0.0, 0.0)])
    region = case.region_at(new, 0.0)
    assert len(region.rings) == 1
    assert region.bounds()[0] == pytest.approx(-4.0, abs=1e-4) and region.bounds()[2] == pytest.approx(4.0, abs=1e-4)
    assert area_mm2(region) == pytest.approx(8 * 16, rel=0.01)


def test_what_was_painted_on_a_coronal_plane_is_seen_there():
    desk, new = empty_desk()
    desk.brush_radius_mm = 9
    plane = Plane.coronal(3.0)
    drag(Brush(), desk, plane, line((-4, 0), (6, 3)))
    seen = desk.case.section(new, plane)
    painted = swept_disc([(-4, 0), (6, 3)], 9)
    overlap = area_mm2(seen) - area_mm2(difference(seen, painted))
    assert 2 * overlap / (area_mm2(seen) + area_mm2(painted)) > 0.9  # slices of 3 mm cut it into steps


def test_a_brush_smaller_than_the_slices_are_apart_is_never_lost():
    desk, new = empty_desk()
    desk.brush_radius_mm = 0.5
    drag(Brush(), desk, Plane.sagittal(1.0), [(0.0, 1.4)])
    assert desk.case.structures[new].stack.positions_mm.tolist() == [0.0]


def test_painting_on_an_oblique_plane_covers_the_slices_along_it():
    desk, new = empty_desk()
    desk.brush_radius_mm = 9
    plane = Plane((0, 0, 0), (1, 0, 0), (0, np.cos(np.radians(60)), np.sin(np.radians(60))))
    drag(Brush(), desk, plane, [(0, 0)])
    stack = desk.case.structures[new].stack
    assert stack.positions_mm.tolist() == [-6.0, -3.0, 0.0, 3.0, 6.0]
    for drawn in stack.slices:
        _, v0, _, v1 = drawn.region.bounds()
        assert (v0 + v1) / 2 == pytest.approx(drawn.position_mm / np.tan(np.radians(60)), abs=1.5)


def test_the_ball_covers_a_ball():
    desk, new = empty_desk()
    desk.ball, desk.brush_radius_mm = True, 12
    for plane in (Plane.axial(0.0), Plane.sagittal(0.0)):
        drag(Brush(), desk, plane, [(0, 0)])
        stack = desk.case.structures[new].stack
        assert stack.positions_mm.tolist() == [-9.0, -6.0, -3.0, 0.0, 3.0, 6.0, 9.0]
        for drawn in stack.slices:
            assert area_mm2(drawn.region) == pytest.approx(np.pi * (144 - drawn.position_mm**2), rel=0.003)
        desk.case.undo()


def test_the_ball_dragged_up_the_slices_covers_a_capsule():
    desk, new = empty_desk()
    desk.ball, desk.brush_radius_mm = True, 8
    drag(Brush(), desk, Plane.sagittal(0.0), line((0, 12), (0, -12)))
    stack = desk.case.structures[new].stack
    for drawn in stack.slices:
        beyond = max(abs(drawn.position_mm) - 12, 0)
        assert area_mm2(drawn.region) == pytest.approx(np.pi * (64 - beyond**2), rel=0.01)


def test_derived_structures_follow_every_move():
    desk, case, gtv, _ = desk_with_gtv()
    ctv = add_derived(case, "CTV", gtv, 5)
    brush, plane, areas = Brush(), Plane.axial(0.0), []
    drag(brush, desk, plane, [(5, 0)], release=False)
    for u in (10.0, 15.0, 20.0):
        brush.move(desk, Pointer(plane, u, 0.0, pressed=True))
        areas.append(area_mm2(case.region_at(ctv, 0.0)))
    brush.release(desk, Pointer(plane, 20.0, 0.0))
    assert areas == sorted(areas) and areas[0] < areas[-1]
    assert area_mm2(case.structures[ctv].stack.region_at(0.0)) == areas[-1]


def test_escape_in_mid_stroke_restores_everything():
    desk, case, gtv, _ = desk_with_gtv()
    before = case.contents
    brush = Brush()
    drag(brush, desk, Plane.axial(0.0), line((0, 0), (25, 0)), release=False)
    assert brush.key_pressed(desk, "Escape")
    brush.move(desk, Pointer(Plane.axial(0.0), 30.0, 0.0, pressed=True))
    assert not brush.release(desk, Pointer(Plane.axial(0.0), 30.0, 0.0))
    assert case.contents is before and area_mm2(case.region_at(gtv, 0.0)) == area_mm2(disc(10))


def test_a_wheel_turn_in_mid_stroke_goes_on_on_the_next_slice_with_the_same_meaning():
    desk, case, gtv, _ = desk_with_gtv()
    brush = Brush()
    drag(brush, desk, Plane.axial(0.0), line((5, 0), (12, 0)), release=False)
    brush.move(desk, Pointer(Plane.axial(3.0), 15.0, 0.0, pressed=True))
    brush.release(desk, Pointer(Plane.axial(3.0), 15.0, 0.0))
    assert case.region_at(gtv, 0.0).bounds()[2] == pytest.approx(17, abs=0.1)
    assert case.region_at(gtv, 3.0).bounds()[2] == pytest.approx(20, abs=0.1)


def test_a_locked_structure_refuses_the_brush_with_a_sentence():
    desk, case, gtv, refusals = desk_with_gtv()
    case.do(ChangeStructure(gtv, locked=True))
    before = case.contents
    drag(Brush(), desk, Plane.axial(0.0), line((0, 0), (25, 0)))
    assert case.contents is before and refusals == ["GTV is locked: unlock it in the structure list to change it"]
    desk.active = ""
    drag(Brush(), desk, Plane.axial(0.0), [(0, 0)])
    assert "No structure is chosen" in refusals[1]


def test_painting_a_derived_structure_overrides_it():
    desk, case, gtv, _ = desk_with_gtv()
    desk.active = add_derived(case, "CTV", gtv, 5)
    drag(Brush(), desk, Plane.axial(0.0), line((0, 0), (25, 0)))
    assert case.structures[desk.active].state is State.OVERRIDDEN


def test_the_radius_is_set_by_keys_and_by_pressure():
    desk, new = empty_desk()
    brush = Brush()
    brush.key_pressed(desk, "]")
    assert desk.brush_radius_mm > 5.0
    desk.brush_radius_mm = 10.0
    desk.pressure_sets_radius = True
    plane = Plane.axial(0.0)
    brush.press(desk, Pointer(plane, 0.0, 0.0, pressed=True, pressure=0.5))
    brush.release(desk, Pointer(plane, 0.0, 0.0))
    assert area_mm2(desk.case.region_at(new, 0.0)) == pytest.approx(np.pi * 25, rel=0.003)


def test_the_outline_shows_the_circle_where_it_paints():
    desk, _, _, _ = desk_with_gtv()
    brush = Brush()
    brush.move(desk, Pointer(Plane.axial(0.0), 3.0, 4.0))
    (outline,) = brush.outlines(desk, Plane.axial(0.0))
    assert np.allclose(np.hypot(*(outline.points - (3, 4)).T), 5.0) and not outline.erasing
    assert brush.outlines(desk, Plane.axial(3.0)) == []
    desk.ball = True
    (outline,) = brush.outlines(desk, Plane.axial(3.0))
    assert np.allclose(np.hypot(*(outline.points - (3, 4)).T), 4.0)


def test_a_long_stroke_stays_lean_and_where_it_was_drawn():
    desk, new = empty_desk()
    desk.brush_radius_mm = 4
    t = np.linspace(0, 2 * np.pi, 900)
    path = np.column_stack([25 * np.cos(t), 25 * np.sin(t)])
    drag(Brush(), desk, Plane.axial(0.0), path)
    ring = desk.case.region_at(new, 0.0)
    assert ring.point_count < 400
    radii = np.hypot(*np.concatenate(ring.rings).T)
    inner, outer = radii[radii < 25], radii[radii > 25]
    assert np.abs(inner - 21).max() < 0.05 and np.abs(outer - 29).max() < 0.05
    assert area_mm2(ring) == pytest.approx(np.pi * (29**2 - 21**2), abs=0.02 * 2 * np.pi * (29 + 21))


def test_painting_over_the_same_place_a_hundred_times_does_not_wear_the_outline_down():
    desk, case, gtv, _ = desk_with_gtv()
    desk.brush_radius_mm = 3
    generator = np.random.default_rng(1)
    for _ in range(100):
        x = float(generator.uniform(-3, 3))
        drag(Brush(), desk, Plane.axial(0.0), line((x, 0), (x + 0.5, 11)))
    far = [p for p in np.concatenate(case.region_at(gtv, 0.0).rings) if p[1] < 0]
    original = {tuple(p) for p in disc(10).rings[0]}
    assert far and all(tuple(p) in original for p in far)  # not one untouched point has moved
    assert case.region_at(gtv, 0.0).point_count < 200


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), min_size=1, max_size=12), st.floats(1, 8))
def test_any_path_gives_the_union_of_discs_and_cancel_gives_nothing(points, radius_mm):
    desk, case, gtv, _ = desk_with_gtv()
    desk.rule, desk.brush_radius_mm = "add", radius_mm
    start = case.contents
    drag(brush := Brush(), desk, Plane.axial(0.0), points, release=False)
    brush.cancel(desk)
    assert case.contents is start
    drag(Brush(), desk, Plane.axial(0.0), points)
    expected = union(disc(10), swept_disc(points, radius_mm))
    got = case.region_at(gtv, 0.0)
    off = area_mm2(difference(got, expected)) + area_mm2(difference(expected, got))
    assert off <= 0.005 * area_mm2(expected)
    case.undo() if case.undo_label == "Paint GTV" else None
    assert differences(start, case.contents) == []


def test_what_is_painted_while_other_planes_are_set_stays_apart():
    case, gtv = case_with_gtv()
    stroke = case.begin_stroke(gtv, "Paint")
    stroke.set([PlanarContours(0.0, disc(3))])
    stroke.set([PlanarContours(3.0, disc(4))])
    stroke.set([PlanarContours(0.0, disc(5))])
    stroke.commit()
    assert area_mm2(case.region_at(gtv, 0.0)) == area_mm2(disc(5))
    assert area_mm2(case.region_at(gtv, 3.0)) == area_mm2(disc(4))
