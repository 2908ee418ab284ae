"""Volumes under named surface models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.errors import StructureError
from workstation.structures.structure import ContourStack, PlanarContours
from workstation.structures.volume import SURFACE_MODELS, volume_cc

ECLIPSE_CC = {"BODY": 10593.0, "Bladder": 116.8, "Femoral Head Lt": 49.2, "Femoral Head RT": 50.0, "PTV": 48.6,
              "Rectum": 30.3}  # fmt: skip


def disc(radius, count=720):
    t = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.c_[radius * np.cos(t), radius * np.sin(t)]


def stack_of(rings: dict[float, list[np.ndarray]], spacing_mm=3.0) -> ContourStack:
    slices = tuple(PlanarContours(z, Region(r)) for z, r in sorted(rings.items()))
    return ContourStack(Plane.axial(), spacing_mm, slices)


@pytest.mark.parametrize("model", SURFACE_MODELS)
def test_a_cylinder_has_one_volume_in_every_model(model):
    cylinder = stack_of({3.0 * k: [disc(10.0)] for k in range(7)})
    assert volume_cc(cylinder, model) == pytest.approx(np.pi * 100 * 21 / 1000, rel=1e-4)


@pytest.mark.parametrize("spacing_mm", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("phase", [0.02, 0.4, 0.8])
def test_a_tapered_ball_has_the_volume_of_a_ball(spacing_mm, phase):
    radius = 15.0
    rings = {
        k * spacing_mm: [disc(np.sqrt(radius**2 - (k - phase) ** 2 * spacing_mm**2))]
        for k in range(-20, 21)
        if abs(k - phase) * spacing_mm < radius - 1e-3
    }
    assert volume_cc(stack_of(rings, spacing_mm)) == pytest.approx(4 / 3 * np.pi * radius**3 / 1000, rel=2e-3)


def test_slabs_reach_half_the_way_to_their_neighbours():
    uneven = stack_of({0.0: [disc(10.0)], 3.0: [disc(10.0)], 5.0: [disc(10.0)]})
    assert volume_cc(uneven, "slab") == pytest.approx(np.pi * 100 * (3.0 + 2.5 + 2.5) / 1000, rel=1e-4)


def test_holes_count_as_holes():
    shell = stack_of({3.0 * k: [disc(10.0), disc(4.0)] for k in range(5)})
    assert volume_cc(shell, "slab") == pytest.approx(np.pi * (100 - 16) * 15 / 1000, rel=1e-4)


def test_nothing_has_no_volume():
    assert volume_cc(stack_of({})) == 0.0
    assert volume_cc(stack_of({0.0: [np.array([[0.0, 0.0], [1.0, 1.0]])]})) == 0.0


def test_an_unknown_model_is_refused():
    with pytest.raises(StructureError, match="surface model"):
        volume_cc(stack_of({0.0: [disc(1.0)]}), "voxels")


@pytest.mark.realdata
@pytest.mark.parametrize("model", SURFACE_MODELS)
def test_eclipse_s_own_volumes_are_met(data_dir: Path, model):
    from workstation.dicom.structure_set_read import read_structure_set

    path = next((data_dir / "rt_eclipse_rando").glob("RS*.dcm"))
    found = {s.name: volume_cc(s.stack, model) for s in read_structure_set(path).structures if s.stack.slices}
    for name, cc in ECLIPSE_CC.items():
        assert found[name] == pytest.approx(cc, rel=0.015)
