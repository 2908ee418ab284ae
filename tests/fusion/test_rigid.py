"""Rigid registration on images whose true relation is known, and on images that can't be registered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from workstation.fusion.registration import RegistrationError
from workstation.fusion.rigid import register_rigid
from workstation.fusion.rigid_pair import Ascent, RigidPair
from workstation.geometry.grid import Grid
from workstation.geometry.mask import Mask
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.jobs.progress import Cancelled
from workstation.teaching.glomus import GlomusCase, glomus_case

Float = NDArray[np.float64]


@pytest.fixture(scope="module")
def case(coarse_case: GlomusCase) -> GlomusCase:
    return coarse_case


def target_points(case: GlomusCase) -> Float:
    """Points of the tumour's rings and of the bone of the skull base around it."""
    found = []
    low, high = case.structure("GTV").stack.bounds_mm() or (np.zeros(3), np.zeros(3))
    for name, step in (("GTV", 5), ("Bone", 40)):
        for s in case.structure(name).stack.slices:
            if low[2] - 15 < s.position_mm < high[2] + 15:
                ring = np.concatenate(s.region.rings)[::step]
                found.append(np.column_stack([ring, np.full(len(ring), s.position_mm)]))
    return np.concatenate(found)


def error_mm(found: Transform, truth: Transform, points_mm: Float) -> float:
    return float(np.linalg.norm(found.apply(points_mm) - truth.apply(points_mm), axis=1).mean())


def elsewhere(volume: Volume, move: Transform, frame_uid: str) -> Volume:
    """The same picture in a frame of reference that differs by `move`."""
    grid = volume.grid
    direction = move.matrix[:3, :3] @ grid.direction
    moved = Grid(move.apply(grid.origin_mm), grid.spacing_mm, direction, grid.size)
    return replace(volume, grid=moved, slices=(), frame_of_reference_uid=frame_uid)


def test_ct_and_mr_of_two_frames_come_together(case: GlomusCase) -> None:
    heard: list[tuple[float, str]] = []
    found = register_rigid(case.ct, case.phases["pre"], progress=lambda f, s: heard.append((f, s)))
    truth = case.registration.fixed_to_moving
    points = target_points(case)
    assert error_mm(Transform.identity(), truth, points) > 4
    assert error_mm(found.fixed_to_moving, truth, points) < 0.8  # voxels of 3 mm
    assert found.fixed_to_moving.is_rigid(1e-6)
    assert found.fixed_frame_uid == case.ct.frame_of_reference_uid
    assert found.moving_frame_uid == case.phases["pre"].frame_of_reference_uid
    assert found.quality["verdict"] == "good" and found.quality["metric_end"] > found.quality["metric_start"]
    assert found.accepted_by == ""
    fractions = [f for f, _ in heard]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert any("mutual information" in sentence for _, sentence in heard)


def test_it_finds_a_frame_far_away_and_turned(case: GlomusCase) -> None:
    move = Transform.from_rigid((180, -240, 420), (12, -9, 15))
    moving = elsewhere(case.phases["pre"], move, "1.2.3")
    found = register_rigid(case.ct, moving)
    truth = move.after(case.registration.fixed_to_moving)
    assert error_mm(found.fixed_to_moving, truth, target_points(case)) < 1.0


def test_both_directions_agree(case: GlomusCase) -> None:
    there = register_rigid(case.ct, case.phases["early"]).fixed_to_moving
    back = register_rigid(case.phases["early"], case.ct).fixed_to_moving
    points = target_points(case)
    assert error_mm(back.after(there), Transform.identity(), points) < 1.2


def test_phases_of_one_frame_begin_at_identity_and_find_the_motion(case: GlomusCase) -> None:
    found = register_rigid(case.phases["pre"], case.phases["delayed2"])
    points = case.registration.fixed_to_moving.apply(target_points(case))
    assert error_mm(found.fixed_to_moving, case.phase_motion["delayed2"], points) < 0.4


def test_a_given_start_and_a_region_are_used(case: GlomusCase) -> None:
    truth = case.registration.fixed_to_moving
    start = Transform.from_rigid((3, -2, 2), (1, 1, -1)).after(truth)
    low, high = case.structure("GTV").stack.bounds_mm() or (np.zeros(3), np.zeros(3))
    grid = Grid(low - 30, (4, 4, 4), np.eye(3), np.ceil((high - low + 60) / 4).astype(int))
    region = Mask(grid, (0, 0, 0), np.ones(grid.shape, dtype=bool))
    found = register_rigid(case.ct, case.phases["pre"], start=start, region=region)
    assert error_mm(found.fixed_to_moving, truth, target_points(case)) < 1.0


