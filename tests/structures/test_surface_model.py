"""What lies between and beyond drawn planes."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.errors import StructureError
from workstation.structures.structure import ContourStack, PlanarContours
from workstation.structures.surface_model import (
    SURFACE_MODELS,
    CapProfile,
    StackSource,
    SurfaceModel,
    area_pace,
    checked_model,
    typical_step_mm,
)


def disc(radius, centre=(0.0, 0.0), count=400):
    t = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.c_[centre[0] + radius * np.cos(t), centre[1] + radius * np.sin(t)]


def model_of(radii: dict[float, float], spacing_mm=3.0, name="linear-tapered") -> SurfaceModel:
    slices = tuple(PlanarContours(z, Region([disc(r)])) for z, r in sorted(radii.items()))
    return SurfaceModel(StackSource(ContourStack(Plane.axial(), spacing_mm, slices)), name)


def test_there_are_three_models_and_the_default_comes_first():
    assert SURFACE_MODELS == ("linear-tapered", "flat", "slab")
    with pytest.raises(StructureError, match="flat"):
        checked_model("voxels")


@pytest.mark.parametrize(
    ("positions", "step"),
    [
        ([0.0], 3.0),
        ([0.0, 6.0, 12.0], 3.0),  # too few to say
        ([0.0, 6.0, 12.0, 18.0], 6.0),  # every second slice
        ([0.0, 3.0, 6.0, 9.0, 18.0, 21.0], 3.0),  # a gap
        ([0.0, 6.0, 12.0, 15.0, 21.0, 27.0], 6.0),
        ([0.0, 3.0, 9.0, 18.0, 30.0], 3.0),  # nothing evident
        ([0.0, 3.004, 6.0, 8.997, 12.0], 3.0),  # rounding noise
    ],
)
def test_the_step_is_the_stack_s_own_where_that_is_evident(positions, step):
    assert typical_step_mm(np.array(positions), 3.0) == pytest.approx(step, abs=0.01)


@pytest.mark.parametrize("height", [0.05, 0.6, 1.4, 2.9])
def test_a_ball_s_cap_ends_at_its_pole(height):
    radius, step = 15.0, 3.0
    radii = {-k * step: float(np.sqrt(radius**2 - (radius - height - k * step) ** 2)) for k in range(3)}
    profile = model_of(radii, step).cap_profile(2, 1)
    assert profile is not None
    assert profile.end_mm == pytest.approx(height, abs=0.01)


def test_a_cone_s_cap_ends_at_its_apex():
    profile = model_of({0.0: 5.0, 3.0: 3.5, 6.0: 2.0}, 6.0).cap_profile(2, 1)
    assert profile is not None
    assert profile.end_mm == pytest.approx(4.0, abs=0.05)


def test_a_cylinder_ends_half_a_slice_beyond():
    profile = model_of({0.0: 5.0, 3.0: 5.0, 6.0: 5.0}).cap_profile(2, 1)
    assert profile is not None
    assert profile.end_mm == pytest.approx(1.5)
    assert profile.sizes()[-1][1] == pytest.approx(1.0)


def test_a_body_that_widens_to_its_last_plane_ends_bluntly():
    profile = model_of({0.0: 3.0, 3.0: 5.0, 6.0: 8.0}).cap_profile(2, 1)
    assert profile is not None
    assert profile.end_mm == pytest.approx(1.5)
    assert max(size for _, size in profile.sizes()) == 1.0


def test_the_end_of_a_cap_moves_steadily_with_its_shape():
    ends = [CapProfile(100.0, -s, 0.0, 3.0).end_mm for s in np.linspace(5, 100, 200)]
    assert np.abs(np.diff(ends)).max() < 0.15
    assert min(ends) >= 0.0
    assert max(ends) <= 3.0


def test_between_planes_a_ball_s_radius_is_followed():
    radius, low, high = 10.0, 5.0, 8.5
    r0, r1 = np.sqrt(radius**2 - low**2), np.sqrt(radius**2 - high**2)
    for pace in area_pace(float(r0), float(r1), high - low, -1.0):
        z = low + pace.height * (high - low)
        assert r0 + (r1 - r0) * pace.share + pace.swell_mm == pytest.approx(np.sqrt(radius**2 - z**2), abs=0.02)


def test_between_planes_of_a_cone_the_change_is_even():
    for pace in area_pace(2.0, 5.0, 3.0, 1.0):
        assert pace.share == pytest.approx(pace.height, abs=1e-9)


def test_an_equator_between_two_equal_planes_bulges():
    paces = area_pace(7.0, 7.0, 3.0, -1.0)
    assert max(pace.swell_mm for pace in paces) == pytest.approx(np.sqrt(49 + 2.25) - 7, abs=0.02)


def test_planes_far_apart_are_not_joined():
    model = model_of({0.0: 5.0, 3.0: 5.0, 9.0: 5.0})
    assert model.neighbour(0, 1) == 1
    assert model.neighbour(1, 1) is None
    assert model.neighbour(2, -1) is None
