"""The known-transform test: it must find good engines good, bad ones bad, and say which failures went unnoticed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.cli.test_register import head
from workstation.fusion.known_transform import (
    Bend,
    displaced,
    known_transform_test,
    random_field,
    random_transforms,
    rigid_then_deformable,
    summary,
)
from workstation.fusion.quality.jacobian import jacobian_figures
from workstation.fusion.registration import Registration, RegistrationError
from workstation.geometry.deformation import Deformation, FieldStep
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.jobs.progress import Cancelled


def ball(frame: str = "F") -> Volume:
    z, y, x = np.meshgrid(*[np.arange(20.0)] * 3, indexing="ij")
    inside = np.hypot(np.hypot(x - 9, y - 10), z - 9.5) < 7
    voxels = np.where(inside, 40 + 5 * x + 3 * y, 0).astype(np.int16)
    grid = Grid((-38, -38, -38), (4, 4, 4), np.eye(3), (20, 20, 20))
    return Volume("ball", voxels, grid, modality="MR", frame_of_reference_uid=frame)


def engine(misses_mm: float, verdict: str = "good"):
    """An engine that knows the answer from the moved grid, and misses it by so much."""
    here = ball().grid

    def register(fixed, moving, *, progress, watch):
        progress(0.5, "Thinking")
        truth = Transform(moving.grid.matrix @ here.inverse_matrix)
        found = Transform.from_rigid((misses_mm, 0, 0)).after(truth)
        return Registration("r", "F", "M", found, "test", {"verdict": verdict, "reasons": []})

    return register


def test_a_displaced_image_keeps_its_values_and_lies_elsewhere() -> None:
    move = Transform.from_rigid((5, -3, 2), (0, 0, 90), (0, 0, 0))
    moved = displaced(ball(), move)
    assert moved.voxels is not ball().voxels and np.array_equal(moved.voxels, ball().voxels)
    index = (3, 7, 11)
    assert moved.grid.to_patient(index) == pytest.approx(move.apply(ball().grid.to_patient(index)))


def test_random_transforms_stay_within_their_ranges_and_come_again() -> None:
    found = random_transforms(50, 15.0, 8.0, 3)
    numbers = np.array([[*shift, *turn] for shift, turn in found])
    assert np.abs(numbers[:, :3]).max() <= 15 and np.abs(numbers[:, :3]).max() > 12
    assert np.abs(numbers[:, 3:]).max() <= 8 and np.abs(numbers[:, 3:]).max() > 6
    again = random_transforms(50, 15.0, 8.0, 3)
    assert np.array_equal(numbers, [[*shift, *turn] for shift, turn in again])


@pytest.mark.parametrize(("misses", "verdict"), [(0.0, "good"), (1.9, "good"), (3.0, "doubtful"), (4.5, "failed")])
def test_errors_are_told_and_judged_by_the_voxels(misses: float, verdict: str) -> None:
    known = Registration("k", "F", "F", Transform.identity(), "")
    sentences: list[str] = []
    trials = known_transform_test(
        ball(), ball(), known, count=2, rotation_deg=60, register=engine(misses),
        progress=lambda f, s: sentences.append(s),
    )  # fmt: skip
    assert [t.verdict for t in trials] == [verdict] * 2
    assert trials[0].error_mm == {"mean": misses, "p95": misses, "max": misses}
    assert "Trial 2: Thinking" in sentences
    found = summary(trials)
    assert found["unnoticed"] == (2 if verdict == "failed" else 0)
    assert ("do not trust" in found["sentence"]) == (verdict == "failed")


def test_answers_that_agree_with_each_other_put_the_error_on_what_they_are_compared_with() -> None:
    known = Registration("k", "F", "F", Transform.from_rigid((0.0, 1.5, 0.0)), "")
    found = summary(known_transform_test(ball(), ball(), known, count=3, rotation_deg=20, register=engine(0.0)))
    assert found["error_mm"]["mean"] == pytest.approx(1.5, abs=1e-3) and found["scatter_mm"] < 1e-3
    assert "agree with each other within 0.00 mm" in found["sentence"]


def test_an_engine_without_an_answer_has_failed() -> None:
    def refuses(fixed, moving, *, progress, watch):
        raise RegistrationError("the images have little in common")

    known = Registration("k", "F", "F", Transform.identity(), "")
    heard: list[int] = []
    trials = known_transform_test(
        ball(), ball(), known, transforms=[((1, 2, 3), (0, 0, 0)), (1, 2, 3, 4, 5, 6)], register=refuses,
        heard=lambda t: heard.append(t.number),
    )  # fmt: skip
    assert heard == [1, 2] and trials[1].rotation_deg.tolist() == [4, 5, 6]
    assert trials[0].error_mm is None and trials[0].verdict == "failed"
    assert trials[0].sentence == "the images have little in common"
    assert summary(trials)["sentence"] == "None of 2 displacements was recovered."


def test_without_a_registration_its_own_answer_is_what_must_be_found_again() -> None:
    trials = known_transform_test(ball(), ball(), count=1, register=engine(6.0))
    assert trials[0].error_mm is not None and trials[0].error_mm["mean"] < 2  # its own shift, turned with the image


def test_impossible_tests_are_refused() -> None:
    known = Registration("k", "F", "F", Transform.identity(), "")
    for wrong in ({"count": 0}, {"count": 1000}, {"transforms": []}, {"transforms": [(1, 2, 3)]}, {"bend_mm": -1.0},
                  {"shift_mm": float("nan")}):  # fmt: skip
        with pytest.raises(RegistrationError):
            known_transform_test(ball(), ball(), known, register=engine(0), **wrong)
    away = replace(known, fixed_to_moving=Transform.from_rigid((900, 0, 0)))
    with pytest.raises(RegistrationError, match="does not reach"):
        known_transform_test(ball(), ball(), away, register=engine(0))


def test_it_can_be_cancelled() -> None:
    def stop(fraction: float, sentence: str) -> None:
        if fraction > 0.4:
            raise Cancelled

    known = Registration("k", "F", "F", Transform.identity(), "")
    with pytest.raises(Cancelled):
        known_transform_test(ball(), ball(), known, count=4, register=engine(0), progress=stop)


def test_the_random_field_is_smooth_bounded_and_does_not_fold() -> None:
    field = random_field(Grid((0, 0, 0), (2, 2, 3), np.eye(3), (80, 80, 50)), Bend(10.0, 4))
    lengths = np.linalg.norm(field.displacement_mm, axis=-1)
    assert lengths.max() == pytest.approx(10.0, abs=1e-4) and lengths.mean() > 2
    whole = Deformation([FieldStep(field)])
    assert jacobian_figures(whole, [[80.0, 80.0, 75.0]])["min"] > 0.2


def test_a_bent_image_is_resampled_once() -> None:
    fixed = head("MR", "2.25.502", Transform.identity())
    known = Registration("k", fixed.frame_of_reference_uid, fixed.frame_of_reference_uid, Transform.identity(), "")
    seen: list[Volume] = []

    def does_nothing(fixed, moving, *, progress, watch):
        seen.append(moving)
        return replace(known, quality={"verdict": "good"})

    trials = known_transform_test(
        fixed, fixed, known, transforms=[np.zeros(6)], bend_mm=8.0, register=does_nothing
    )
    assert trials[0].bend_mm == 8.0 and 1.0 < trials[0].error_mm["mean"] < 8.0  # type: ignore[index]
    back = random_field(fixed.grid, Bend(8.0))
    node = np.array([26, 30, 20])
    at = fixed.grid.to_index(fixed.grid.to_patient(node) + back.at(fixed.grid.to_patient(node)))
    corner = np.floor(at).astype(int)
    i, j, k = corner
    around = fixed.voxels[k : k + 2, j : j + 2, i : i + 2]
    assert around.min() <= seen[0].voxels[20, 30, 26] <= around.max()


def test_the_deformable_engine_follows_a_bend() -> None:
    whole = head("CT", "2.25.501", Transform.identity())
    half = Grid(whole.grid.origin_mm, whole.grid.spacing_mm * (2, 2, 1), whole.grid.direction, (27, 31, 41))
    fixed = replace(whole, voxels=whole.voxels[:, ::2, ::2], grid=half)
    known = Registration("k", fixed.frame_of_reference_uid, fixed.frame_of_reference_uid, Transform.identity(), "")
    bent = known_transform_test(
        fixed, fixed, known, transforms=[np.zeros(6)], bend_mm=8.0, register=rigid_then_deformable
    )
    assert bent[0].error_mm is not None and bent[0].error_mm["mean"] < 2.0  # 4.5 mm without a bend