def test_the_same_question_gets_the_same_answer(case: GlomusCase) -> None:
    one, two = (register_rigid(case.ct, case.phases["pre"]).fixed_to_moving for _ in range(2))
    np.testing.assert_allclose(one.matrix, two.matrix, atol=1e-4)


def test_a_search_can_be_cancelled(case: GlomusCase) -> None:
    for words in ("Comparing", "Climbing from the best"):

        def stop(fraction: float, sentence: str, words: str = words) -> None:
            if words in sentence:
                raise Cancelled

        with pytest.raises(Cancelled):
            register_rigid(case.ct, case.phases["pre"], start_method="search", progress=stop)


@pytest.mark.parametrize("words", ["the moving image", "from the middles", "at 4 mm", "at 1 mm", "Checking"])
def test_cancelling_comes_out_as_cancelled_at_any_step(case: GlomusCase, words: str) -> None:
    def stop(fraction: float, sentence: str) -> None:
        if words in sentence:
            raise Cancelled

    with pytest.raises(Cancelled):
        register_rigid(case.ct, case.phases["pre"], progress=stop)


def test_any_other_exception_keeps_its_type(case: GlomusCase) -> None:
    def fail(fraction: float, sentence: str) -> None:
        if "step" in sentence:
            raise KeyError("panel is gone")

    with pytest.raises(KeyError):
        register_rigid(case.ct, case.phases["pre"], progress=fail)


def test_a_constant_image_is_refused(case: GlomusCase) -> None:
    flat = replace(case.ct, voxels=np.zeros_like(case.ct.voxels))
    with pytest.raises(RegistrationError, match="same value everywhere"):
        register_rigid(flat, case.phases["pre"])


def test_an_image_with_values_that_are_no_numbers_is_refused(case: GlomusCase) -> None:
    voxels = case.phases["pre"].voxels.astype(np.float32)
    voxels[3, 4, 5] = np.nan
    with pytest.raises(RegistrationError, match="no numbers"):
        register_rigid(case.ct, replace(case.phases["pre"], voxels=voxels))


def test_a_single_slice_is_refused(case: GlomusCase) -> None:
    grid = case.ct.grid
    one = Grid(grid.origin_mm, grid.spacing_mm, grid.direction, (*grid.size[:2], 1))
    with pytest.raises(RegistrationError, match="only 1 slice"):
        register_rigid(replace(case.ct, grid=one, voxels=case.ct.voxels[:1], slices=()), case.phases["pre"])


def test_a_start_that_parts_the_images_is_refused(case: GlomusCase) -> None:
    with pytest.raises(RegistrationError, match="do not overlap"):
        register_rigid(case.ct, case.phases["pre"], start=Transform.from_rigid((900, 0, 0)))


def test_images_of_one_frame_that_lie_apart_are_refused(case: GlomusCase) -> None:
    apart = elsewhere(case.phases["pre"], Transform.from_rigid((0, 0, 800)), case.ct.frame_of_reference_uid)
    with pytest.raises(RegistrationError, match="do not overlap"):
        register_rigid(case.ct, apart)


def test_an_empty_region_is_refused(case: GlomusCase) -> None:
    empty = Mask(case.ct.grid, (0, 0, 0), np.zeros((3, 3, 3), dtype=bool))
    with pytest.raises(RegistrationError, match="empty"):
        register_rigid(case.ct, case.phases["pre"], region=empty)


def test_images_with_nothing_in_common_are_refused_or_doubtful(case: GlomusCase) -> None:
    noise = np.random.default_rng(5).normal(300, 60, case.phases["pre"].voxels.shape).astype(np.float32)
    try:
        found = register_rigid(case.ct, replace(case.phases["pre"], voxels=noise))
    except RegistrationError:
        return
    assert found.quality["verdict"] == "doubtful" and found.quality["reasons"]


def test_an_answer_worse_than_its_start_is_refused(case: GlomusCase, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = case.registration.fixed_to_moving
    lost = Transform.from_rigid((25, 0, 0), (0, 20, 0)).after(truth)
    monkeypatch.setattr(RigidPair, "ascend", lambda *_rest, **_more: Ascent(lost, 3))
    with pytest.raises(RegistrationError, match="agree less"):
        register_rigid(case.ct, case.phases["pre"], start=truth)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_at_full_resolution_the_tumour_and_skull_base_are_met_within_0_3_mm() -> None:
    full = glomus_case(0)
    found = register_rigid(full.ct, full.phases["pre"])
    assert error_mm(found.fixed_to_moving, full.registration.fixed_to_moving, target_points(full)) <= 0.3
