"""Tumour told from flow on small phases whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.enhancement.scene import (
    FRAME,
    GRID,
    TUMOUR,
    TUMOUR_MM,
    TUMOUR_RADIUS_MM,
    VEIN,
    VEIN_MM,
    dice,
    phases,
    shares,
    stack,
    unmoved,
)
from workstation.enhancement.alignment import AlignedPhase
from workstation.enhancement.candidate import contours_of, level_field
from workstation.enhancement.errors import EnhancementError
from workstation.enhancement.flow import course_at, flows_beside
from workstation.enhancement.separation import ALWAYS, SHARE_NAME, separate
from workstation.enhancement.subtraction import box_around, subtract
from workstation.enhancement.unmixing import shares_of
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep
from workstation.geometry.grid import Grid
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.structures.carried import planes_of
from workstation.structures.structure import ContourStack, PlanarContours
from workstation.structures.volume import volume_cc

BALL_CC = 4 / 3 * np.pi * TUMOUR_RADIUS_MM**3 / 1000


def test_courses_are_medians_of_what_lies_there() -> None:
    made = stack()
    own = course_at(made, "tumour", GRID.to_index(TUMOUR_MM)[::-1])
    assert own.signal == pytest.approx(TUMOUR, rel=0.03)
    assert own.enhancement(0) == pytest.approx(np.array(TUMOUR) - TUMOUR[0], abs=6)


def test_the_vein_is_found_by_itself() -> None:
    made = stack()
    own = course_at(made, "tumour", GRID.to_index(TUMOUR_MM)[::-1])
    (flow,) = flows_beside(made, own)
    _, vein = shares()
    assert flow.signal == pytest.approx(VEIN, rel=0.06)
    assert (vein[flow.where] > 0.4).mean() > 0.95


def test_where_all_that_is_bright_runs_one_course_there_is_no_flow() -> None:
    made = stack(vein=TUMOUR)
    own = course_at(made, "tumour", GRID.to_index(TUMOUR_MM)[::-1])
    assert flows_beside(made, own) == []


def test_every_voxel_is_explained_by_shares() -> None:
    made = stack(noise=1.0)
    own = course_at(made, "tumour", GRID.to_index(TUMOUR_MM)[::-1])
    found = shares_of(made, own, flows_beside(made, own))
    tumour, vein = shares()
    assert np.abs(found.tumour - tumour)[(tumour > 0.02) | (vein > 0.98)].mean() < 0.06
    assert found.shares[1][vein > 0.99].mean() == pytest.approx(1.0, abs=0.05)
    assert found.shares.min() >= 0 and np.median(found.misfit[tumour > 0.99]) < 3


@pytest.mark.parametrize("offset_mm", [(0, 0, 0), (-5, 0, 0), (0, 5, 2), (2, -4, -3)])
def test_one_click_anywhere_in_the_tumour_is_enough(offset_mm: tuple[float, float, float]) -> None:
    found = separate(stack(seed=3), TUMOUR_MM + np.array(offset_mm))
    tumour, vein = shares()
    assert found.separable, found.sentence
    assert dice(found.region, tumour >= 0.5) > 0.93
    assert (found.region & (vein > 0.5)).sum() * GRID.voxel_volume_cc < 0.05
    assert dice(found.flow_region, vein >= 0.5) > 0.8
    assert found.evidence[0].d_prime > 4 and "separates" in found.sentence
    assert found.warnings[-1] == ALWAYS
    assert SHARE_NAME in {j.evidence for j in found.evidence}


def test_what_does_not_separate_is_said_and_offers_nothing() -> None:
    found = separate(stack(vein=TUMOUR), TUMOUR_MM)
    assert not found.separable and not found.region.any() and not found.flow_region.any()
    assert found.sentence.startswith("No phase separates") and "T2" in found.sentence


def test_a_vein_that_is_pointed_at_or_drawn_counts_first() -> None:
    _, vein = shares()
    for found in (separate(stack(), TUMOUR_MM, VEIN_MM), separate(stack(), TUMOUR_MM, vein=vein > 0.9)):
        assert found.separable and found.flows[0].name == "vein"
        assert found.flows[0].signal == pytest.approx(VEIN, rel=0.05)


def test_barriers_and_flow_stop_the_tumour() -> None:
    barrier = np.zeros(GRID.shape, bool)
    barrier[:, :, : int(GRID.to_index(TUMOUR_MM)[0])] = True
    found = separate(stack(), TUMOUR_MM + np.array([3.0, 0, 0]), barrier=barrier)
    assert found.separable and not (found.region & barrier).any()
    assert dice(found.region, (shares()[0] >= 0.5) & ~barrier) > 0.93


def test_a_flow_void_inside_stays_inside() -> None:
    made = stack()
    k, j, i = (round(x) for x in GRID.to_index(TUMOUR_MM)[::-1])
    signals = made.signals.copy()
    signals[:, k : k + 2, j - 2 : j, i : i + 2] = 15.0
    found = separate(replace(made, signals=signals), TUMOUR_MM + np.array([-4.5, 0, 0]))
    assert found.separable and found.region[k : k + 2, j - 2 : j, i : i + 2].all()


def test_a_vein_that_does_not_wash_out_is_warned_of() -> None:
    found = separate(stack(vein=(105.0, 260.0, 430.0)), TUMOUR_MM)
    assert any("does not wash out" in text for text in found.warnings)


def test_contours_of_a_ball_are_sub_voxel() -> None:
    """From voxels of 1.5 mm, on slices that lie elsewhere and are turned."""
    tumour, _ = shares()
    field = level_field(tumour.astype(np.float32), 0.5, tumour > 0.5)
    turned = Transform.from_rigid((2.0, -1.0, 0.7), (0, 0, 20.0))
    target = phases()[0].volume
    drawn = contours_of(field, GRID, target, turned)
    assert volume_cc(drawn) == pytest.approx(BALL_CC, rel=0.04)
    points = np.vstack([drawn.plane.to_patient(ring, s.position_mm) for s in drawn.slices for ring in s.region.rings])
    away = np.linalg.norm(turned.apply(points) - TUMOUR_MM, axis=1) - TUMOUR_RADIUS_MM
    assert abs(away.mean()) < 0.1 and np.abs(away).max() < 0.5
    assert contours_of(np.ones_like(field), GRID, target, turned).slices == ()


def test_the_whole_way() -> None:
    made = phases()
    found = subtract(made, TUMOUR_MM, aligned=unmoved(made))
    assert found.separation.separable and found.target is made[0].volume
    assert volume_cc(found.tumour) == pytest.approx(BALL_CC, rel=0.06)
    assert found.vein.slices and [m.name for m in found.maps()][-1] == SHARE_NAME


def test_two_phases_can_decide_alone() -> None:
    made = phases()
    found = subtract(made, TUMOUR_MM, aligned=unmoved(made), chosen=("early", "delayed 1"))
    assert volume_cc(found.tumour) == pytest.approx(BALL_CC, rel=0.08)


def test_the_planning_image_is_drawn_on_through_its_link() -> None:
    made = phases()
    planning = replace(made[0].volume, key="ct", modality="CT", frame_of_reference_uid="1.2.3.ct")
    link = Transform.from_rigid((5.0, 0, 0))
    found = subtract(
        made, TUMOUR_MM - np.array([5.0, 0, 0]), aligned=unmoved(made), planning=planning, to_reference=link
    )
    low, high = found.tumour.bounds_mm() or (np.zeros(3), np.zeros(3))
    middle = found.tumour.plane.to_patient((low + high) / 2)
    assert middle == pytest.approx(TUMOUR_MM - [5.0, 0, 0], abs=0.6)


def test_structures_of_the_planning_image_count_through_a_link_that_bends() -> None:
    made = phases()
    planning = replace(made[0].volume, key="ct", modality="CT", frame_of_reference_uid="1.2.3.ct")
    coarse = Grid(GRID.origin_mm - 20.0, (8.0, 8.0, 8.0), np.eye(3), (16, 16, 12))
    bend = DisplacementField(coarse, np.full((*coarse.shape, 3), 2.0, np.float32))
    link = Deformation((FieldStep(bend), Transform.from_rigid((3.0, 0, 0))))
    shift = np.array([5.0, 2.0, 2.0])
    plane, positions, spacing_mm = planes_of(planning)
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * 6.0 + (TUMOUR_MM - shift)[:2] - [8.0, 0.0]
    bone = ContourStack(plane, spacing_mm, tuple(PlanarContours(float(z), Region([square])) for z in positions))
    options = {"aligned": unmoved(made), "planning": planning, "to_reference": link}
    free = subtract(made, TUMOUR_MM - shift, **options)
    stopped = subtract(made, TUMOUR_MM - shift, barriers=[bone], **options)
    straight = subtract(
        made, TUMOUR_MM - shift, barriers=[bone], **(options | {"to_reference": Transform.from_rigid(shift)})
    )
    assert volume_cc(free.tumour) == pytest.approx(BALL_CC, rel=0.06)
    assert volume_cc(stopped.tumour) < 0.9 * BALL_CC
    assert volume_cc(stopped.tumour) == pytest.approx(volume_cc(straight.tumour), rel=0.03)


def test_a_vein_that_runs_the_tumour_s_course_separates_nothing() -> None:
    found = separate(stack(), TUMOUR_MM, TUMOUR_MM + np.array([0.0, 5.0, 0.0]))
    assert not found.separable and "the vein runs the clicked point's course" in found.sentence


def test_a_click_that_can_t_be_in_a_tumour_is_told_from_one_that_does_not_separate() -> None:
    made = stack()
    everywhere = np.ones(made.grid.shape, bool)
    bone = separate(made, TUMOUR_MM, barrier=everywhere)
    assert not bone.separable and "a structure that the tumour can't be" in bone.sentence
    vein = separate(made, TUMOUR_MM, vein=everywhere)
    assert not vein.separable and "named as the vein" in vein.sentence
    nowhere = separate(made, TUMOUR_MM + np.array([-22.0, -20.0, 0.0]))
    assert not nowhere.separable and nowhere.sentence.startswith("What was clicked takes up no contrast")


def test_slices_that_are_missing_in_a_phase_are_warned_of() -> None:
    made = list(phases())
    gap = "1 slice is missing at 3.00 mm: interpolated there"
    made[2] = replace(made[2], volume=replace(made[2].volume, warnings=(gap,)))
    found = subtract(made, TUMOUR_MM, aligned=unmoved(tuple(made)))
    assert f"delayed 1: {gap}." in found.separation.warnings


def test_a_phase_that_is_not_aligned_is_left_out_and_named() -> None:
    made = phases()
    extra = replace(made[2], name="delayed 2", time_s=900.0, volume=replace(made[2].volume, key="extra"))
    doubted = AlignedPhase(extra, Transform.identity(), 2.0, "delayed 2 is aligned to 2.0 mm only")
    found = subtract((*made, extra), TUMOUR_MM, aligned=(*unmoved(made), doubted))
    assert found.stack.names == ("pre", "early", "delayed 1") and len(found.aligned) == 4
    assert found.separation.warnings[0] == "Left out: delayed 2 is aligned to 2.0 mm only."
    assert found.separation.separable
    lost = tuple(replace(each, doubt="lost") for each in unmoved(made)[1:])
    with pytest.raises(EnhancementError, match="Fewer than two phases lie on each other"):
        subtract(made, TUMOUR_MM, aligned=(unmoved(made)[0], *lost))


def test_without_a_phase_before_contrast_nothing_is_pretended() -> None:
    made = phases()[1:]
    found = subtract(made, TUMOUR_MM, aligned=unmoved(made))
    assert not found.separation.separable and "No phase before contrast" in found.separation.sentence
    assert [each.name for each in found.maps()] == ["delayed 1 minus early"]


def test_shading_may_be_taken_out_first() -> None:
    made = phases()
    found = subtract(made, TUMOUR_MM, aligned=unmoved(made), shading="n4")
    assert volume_cc(found.tumour) == pytest.approx(BALL_CC, rel=0.08)


def test_bad_input_gets_one_sentence() -> None:
    made = phases()
    near = {"aligned": unmoved(made)}
    planes = ContourStack(planes_of(made[0].volume)[0], 1.5)
    elsewhere = replace(made[0].volume, key="ct", frame_of_reference_uid="9.9")
    for words, run in (
        ("at least two phases", lambda: subtract(made[:1], TUMOUR_MM)),
        ("outside of the phases", lambda: subtract(made, TUMOUR_MM + 500.0, **near)),
        ("vein .497.0, 500.0, 500.0 mm. lies", lambda: subtract(made, TUMOUR_MM, vein_mm=TUMOUR_MM + 500.0, **near)),
        ("outside of the phases", lambda: subtract(made, (np.nan, 0.0, 0.0), **near)),
        ("at the same place", lambda: subtract(made, TUMOUR_MM, vein_mm=TUMOUR_MM + 1.0, **near)),
        ("no phase called 'venous'", lambda: subtract(made, TUMOUR_MM, chosen=("early", "venous"), **near)),
        ("register them first", lambda: subtract(made, TUMOUR_MM, planning=elsewhere, **near)),
        ("does not lie near the click", lambda: subtract(made, TUMOUR_MM, normalise=planes, **near)),
    ):
        with pytest.raises(EnhancementError, match=words):
            run()


def test_constant_images_and_missing_values_separate_nothing() -> None:
    made = phases()
    flat = tuple(replace(p, volume=replace(p.volume, voxels=np.full(GRID.shape, 50, np.float32))) for p in made)
    assert not subtract(flat, TUMOUR_MM, aligned=unmoved(flat)).separation.separable
    voxels = made[1].volume.voxels.copy()
    voxels[:, 10:14, 30:34] = np.nan
    holed = (made[0], replace(made[1], volume=replace(made[1].volume, voxels=voxels)), made[2])
    found = subtract(holed, TUMOUR_MM, aligned=unmoved(holed))
    assert found.separation.separable and not found.stack.covered[5, 11, 31]


def test_the_box_around_a_click_stays_on_the_lattice() -> None:
    box = box_around(GRID, np.array([30.0, 0.0, 0.0]), 20.0)
    shift = (box.origin_mm - GRID.origin_mm) / GRID.spacing_mm
    assert shift == pytest.approx(np.rint(shift)) and box.size[0] < GRID.size[0]
    assert GRID.contains(box.to_patient(np.array(box.size) - 1.0))
    assert FRAME
