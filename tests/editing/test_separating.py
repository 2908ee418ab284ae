"""What was recognised, typed and clicked while a tumour is told from flow; the tool; the dashed outlines."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.enhancement.scene import FRAME, GRID, TUMOUR_MM, TUMOUR_RADIUS_MM, VEIN_MM, phases, volumes
from workstation.case.case import Case
from workstation.case.commands import AddImage, AddRegistration, ChoosePlanningImage, RemoveImage, RemoveRegistration
from workstation.case.errors import CaseError
from workstation.editing.desk import Desk
from workstation.editing.pointer import Pointer
from workstation.editing.separating import ARTERY, TUMOUR, VEIN, Separating
from workstation.editing.separating_tool import SeparatingTool
from workstation.enhancement.alignment import AlignedPhase
from workstation.enhancement.weighting import Difference
from workstation.fusion.registration import Registration
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.gui.separating_jobs import map_before_alignment, separate_as_wished, wish_of, with_difference

CLOCKS = ("100000", "100200", "100600")
AXIAL = Plane.axial(0.0)
CT_FRAME = "1.2.3.10"
SHIFT = Transform.from_rigid((4.0, 0.0, 0.0))


def examination() -> list:  # type: ignore[type-arg]
    """The phases as files tell them: with clock times and who got contrast."""
    found = []
    for n, volume in enumerate(volumes()):
        told = {"AcquisitionTime": CLOCKS[n], "ContrastBolusAgent": "Gd" if n else ""}
        found.append(replace(volume, acquisition=told))
    return found


def case_of_phases(planned_on_ct: bool = False) -> Case:
    case = Case()
    made = examination()
    if planned_on_ct:
        ct = replace(made[0], key="ct", modality="CT", frame_of_reference_uid=CT_FRAME, acquisition={})
        case.do(AddImage(ct))
    for volume in made:
        case.do(AddImage(volume))
    if planned_on_ct:
        case.do(AddRegistration(Registration("r", CT_FRAME, FRAME, SHIFT, "rigid")))
    return case


def pointer(point: tuple[float, float], **keys: bool) -> Pointer:
    return Pointer(AXIAL, *point, pressed=True, **keys)  # type: ignore[arg-type]


def stroke(desk: Desk, points: list[tuple[float, float]], **keys: bool) -> None:
    tool = SeparatingTool()
    tool.press(desk, pointer(points[0], **keys))
    for point in points[1:]:
        tool.move(desk, pointer(point, **keys))
    tool.release(desk, pointer(points[-1], **keys))


def test_phases_are_recognised_and_what_is_typed_counts() -> None:
    separating = Desk(case_of_phases()).separating
    told = [(p.name, p.time_s) for p in separating.phases]
    assert told == [("pre", -120.0), ("early", 0.0), ("delayed 1", 240.0)]
    separating.edit_phase("p1", name="venous", time_s=70.0)
    assert [(p.name, p.time_s, p.told_by) for p in separating.phases][1] == ("venous", 70.0, "typed")
    separating.edit_phase("p2", time_s=100.0)
    assert [p.name for p in separating.phases] == ["pre", "venous", "early 2"], "named by the time that was typed"
    separating.edit_phase("p2", time_s=-60.0)
    assert [p.name for p in separating.phases] == ["pre 1", "pre 2", "venous"]
    separating.edit_phase("p2", time_s=None)
    separating.edit_phase("p2", time_s=30.0)
    assert [p.volume.key for p in separating.phases] == ["p0", "p2", "p1"], "the order is that of time"
    separating.edit_phase("p2", used=False)
    assert [p.volume.key for p in separating.used_phases] == ["p0", "p1"]
    assert separating.reference is not None and separating.reference.volume.key == "p0"
    separating.choose_reference("p1")
    assert separating.reference.volume.key == "p1"


def test_what_is_missing_is_said_in_words() -> None:
    assert "no MR of several phases" in Desk(Case()).separating.why_not()
    case = case_of_phases()
    separating = Desk(case).separating
    assert "Click in the tumour" in separating.why_not()
    separating.edit_phase("p1", name="pre")
    assert "Two phases are called 'pre'" in separating.why_not()
    separating.edit_phase("p1", used=False)
    separating.edit_phase("p2", used=False)
    assert "At least two phases" in separating.why_not()
    with pytest.raises(CaseError, match="At least two"):
        wish_of(case, separating)
    ct = replace(examination()[0], key="ct", modality="CT", frame_of_reference_uid=CT_FRAME)
    unlinked = Case()
    for volume in (ct, *examination()):
        unlinked.do(AddImage(volume))
    assert "not registered to the planning image" in Desk(unlinked).separating.why_not()


def test_clicks_and_strokes_become_samples() -> None:
    desk = Desk(case_of_phases())
    clicked: list[str] = []
    desk.separating.clicked.connect(clicked.append)
    stroke(desk, [(-3.0, 0.0)])
    stroke(desk, [(8.0, 0.0), (8.0, 0.4), (8.0, 3.0), (8.0, 6.0)], erase=True)
    desk.separating.kind = ARTERY
    stroke(desk, [(20.0, 0.0)])
    kinds = [(s.kind, len(s.points_mm)) for s in desk.separating.samples]
    assert kinds == [(TUMOUR, 1), (VEIN, 3), (ARTERY, 1)] and clicked == [TUMOUR, VEIN, ARTERY]
    assert desk.separating.seed_mm == pytest.approx([-3.0, 0.0, 0.0])
    stroke(desk, [(8.0, 3.5)], shift=True)
    assert [s.kind for s in desk.separating.samples] == [TUMOUR, ARTERY]
    tool = SeparatingTool()
    assert tool.key_pressed(desk, "Delete") and len(desk.separating.samples) == 1
    tool.press(desk, pointer((0.0, 0.0)))
    assert tool.key_pressed(desk, "Escape") and tool.release(desk, pointer((0.0, 0.0)))
    assert len(desk.separating.samples) == 1
    desk.separating.clear_samples()
    assert desk.separating.seed_mm is None and not tool.key_pressed(desk, "Delete")


def test_samples_are_seen_where_the_plane_cuts_them() -> None:
    desk = Desk(case_of_phases())
    stroke(desk, [(-3.0, 0.0)])
    tool = SeparatingTool()
    (ring,) = tool.outlines(desk, AXIAL)
    assert ring.label == "tumour 1" and ring.points.mean(0) == pytest.approx([-3.0, 0.0], abs=0.05)
    assert tool.outlines(desk, Plane.axial(2.5)) == []


def test_without_an_examination_the_tool_says_why() -> None:
    desk = Desk(Case())
    said: list[str] = []
    desk.refused.connect(said.append)
    stroke(desk, [(0.0, 0.0)])
    assert said and "several phases" in said[0] and desk.separating.samples == ()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([TUMOUR, VEIN, ARTERY]), st.lists(st.floats(-50, 50), min_size=3, max_size=3)),
        max_size=5,
    ),
    st.dictionaries(
        st.sampled_from(["p0", "p1"]),
        st.tuples(st.text(max_size=6), st.none() | st.floats(-500, 500), st.booleans()),
    ),
    st.none() | st.builds(Difference, st.text(max_size=6), st.text(max_size=6), st.floats(0.01, 5)),
)
def test_what_was_typed_and_clicked_is_kept(samples: list, edits: dict, own: Difference | None) -> None:  # type: ignore[type-arg]
    case = case_of_phases()
    first = Separating(case)
    for kind, point in samples:
        first.add_sample(kind, point)
    for key, (name, time_s, used) in edits.items():
        first.edit_phase(key, name=name, time_s=time_s, used=used)
    first.difference = own
    again = Separating(case)
    again.restore(json.loads(json.dumps(first.state())))
    assert again.state() == first.state() and again.difference == own
    assert [(p.name, p.time_s) for p in again.phases] == [(p.name, p.time_s) for p in first.phases]


def test_a_state_that_makes_no_sense_is_left_out() -> None:
    separating = Separating(case_of_phases())
    for state in (None, 3, {"samples": [["tumour", "x", 2], ["bone", [[0, 0, 0]], 2], 7], "edits": [1], "barriers": 5},
                  {"difference": ["a", "b", "c"]}, {"difference": ["a", 2, 1.0]}, {"difference": ["a", "b", 7.0]}):
        separating.restore(state)
        assert separating.difference is None
    assert separating.samples == () and separating.used("p0")


def separated(planned_on_ct: bool = False) -> Desk:
    case = case_of_phases(planned_on_ct)
    desk = Desk(case)
    start = SHIFT.inverse() if planned_on_ct else Transform.identity()
    desk.separating.add_sample(TUMOUR, start.apply(TUMOUR_MM))
    found = separate_as_wished(wish_of(case, desk.separating))
    desk.separating.take(found)
    desk.separating.grow_on(*found.growers["share of tumour"])
    return desk


def test_the_proposal_is_dashed_where_the_plane_cuts_it_and_follows_the_threshold() -> None:
    desk = separated(planned_on_ct=True)
    found = desk.separating.found
    assert found is not None and found.separable and found.reference.key == "p0"
    outlines = desk.proposal.outlines(AXIAL)
    middle = SHIFT.inverse().apply(TUMOUR_MM)
    rings = [o for o in outlines if np.linalg.norm(o.points.mean(0) - middle[:2]) < 2.0]
    assert len(rings) == 1 and rings[0].style == "proposal" and rings[0].closed
    radii = np.linalg.norm(rings[0].points - middle[:2], axis=1)
    assert radii.mean() == pytest.approx(TUMOUR_RADIUS_MM, abs=0.3)
    assert any(np.linalg.norm(o.points.mean(0) - SHIFT.inverse().apply(VEIN_MM)[:2]) < 2.0 for o in outlines)
    assert desk.proposal.outlines(AXIAL)[0] is outlines[0], "kept until something changes"
    desk.separating.set_threshold(0.75)
    smaller = [o for o in desk.proposal.outlines(AXIAL) if np.linalg.norm(o.points.mean(0) - middle[:2]) < 2.0]
    assert np.linalg.norm(smaller[0].points - middle[:2], axis=1).mean() < radii.mean()
    desk.separating.set_threshold(7.0)
    assert desk.separating.threshold == 0.8, "held within what grows"
    assert desk.proposal.outlines(Plane.axial(60.0)) == []


def test_a_result_goes_when_its_phases_go_and_is_stale_when_inputs_change() -> None:
    desk = separated()
    separating = desk.separating
    assert not separating.stale
    separating.edit_phase("p1", time_s=70.0)
    assert separating.stale and separating.found is not None
    desk.case.do(RemoveImage("p2"))
    assert separating.found is None and separating.grown is None and desk.proposal.outlines(AXIAL) == []


def test_what_is_changed_back_is_not_out_of_date() -> None:
    desk = separated(planned_on_ct=True)
    separating, case = desk.separating, desk.case
    link = next(iter(case.registrations))
    case.do(RemoveRegistration(link))
    assert separating.stale
    case.undo()
    assert not separating.stale
    separating.edit_phase("p1", used=False)
    assert separating.stale
    separating.edit_phase("p1", used=True)
    assert not separating.stale
    separating.add_sample(ARTERY, VEIN_MM)
    assert not separating.stale, "a curve to compare with changes nothing"
    separating.add_sample(VEIN, VEIN_MM)
    assert separating.stale
    separating.clear_samples()
    assert separating.found is None and separating.grown is None


def test_a_proposal_is_shown_only_where_it_was_found() -> None:
    desk = separated(planned_on_ct=True)
    separating, case = desk.separating, desk.case
    plane = AXIAL.through(SHIFT.inverse().apply(TUMOUR_MM))
    assert desk.proposal.outlines(plane) and separating.grown is not None
    case.do(ChoosePlanningImage("p0"))
    assert separating.stale and separating.proposed is None and separating.grown is None
    assert desk.proposal.outlines(plane) == [], "it would lie elsewhere"
    case.undo()
    assert not separating.stale and desk.proposal.outlines(plane)
    heard: list[int] = []
    separating.grown_changed.connect(lambda: heard.append(1))
    case.do(RemoveRegistration(next(iter(case.registrations))))
    assert heard and desk.proposal.outlines(plane) == [], "nothing says any more where it lies"


def test_any_map_can_be_seen_without_the_alignment() -> None:
    case = case_of_phases()
    desk = Desk(case)
    desk.separating.add_sample(TUMOUR, TUMOUR_MM)
    found = separate_as_wished(wish_of(case, desk.separating))
    found = with_difference(found, Difference("delayed 1", "early", 0.6))
    # The phases of the scene lie on each other, so that without an alignment that moves nothing all stays as it was.
    for name in ("share of tumour", "combination of all phases", "delayed 1 minus 0.6 x early", "wash-out"):
        again = map_before_alignment(found, name).values
        known = np.isfinite(found.maps[name].values) & found.subtraction.stack.covered
        spread = float(np.std(found.maps[name].values[known]))
        assert np.nanmean(np.abs(again - found.maps[name].values)[known]) < 0.15 * spread, name

    def rolled(each: AlignedPhase, voxels: int) -> AlignedPhase:
        volume = replace(each.phase.volume, voxels=np.roll(each.phase.volume.voxels, voxels, 2))
        return replace(each, phase=replace(each.phase, volume=volume))

    aligned = tuple(rolled(each, n) for n, each in enumerate(found.subtraction.aligned))
    moved = replace(found.subtraction, aligned=aligned)
    for name in ("share of tumour", "combination of all phases", "delayed 1 minus 0.6 x early"):
        seen = map_before_alignment(replace(found, subtraction=moved), name).values
        assert np.nanmax(np.abs(seen - found.maps[name].values)) > 0.5, f"{name}: other voxels lie on each other now"


def test_what_changed_while_it_was_found_is_out_of_date() -> None:
    desk = separated()
    wish = wish_of(desk.case, desk.separating)
    desk.separating.choose(shading="n4")
    desk.separating.take(separate_as_wished(wish))
    assert desk.separating.stale


def test_all_evidence_can_be_grown_on() -> None:
    found = separated().separating.found
    assert found is not None
    volume_cc = 4 / 3 * np.pi * TUMOUR_RADIUS_MM**3 / 1000
    assert len(found.growers) >= 6
    for name in ("share of tumour", "combination of all phases", "delayed 1 minus early", "retained enhancement"):
        grower, threshold = found.growers[name]
        assert grower.at(threshold).volume_cc == pytest.approx(volume_cc, rel=0.2), name
    assert found.judged[0].d_prime > 4 and set(found.rocs) <= set(found.maps)
    for false, true in found.rocs.values():
        assert false[-1] == true[-1] == 1.0


def test_strokes_in_both_are_what_the_evidence_is_judged_on() -> None:
    case = case_of_phases()
    separating = Desk(case).separating
    for z in (-3.0, 0.0, 3.0):
        separating.add_sample(VEIN, VEIN_MM + np.array([0, 0, z]))
        separating.add_sample(TUMOUR, np.array([TUMOUR_MM + np.array([0, 3, z]), TUMOUR_MM + np.array([0, -3, z])]))
    found = separate_as_wished(wish_of(case, separating))
    assert found.separable and len(found.judged) > 5 and found.seed_mm == pytest.approx(TUMOUR_MM + np.array([0, 3, 3]))
    assert found.subtraction.separation.flows[0].name == "vein"


def test_the_scene_is_where_it_is_thought_to_be() -> None:
    assert GRID.contains(TUMOUR_MM) and GRID.contains(VEIN_MM) and phases()[0].name == "pre"
