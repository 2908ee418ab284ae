"""Landmarks are set on both images, moved, named and deleted, one step each."""

from __future__ import annotations

import numpy as np
import pytest

from tests.gui.viewport_scene import MOVE, case_with, ct, fused_case, mr
from workstation.case.errors import CaseError
from workstation.editing.desk import Desk
from workstation.editing.landmark_tool import LandmarkTool, seen_points
from workstation.editing.landmarking import FIXED, MOVING
from workstation.editing.pointer import Pointer
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform

AXIAL = Plane.axial(4.0)


def desk_with(case=None) -> Desk:  # type: ignore[no-untyped-def]
    desk = Desk(case or fused_case())
    desk.placing.moving_key = "mr"
    return desk


def click(desk: Desk, u: float, v: float, image_key: str = "", linked: bool = True, plane: Plane = AXIAL) -> None:
    tool = LandmarkTool()
    tool.press(desk, Pointer(plane, u, v, pressed=True, image_key=image_key, linked=linked))
    tool.release(desk, Pointer(plane, u, v, image_key=image_key, linked=linked))


def test_in_a_fused_view_the_sides_take_turns() -> None:
    desk = desk_with()
    click(desk, 5, 6)
    assert desk.landmarking.side == MOVING and desk.case.undo_label == "Add landmark 1"
    click(desk, 30, 6)
    (pair,) = desk.landmarking.pairs
    assert pair.fixed_mm == pytest.approx([5, 6, 4])
    assert pair.moving_mm == pytest.approx(MOVE.apply([30, 6, 4]))
    click(desk, -10, -10)
    assert [p.number for p in desk.landmarking.pairs] == [1, 2] and desk.landmarking.side == MOVING


def test_a_view_of_one_image_sets_its_side() -> None:
    desk = desk_with(case_with(ct(), mr()))
    click(desk, 7, 8, "mr", linked=False)
    click(desk, 1, 2, "ct")
    (pair,) = desk.landmarking.pairs
    assert pair.moving_mm == pytest.approx([7, 8, 4]) and pair.fixed_mm == pytest.approx([1, 2, 4])
    assert pair.complete


def test_a_landmark_is_dragged_and_esc_lets_it_be() -> None:
    desk = desk_with()
    click(desk, 5, 6)
    tool = LandmarkTool()
    tool.press(desk, Pointer(AXIAL, 5.5, 6, pressed=True))
    tool.move(desk, Pointer(AXIAL, 6, 6.5, pressed=True))
    assert desk.landmarking.held is None, "a click trembles"
    tool.move(desk, Pointer(AXIAL, 9.5, 9, pressed=True))
    assert desk.landmarking.pairs[0].fixed_mm == pytest.approx([9, 9, 4]), "it is held beside its middle"
    assert tool.key_pressed(desk, "Escape")
    assert desk.landmarking.pairs[0].fixed_mm == pytest.approx([5, 6, 4])
    tool.press(desk, Pointer(AXIAL, 5, 6, pressed=True))
    tool.move(desk, Pointer(AXIAL, 9, 9, pressed=True))
    tool.release(desk, Pointer(AXIAL, 9, 9))
    assert desk.case.undo_label == "Move landmark 1" and len(desk.landmarking.pairs) == 1
    desk.case.undo()
    assert desk.landmarking.pairs[0].fixed_mm == pytest.approx([5, 6, 4])


def test_a_drag_keeps_what_lies_within_the_slice_and_brings_what_lies_beside_onto_it() -> None:
    desk = desk_with()
    thick_mm = 2 * desk.measuring.reach_mm(AXIAL)
    click(desk, 5, 6)
    for away_mm, kept_mm in ((0.4 * thick_mm, 4.0), (0.9 * thick_mm, 4.0 + 0.9 * thick_mm)):
        tool, plane = LandmarkTool(), AXIAL.moved(away_mm)
        tool.press(desk, Pointer(plane, 5, 6, pressed=True))
        tool.move(desk, Pointer(plane, 9, 9, pressed=True))
        tool.release(desk, Pointer(plane, 9, 9))
        assert desk.landmarking.pairs[0].fixed_mm == pytest.approx([9, 9, kept_mm])
        desk.case.undo()


