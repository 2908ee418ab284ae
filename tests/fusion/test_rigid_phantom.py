"""Rigid registration of a head whose truth is known: exact, from anywhere, and honest about what does not fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.fusion.head_phantom import Head, error_mm, random_rigid
from workstation.fusion.registration import Registration, RegistrationError
from workstation.fusion.rigid import register_rigid
from workstation.fusion.stability import stability
from workstation.fusion.watching import Step
from workstation.geometry.grid import Grid
from workstation.geometry.mask import Mask
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.jobs.progress import Cancelled

COARSER = 2


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.of(1, COARSER)


@pytest.fixture(scope="module")
def other_head() -> Head:
    return Head.of(2, COARSER)


@pytest.fixture(scope="module")
def ct(head: Head) -> Volume:
    return head.ct()


@pytest.fixture(scope="module")
def truth() -> Transform:
    return random_rigid(1, 15, 8)


@pytest.fixture(scope="module")
def mr(head: Head, truth: Transform) -> Volume:
    return head.mr(truth)


@pytest.fixture(scope="module")
def found(ct: Volume, mr: Volume) -> Registration:
    return register_rigid(ct, mr)


def rigid(registration: Registration) -> Transform:
    assert isinstance(registration.fixed_to_moving, Transform)
    return registration.fixed_to_moving


def mirrored(volume: Volume) -> Volume:
    """Left and right exchanged, as a file with a wrong orientation would be."""
    return replace(volume, voxels=np.ascontiguousarray(volume.voxels[:, :, ::-1]))


def lying(volume: Volume, move: Transform) -> Volume:
    """The same picture, said to lie elsewhere."""
    grid = volume.grid
    moved = Grid(move.apply(grid.origin_mm), grid.spacing_mm, move.matrix[:3, :3] @ grid.direction, grid.size)
    return replace(volume, grid=moved)


def part_of(volume: Volume, first: int, count: int) -> Volume:
    """Some of the slices."""
    grid = volume.grid.box((0, 0, first), (*volume.grid.size[:2], count))
    return replace(volume, voxels=np.ascontiguousarray(volume.voxels[first : first + count]), grid=grid)


# ---------------------------------------------------------------------------------------------------- exact


def test_ct_and_mr_of_2_mm_voxels_meet_within_a_third_of_a_millimetre(
    head: Head, found: Registration, truth: Transform
) -> None:
    error = error_mm(rigid(found), truth, head.points_mm())
    assert error.mean() < 0.35 and error.max() < 0.7
    assert found.quality["verdict"] == "good" and found.quality["reasons"] == []
    assert found.quality["metric"].startswith("Mattes mutual information")
    assert found.quality["repeatability_mm"] < 0.2
    assert found.quality["local_shift_mm"]["median"] == 0.0


def test_it_is_found_from_far_away_and_turned(head: Head, ct: Volume) -> None:
    far = random_rigid(2, 60, 40)
    registration = register_rigid(ct, head.mr(far))
    assert error_mm(rigid(registration), far, head.points_mm()).mean() < 0.5
    assert registration.quality["verdict"] == "good"


def test_feet_first_is_found_in_an_image_that_says_head_first(
    head: Head, ct: Volume, mr: Volume, truth: Transform
) -> None:
    half_turn = Transform.from_rigid((10, 20, -30), (0, 180, 0))
    registration = register_rigid(ct, lying(mr, half_turn))
    assert error_mm(rigid(registration), half_turn.after(truth), head.points_mm()).mean() < 0.5


def test_two_cts_are_compared_by_correlation(head: Head, ct: Volume, truth: Transform) -> None:
    registration = register_rigid(ct, head.second_ct(truth))
    assert registration.quality["metric"] == "normalised correlation"
    assert error_mm(rigid(registration), truth, head.points_mm()).mean() < 0.1


def test_a_metric_can_be_demanded(head: Head, ct: Volume, truth: Transform) -> None:
    registration = register_rigid(ct, head.second_ct(truth), metric="mutual-information", start=truth)
    assert registration.quality["metric"].startswith("Mattes")
    assert registration.quality["start"] == "given"
    assert error_mm(rigid(registration), truth, head.points_mm()).mean() < 0.1


def test_a_small_moving_image_is_the_one_that_is_sampled(
    head: Head, ct: Volume, mr: Volume, truth: Transform
) -> None:
    registration = register_rigid(ct, part_of(mr, 20, 30))
    assert registration.quality["sampled"] == "moving"
    assert error_mm(rigid(registration), truth, head.points_mm()).mean() < 0.8


@pytest.mark.parametrize("method", ["frame", "centre"])
def test_each_way_to_begin_leads_there(
    head: Head, ct: Volume, mr: Volume, truth: Transform, method: str
) -> None:
    registration = register_rigid(ct, mr, start_method=method)  # type: ignore[arg-type]
    assert registration.quality["start"] == method
    assert error_mm(rigid(registration), truth, head.points_mm()).mean() < 0.35


# ---------------------------------------------------------------------------------------------------- regions


def test_a_box_a_region_and_the_bone_restrict_what_is_compared(
    head: Head, ct: Volume, mr: Volume, truth: Transform
) -> None:
    region = Mask(Grid((-60, -60, -40), (4, 4, 4), np.eye(3), (30, 30, 20)), (0, 0, 0), np.ones((20, 30, 30), bool))
    points = head.points_mm()
    points = points[(np.abs(points) < 40).all(1)]
    for wanted, words in (
        ({"box_mm": [(-60, -60, -40), (60, 60, 40)]}, "box"),
        ({"region": region}, "region"),
        ({"bone": True}, "bone"),
        ({"region": region, "bone": True}, "region and bone"),
    ):
        registration = register_rigid(ct, mr, **wanted)  # type: ignore[arg-type]
        assert registration.quality["region"] == words
        assert error_mm(rigid(registration), truth, points).mean() < 0.6, words


def test_what_is_outside_of_a_box_does_not_count(head: Head, ct: Volume, mr: Volume, truth: Transform) -> None:
    """The neck of the moving image is bent forwards: the head, in its box, must not follow."""
    voxels = mr.voxels.copy()
    voxels[:22] = np.roll(voxels[:22], -6, axis=1)
    bent = replace(mr, voxels=voxels)
    points = head.points_mm()
    points = points[points[:, 2] > 0]
    boxed = register_rigid(ct, bent, box_mm=[(-100, -120, -10), (100, 120, 120)])
    assert error_mm(rigid(boxed), truth, points).mean() < 0.6


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"box_mm": [(900, 900, 900), (950, 950, 950)]}, "outside of the fixed image"),
        ({"box_mm": [(0, 0, 0), (3, 3, 3)]}, "smaller than 1 cc"),
        ({"box_mm": [(0, 0, 0)]}, "two opposite corners"),
        ({"lungs": True}, "no CT that is mostly lung"),
    ],
)
def test_a_region_that_can_not_be_compared_is_refused(ct: Volume, mr: Volume, wanted: dict, words: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(RegistrationError, match=words):
        register_rigid(ct, mr, **wanted)


def test_bone_is_looked_for_in_a_ct_only(ct: Volume, mr: Volume) -> None:
    with pytest.raises(RegistrationError, match="needs a CT"):
        register_rigid(mr, ct, bone=True)


# ---------------------------------------------------------------------------------------------------- honest


def test_a_mirrored_image_is_told(ct: Volume, mr: Volume) -> None:
    quality = register_rigid(ct, mirrored(mr)).quality
    assert quality["verdict"] != "good"
    assert any("left and right exchanged" in reason for reason in quality["reasons"])


def test_two_patients_are_not_one(other_head: Head, ct: Volume, mr: Volume, truth: Transform) -> None:
    for fixed, moving in ((ct, other_head.mr(truth)), (ct, other_head.second_ct(truth)), (mr, other_head.ct())):
        quality = register_rigid(fixed, moving).quality
        assert quality["verdict"] != "good" and quality["reasons"], (fixed.key, moving.key)


def test_noise_is_no_patient(ct: Volume, mr: Volume) -> None:
    noise = np.random.default_rng(3).normal(100, 30, mr.voxels.shape).astype(np.float32)
    try:
        quality = register_rigid(ct, replace(mr, voxels=noise)).quality
    except RegistrationError:
        return
    assert quality["verdict"] != "good" and "the images have little in common" in quality["reasons"]


def test_a_shared_frame_of_reference_is_believed_until_the_anatomy_disagrees(
    head: Head, ct: Volume, mr: Volume, truth: Transform
) -> None:
    fixed = replace(ct, frame_of_reference_uid="1.2")
    near = register_rigid(fixed, replace(mr, frame_of_reference_uid="1.2"))
    assert near.quality["start"] == "frame" and near.quality["verdict"] == "good"
    move = Transform.from_rigid((0, 50, 0), (0, 0, 70))
    far = register_rigid(fixed, replace(lying(mr, move), frame_of_reference_uid="1.2"))
    assert error_mm(rigid(far), move.after(truth), head.points_mm()).mean() < 0.35
    assert far.quality["verdict"] == "doubtful"
    assert any("one frame of reference" in reason for reason in far.quality["reasons"])


def test_a_climb_that_runs_into_its_limit_has_failed(
    ct: Volume, mr: Volume, truth: Transform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workstation.fusion.rigid_pair.STEPS", 1)
    start = Transform.from_rigid((3, 0, 0)).after(truth)
    quality = register_rigid(ct, mr, start=start).quality
    assert quality["verdict"] == "failed"
    assert "limit of steps" in quality["reasons"][0]


# ---------------------------------------------------------------------------------------------------- watched


def test_every_step_is_told_and_agreement_rises_within_a_stage(ct: Volume, mr: Volume, found: Registration) -> None:
    steps: list[Step] = []
    again = register_rigid(ct, mr, watch=steps.append)
    np.testing.assert_array_equal(rigid(again).matrix, rigid(found).matrix)
    stages = list(dict.fromkeys(step.stage for step in steps))
    assert stages == ["search", "4 mm", "2 mm", "1 mm", "1 mm, checking"]
    for stage in stages[1:]:
        metrics = [step.metric for step in steps if step.stage == stage]
        assert [step.number for step in steps if step.stage == stage] == list(range(1, len(metrics) + 1))
        assert metrics == sorted(metrics)
    assert all(isinstance(step.fixed_to_moving, Transform) for step in steps)


def test_a_watch_can_stop_it(ct: Volume, mr: Volume) -> None:
    def stop(step: Step) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        register_rigid(ct, mr, watch=stop)


# ---------------------------------------------------------------------------------------------------- stable


def test_repeated_from_perturbed_starts_the_target_stays(ct: Volume, mr: Volume, found: Registration) -> None:
    told = stability(ct, mr, found, (20.0, -10.0, 5.0), repeats=4)
    assert told["spread"] <= 0.2 and told["offset"] <= 0.2
    assert told["at_mm"] == [20.0, -10.0, 5.0] and told["repeats"] == 4 and told["failed"] == 0
    several = stability(ct, mr, found, [(20.0, -10.0, 5.0), (60.0, 0.0, 40.0)], repeats=2)
    assert several["at_mm"] == [40.0, -5.0, 22.5]


def test_only_a_rigid_registration_can_be_repeated(ct: Volume, mr: Volume, found: Registration) -> None:
    from workstation.geometry.deformation import Deformation

    with pytest.raises(RegistrationError, match="rigid"):
        stability(ct, mr, replace(found, fixed_to_moving=Deformation((Transform.identity(),))), (0, 0, 0))
