"""A case changes by commands only; what is derived follows, and everything can be undone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.case.bodies import add_derived, ball, case_with_gtv, described, differences, disc, image, same_stack
from workstation.case.case import Case
from workstation.case.commands import (
    AddImage,
    AddRegistration,
    AddStructure,
    ChangeStructure,
    ChoosePlanningImage,
    EditContours,
    MoveStructure,
    Override,
    Rederive,
    RemoveImage,
    RemoveStructure,
    SetRecipe,
    SetSurfaceModel,
    StopFollowing,
)
from workstation.case.errors import CaseError
from workstation.case.history import History
from workstation.case.import_structures import import_structures
from workstation.case.new_structure import new_structure
from workstation.case.staleness import stale_reason
from workstation.fusion.registration import Registration
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.structures.planar import area_mm2
from workstation.structures.recipe import Limit, Margin, Recipe
from workstation.structures.structure import ImportedRing, PlanarContours, State


def heard(case: Case) -> list[tuple[object, ...]]:
    """Every signal that the case emits from now on."""
    log: list[tuple[object, ...]] = []
    for name in ("image_added", "image_removed", "planning_image_chosen", "structure_added", "structure_changed",
                 "structure_removed", "registration_changed"):
        getattr(case, name).connect(lambda key, name=name: log.append((name, key)))
    case.structures_reordered.connect(lambda: log.append(("structures_reordered",)))
    case.history_changed.connect(lambda: log.append(("history_changed",)))
    return log


def test_the_first_image_becomes_the_planning_image_and_tells_where_slices_are():
    case = Case()
    with pytest.raises(CaseError, match="no image"):
        case.empty_stack()
    log = heard(case)
    case.do(AddImage(image("ct")))
    case.do(AddImage(image("mr")))
    assert case.planning_key == "ct" and case.planning is case.images["ct"]
    assert log[:2] == [("image_added", "ct"), ("planning_image_chosen", "ct")]
    stack = case.empty_stack()
    assert np.array_equal(stack.plane.axes, np.eye(3)) and not stack.plane.origin_mm.any()
    assert stack.slice_spacing_mm == 3.0
    assert case.nearest_slice_mm((5.0, 5.0, 4.0)) == 3.0


def test_a_removed_planning_image_hands_over_to_another_one_and_undo_brings_it_back():
    case = Case()
    case.do(AddImage(image("ct")))
    case.do(AddImage(image("mr")))
    case.do(RemoveImage("ct"))
    assert case.planning_key == "mr" and list(case.images) == ["mr"]
    case.undo()
    assert case.planning_key == "ct" and list(case.images) == ["ct", "mr"]
    case.do(ChoosePlanningImage("mr"))
    assert case.planning_key == "mr"
    with pytest.raises(CaseError, match="already"):
        case.do(AddImage(image("ct")))


def test_colours_and_numbers_of_new_structures():
    case, gtv = case_with_gtv()
    assert case.structures[gtv].color == (255, 59, 48) and case.structures[gtv].interpreted_type == "GTV"
    ctv = new_structure(case, "CTV boost")
    assert ctv.color == (255, 159, 10) and ctv.number == 2
    first, second = new_structure(case, "Parotid_L", "ORGAN"), None
    case.do(AddStructure(first))
    second = new_structure(case, "Parotid_R", "ORGAN")
    assert first.color != second.color and second.number == 3 and second.identifier != first.identifier


def test_names_are_unique_and_a_free_one_is_suggested():
    case, gtv = case_with_gtv()
    with pytest.raises(CaseError, match="GTV_2"):
        case.do(AddStructure(new_structure(case, "GTV")))
    other = new_structure(case, "Cord")
    case.do(AddStructure(other))
    with pytest.raises(CaseError, match="GTV_2"):
        case.do(ChangeStructure(other.identifier, name="GTV"))
    with pytest.raises(CaseError, match="needs a name"):
        case.do(ChangeStructure(other.identifier, name="  "))
    case.do(ChangeStructure(gtv, name="GTVp"))
    assert case.structures[gtv].name == "GTVp" and case.undo_label == "Rename GTV to GTVp"


def test_a_command_that_changes_nothing_leaves_no_step():
    case, gtv = case_with_gtv()
    label = case.undo_label
    case.do(ChangeStructure(gtv, name="GTV"))
    case.do(SetSurfaceModel(case.surface_model))
    assert case.undo_label == label


def test_ctv_and_ptv_follow_a_stroke_while_it_moves():
    case, gtv = case_with_gtv()
    ctv = add_derived(case, "CTV", gtv, 5)
    ctv_area = area_mm2(case.region_at(ctv, 0.0))
    ptv = add_derived(case, "PTV", ctv, 3)
    ptv_volume = case.volume_cc(ptv)
    log = heard(case)
    stroke = case.begin_stroke(gtv, "Paint")
    stroke.set([PlanarContours(0.0, disc(14))])
    assert log == [("structure_changed", gtv), ("structure_changed", ctv), ("structure_changed", ptv)]
    assert area_mm2(case.region_at(gtv, 0.0)) == pytest.approx(area_mm2(disc(14)))
    assert area_mm2(case.region_at(ctv, 0.0)) == pytest.approx(np.pi * 19**2, rel=0.02)
    assert case.volume_cc(ptv) > ptv_volume
    assert case.structures[ctv].stack.find(0.0) is not None
    assert area_mm2(case.structures[ctv].stack.region_at(0.0)) == ctv_area  # complete again at the end only
    assert stroke.commit()
    assert area_mm2(case.structures[ctv].stack.region_at(0.0)) == pytest.approx(np.pi * 19**2, rel=0.02)
    assert case.undo_label == "Paint GTV"


def test_what_follows_live_equals_what_is_derived_afresh():
    case, gtv = case_with_gtv()
    ctv = add_derived(case, "CTV", gtv, 5)
    stroke = case.begin_stroke(gtv, "Paint")
    for step in range(5):
        stroke.set([PlanarContours(0.0, disc(10 + step, (step, 0))), PlanarContours(3.0, disc(9 + step))])
        case.region_at(ctv, 0.0), case.section(ctv, Plane.sagittal(1.0))
    live = case.stack(ctv)
    stroke.commit()
    assert same_stack(live, case.structures[ctv].stack)
    fresh = Case(case.contents, recompute=True)
    assert same_stack(fresh.structures[ctv].stack, case.structures[ctv].stack)


def test_undo_restores_drawn_and_derived_contours_to_the_last_bit():
    case, gtv = case_with_gtv()
    ctv = add_derived(case, "CTV", gtv, 5)
    before = case.contents
    stroke = case.begin_stroke(gtv, "Paint")
    stroke.set([PlanarContours(0.0, disc(14))])
    stroke.commit()
    after = case.contents
    case.undo()
    assert differences(before, case.contents) == []
    case.redo()
    assert differences(after, case.contents) == []
    assert case.redo_label == "" and case.structures[ctv].state is State.CURRENT


def test_a_cancelled_stroke_leaves_everything_as_it_was():
    case, gtv = case_with_gtv()
    ctv = add_derived(case, "CTV", gtv, 5)
    before, label, volume = case.contents, case.undo_label, case.volume_cc(ctv)
    stroke = case.begin_stroke(gtv, "Paint")
    stroke.set([PlanarContours(0.0, disc(20)), PlanarContours(21.0, disc(3))])
    assert case.volume_cc(ctv) != volume
    stroke.cancel()
    assert case.contents is before and case.undo_label == label and case.volume_cc(ctv) == volume
    assert not stroke.commit() and not stroke.active
    stroke.set([PlanarContours(0.0, disc(3))])
    assert case.volume_cc(ctv) == volume


def test_undo_in_mid_stroke_takes_back_the_stroke_only():
    case, gtv = case_with_gtv()
    label = case.undo_label
    stroke = case.begin_stroke(gtv, "Paint")
    stroke.set([PlanarContours(0.0, disc(20))])
    assert case.undo_label == "Paint"
    case.undo()
    assert not stroke.active and case.undo_label == label
    assert area_mm2(case.region_at(gtv, 0.0)) == area_mm2(disc(10))


def test_a_stroke_that_ends_where_it_began_leaves_no_step():
    case, gtv = case_with_gtv()
    label, before = case.undo_label, case.contents
    stroke = case.begin_stroke(gtv, "Paint")
    stroke.set([PlanarContours(0.0, disc(20)), PlanarContours(33.0, disc(2))])
    stroke.set([PlanarContours(0.0, case.structures[gtv].stack.region_at(0.0)), PlanarContours(33.0, Region())])
    assert not stroke.commit()
    assert case.undo_label == label and case.contents is before


def test_work_that_finishes_elsewhere_does_not_disturb_a_stroke():
    case, gtv = case_with_gtv()
    stroke = case.begin_stroke(gtv, "Paint")
    stroke.set([PlanarContours(0.0, disc(14))])
    case.do(AddRegistration(Registration("r", "1", "2", Transform.identity(), "test")))
    assert stroke.active
    assert stroke.commit() and area_mm2(case.region_at(gtv, 0.0)) == area_mm2(disc(14))
    case.undo()
    assert list(case.registrations) == ["r"]


def test_a_command_on_the_structure_being_drawn_ends_the_stroke():
    case, gtv = case_with_gtv()
    stroke = case.begin_stroke(gtv, "Paint")
    stroke.set([PlanarContours(0.0, disc(14))])
    case.do(RemoveStructure(gtv))
    assert not stroke.active and gtv not in case.structures
    case.undo()
    assert area_mm2(case.region_at(gtv, 0.0)) == area_mm2(disc(10))


def test_an_edited_plane_loses_its_imported_text_and_the_others_keep_it():
    case, gtv = case_with_gtv()
    text = ImportedRing("1.0\\2.0\\3.0", "CLOSED_PLANAR")
    stack = case.structures[gtv].stack
    imported = replace(stack, slices=tuple(replace(s, imported=(text,)) for s in stack.slices))
    came = replace(case.structures[gtv], identifier="came", name="Came", number=9, stack=imported)
    case.do(AddStructure(came))
    stroke = case.begin_stroke("came", "Paint")
    stroke.set([PlanarContours(0.0, disc(14)), PlanarContours(3.0, stack.region_at(3.0))])
    stroke.commit()
    kept = {s.position_mm: s.imported for s in case.structures["came"].stack.slices}
    assert kept[0.0] == () and all(rings == (text,) for w, rings in kept.items() if w != 0.0)
    case.undo()
    assert case.structures["came"].stack.find(0.0).imported == (text,)


def test_a_locked_structure_refuses_every_route_and_says_why():
    case, gtv = case_with_gtv()
    ctv = add_derived(case, "CTV", gtv, 5)
    case.do(ChangeStructure(ctv, locked=True))
    before = case.contents
    routes = [
        EditContours(ctv, (PlanarContours(0.0, disc(3)),)), Override(ctv, (PlanarContours(0.0, disc(3)),)),
        SetRecipe(ctv, Recipe(gtv, Margin.uniform(1))), RemoveStructure(ctv), Rederive(ctv), StopFollowing(ctv),
        ChangeStructure(ctv, name="X"), ChangeStructure(ctv, color=(1, 2, 3)),
    ]  # fmt: skip
    for command in routes:
        with pytest.raises(CaseError, match="CTV is locked"):
            case.do(command)
    with pytest.raises(CaseError, match="CTV is locked"):
        case.begin_stroke(ctv)
    assert case.contents is before


def test_a_locked_target_does_not_follow_but_says_so_and_follows_again_when_unlocked():
    case, gtv = case_with_gtv()
    ctv = add_derived(case, "CTV", gtv, 5)
    case.do(ChangeStructure(ctv, locked=True))
    assert case.structures[ctv].state is State.CURRENT
    locked = case.structures[ctv].stack
    case.do(EditContours(gtv, (PlanarContours(0.0, disc(14)),)))
    assert case.structures[ctv].state is State.STALE and same_stack(case.structures[ctv].stack, locked)
    assert "locked" in stale_reason(case.structures[ctv])
    case.undo()
    assert case.structures[ctv].state is State.CURRENT and not case.structures[ctv].warnings
    case.redo()
    case.do(ChangeStructure(ctv, locked=False))
    assert case.structures[ctv].state is State.CURRENT
    assert area_mm2(case.region_at(ctv, 0.0)) == pytest.approx(np.pi * 19**2, rel=0.02)


def test_editing_a_derived_structure_by_hand_overrides_it_until_it_is_derived_again():
    case, gtv = case_with_gtv()
    ctv = add_derived(case, "CTV", gtv, 5)
    ptv = add_derived(case, "PTV", ctv, 3)
    derived = case.structures[ctv].stack
    stroke = case.begin_stroke(ctv, "Paint")
    stroke.set([PlanarContours(0.0, disc(25))])
    assert area_mm2(case.region_at(ptv, 0.0)) == pytest.approx(np.pi * 28**2, rel=0.02)
    stroke.commit()
    assert case.structures[ctv].state is State.OVERRIDDEN and case.structures[ctv].recipe is not None
    case.do(EditContours(gtv, (PlanarContours(0.0, disc(12)),)))
    assert area_mm2(case.region_at(ctv, 0.0)) == area_mm2(disc(25))
    case.undo()
    case.undo()
    assert case.structures[ctv].state is State.CURRENT and same_stack(case.structures[ctv].stack, derived)
    case.redo()
    case.do(Rederive(ctv))
    assert case.structures[ctv].state is State.CURRENT and same_stack(case.structures[ctv].stack, derived)
    assert case.structures[ptv].state is State.CURRENT


def test_a_cancelled_stroke_on_a_derived_structure_leaves_it_following():
    case, gtv = case_with_gtv()
    ctv = add_derived(case, "CTV", gtv, 5)
    stroke = case.begin_stroke(ctv, "Paint")
    stroke.set([PlanarContours(0.0, disc(25))])
    stroke.cancel()
    case.do(EditContours(gtv, (PlanarContours(0.0, disc(12)),)))
    assert case.structures[ctv].state is State.CURRENT
    assert area_mm2(case.region_at(ctv, 0.0)) == pytest.approx(np.pi * 17**2, rel=0.02)


def test_without_its_source_a_target_keeps_its_contours_and_says_why_it_is_stale():
    case, gtv = case_with_gtv()
    ctv = add_derived(case, "CTV", gtv, 5)
    ptv = add_derived(case, "PTV", ctv, 3)
    before = case.contents
    case.do(RemoveStructure(gtv))
    assert case.structures[ctv].state is State.STALE and "GTV was removed" in stale_reason(case.structures[ctv])
    assert case.structures[ptv].state is State.STALE and "CTV" in stale_reason(case.structures[ptv])
    assert same_stack(case.structures[ptv].stack, before.structures[ptv].stack)
    case.undo()
    assert differences(before, case.contents) == []
    case.do(EditContours(gtv, (PlanarContours(0.0, disc(12)),)))
    assert case.structures[ptv].state is State.CURRENT


def test_recipes_that_go_round_are_refused():
    case, gtv = case_with_gtv()
    ctv = add_derived(case, "CTV", gtv, 5)
    ptv = add_derived(case, "PTV", ctv, 3)
    for identifier, source in ((ctv, ptv), (gtv, ptv), (ctv, ctv)):
        with pytest.raises(CaseError, match="itself"):
            case.do(SetRecipe(identifier, Recipe(source, Margin.uniform(1))))
    with pytest.raises(CaseError, match="not part of this case"):
        case.do(SetRecipe(ptv, Recipe("gone", Margin.uniform(1))))


def test_a_crop_follows_the_structure_that_crops():
    case, gtv = case_with_gtv()
    body = new_structure(case, "Body", "EXTERNAL")
    case.do(AddStructure(body))
    case.do(EditContours(body.identifier, ball(case, 30)))
    ctv = add_derived(case, "CTV", gtv, 5)
    case.do(SetRecipe(ctv, Recipe(gtv, Margin.uniform(5), crop_to=(Limit(body.identifier),))))
    assert area_mm2(case.region_at(ctv, 0.0)) == pytest.approx(np.pi * 15**2, rel=0.02)
    case.do(EditContours(body.identifier, (PlanarContours(0.0, disc(12)),)))
    assert area_mm2(case.region_at(ctv, 0.0)) == pytest.approx(np.pi * 12**2, rel=0.03)


def test_the_surface_model_changes_every_volume_and_margin_as_one_step():
    case, gtv = case_with_gtv()
    ctv = add_derived(case, "CTV", gtv, 5)
    before, volumes = case.contents, (case.volume_cc(gtv), case.volume_cc(ctv))
    log = heard(case)
    case.do(SetSurfaceModel("slab"))
    assert case.volume_cc(gtv) != volumes[0] and case.volume_cc(ctv) != volumes[1]
    assert ("structure_changed", gtv) in log and ("structure_changed", ctv) in log
    case.undo()
    assert differences(before, case.contents) == [] and case.volume_cc(ctv) == volumes[1]
    with pytest.raises(CaseError, match="surface model"):
        case.do(SetSurfaceModel("spline"))


def test_renaming_does_not_recompute_what_follows():
    case, gtv = case_with_gtv()
    ctv = add_derived(case, "CTV", gtv, 5)
    stack = case.structures[ctv].stack
    case.do(ChangeStructure(gtv, name="GTVp", color=(1, 2, 3)))
    assert case.structures[ctv].stack is stack


def test_structures_can_be_put_in_another_order():
    case, gtv = case_with_gtv()
    ctv = add_derived(case, "CTV", gtv, 5)
    log = heard(case)
    case.do(MoveStructure(ctv, 0))
    assert list(case.structures) == [ctv, gtv] and ("structures_reordered",) in log
    case.undo()
    assert list(case.structures) == [gtv, ctv]
    case.do(RemoveStructure(gtv))
    case.undo()
    assert list(case.structures) == [gtv, ctv]


def test_undo_is_bounded_by_bytes_and_keeps_the_newest_step():
    case, gtv = case_with_gtv()
    small = Case(case.contents, History(bytes_kept=200_000))
    for step in range(60):
        small.do(EditContours(gtv, (PlanarContours(0.0, disc(10 + step / 10, points=500)),)))
    done, _ = small.steps
    assert 5 < len(done) < 60 and sum(step.bytes_used for step in done) <= 200_000
    small.do(EditContours(gtv, (PlanarContours(0.0, disc(3, points=40_000)),)))
    assert len(small.steps[0]) == 1
    small.undo()
    assert area_mm2(small.region_at(gtv, 0.0)) == area_mm2(disc(15.9, points=500))


def test_a_new_command_forgets_what_was_undone():
    case, gtv = case_with_gtv()
    case.undo()
    assert case.redo_label == "Draw GTV"
    case.do(ChangeStructure(gtv, name="X"))
    assert case.redo_label == ""
    case.redo()
    assert case.structures[gtv].name == "X"


def test_sections_of_a_structure_in_another_frame_come_over_by_the_registration():
    case, gtv = case_with_gtv()
    shift = Transform.from_rigid(translation_mm=(7, 0, 0))  # planning point -> other frame
    other = replace(case.structures[gtv], identifier="o", name="On MR", number=5, frame_of_reference_uid="9.9")
    case.do(AddStructure(other))
    assert not case.section("o", Plane.axial(0.0))
    case.do(AddRegistration(Registration("r", "1.2.3.4", "9.9", shift, "test")))
    u0, _, u1, _ = case.section("o", Plane.axial(0.0)).bounds()
    assert (u0 + u1) / 2 == pytest.approx(-7, abs=0.01)
    assert case.volume_cc("o") == pytest.approx(case.volume_cc(gtv), rel=1e-9)
    made = add_derived(case, "PTV", "o", 3)
    assert case.structures[made].state is State.STALE and "another image" in stale_reason(case.structures[made])


def test_an_imported_set_joins_without_taking_names_or_numbers():
    case, gtv = case_with_gtv()
    came = [replace(case.structures[gtv], identifier=str(n), name=name, number=number)
            for n, (name, number) in enumerate([("GTV", 1), ("Cord", 7), ("Cord", 7), ("", 8)])]
    case.do(import_structures(case, came))
    assert [s.name for s in case.structures.values()] == ["GTV", "GTV_2", "Cord", "Cord_2", "Unnamed"]
    assert len({s.number for s in case.structures.values()}) == 5
    assert case.undo_label == "Import structure set"
    case.undo()
    assert len(case.structures) == 1


def test_a_structure_on_planes_between_the_slices_is_edited_on_its_own_planes():
    case, gtv = case_with_gtv()
    stack = case.structures[gtv].stack
    moved = replace(stack, slices=tuple(replace(s, position_mm=s.position_mm + 1.0) for s in stack.slices))
    case.do(AddStructure(replace(case.structures[gtv], identifier="m", name="M", number=3, stack=moved)))
    positions = case.positions_mm("m")
    drawn = moved.positions_mm
    assert set(drawn) <= set(positions) and np.diff(positions).min() > 1.4
    assert positions[0] == case.slice_positions_mm[0]


def test_the_view_state_is_kept_but_is_no_step():
    case = Case()
    told = []
    case.view_state_set.connect(lambda key, value: told.append((key, value)))
    case.set_view_state("crosshair", [1.0, 2.0, 3.0])
    case.set_view_state("crosshair", [1.0, 2.0, 3.0])
    assert told == [("crosshair", [1.0, 2.0, 3.0])] and case.undo_label == ""
    with pytest.raises(CaseError, match="plain values"):
        case.set_view_state("x", object())
    with pytest.raises(TypeError):
        case.view_state["crosshair"] = 1  # type: ignore[index]


def test_contents_can_only_be_read():
    case, gtv = case_with_gtv()
    with pytest.raises(TypeError):
        case.structures["x"] = case.structures[gtv]  # type: ignore[index]
    assert described(case.structures[gtv])[2] == "GTV"
