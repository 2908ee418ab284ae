"""The teaching case in its three variants, on large voxels: what separates is found, what does not is refused."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.enhancement.subtraction import Subtraction, subtract
from workstation.images.phase_times import Phase
from workstation.structures.rasterise import mask_of
from workstation.teaching.glomus import GlomusCase, GlomusSettings, glomus_case


def separated(variant: str, seed: int, size_cc: float) -> tuple[GlomusCase, Subtraction, np.ndarray]:
    """The case, what a click in its middle found, and the truth on the CT's grid."""
    delays_s = (60.0, 300.0) if variant == "washout" else (60.0, 300.0, 900.0)
    settings = GlomusSettings(variant=variant, size_cc=size_cc, delays_s=delays_s, motion_mm=2.0, motion_deg=2.0)
    case = glomus_case(seed, settings=settings, resolution="coarse")
    made = [
        Phase(volume, phase.name, phase.middle_s, "typed", phase.enhanced)
        for phase, volume in zip(case.protocol, case.phases.values(), strict=True)
    ]
    truth = mask_of(case.structure("GTV").stack, case.ct.grid).full()
    inside = np.argwhere(truth)
    middle = inside[np.argmin(np.square(inside - inside.mean(0)).sum(1))]
    point = case.ct.grid.to_patient(middle[::-1].astype(float))
    return case, subtract(made, point, planning=case.ct, to_reference=case.registration.fixed_to_moving), truth


def dice(case: GlomusCase, found: Subtraction, truth: np.ndarray) -> float:
    mask = mask_of(found.tumour, case.ct.grid).full()
    return 2.0 * float((mask & truth).sum()) / float(mask.sum() + truth.sum())


@pytest.mark.slow
@pytest.mark.parametrize(("variant", "seed", "least"), [("retaining", 44, 0.85), ("washout", 45, 0.8)])
def test_tumour_and_vein_are_told_apart(variant: str, seed: int, least: float) -> None:
    case, found, truth = separated(variant, seed, 10.0 if variant == "retaining" else 20.0)
    assert found.separation.separable and dice(case, found, truth) > least
    assert found.tumour.plane.normal == pytest.approx([0, 0, 1])
    if variant == "washout":
        assert "arterial" in found.separation.evidence[0].evidence
    points = np.random.default_rng(4).uniform(-50, 50, (100, 3))
    for each in found.aligned:
        true = case.phase_motion[each.phase.name].apply(points)
        assert np.linalg.norm(each.to_phase.apply(points) - true, axis=1).mean() < 0.5, each.phase.name


@pytest.mark.slow
def test_what_is_blood_is_refused() -> None:
    _, found, _ = separated("inseparable", 43, 15.0)
    assert not found.separation.separable and not found.tumour.slices and not found.vein.slices
    assert found.separation.sentence.startswith("No phase separates")