def test_the_other_side_may_lie_where_the_first_does() -> None:
    desk = desk_with()
    click(desk, 5, 6)
    click(desk, 5.5, 6)
    (pair,) = desk.landmarking.pairs
    assert pair.fixed_mm == pytest.approx([5, 6, 4]) and pair.moving_mm == pytest.approx(MOVE.apply([5.5, 6, 4]))
    click(desk, 5, 6)
    assert desk.case.undo_label == "Move landmark 1" and len(desk.landmarking.pairs) == 1, "a click on it chooses it"


def test_the_chosen_pair_is_completed_first_and_undo_opens_a_side_again() -> None:
    desk = desk_with(case_with(ct(), mr()))
    for n in range(3):
        desk.landmarking.place(FIXED, np.full(3, 10.0 * n))
    first = desk.landmarking.pairs[0].identifier
    desk.landmarking.selected = first
    click(desk, 7, 8, "mr", linked=False)
    assert [pair.complete for pair in desk.landmarking.pairs] == [True, False, False]
    desk.case.undo()
    assert desk.landmarking.side == MOVING
    for _ in range(3):
        desk.case.undo()
    assert desk.landmarking.side == FIXED and not desk.landmarking.pairs


def test_what_is_undone_while_it_is_held_stays_undone() -> None:
    desk = desk_with()
    click(desk, 5, 6)
    tool = LandmarkTool()
    tool.press(desk, Pointer(AXIAL, 5, 6, pressed=True))
    tool.move(desk, Pointer(AXIAL, 9, 9, pressed=True))
    desk.case.undo()
    tool.move(desk, Pointer(AXIAL, 12, 9, pressed=True))
    tool.release(desk, Pointer(AXIAL, 12, 9))
    assert not desk.case.landmarks and desk.case.redo_label and desk.landmarking.held is None


def test_a_landmark_is_laid_through_a_bend_once(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_with()
    click(desk, 5, 6)
    click(desk, 30, 6)
    solved: list[object] = []

    def inverse(link: Transform) -> Transform:
        solved.append(link)
        return Transform(np.linalg.inv(link.matrix))

    monkeypatch.setattr(Transform, "inverse", inverse)
    (pair,) = desk.landmarking.pairs
    for _ in range(5):
        assert desk.landmarking.on_fixed(pair) == pytest.approx([30, 6, 4])
    assert len(solved) == 1


def test_delete_takes_the_chosen_pair_out_and_undo_brings_it_back() -> None:
    desk = desk_with()
    click(desk, 5, 6)
    assert LandmarkTool().key_pressed(desk, "Delete") and not desk.landmarking.pairs
    assert not LandmarkTool().key_pressed(desk, "Delete")
    desk.case.undo()
    assert len(desk.landmarking.pairs) == 1


def test_what_cannot_be_placed_is_said() -> None:
    desk = desk_with(case_with(ct(), mr()))
    heard: list[str] = []
    desk.refused.connect(heard.append)
    click(desk, 5, 6)
    click(desk, 5, 6, plane=Plane.axial(20.0))
    assert "not registered yet" in heard[0] and "side by side" in heard[0]
    click(desk, 5, 6, "other", plane=Plane.axial(20.0))
    assert "neither of the two images" in heard[1]
    desk.placing.moving_key = ""
    with pytest.raises(CaseError, match="need two images"):
        desk.landmarking.place(FIXED, np.zeros(3))


def test_views_show_a_pair_where_their_image_has_it() -> None:
    desk = desk_with()
    click(desk, 5, 6)
    click(desk, 30, 6)
    (pair,) = desk.landmarking.pairs
    assert [side for side, _ in seen_points(desk, pair, "", True)] == [FIXED, MOVING]
    assert seen_points(desk, pair, "", True)[1][1] == pytest.approx([30, 6, 4])
    assert [side for side, _ in seen_points(desk, pair, "ct", True)] == [FIXED]
    assert [side for side, _ in seen_points(desk, pair, "mr", True)] == [MOVING]
    ((side, point),) = seen_points(desk, pair, "mr", False)
    assert side == MOVING and point == pytest.approx(pair.moving_mm)
