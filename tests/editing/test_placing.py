"""Moving and turning the fused image by hand: what is seen moves as the hand does, and every step can be taken back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gui.viewport_scene import MOVE, case_with, ct, fused_case, mr
from workstation.case.errors import CaseError
from workstation.case.registration_commands import AcceptRegistration
from workstation.editing.desk import Desk
from workstation.editing.placing import METHOD, MIDDLE, middles_on_each_other, rigid_part, rotation_about
from workstation.editing.placing_tool import RING_PIXELS, PlacingTool
from workstation.editing.pointer import Pointer
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform

OBLIQUE = Plane((3, -4, 5), (1, 0.2, 0.1), (-0.1, 0.3, 1))
PLANES = [Plane.axial(3.0), Plane.sagittal(-2.0), Plane.coronal(4.0), OBLIQUE]


def desk_with(case=None) -> Desk:  # type: ignore[no-untyped-def]
    desk = Desk(case or fused_case())
    desk.placing.moving_key = "mr"
    desk.placing.crosshair_mm = np.array([4.0, -6.0, 2.0])
    return desk


def drag(desk: Desk, plane: Plane, path: list[tuple[float, float]], shift: bool = False) -> PlacingTool:
    """A drag along (u, v) places of a plane."""
    tool = PlacingTool()
    tool.press(desk, Pointer(plane, *path[0], pressed=True))
    for place in path[1:]:
        tool.move(desk, Pointer(plane, *place, pressed=True, shift=shift))
    tool.release(desk, Pointer(plane, *path[-1]))
    return tool


def seen_at(desk: Desk, moving_mm: np.ndarray) -> np.ndarray:
    """Where a point of the moving image is seen in the fixed frame."""
    shown = desk.placing.shown
    assert shown is not None
    return shown.inverse().apply(moving_mm)


MARKER = np.array([7.0, 8.0, -9.0])


@pytest.mark.parametrize("plane", PLANES)
def test_what_is_seen_moves_with_the_hand(plane: Plane) -> None:
    desk = desk_with()
    before = seen_at(desk, MARKER)
    u, v, _ = plane.to_plane(desk.placing.crosshair_mm)
    drag(desk, plane, [(u, v), (u + 3, v - 1), (u + 11, v - 7)])
    assert np.allclose(seen_at(desk, MARKER) - before, 11 * plane.u - 7 * plane.v, atol=1e-9)
    assert desk.case.undo_label == "Move by hand"


@pytest.mark.parametrize("plane", PLANES)
def test_on_the_ring_it_turns_about_the_pivot(plane: Plane) -> None:
    desk = desk_with()
    pivot = desk.placing.pivot_mm.copy()
    there = desk.placing.shown.apply(pivot)  # type: ignore[union-attr]
    u, v, _ = plane.to_plane(pivot)
    radius = RING_PIXELS * 0.5
    angles = np.radians([0, 10, 25, 40])
    before = seen_at(desk, MARKER)
    drag(desk, plane, [(u + radius * np.cos(a), v + radius * np.sin(a)) for a in angles])
    assert np.allclose(seen_at(desk, there), pivot, atol=1e-9)
    wanted = rotation_about(plane.normal, 40, pivot).apply(before)
    assert np.allclose(seen_at(desk, MARKER), wanted, atol=1e-6)
    assert desk.case.undo_label == "Turn by hand"


def test_shift_makes_it_ten_times_finer() -> None:
    desk = desk_with()
    before = seen_at(desk, MARKER)
    drag(desk, Plane.axial(0.0), [(4, -6), (14, -6)], shift=True)
    assert np.allclose(seen_at(desk, MARKER) - before, [1.0, 0.0, 0.0])


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(PLANES), st.lists(st.tuples(st.floats(-60, 60), st.floats(-60, 60)), min_size=2, max_size=5)
)
def test_undo_and_redo_bring_every_step_back(plane: Plane, path: list[tuple[float, float]]) -> None:
    desk = desk_with()
    first = desk.placing.link().matrix.copy()  # type: ignore[union-attr]
    drag(desk, plane, path)
    drag(desk, Plane.axial(1.0), [(4, -6), (5, -5)])
    last = desk.placing.link().matrix.copy()  # type: ignore[union-attr]
    steps = len(desk.case.steps[0])
    while desk.case.undo_label in ("Move by hand", "Turn by hand"):
        desk.case.undo()
    assert np.array_equal(desk.placing.link().matrix, first)  # type: ignore[union-attr]
    while len(desk.case.steps[0]) < steps:
        desk.case.redo()
    assert np.array_equal(desk.placing.link().matrix, last)  # type: ignore[union-attr]


@settings(deadline=None, max_examples=30)
@given(st.floats(-170, 170), st.integers(0, 1000))
def test_turning_there_and_back_is_nothing(angle_deg: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    axis, pivot = rng.normal(size=3), rng.uniform(-50, 50, 3)
    both = rotation_about(axis, angle_deg, pivot).after(rotation_about(axis, -angle_deg, pivot))
    assert both.is_identity(1e-9)
    assert np.allclose(rotation_about(axis, angle_deg, pivot).apply(pivot), pivot)


def test_nothing_is_a_step_until_it_is_let_go() -> None:
    desk = desk_with()
    steps, registration = len(desk.case.steps[0]), desk.placing.registration
    tool = PlacingTool()
    tool.press(desk, Pointer(Plane.axial(0.0), 4, -6, pressed=True))
    tool.move(desk, Pointer(Plane.axial(0.0), 9, -6, pressed=True))
    assert desk.placing.trial is not None and len(desk.case.steps[0]) == steps
    assert tool.key_pressed(desk, "Escape")
    assert desk.placing.trial is None and desk.placing.registration is registration


def test_a_click_without_a_move_is_no_step() -> None:
    desk = desk_with()
    steps = len(desk.case.steps[0])
    drag(desk, Plane.axial(0.0), [(4, -6), (4, -6)])
    assert len(desk.case.steps[0]) == steps


def test_what_was_accepted_stays_below_what_is_moved_on() -> None:
    desk = desk_with()
    desk.case.do(AcceptRegistration("r", "A. Physicist"))
    drag(desk, Plane.axial(0.0), [(4, -6), (5, -6)])
    assert [r.provisional for r in desk.placing.registrations] == [False, True]
    drag(desk, Plane.axial(0.0), [(4, -6), (5, -6)])
    assert len(desk.placing.registrations) == 2, "the one by hand goes on"
    assert desk.placing.registrations[-1].method == METHOD


def test_unlinked_images_begin_with_their_middles_on_each_other() -> None:
    desk = desk_with(case_with(ct(), mr()))
    drag(desk, Plane.axial(0.0), [(4, -6), (6, -6)])
    link = desk.placing.link()
    assert isinstance(link, Transform)
    middle = middles_on_each_other(desk.case.images["ct"], desk.case.images["mr"])
    assert np.allclose(link.matrix, middle.after(Transform.from_rigid((-2, 0, 0))).matrix)


def test_arrow_keys_go_a_millimetre_or_a_degree_and_a_tenth_where_fine() -> None:
    desk, tool, plane = desk_with(), PlacingTool(), Plane.coronal(0.0)
    before = seen_at(desk, MARKER)
    tool.nudge(desk, plane, (1, 0, 0))
    tool.nudge(desk, plane, (0, -1, 0), fine=True)
    assert np.allclose(seen_at(desk, MARKER) - before, plane.u - 0.1 * plane.v)
    before = seen_at(desk, MARKER)
    tool.nudge(desk, plane, (1, 0, 0), turn=True)
    assert np.allclose(seen_at(desk, MARKER), rotation_about(plane.normal, 1, desk.placing.pivot_mm).apply(before))


def test_the_pivot_may_be_the_middle_of_the_image() -> None:
    desk = desk_with()
    desk.placing.pivot = MIDDLE
    middle = desk.case.images["mr"].grid.centre_mm
    assert np.allclose(desk.placing.pivot_mm, MOVE.inverse().apply(middle))
    tool = PlacingTool()
    tool.nudge(desk, Plane.axial(0.0), (1, 0, 0), turn=True)
    assert tool.rest(desk)
    assert np.allclose(desk.placing.pivot_mm, MOVE.inverse().apply(middle))


def test_a_deformation_is_not_moved_and_its_rigid_part_is_offered() -> None:
    grid = Grid((-50, -50, -50), (20, 20, 20), np.eye(3), (6, 6, 6))
    field = DisplacementField(grid, np.ones((6, 6, 6, 3)))
    desk = desk_with()
    heard: list[str] = []
    desk.refused.connect(heard.append)
    desk.placing.keep(Deformation((FieldStep(field), MOVE)), "Deform")
    drag(desk, Plane.axial(0.0), [(4, -6), (6, -6)])
    assert "deformable registration is in use" in heard[0]
    assert np.allclose(rigid_part(desk.placing.link()).matrix, MOVE.matrix)  # type: ignore[arg-type]


def test_before_shows_the_older_registration_and_after_the_newer() -> None:
    desk = desk_with()
    desk.placing.before = True
    assert desk.placing.shown.is_identity()  # type: ignore[union-attr]
    desk.placing.before = False
    desk.case.do(AcceptRegistration("r", "A"))
    drag(desk, Plane.axial(0.0), [(4, -6), (9, -6)])
    desk.placing.before = True
    assert np.allclose(desk.placing.shown.matrix, MOVE.matrix)  # type: ignore[union-attr]
    desk.case.undo()
    assert not desk.placing.before and desk.placing.trial is None


def test_images_that_cannot_be_moved_say_why() -> None:
    desk = Desk(fused_case())
    assert "no fused image" in desk.placing.why_not()
    with pytest.raises(CaseError, match="no fused image"):
        desk.placing.begun()


def test_what_scales_is_not_moved_and_its_nearest_rotation_is_offered() -> None:
    desk, turn = desk_with(), Transform.from_rigid((5, -3, 8), (4, 2, -6))
    scaled = turn.after(Transform(np.diag([1.02, 0.99, 1.01, 1.0])))
    desk.placing.keep(scaled, "Affine")
    assert desk.placing.not_rigid and "affine registration is in use" in desk.placing.why_not()
    part = rigid_part(scaled, (10, 20, 30))
    assert part.is_rigid(1e-12) and np.allclose(part.rotation_deg(), turn.rotation_deg(), atol=1e-6)
    assert np.allclose(part.apply((10, 20, 30)), scaled.apply((10, 20, 30)))


def test_reset_brings_back_what_was_accepted() -> None:
    desk = desk_with()
    desk.case.do(AcceptRegistration("r", "A. Physicist"))
    assert not desk.placing.can_reset
    with pytest.raises(CaseError, match="Nothing was moved by hand"):
        desk.placing.reset()
    drag(desk, Plane.axial(0.0), [(4, -6), (5, -6)])
    drag(desk, OBLIQUE, [(4, -6), (5, -2)])
    desk.placing.reset()
    assert desk.placing.registration.accepted_by == "A. Physicist"  # type: ignore[union-attr]
    desk.case.undo()
    assert desk.placing.registration.method == METHOD  # type: ignore[union-attr]


def test_there_is_no_other_step_than_those_offered() -> None:
    with pytest.raises(CaseError, match="no step of 0: choose"):
        desk_with().placing.step = 0.0
