"""Deformable registration: bends that are known are found, nothing folds, nothing moves where nothing may."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fusion.deformed_pairs import GRID, RADIUS_MM, Pair, nodes, pair, volume
from workstation.fusion.deformable import register_deformable
from workstation.fusion.jacobian import field_jacobian
from workstation.fusion.registration import Registration, RegistrationError
from workstation.fusion.rigid import register_rigid
from workstation.fusion.watching import Step
from workstation.geometry.deformation import Deformation, DisplacementField
from workstation.geometry.grid import Grid
from workstation.geometry.mask import Mask
from workstation.geometry.transform import Transform
from workstation.images.files import read_image_file
from workstation.jobs.progress import Cancelled

DATA = Path(os.environ.get("WORKSTATION_DATA", "../shared/data"))


@pytest.fixture(scope="module")
def known() -> Pair:
    return pair()


@pytest.fixture(scope="module")
def found(known: Pair) -> Registration:
    return register_deformable(known.fixed, known.moving)


def errors_mm(registration: Registration, known: Pair) -> np.ndarray:
    moved = registration.fixed_to_moving.apply(known.points_mm) - known.points_mm
    return np.linalg.norm(moved - known.true_mm, axis=1)


def field_of(registration: Registration) -> DisplacementField:
    assert isinstance(registration.fixed_to_moving, Deformation)
    return registration.fixed_to_moving.fields[0]


def test_a_known_bend_is_found(known: Pair, found: Registration) -> None:
    assert np.linalg.norm(known.true_mm, axis=1).mean() > 2.5
    assert errors_mm(found, known).mean() < 0.8
    assert found.kind == "deformable" and found.provisional
    assert found.method == "deformable, B-spline, local normalised correlation"


def test_its_figures_are_told(found: Registration) -> None:
    quality = found.quality
    assert quality["verdict"] == "good" and quality["reasons"] == []
    assert quality["metric_end"] > quality["metric_start"] + 0.1
    assert quality["displacement_mm"]["max"] > quality["displacement_mm"]["mean"] > 1.0
    assert quality["jacobian"]["min"] >= quality["jacobian_field"]["min"] > 0
    assert quality["jacobian_field"] == field_jacobian(field_of(found)).figures()


def test_the_field_covers_the_fixed_image(found: Registration) -> None:
    grid = field_of(found).grid
    assert grid.contains(GRID.to_patient([[0, 0, 0], np.array(GRID.size) - 1]), slack_voxels=1e-6).all()
    assert grid.spacing_mm.max() <= 4.0


def test_the_inverse_leads_back(known: Pair, found: Registration) -> None:
    back = found.fixed_to_moving.inverse().apply(found.fixed_to_moving.apply(known.points_mm))
    assert np.abs(back - known.points_mm).max() < 0.01


def test_exchanged_images_give_the_way_back(known: Pair, found: Registration) -> None:
    other = register_deformable(known.moving, known.fixed)
    there = found.fixed_to_moving.apply(known.points_mm)
    assert np.linalg.norm(other.fixed_to_moving.apply(there) - known.points_mm, axis=1).mean() < 0.1
    assert found.quality["symmetric"]


def test_the_same_question_gets_the_same_answer(known: Pair, found: Registration) -> None:
    again = register_deformable(known.fixed, known.moving)
    np.testing.assert_array_equal(field_of(again).displacement_mm, field_of(found).displacement_mm)


@pytest.mark.parametrize(("modality", "metric", "limit_mm"), [("CT", "squares", 1.0), ("MR", "auto", 1.6)])
def test_other_measures_find_it_too(modality: str, metric: Any, limit_mm: float) -> None:
    known = pair(modality=modality)
    found = register_deformable(known.fixed, known.moving, metric=metric)
    assert errors_mm(found, known).mean() < limit_mm
    assert ("information" in found.method) == (modality == "MR")


def test_a_start_is_kept_as_a_step_of_its_own(known: Pair) -> None:
    start = Transform.from_rigid((4, -3, 2), (3, -2, 4))
    away = start.matrix[:3, :3]
    grid = Grid(start.apply(GRID.origin_mm), GRID.spacing_mm, away @ GRID.direction, GRID.size)
    moved = replace(known.moving, grid=grid, frame_of_reference_uid="9.9")
    found = register_deformable(known.fixed, moved, start=start)
    there = start.inverse().apply(found.fixed_to_moving.apply(known.points_mm)) - known.points_mm
    assert np.linalg.norm(there - known.true_mm, axis=1).mean() < 0.8
    assert isinstance(found.fixed_to_moving, Deformation)
    np.testing.assert_array_equal(found.fixed_to_moving.steps[1].matrix, start.matrix)  # type: ignore[union-attr]


def test_nothing_moves_outside_of_a_structure(known: Pair) -> None:
    centre = np.array([10.0, -5.0, 0.0])
    inside = np.linalg.norm(nodes() - centre, axis=-1) < 30
    found = register_deformable(known.fixed, known.moving, inside=Mask(GRID, (0, 0, 0), inside))
    rng = np.random.default_rng(2)
    points = rng.uniform(-65, 65, (20000, 3))
    moved = np.linalg.norm(found.fixed_to_moving.apply(points) - points, axis=1)
    away = np.linalg.norm(points - centre, axis=1)
    assert moved[away > 30].max() == 0.0
    core = np.linalg.norm(known.points_mm - centre, axis=1) < 10
    assert errors_mm(found, known)[core].mean() < 0.6 * np.linalg.norm(known.true_mm[core], axis=1).mean()
    assert found.quality["jacobian_field"]["min"] > 0


def test_a_hard_case_does_not_fold() -> None:
    """A small ball is asked to become a large one, and texture to become other texture."""
    radius = np.linalg.norm(nodes(), axis=-1)
    noise = np.random.default_rng(6).normal(0, 60, (2, *GRID.shape))
    fixed = volume(np.where(radius < 12, 300.0, np.where(radius < RADIUS_MM, 0.0, -1000.0)) + noise[0])
    moving = volume(np.where(radius < 36, 300.0, np.where(radius < RADIUS_MM, 0.0, -1000.0)) + noise[1])
    wishes: dict[str, Any] = {"stiffness": 0.001, "metric": "squares", "symmetric": False}
    limp = register_deformable(fixed, moving, diffeomorphic=False, **wishes)
    kept = register_deformable(fixed, moving, diffeomorphic=True, **wishes)
    both_ways = register_deformable(fixed, moving, **{**wishes, "symmetric": True})
    assert limp.quality["jacobian_field"]["min"] <= 0 and limp.quality["verdict"] == "failed"
    assert any("folds" in reason for reason in limp.quality["reasons"])
    assert field_jacobian(field_of(kept)).smallest > 0.05
    assert field_jacobian(field_of(both_ways)).smallest > 0.05
    assert kept.quality["metric_end"] > kept.quality["metric_start"]


def test_every_step_is_told_and_it_can_be_stopped(known: Pair) -> None:
    steps: list[Step] = []
    heard: list[float] = []

    def stop(fraction: float, sentence: str) -> None:
        heard.append(fraction)
        if fraction > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        register_deformable(known.fixed, known.moving, progress=stop, watch=steps.append)
    assert heard == sorted(heard)
    assert len(steps) > 3 and steps[0].number == 1 and steps[0].stage.endswith("mm")


def test_it_answers_often_enough_to_be_stopped_at_once(known: Pair) -> None:
    times = [time.perf_counter()]
    register_deformable(known.fixed, known.moving, progress=lambda *_: times.append(time.perf_counter()))
    assert max(np.diff(times)) < 1.0  # of a whole registration on a busy machine; 0.2 s when it is idle


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda v: replace(v, voxels=np.zeros_like(v.voxels)), "same value everywhere"),
        (lambda v: replace(v, voxels=np.where(v.voxels > 300, np.nan, v.voxels).astype(np.float32)), "no numbers"),
        (lambda v: replace(v, voxels=v.voxels[:2], grid=v.grid.box((0, 0, 0), (*v.grid.size[:2], 2))), "only 2 slice"),
        (lambda v: replace(v, grid=v.grid.box((500, 0, 0), v.grid.size)), "do not overlap"),
    ],
)
def test_impossible_images_are_refused_in_a_sentence(known: Pair, change: Any, words: str) -> None:
    with pytest.raises(RegistrationError, match=words):
        register_deformable(known.fixed, change(known.moving))


def test_impossible_wishes_are_refused_in_a_sentence(known: Pair) -> None:
    nothing = Mask(GRID, (0, 0, 0), np.zeros((3, 3, 3), dtype=bool))
    for words, wish in (
        ("empty", {"inside": nothing}),
        ("apart", {"spacing_mm": 0.5}),
        ("stiffness", {"stiffness": 0}),
    ):
        with pytest.raises(RegistrationError, match=words):
            register_deformable(known.fixed, known.moving, **wish)  # type: ignore[arg-type]


@pytest.mark.realdata
def test_landmarks_of_a_breathing_lung_come_closer() -> None:
    folder = DATA / "dir_lung_elastix"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}")
    fixed, moving = (
        replace(read_image_file(folder / f"3DCT_lung_{name}.mha"), frame_of_reference_uid=name)
        for name in ("baseline", "followup")
    )
    points = [np.loadtxt(folder / f"CT_3D_lung_{s}_point_set_corrected.txt", skiprows=2) for s in ("fixed", "moving")]
    start = register_rigid(fixed, moving).fixed_to_moving
    assert isinstance(start, Transform)
    found = register_deformable(fixed, moving, start=start, spacing_mm=16.0, symmetric=False)
    before, after = (
        np.linalg.norm(m.apply(points[0]) - points[1], axis=1).mean() for m in (start, found.fixed_to_moving)
    )
    assert after < 1.65 < 3.0 < before
    assert found.quality["jacobian_field"]["folded_fraction"] == 0.0
