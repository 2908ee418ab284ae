"""The measuring tools as a hand drives them: points set by dragging and clicking, live numbers, points moved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.case.bodies import case_with_gtv, image
from tests.editing.hands import click, drag, line
from workstation.case.case import Case
from workstation.case.commands import AddImage, AddRegistration, ChangeStructure
from workstation.case.registration_commands import AcceptRegistration
from workstation.editing.desk import Desk
from workstation.editing.measuring_tool import MeasuringTool, measuring_tools
from workstation.editing.pointer import Pointer
from workstation.fusion.registration import Registration
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.measurements.measurement import KINDS

AXIAL, SAGITTAL, OBLIQUE = Plane.axial(0), Plane.sagittal(1), Plane((1, 2, 3), (1, 0.3, 0.1), (0, 1, 0.4))
CIRCLE = [(10 * np.cos(t), 10 * np.sin(t)) for t in np.linspace(0, 2 * np.pi, 60)]


@pytest.fixture
def desk() -> Desk:
    case, key = case_with_gtv()
    case.do(ChangeStructure(key, locked=True))  # measuring does not mind
    made = Desk(case)
    made.refusals = []
    made.refused.connect(made.refusals.append)
    return made


def only(desk: Desk):
    (found,) = desk.case.measurements.values()
    return found


def labels(tool: MeasuringTool, desk: Desk, plane: Plane = AXIAL) -> list[str]:
    return [outline.label for outline in tool.outlines(desk, plane) if outline.label]


@pytest.mark.parametrize("plane", [AXIAL, SAGITTAL, OBLIQUE])
def test_a_distance_is_dragged_from_end_to_end_in_one_step(desk, plane):
    drag(MeasuringTool("distance"), desk, plane, line((0, 0), (30, 40), 5))
    assert only(desk).length_mm == pytest.approx(50) and desk.case.undo_label == "Measure distance"
    assert np.allclose(only(desk).points_mm, plane.to_patient([(0, 0), (30, 40)]))
    assert only(desk).image_keys == ("ct",) and only(desk).frame_of_reference_uid == "1.2.3.4"
    desk.case.undo()
    assert not desk.case.measurements and desk.case.undo_label != "Measure distance"


def test_two_clicks_make_a_distance_too_and_numbers_are_live(desk):
    tool = MeasuringTool("distance")
    click(tool, desk, AXIAL, [(0, 0)])
    tool.move(desk, Pointer(AXIAL, 0.0, 12.34))
    assert labels(tool, desk) == ["12.3 mm"] and not desk.case.measurements
    assert labels(tool, desk, Plane.axial(3)) == []
    click(tool, desk, AXIAL, [(0, 20)])
    assert only(desk).length_mm == pytest.approx(20) and labels(tool, desk) == []


@pytest.mark.parametrize("first_leg_is_dragged", [True, False])
def test_an_angle_takes_arm_corner_arm(desk, first_leg_is_dragged):
    tool = MeasuringTool("angle")
    if first_leg_is_dragged:
        drag(tool, desk, AXIAL, line((10, 0), (0, 0), 2))
    else:
        click(tool, desk, AXIAL, [(10, 0), (0, 0)])
    tool.move(desk, Pointer(AXIAL, 5.0, 5.0))
    assert labels(tool, desk) == ["45.0°"]
    click(tool, desk, AXIAL, [(0, 10)])
    assert only(desk).angle_deg == pytest.approx(90)


def test_regions_say_size_and_figures_while_they_are_dragged(desk):
    for kind, area in (("rectangle", 2.0), ("ellipse", np.pi / 2)):
        tool = MeasuringTool(kind)
        drag(tool, desk, AXIAL, [(-20, -20), (-10, -10), (0, -10)], release=False)
        (label,) = labels(tool, desk)
        assert label.split("\n") == [f"{area:.2f} cm² · 20.0 × 10.0 mm", "CT 0.0 ± 0.0 HU"]
        tool.cancel(desk)
    assert not desk.case.measurements


def test_shift_makes_a_circle_and_a_square(desk):
    drag(MeasuringTool("ellipse"), desk, AXIAL, [(0, 0), (10, -4)], shift=True)
    assert np.allclose(only(desk).points_mm[1], (10, -10, 0))


def test_a_freehand_region_follows_the_hand_and_closes_itself(desk):
    drag(MeasuringTool("freehand"), desk, AXIAL, CIRCLE)
    assert desk.measuring.words(only(desk))[0] == "3.14 cm²"
    drag(MeasuringTool("freehand"), desk, AXIAL, [(30, 30), (30.2, 30)])
    assert len(desk.case.measurements) == 1  # that was nothing


def test_a_click_alone_and_a_drag_without_size_leave_nothing(desk):
    for kind in ("ellipse", "rectangle", "freehand"):
        tool = MeasuringTool(kind)
        drag(tool, desk, AXIAL, [(0, 0), (20, 0)])
        tool.cancel(desk)
    click(MeasuringTool("distance"), desk, AXIAL, [(0, 0), (0, 0)])
    assert not desk.case.measurements and not desk.refusals


def test_points_are_moved_in_one_step_and_escape_puts_them_back(desk):
    tool = MeasuringTool("distance")
    drag(tool, desk, AXIAL, [(0, 0), (30, 40)])
    drag(tool, desk, AXIAL, [(30, 40), (30, 20), (0, 25)], release=False)
    assert desk.measuring.in_hand.length_mm == pytest.approx(25) and only(desk).length_mm == pytest.approx(50)
    assert tool.key_pressed(desk, "Escape") and desk.measuring.in_hand is None
    tool.release(desk, Pointer(AXIAL, 0.0, 25.0))
    assert only(desk).length_mm == pytest.approx(50)
    drag(MeasuringTool("angle"), desk, AXIAL, [(30, 40), (30, 20), (0, 25)])  # any measuring tool takes hold
    assert only(desk).length_mm == pytest.approx(25) and desk.case.undo_label == "Move Distance 1"
    desk.case.undo()
    assert only(desk).length_mm == pytest.approx(50)


def test_with_alt_a_new_one_begins_on_top_of_another(desk):
    tool = MeasuringTool("distance")
    drag(tool, desk, AXIAL, [(0, 0), (30, 40)])
    drag(tool, desk, AXIAL, [(30, 40), (30, 0)], erase=True)
    assert [round(m.length_mm) for m in desk.case.measurements.values()] == [50, 40]


def test_a_line_takes_the_whole_measurement_along(desk):
    tool = MeasuringTool("rectangle")
    drag(tool, desk, AXIAL, [(0, 0), (20, 10)])
    drag(tool, desk, AXIAL, [(10, 10), (12, 15)])
    assert np.allclose(only(desk).points_mm[:, :2], [(2, 5), (22, 15)])
    drag(tool, desk, AXIAL, [(12, 10), (10, 5)])  # the middle
    assert np.allclose(only(desk).points_mm[:, :2], [(0, 0), (20, 10)])
    drag(tool, desk, AXIAL, [(20, 10), (30, 30)])  # a corner
    assert np.allclose(only(desk).points_mm[:, :2], [(0, 0), (30, 30)])


def test_a_freehand_ring_bends_where_it_is_taken(desk):
    tool = MeasuringTool("freehand")
    drag(tool, desk, AXIAL, CIRCLE)
    before = only(desk).points_mm
    drag(tool, desk, AXIAL, [(10, 0), (14, 0)])
    after = only(desk).points_mm
    assert after[:, 0].max() == pytest.approx(14) and after[:, 0].min() == pytest.approx(before[:, 0].min())


def test_what_lies_on_another_slice_is_not_taken(desk):
    tool = MeasuringTool("distance")
    drag(tool, desk, AXIAL, [(0, 0), (30, 40)])
    drag(tool, desk, Plane.axial(3), [(30, 40), (0, 40)])
    assert len(desk.case.measurements) == 2


def test_a_measurement_is_finished_on_the_slice_that_it_began_on(desk):
    tool = MeasuringTool("distance")
    click(tool, desk, AXIAL, [(0, 0)])
    click(tool, desk, Plane.axial(3), [(10, 0)])
    assert "another slice" in desk.refusals[0] and not desk.case.measurements
    click(tool, desk, AXIAL, [(10, 0)])
    assert only(desk).length_mm == pytest.approx(10)


def test_delete_takes_the_one_under_the_pointer_else_the_chosen_one(desk):
    tool = MeasuringTool("distance")
    drag(tool, desk, AXIAL, [(0, 0), (30, 40)])
    drag(tool, desk, AXIAL, [(-30, -30), (-30, 0)])
    _first, second = desk.case.measurements
    assert desk.measuring.selected == second
    tool.move(desk, Pointer(AXIAL, 15.0, 20.0))
    assert tool.key_pressed(desk, "Delete") and list(desk.case.measurements) == [second]
    assert desk.case.undo_label == "Delete Distance 1"
    tool.move(desk, Pointer(AXIAL, 60.0, 20.0))
    assert tool.key_pressed(desk, "Delete") and not desk.case.measurements
    assert not tool.key_pressed(desk, "Delete") and desk.measuring.selected == ""
    desk.case.undo()
    assert desk.measuring.selected == second


def test_the_last_point_can_be_dropped_and_escape_drops_all(desk):
    tool = MeasuringTool("angle")
    click(tool, desk, AXIAL, [(10, 0), (5, 5)])
    assert tool.key_pressed(desk, "x")
    click(tool, desk, AXIAL, [(0, 0), (0, 10)])
    assert only(desk).angle_deg == pytest.approx(90)
    click(tool, desk, AXIAL, [(-10, 0)])
    assert tool.key_pressed(desk, "Escape") and tool.outlines(desk, AXIAL) == []
    assert not tool.key_pressed(desk, "Escape")


def test_undo_in_the_middle_of_a_drag_wins(desk):
    tool = MeasuringTool("distance")
    drag(tool, desk, AXIAL, [(0, 0), (30, 40)])
    drag(tool, desk, AXIAL, [(30, 40), (0, 20)], release=False)
    desk.case.undo()
    tool.move(desk, Pointer(AXIAL, 0.0, 10.0, pressed=True))
    tool.release(desk, Pointer(AXIAL, 0.0, 10.0))
    assert not desk.case.measurements and desk.measuring.in_hand is None and not desk.refusals


def test_figures_come_from_every_shown_image_through_its_registration():
    case = Case()
    case.do(AddImage(image("ct", value=40)))
    case.do(AddImage(image("mr", frame="9", value=700)))
    desk = Desk(case)
    desk.measuring.shown_images = lambda: ("ct", "mr")
    drag(MeasuringTool("rectangle"), desk, AXIAL, [(0, 0), (10, 10)])
    measured = only(desk)
    assert len(desk.measuring.words(measured)) == 2 and desk.measuring.statistics(measured, "mr") is None
    case.do(AddRegistration(Registration("r", "1.2.3.4", "9", Transform.from_rigid((1, 2, 3), (5, 6, 7)), "test")))
    assert desk.measuring.words(measured)[1:] == ["CT 40.0 ± 0.0 HU", "CT 700.0 ± 0.0 HU · provisional"]
    case.do(AcceptRegistration("r", "A. Physicist"))
    assert desk.measuring.words(measured)[1:] == ["CT 40.0 ± 0.0 HU", "CT 700.0 ± 0.0 HU"]
    assert desk.measuring.words(measured, short=True)[1:] == ["CT 40.0 ± 0.0 HU"]
    assert desk.measuring.words(measured, short=True, first="mr")[1:] == ["CT 700.0 ± 0.0 HU"]
    known = desk.measuring.statistics(measured, "mr")
    assert desk.measuring.statistics(measured, "mr") is known  # worked out once


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.lists(
    st.tuples(st.floats(-30, 30), st.floats(-30, 30)), min_size=1, max_size=6)), max_size=8))
def test_whatever_hands_do_every_release_is_at_most_one_step_and_undo_leads_back(strokes):
    case, _ = case_with_gtv()
    desk, tools = Desk(case), measuring_tools()
    before = case.contents
    steps = len(case.steps[0])
    for kind, points in strokes:
        drag(tools[kind], desk, AXIAL, points)
        assert len(case.steps[0]) - steps in (0, 1)
        steps = len(case.steps[0])
    while case.contents is not before and case.undo_label not in ("Draw GTV",):
        case.undo()
    assert not case.measurements and case.structures is before.structures
