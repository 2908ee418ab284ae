"""Agreement of two images: its values against closed forms, its gradient against finite differences."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from workstation.fusion.agreement import BINS, Agreement, Metric, Picture, Pose, Samples, rotation_of
from workstation.fusion.climbing import Pace, climb
from workstation.fusion.correlation_kernels import pair_sums
from workstation.fusion.matching_kernels import OUTSIDE
from workstation.fusion.mutual_information_kernels import information, joint_histogram
from workstation.fusion.preparation import Body
from workstation.fusion.sampling import samples_of, scattered, values_at
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform

Float = NDArray[np.float64]
METRICS: tuple[Metric, ...] = ("mutual-information", "correlation", "local-correlation")
TILTED = Transform.from_rigid((3, -5, 8), (20, -30, 10)).matrix[:3, :3]


def waves(points_mm: Float, shade: float = 0.0) -> NDArray[np.float32]:
    """A smooth picture of 0..1 at patient points, and a picture of other values that depends on it."""
    x, y, z = np.moveaxis(points_mm, -1, 0)
    value = 0.5 + 0.2 * np.sin(x / 9) * np.cos(y / 11) + 0.2 * np.sin(z / 8 + x / 25)
    return (np.abs(value - 0.55) * 1.6 if shade else value).astype(np.float32)


def picture(shade: float = 0.0, spacing: tuple[float, float, float] = (2.0, 2.5, 3.0)) -> Picture:
    grid = Grid((-45, -50, -48), spacing, TILTED, (44, 40, 32))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), -1)[..., ::-1]
    return Picture(waves(grid.to_patient(index), shade), grid)


def samples(count: int = 3000, seed: int = 1) -> Samples:
    picture_of_fixed = picture()
    inner = picture_of_fixed.grid.box((12, 10, 8), (20, 20, 16))
    return samples_of(picture_of_fixed, Body(inner, np.ones(inner.shape, bool)), count, seed)


# ---------------------------------------------------------------------------------------------------- values


@given(st.integers(0, 2**32 - 1))
def test_information_of_a_histogram_is_its_definition(seed: int) -> None:
    counts = np.random.default_rng(seed).integers(0, 5, (6, 7)).astype(float)
    counts[2] = 0.0
    if not counts.any():
        return
    p = counts / counts.sum()
    expected = sum(
        p[f, m] * log(p[f, m] / (p[f].sum() * p[:, m].sum())) for f in range(6) for m in range(7) if p[f, m] > 0
    )
    assert information(counts, np.empty((6, 7))) == pytest.approx(expected, abs=1e-12)


def test_independent_values_share_no_information_and_equal_ones_share_all() -> None:
    assert information(np.outer([1.0, 2, 3], [4.0, 5, 1]), np.empty((3, 3))) == pytest.approx(0, abs=1e-12)
    assert information(np.diag([2.0, 2, 2, 2]), np.empty((4, 4))) == pytest.approx(log(4))
    assert information(np.zeros((3, 3)), np.empty((3, 3))) == 0.0


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=40))
def test_every_sample_counts_once_wherever_its_value_falls(values: list[float]) -> None:
    moving = np.array([*values, OUTSIDE], np.float32)
    bins = np.arange(len(moving), dtype=np.uint8) % BINS
    counts = np.empty((BINS, BINS))
    joint_histogram(bins, moving, counts, 0, len(moving))
    assert counts.sum() == pytest.approx(len(values), rel=1e-5)
    assert counts.min() >= -1e-6


def test_sums_are_pearsons_correlation() -> None:
    random = np.random.default_rng(3)
    a, b = random.random((2, 500)).astype(np.float32)
    sums = np.empty(6)
    pair_sums(a, b, sums, 0, 500)
    n, f, m, ff, mm, fm = sums
    found = (fm / n - f * m / n**2) / np.sqrt((ff / n - (f / n) ** 2) * (mm / n - (m / n) ** 2))
    assert found == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-6)


def test_a_picture_agrees_with_itself() -> None:
    at = Agreement(samples(), picture(), "correlation", None)
    value, inside = at.value(Pose(np.eye(3), at.samples.pivot_mm))
    assert value == pytest.approx(1.0, abs=1e-6) and inside == 1.0


# ---------------------------------------------------------------------------------------------------- changes


@pytest.mark.parametrize("metric", METRICS)
@given(step=st.lists(st.floats(-3, 3), min_size=6, max_size=6))
def test_the_gradient_is_that_of_the_value(metric: Metric, step: list[float]) -> None:
    """Between voxels a trilinear picture has kinks: the mean over many samples is smooth enough for 3 %."""
    agreement = Agreement(samples(), picture(shade=1.0), metric, None)
    radius = agreement.samples.radius_mm
    pose = Pose(np.eye(3), agreement.samples.pivot_mm).moved(np.array(step), radius)
    gradient = agreement.at(pose).gradient
    h = 0.02
    for axis in range(6):
        ahead, behind = (agreement.value(pose.moved(sign * h * np.eye(6)[axis], radius))[0] for sign in (1, -1))
        assert gradient[axis] == pytest.approx((ahead - behind) / (2 * h), abs=0.03 * np.abs(gradient).max() + 2e-5)


def test_two_threads_find_what_one_does() -> None:
    many = samples(30000)
    with ThreadPoolExecutor(2) as pool:
        shared = Agreement(many, picture(1.0), "mutual-information", pool)
        alone = Agreement(many, picture(1.0), "mutual-information", None)
        pose = Pose(rotation_of(np.array([0.02, -0.03, 0.01])), many.pivot_mm + np.array([1.0, 2, -1]))
        one, other = shared.at(pose), alone.at(pose)
    assert one.value == pytest.approx(other.value, abs=1e-12)
    np.testing.assert_allclose(one.gradient, other.gradient, atol=1e-9)
    np.testing.assert_allclose(one.curvature, other.curvature, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("metric", METRICS)
def test_a_climb_arrives(metric: Metric) -> None:
    agreement = Agreement(samples(20000), picture(0.0 if metric == "correlation" else 1.0), metric, None)
    if metric == "local-correlation":
        agreement = Agreement(samples(20000), picture(), metric, None)
    truth = Pose(np.eye(3), agreement.samples.pivot_mm)
    start = truth.moved(np.array([1.5, -1.0, 1.0, 2.0, -2.0, 1.5]), agreement.samples.radius_mm)
    heard: list[float] = []
    there = climb(agreement, start, Pace(4.0, 0.001), lambda number, finding, pose: heard.append(finding.value))
    assert there.limit == ""
    np.testing.assert_allclose(there.pose.centre_mm, truth.centre_mm, atol=0.15)
    np.testing.assert_allclose(there.pose.turn, np.eye(3), atol=0.005)
    assert heard == sorted(heard) and len(heard) == there.steps


def test_a_climb_says_which_limit_stopped_it() -> None:
    agreement = Agreement(samples(), picture(), "correlation", None)
    start = Pose(np.eye(3), agreement.samples.pivot_mm + np.array([4.0, 4, 4]))
    assert climb(agreement, start, Pace(0.5, 0.001, steps=2)).limit == "steps"
    assert climb(agreement, start, Pace(2.0, 0.001, reach_mm=1.0)).limit == "reach"


# ---------------------------------------------------------------------------------------------------- poses and samples


@given(
    st.lists(st.floats(-3.1, 3.1), min_size=3, max_size=3),
    st.lists(st.floats(-200, 200), min_size=6, max_size=6),
)
def test_a_pose_is_its_transform(vector: list[float], places: list[float]) -> None:
    turn = rotation_of(np.array(vector))
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
    pivot, centre = np.array(places[:3]), np.array(places[3:])
    transform = Pose(turn, centre).transform(pivot)
    back = Pose.of(transform, pivot)
    np.testing.assert_allclose(back.turn, turn, atol=1e-9)
    np.testing.assert_allclose(back.centre_mm, centre, atol=1e-7)
    np.testing.assert_allclose(transform.apply(pivot), centre, atol=1e-7)


def test_samples_lie_in_their_region_off_the_voxels_and_are_the_same_again() -> None:
    grid = Grid((10, 20, 30), (2, 3, 4), TILTED, (6, 5, 4))
    inside = np.zeros(grid.shape, bool)
    inside[1:3, 2:4, 1:5] = True
    points = scattered(Body(grid, inside), 400, 5)
    index = grid.to_index(points)
    nearest = np.rint(index).astype(int)
    assert inside[nearest[:, 2], nearest[:, 1], nearest[:, 0]].all()
    assert np.abs(index - nearest).mean() == pytest.approx(0.25, abs=0.02)
    assert len(np.unique(nearest, axis=0)) == inside.sum()
    np.testing.assert_array_equal(points, scattered(Body(grid, inside), 400, 5))


def test_values_between_voxels_are_trilinear_and_outside_there_are_none() -> None:
    shown = picture()
    x, y, z = np.moveaxis(shown.grid.to_patient([[1.5, 2.25, 3.75], [-0.1, 3, 3], [3, 3, 31.01]]), -1, 0)
    found = values_at(shown, np.column_stack([x, y, z]))
    v = shown.values[3:5, 2:4, 1:3].astype(float)
    v = v[..., 0] * 0.5 + v[..., 1] * 0.5
    v = v[:, 0] * 0.75 + v[:, 1] * 0.25
    assert found[0] == pytest.approx(v[0] * 0.25 + v[1] * 0.75, abs=1e-5)
    assert found[1] == OUTSIDE and found[2] == OUTSIDE


def test_mirrored_samples_exchange_left_and_right() -> None:
    some = samples(50)
    twice = some.mirrored().mirrored()
    np.testing.assert_array_equal(twice.points, some.points)
    np.testing.assert_array_equal(some.mirrored().points[:, 0], -some.points[:, 0])
    assert replace(some, values=some.values).count == 50
